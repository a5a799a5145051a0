"""Which method sets an item's level: the calibrated one where there is a past to calibrate with; else the normal formula where
demand is steady enough for it, and the negative binomial where it is not."""

from dataclasses import dataclass

import numpy as np

from sluice.planning.forecasting.conformal import trailing
from sluice.planning.inventory import calibrated, counts
from sluice.planning.inventory.levels import Flags, Floats, Integers, Supply, Target, mean_and_sd, normal
from sluice.planning.safety_stock import protection_sd

CALIBRATED, NORMAL, COUNTS = "calibrated quantile", "normal formula", "negative binomial"
STEADY = 0.5
"""Coefficient of variation of demand until the next order can come; above it the normal distribution is left (counts.py)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of each item: demand a day that is expected, `mean`, and its standard deviation `sd`; the position to fill `up_to`; the
    pieces `safety` held against what isn't expected, never below 0; the `method`; and of the calibrated one the `quantile` of
    demand that the level is, and what it is made of."""

    mean: Floats
    sd: Floats
    up_to: Floats
    safety: Floats
    method: np.ndarray
    quantile: Floats
    errors: calibrated.Errors

    @property
    def is_calibrated(self) -> Flags:
        return np.asarray(self.method == CALIBRATED)


def choose(
    history: Floats,
    supply: Supply,
    target: Target,
    rate: tuple[Floats, Floats] | None = None,
    of_fill_rate: dict[float, float] | None = None,
    lost_sales: bool = False,
) -> Chosen:
    """Levels for every row of `history` (items, days; NaN before the first sale).

    `rate`: mean and standard deviation of a day's demand as forecast, NaN where there is no forecast; then the trailing mean for
    the calibrated method and mean and standard deviation of the history for the formulas. `of_fill_rate` spares finding again the
    quantiles that reach a fill rate (calibrated.reaching).
    """
    mean, sd = mean_and_sd(history)
    told = np.isfinite(rate[0]) if rate else np.zeros(len(history), np.bool_)
    daily = trailing(history)[0][:, -1] if history.size else mean
    if rate:
        mean, sd, daily = (np.where(told, one, other) for one, other in zip((*rate, rate[0]), (mean, sd, daily), strict=True))
    if of_fill_rate is None:
        wanted = target.level[target.is_fill_rate]
        of_fill_rate = calibrated.reaching(history, supply, np.unique(wanted), lost_sales) if history.size else {}
    quantile = calibrated.asked(target, of_fill_rate)
    errors = calibrated.errors(history, supply, daily * supply.protected, quantile)
    fits = np.isfinite(errors.shift)
    mean = np.where(fits, daily, mean)
    beyond = errors.beyond(daily * supply.protected)
    up_to, safety = np.maximum(0.0, daily * supply.protected + beyond), np.maximum(0.0, beyond)
    method = np.full(len(history), CALIBRATED, object)
    rows = np.flatnonzero(~fits)
    if rows.size:
        up_to[rows], safety[rows], method[rows] = formula(mean[rows], sd[rows], *_some(supply, target, rows))
    return Chosen(mean, sd, up_to, safety, method, np.where(fits, quantile, np.nan), errors)


def formula(
    mean: Floats, sd: Floats, supply: Supply, target: Target, method: str | None = None
) -> tuple[Floats, Floats, np.ndarray]:
    """Level, safety stock and method of each item without a past; all by one `method` where it is given."""
    expected = mean * supply.protected
    level = normal(mean, sd, supply, target)
    safety = np.maximum(0.0, level - expected)
    sigma = protection_sd(mean, sd, supply.lead_time, supply.lead_time_sd, supply.review)
    wild = sigma > STEADY * expected if method is None else np.full(len(mean), method == COUNTS)
    if wild.any():
        rows = np.flatnonzero(wild)
        level[rows] = counts.levels(mean[rows], sd[rows], *_some(supply, target, rows))
        safety[rows] = np.maximum(0.0, level[rows] - expected[rows])
    return level, safety, np.where(wild, COUNTS, NORMAL)


def _some(supply: Supply, target: Target, rows: Integers) -> tuple[Supply, Target]:
    some = Supply(supply.lead_time[rows], supply.lead_time_sd[rows], supply.review)
    return some, Target(target.level[rows], target.is_fill_rate[rows])
