"""Cut stock into what each channel may draw: presale and commitments first, a buffer, quotas by worth, and a shared pool.

One row is a SKU at a facility; everything is in whole pieces and, in every row,

    on hand + oversold = committed + held + presale + buffer + sum of quotas + pool

exactly, with oversold > 0 only where more is promised than there is, and then nothing is left to hand out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.marginal import Demand, greedy
from sluice.planning.nesting import protection, residual
from sluice.planning.safety_stock import pieces

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

UNLIMITED = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is and what is promised, (rows): to accepted orders, to strict holds asked for before an order, to presales.
    `buffer` is held back from every channel as far as stock reaches."""

    on_hand: Integers
    committed: Integers
    held: Integers
    presale: Integers
    buffer: Integers


@dataclass(frozen=True, slots=True)
class Channels:
    """What each channel is worth, wants and may have, (rows, channels), columns in the order that breaks ties.

    `isolation` is how many pieces may be set apart for the channel alone beyond its `floor`; 0 leaves it to the pool.
    """

    value: Floats
    demand_mean: Floats
    demand_sd: Floats
    floor: Integers
    cap: Integers
    isolation: Integers


@dataclass(frozen=True, slots=True)
class Allocation:
    """`quota` is the channel's own; `published` is what it may show, its own and what it sees of the pool;
    `protected` are the pool's last pieces that it may not take: a reservation beyond the quota needs pool > protected."""

    buffer: Integers
    quota: Integers
    pool: Integers
    oversold: Integers
    protected: Integers
    published: Integers


def allocate(stock: Stock, channels: Channels, pool_share: float = 0.0) -> Allocation:
    """Split every row. At least `pool_share` of what floors leave over stays in the pool."""
    buffer, available, oversold = promises(stock)
    order = np.argsort(-channels.value, axis=1, kind="stable")
    ranked = Channels(*(np.take_along_axis(getattr(channels, name), order, axis=1) for name in Channels.__slots__))
    quota = _quotas(ranked, available, pool_share)
    pool = available - quota.sum(axis=1)
    protected = _protected(ranked, quota)
    published = np.minimum(ranked.cap, quota + np.maximum(0, pool[:, None] - protected))

    back = np.argsort(order, axis=1, kind="stable")
    quota, protected, published = (np.take_along_axis(part, back, axis=1) for part in (quota, protected, published))
    return Allocation(buffer, quota, pool, oversold, protected, published)


def promises(stock: Stock) -> tuple[Integers, Integers, Integers]:
    """What promises leave over: the buffer as far as stock reaches, what is available to channels, and what is oversold."""
    free = stock.on_hand - stock.committed - stock.held - stock.presale
    oversold = np.maximum(0, -free)
    free = np.maximum(0, free)
    buffer = np.minimum(stock.buffer, free)
    return buffer, free - buffer, oversold


def _quotas(ranked: Channels, available: Integers, pool_share: float) -> Integers:
    """Floors in order of value while stock lasts, then piece by piece by worth up to the isolation limits."""
    floor = np.minimum(ranked.floor, ranked.cap)
    better = np.cumsum(floor, axis=1) - floor
    start = np.clip(available[:, None] - better, 0, floor)
    limit = np.maximum(start, np.minimum(ranked.isolation, ranked.cap))
    budget = np.maximum(0, available - start.sum(axis=1) - pieces(pool_share * available))
    return greedy(Demand(ranked.value, ranked.demand_mean, ranked.demand_sd), start, limit, budget)


def _protected(ranked: Channels, quota: Integers) -> Integers:
    mean, sd = residual(ranked.demand_mean, ranked.demand_sd, quota.astype(np.float64))
    # A piece counts where demand passes its middle, as in the quotas: halves round up.
    return np.floor(protection(ranked.value, mean, sd) + 0.5).astype(np.int64)
