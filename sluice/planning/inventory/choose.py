"""Which method sets an item's level: the calibrated one where there is a past to calibrate with; else the normal formula where
demand is steady enough for it, and the negative binomial where it is not."""

from dataclasses import dataclass

import numpy as np

from sluice.planning.forecasting.conformal import trailing
from sluice.planning.inventory import calibrated, counts, reaching
from sluice.planning.inventory.levels import Flags, Floats, Integers, Supply, Target, mean_and_sd, normal
from sluice.planning.inventory.ordering import Lots
from sluice.planning.safety_stock import protection_sd

CALIBRATED, NORMAL, COUNTS = "calibrated quantile", "normal formula", "negative binomial"
STEADY = 0.5
"""Coefficient of variation of demand until the next order can come; above it the normal distribution is left (counts.py)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of each item: demand a day that is expected, `mean`, and its standard deviation `sd`; the `position` that lasts over lead
    time and review, which is what an item is filled up to, and ordered at where it comes in lots; the pieces `safety` held
    against what isn't expected, never below 0; the `method`; and of the calibrated one the `quantile` of demand that the
    position is, and what it is made of."""

    mean: Floats
    sd: Floats
    position: Floats
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
    reached: reaching.Reached | None = None,
    lost_sales: bool = False,
    lots: Lots | None = None,
) -> Chosen:
    """Levels for every row of `history` (items, days; NaN before the first sale).

    `rate`: mean and standard deviation of a day's demand as forecast, NaN where there is no forecast; then the trailing mean for
    the calibrated method and mean and standard deviation of the history for the formulas. `reached` spares finding again the
    quantiles that reach a target (calibrated.reaching). `lots`: how much is ordered at a time, where not all that is missing.
    """
    mean, sd = mean_and_sd(history)
    if rate:
        mean, sd = (np.where(np.isfinite(rate[0]), one, other) for one, other in zip(rate, (mean, sd), strict=True))
    daily = daily_rate(history, rate[0] if rate else None)
    if reached is None:
        sized = None if lots is None else (lambda _: lots)
        reached = reaching.quantiles(history, supply, reaching.aims(target, lots is not None), lost_sales, sized)
    quantile = reaching.asked(target, reached)
    errors = calibrated.errors(history, supply, daily * supply.protected, quantile)
    fits = np.isfinite(errors.shift)
    mean = np.where(fits, daily, mean)
    position, safety, method = placed(mean, sd, supply, target, errors, None if lots is None else lots.quantity)
    return Chosen(mean, sd, position, safety, method, np.where(fits, quantile, np.nan), errors)


def placed(
    mean: Floats, sd: Floats, supply: Supply, target: Target, errors: calibrated.Errors, quantity: Floats | None = None
) -> tuple[Floats, Floats, np.ndarray]:
    """Position, safety stock and method of each item: by how far past forecasts were off where `errors` tell, else by a formula.
    `quantity`: pieces ordered at a time, None where a position is filled up at each review."""
    beyond = errors.beyond(mean * supply.protected)
    position, safety = np.maximum(0.0, mean * supply.protected + beyond), np.maximum(0.0, beyond)
    method = np.full(len(mean), CALIBRATED, object)
    rows = np.flatnonzero(~np.isfinite(errors.shift))
    if rows.size:
        some = None if quantity is None else quantity[rows]
        position[rows], safety[rows], method[rows] = formula(mean[rows], sd[rows], *_some(supply, target, rows), quantity=some)
    return position, safety, method


def daily_rate(history: Floats, forecast: Floats | None = None) -> Floats:
    """Pieces a day that are expected: as forecast, the trailing mean where that is NaN."""
    trailed = trailing(history)[0][:, -1] if history.size else np.zeros(len(history))
    return trailed if forecast is None else np.where(np.isfinite(forecast), forecast, trailed)


def formula(
    mean: Floats,
    sd: Floats,
    supply: Supply,
    target: Target,
    method: str | None = None,
    quantity: Floats | None = None,
) -> tuple[Floats, Floats, np.ndarray]:
    """Position, safety stock and method of each item without a past; all by one `method` where it is given. `quantity`: pieces
    ordered at a time, None where a position is filled up at each review."""
    expected = mean * supply.protected
    level = normal(mean, sd, supply, target, quantity)
    safety = np.maximum(0.0, level - expected)
    sigma = protection_sd(mean, sd, supply.lead_time, supply.lead_time_sd, supply.review)
    wild = sigma > STEADY * expected if method is None else np.full(len(mean), method == COUNTS)
    if wild.any():
        rows = np.flatnonzero(wild)
        some = None if quantity is None else quantity[rows]
        level[rows] = counts.levels(mean[rows], sd[rows], *_some(supply, target, rows), some)
        safety[rows] = np.maximum(0.0, level[rows] - expected[rows])
    return level, safety, np.where(wild, COUNTS, NORMAL)


def _some(supply: Supply, target: Target, rows: Integers) -> tuple[Supply, Target]:
    some = Supply(supply.lead_time[rows], supply.lead_time_sd[rows], supply.review)
    return some, Target(target.level[rows], target.is_fill_rate[rows])
