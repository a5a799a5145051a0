"""Who gets the pieces when there are not enough: the ledger's rule on a day's demand of many items at once.

A channel sells its own quota first, then the pool while more is in it than is protected against the channel
(`sluice/planning/quotas.py`). Within a day channels buy side by side, in proportion to what they ask for: the fluid limit of
orders that arrive in random order. Pieces stay whole.
"""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
STEPS = 2**20
"""Offsets are whole parts of it, so that a sum with a whole number is exact."""


def portions(total: Integers, weight: Integers, offset: Floats) -> Integers:
    """Cut `total` (n) along the first axis of `weight` (C, n) in proportion: systematic rounding, exact in sum.

    `offset` (n), 0 to 1 - 1 / STEPS, decides where odd pieces fall; spread evenly it favours nobody. With total <= the sum of the
    weights, no part is larger than its weight. Where there is no weight nothing is given out.
    """
    whole = weight.sum(axis=0)
    part = total / np.maximum(1, whole)
    given = np.empty(weight.shape, np.int64)
    reached, before = np.zeros_like(whole), np.zeros_like(whole)
    for number in range(len(weight) - 1):
        reached = reached + weight[number]
        upto = np.floor(part * reached + offset).astype(np.int64)
        given[number] = upto - before
        before = upto
    given[-1] = np.where(whole > 0, total, 0) - before
    return given


def ration(pool: Integers, wanted: Integers, protected: Integers | None, offset: Floats) -> Integers:
    """Pieces of the `pool` (n) that each channel gets, (C, n), of what is `wanted` (C, n).

    `protected` (C, n) pieces stay out of a channel's reach; it never falls from a channel to the next, the better one comes
    first. All buy side by side; when the pool is down to what is protected against the last channel, that one stops, and so on.
    None protects nothing.
    """
    free = pool if protected is None else np.maximum(0, pool - protected[-1])
    short = np.flatnonzero(wanted.sum(axis=0) > free)
    taken = wanted.copy()
    if not short.size:
        return taken
    if protected is None:
        taken[:, short] = portions(pool[short], wanted[:, short], offset[short])
    else:
        taken[:, short] = _by_turns(pool[short], wanted[:, short], protected[:, short], offset[short])
    return taken


def _by_turns(pool: Integers, wanted: Integers, protected: Integers, offset: Floats) -> Integers:
    taken = np.zeros_like(wanted)
    left = pool.copy()
    for last in range(len(wanted) - 1, -1, -1):
        asking = wanted[: last + 1] - taken[: last + 1]
        given = np.minimum(np.maximum(0, left - protected[last]), asking.sum(axis=0))
        some = np.flatnonzero(given)
        if some.size:
            taken[: last + 1, some] += portions(given[some], asking[:, some], offset[some])
            left -= given
    return taken


def offsets(world: NDArray[np.integer]) -> Floats:
    """Where each item's odd pieces fall, (S), by its place within its world, so that a world runs alone as it does among
    others."""
    first = np.searchsorted(world, world)
    return np.asarray((0.5 + (np.arange(len(world)) - first) * 0.7548776662466927) % 1.0)


def offsets_of(day: int, base: Floats) -> Floats:
    """The same on a day: a sequence that covers 0 to 1 evenly over the days (golden ratio)."""
    return np.asarray(np.floor(((base + (day + 1) * 0.6180339887498949) % 1.0) * STEPS) / STEPS)
