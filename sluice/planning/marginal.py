"""Marginal analysis over channels: piece after piece to the channel where the next one is worth most.

B. Fox, "Discrete optimization via marginal analysis", Management Science 13 (1966). Piece number q + 1 is worth v P(D > q) to a
channel with value v a piece and normal demand D. As that falls with every piece, the greedy choice is optimal, and it is the
same as taking every piece worth more than a price: so one bisection on the price replaces the loop over pieces, for all rows at
once. Prices lie on a fixed grid, and pieces within one cell of it go to the channel that is served least so far. The order of
pieces therefore never depends on how many there are: one more in stock takes nothing from anyone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CELLS = 40
"""Halvings of the price: two pieces worth the same to 1e-12 of the best value are equal."""
LEVELS = 52
"""Halvings of the fill level, which is exact for limits below 2**52."""
NARROW = 1e-9
"""Stands in for a standard deviation of zero, where the quantile of the normal distribution has no value."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Normal demand over the horizon, pieces, and what a piece sold is worth (any unit, > 0). Each (rows, channels)."""

    value: Floats
    mean: Floats
    sd: Floats


def greedy(demand: Demand, start: Integers, limit: Integers, budget: Integers) -> Integers:
    """Pieces a channel, from `start` up to `limit` (rows, channels), when `budget` (rows) more are given out.

    What all channels' limits can't take is not given out. Channels come best value first; ties go to the earlier.
    """
    quota: Integers = np.minimum(start + budget[:, None], limit)
    contested = np.flatnonzero(budget < (limit - start).sum(axis=1))
    if contested.size:
        quota[contested] = _contested(_rows(demand, contested), start[contested], limit[contested], budget[contested])
    return quota


def _rows(demand: Demand, rows: Integers) -> Demand:
    return Demand(demand.value[rows], demand.mean[rows], np.maximum(demand.sd[rows], NARROW))


def _contested(demand: Demand, start: Integers, limit: Integers, budget: Integers) -> Integers:
    best = demand.value.max(axis=1)
    target = start.sum(axis=1) + budget

    def worth_more(rows: Integers, cheapness: Floats) -> Integers:
        """How many of each channel's pieces are worth more than the price."""
        price = (1.0 - cheapness) * best[rows]
        depth = demand.mean[rows] - demand.sd[rows] * ndtri(np.minimum(1.0, price[:, None] / demand.value[rows])) - 0.5
        return _between(np.floor(depth) + 1.0, start[rows], limit[rows])

    with np.errstate(divide="ignore", invalid="ignore"):
        sure, possible = _bracket(worth_more, target, CELLS)
    tied = np.flatnonzero(sure.sum(axis=1) < target)
    if tied.size:
        sure[tied] = _least_served(sure[tied], possible[tied], limit[tied], target[tied])
    return sure


def _least_served(sure: Integers, possible: Integers, limit: Integers, target: Integers) -> Integers:
    """Give out pieces of equal worth by fill level: piece k of a channel that may have n comes at level k / n."""

    def filled(rows: Integers, level: Floats) -> Integers:
        return _between(np.floor(level[:, None] * limit[rows]), sure[rows], possible[rows])

    below, above = _bracket(filled, target, LEVELS)
    left = target - below.sum(axis=1)
    gap = above - below
    before = np.cumsum(gap, axis=1) - gap
    shared: Integers = below + np.clip(left[:, None] - before, 0, gap)
    return shared


def _between(numbers: Floats, low: Integers, high: Integers) -> Integers:
    """Whole numbers as pieces, within limits; by two functions, since np.clip costs more than both where rows are few."""
    return np.minimum(np.maximum(numbers, low), high).astype(np.int64)


def _bracket(count: Callable[[Integers, Floats], Integers], target: Integers, halvings: int) -> tuple[Integers, Integers]:
    """The last count at or below `target` and the first above it, on a dyadic grid over 0..1 on which `count` grows.

    Rows whose count meets the target are done: finer prices would choose the same pieces.
    """
    every = np.arange(len(target))
    low, high = np.zeros(len(target)), np.ones(len(target))
    below, above = count(every, low), count(every, high)
    active = every[below.sum(axis=1) < target]
    for _ in range(halvings):
        if not active.size:
            break
        middle = (low[active] + high[active]) / 2
        counted = count(active, middle)
        total = counted.sum(axis=1)
        fits = total <= target[active]
        up, down = active[fits], active[~fits]
        low[up], below[up] = middle[fits], counted[fits]
        high[down], above[down] = middle[~fits], counted[~fits]
        active = active[total != target[active]]
    return below, np.maximum(above, below)
