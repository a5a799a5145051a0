"""Seeded randomness and the few array moves that every part of the world is made with."""

import zlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
"""A moment that does not come. Larger than every other, so that `moment <= now` is simply false."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400
"""Seconds. Moments are whole seconds since 1970 in UTC, because Taobao tells no finer time."""


def generator(seed: int, orders: int, part: str) -> np.random.Generator:
    """A stream of its own for each part, so that a draw more in one part leaves the others as they were."""
    return np.random.default_rng([seed, orders, zlib.crc32(part.encode())])


def weighted(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """`size` positions in `weights`, each as likely as its weight."""
    reach = np.cumsum(weights)
    found = np.searchsorted(reach, rng.random(size) * reach[-1], side="right")
    positions: Ints = np.minimum(found, len(weights) - 1)
    return positions


def seconds(rng: np.random.Generator, least: float, most: float, size: int) -> Ints:
    """Waiting times between `least` and `most` seconds, short ones likelier."""
    return (least + (most - least) * rng.beta(1.3, 2.6, size)).astype(np.int64)


def after(moment: Ints, wait: Ints) -> Ints:
    """`wait` seconds after each moment; what never comes has nothing after it."""
    never = moment == NEVER
    return np.asarray(np.where(never, NEVER, np.where(never, 0, moment) + wait), dtype=np.int64)


def spread(amount: Ints, weight: Ints, owner: Ints, starts: Ints) -> Ints:
    """Each owner's `amount` over its rows in proportion to `weight`: whole numbers that sum to the amount exactly.

    Rows of one owner lie together, from `starts`; every owner has a positive weight in sum.
    """
    running = np.cumsum(weight)
    before = (running - weight)[starts][owner]
    whole = np.add.reduceat(weight, starts)[owner]
    share = amount[owner]
    parts: Ints = share * (running - before) // whole - share * (running - weight - before) // whole
    return parts


def moments(name: str, values: Ints) -> pl.Series:
    """Moments as a column of aware UTC times, null where they never come."""
    absent = values == NEVER
    series = pl.Series(name, np.where(absent, 0, values) * 1_000_000).cast(pl.Datetime("us", "UTC"))
    return series.set(pl.Series(absent), None) if absent.any() else series
