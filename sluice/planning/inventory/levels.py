"""The stock position to fill up to at a review, of every item: by the textbook, and by the rule of thumb.

A position protects over the lead time and the review period. A `history` is (items, days) of demand up to today, NaN before an
item's first sale and where it could not be sold. Levels are in pieces, not rounded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.inventory.service import safety_stock_for_fill_rate, safety_stock_for_review_fill_rate
from sluice.planning.safety_stock import protection_sd, safety_stock

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FILL_RATE, CYCLE_SERVICE_LEVEL = "fill_rate", "cycle_service_level"
"""Kinds of targets."""
RECENT = 56
"""Days that the rule of thumb looks back over."""
DRAWS = 12
"""Lead times that stand for a varying one: the middles of as many equal parts of its distribution."""


@dataclass(frozen=True, slots=True)
class Supply:
    """Days of each item's lead time, (items), and of the review period, at least 1."""

    lead_time: Floats
    lead_time_sd: Floats
    review: int

    @property
    def protected(self) -> Floats:
        """Days that a position has to last."""
        return self.lead_time + self.review


@dataclass(frozen=True, slots=True)
class Target:
    """What each item is held to, (items): `level` 0..1, exclusive, a fill rate where `is_fill_rate`, else cycle service."""

    level: Floats
    is_fill_rate: Flags


def mean_and_sd(history: Floats) -> tuple[Floats, Floats]:
    """Of an item's known days; the sd of a single day, where there is none, is that of a Poisson count."""
    known = np.isfinite(history)
    count = known.sum(axis=1)
    mean = np.where(known, history, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = np.square(np.where(known, history - mean[:, None], 0.0)).sum(axis=1)
    return mean, np.sqrt(np.where(count > 1, squares / np.maximum(count - 1, 1), mean))


def normal(mean: Floats, sd: Floats, supply: Supply, target: Target, quantity: Floats | None = None) -> Floats:
    """Normal demand, its days independent of one another, from a day's mean and standard deviation (service.py). `quantity`:
    pieces ordered at a time; None: what is missing at each review."""
    lead, lead_sd = supply.lead_time, supply.lead_time_sd
    sigma = protection_sd(mean, sd, lead, lead_sd, supply.review)
    safety = safety_stock(sigma, target.level)
    rows = np.flatnonzero(target.is_fill_rate)
    level = target.level[rows]
    safety[rows] = (
        safety_stock_for_review_fill_rate(level, mean[rows], sd[rows], lead[rows], supply.review, lead_sd[rows])
        if quantity is None
        else safety_stock_for_fill_rate(level, sigma[rows], np.maximum(quantity[rows], 1))
    )
    levels: Floats = mean * supply.protected + safety
    return levels


def cover(history: Floats, days: float) -> Floats:
    """So many days of the mean demand of the last weeks."""
    return mean_and_sd(history[:, -RECENT:])[0] * days


def lead_times(supply: Supply) -> Floats:
    """(items, draws): lead times with the mean and standard deviation of the supply, gamma-distributed, always the same."""
    mean, sd = supply.lead_time[:, None], supply.lead_time_sd[:, None]
    if not sd.any():
        return mean
    from scipy.special import gammaincinv

    middles = (np.arange(DRAWS) * 5 % DRAWS + 0.5) / DRAWS
    """Mixed, so that neighbouring orders differ."""
    size = np.square(mean / np.where(sd > 0, sd, 1.0))
    return np.where(sd > 0, gammaincinv(size, middles) * np.square(sd) / mean, mean)
