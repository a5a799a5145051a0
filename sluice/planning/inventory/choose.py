"""Which method sets an item's level: the calibrated one where there is a past to calibrate with, else the normal formula."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sluice.planning.forecasting.conformal import trailing
from sluice.planning.inventory import calibrated
from sluice.planning.inventory.levels import Flags, Floats, Supply, Target, mean_and_sd, normal

Method = Literal["auto", "normal"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of each item: the position to fill `up_to`, the demand `expected` until the next order can come, whether `is_calibrated`,
    and the `quantile` of demand that the level is, where it is calibrated."""

    up_to: Floats
    expected: Floats
    is_calibrated: Flags
    quantile: Floats

    @property
    def safety(self) -> Floats:
        """Pieces held against what isn't expected, never below 0."""
        return np.maximum(0.0, self.up_to - self.expected)


def choose(
    history: Floats,
    supply: Supply,
    target: Target,
    method: Method = "auto",
    rate: tuple[Floats, Floats] | None = None,
    quantile: Floats | None = None,
    lost_sales: bool = False,
) -> Chosen:
    """Levels for every row of `history` (items, days; NaN before the first sale).

    `rate`: mean and standard deviation of a day's demand as forecast; those of the history if left out, for the calibrated method
    its trailing mean. `quantile` spares finding it again where it was found lately (calibrated.quantile_for).
    """
    mean, sd = mean_and_sd(history) if rate is None else rate
    level = normal(mean, sd, supply, target)
    expected = mean * supply.protected
    fits = calibrated.has_past(history, supply) if method == "auto" and history.size else np.zeros(len(history), np.bool_)
    asked = target.level.copy()
    if fits.any():
        daily = trailing(history)[0][:, -1] if rate is None else mean
        asked = calibrated.quantile_for(history, supply, target, lost_sales) if quantile is None else quantile
        level = np.where(fits, calibrated.levels(history, supply, asked, daily), level)
        expected = np.where(fits, daily * supply.protected, expected)
    return Chosen(level, expected, fits, asked)
