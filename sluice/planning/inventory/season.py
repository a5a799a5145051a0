"""One order for what is left of a season: the newsvendor.

A piece that is missing costs the margin, price less cost; one that is left over its cost less what it still brings. The best
stock is the quantile of the demand left in the season at margin / (margin + loss) (Snyder & Shen, *Fundamentals of Supply Chain
Theory*, 2nd ed., section 4.3). That quantile comes from how far past forecasts of as many days were off (calibrated.py), where
there is a past that long; else from a negative binomial demand.
"""

from dataclasses import dataclass

import numpy as np

from sluice.planning.inventory import calibrated, newsvendor
from sluice.planning.inventory.levels import Floats, Integers, Supply

CALIBRATED, COUNTS = "newsvendor: calibrated quantile", "newsvendor: negative binomial"
RATIO = 0.999
"""The most that a quantile of the past can tell: what is left over is taken to lose a little at least."""


@dataclass(frozen=True, slots=True)
class Season:
    """Of each item, (items): whole `days` that are left, pieces `expected` in them, standard deviation `sd` of a day's demand,
    and what a piece that is missing and one that is left over costs."""

    days: Integers
    expected: Floats
    sd: Floats
    missing: Floats
    left_over: Floats


@dataclass(frozen=True, slots=True)
class Bought:
    """`stock` in pieces, not rounded, the `ratio` that it is the quantile for, and by which `method`."""

    stock: Floats
    ratio: Floats
    method: np.ndarray
    errors: calibrated.Errors


def best_stock(history: Floats, season: Season) -> Bought:
    """The stock, on hand and on its way, to begin the rest of the season with; 0 where no day is left or nothing is earned.

    `history` (items, days) as calibrated.errors takes it, of items that have a season and of those that tell of errors only.
    """
    windows = Supply(np.maximum(season.days - 1, 0).astype(np.float64), np.zeros(len(season.days)), 1)
    return stock_for(season, calibrated.errors(history, windows, season.expected, _ratio(season)))


def stock_for(season: Season, errors: calibrated.Errors) -> Bought:
    """As best_stock gives it, by errors that are known already."""
    ratio = _ratio(season)
    earns = ratio > 0
    fits = np.isfinite(errors.shift)
    with np.errstate(invalid="ignore"):
        stock = np.maximum(0.0, season.expected + np.where(fits, errors.beyond(season.expected), 0.0))
    rows = np.flatnonzero(~fits & earns)
    if rows.size:
        variance = np.square(season.sd[rows]) * season.days[rows]
        stock[rows] = newsvendor.counted(1 - ratio[rows], ratio[rows], season.expected[rows], variance)[0]
    method = np.where(fits, CALIBRATED, COUNTS).astype(object)
    return Bought(np.where(earns & (season.expected > 0), stock, 0.0), ratio, method, errors)


def _ratio(season: Season) -> Floats:
    """Up to which quantile a piece pays; 0 where none does or no day is left."""
    missing, left_over = np.maximum(season.missing, 0.0), np.maximum(season.left_over, 0.0)
    earns = (missing > 0) & (season.days > 0)
    ratio = np.where(earns, newsvendor.critical_ratio(left_over, np.where(earns, missing, 1.0)), 0.0)
    return np.asarray(np.minimum(ratio, RATIO))
