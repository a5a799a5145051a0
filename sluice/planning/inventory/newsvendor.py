"""One order for one season, or a base stock reviewed every period: the newsvendor.

What is left over costs `holding` a piece, what is missing `stockout`. The best stock is the demand's quantile at
stockout / (stockout + holding), the critical ratio: Snyder & Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3;
for a base stock under a lead time L reviewed every period the demand is that of L + 1 periods (section 4.3.4). For a short season
`stockout` is the margin lost and `holding` the cost less the salvage value. Arrays in, arrays out.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sluice.planning.inventory.loss import count_quantile, negative_binomial_loss, normal_loss, normal_quantile

Floats = NDArray[np.float64]


def critical_ratio(holding: ArrayLike, stockout: ArrayLike) -> Floats:
    """The level, 0..1, at which one more piece no longer pays."""
    holding, stockout = np.asarray(holding, np.float64), np.asarray(stockout, np.float64)
    return np.asarray(stockout / (stockout + holding))


def normal(holding: ArrayLike, stockout: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> tuple[Floats, Floats]:
    """Best stock for normal demand, and the cost expected with it."""
    best = normal_quantile(critical_ratio(holding, stockout), mean, sd)
    missing = normal_loss(best, mean, sd)
    return best, _cost(holding, stockout, best, mean, missing)


def base_stock(
    holding: ArrayLike, stockout: ArrayLike, mean: ArrayLike, sd: ArrayLike, lead_time: ArrayLike
) -> tuple[Floats, Floats]:
    """The same for a stock that is filled up every period and waits `lead_time` periods for it; demand is that of a period."""
    periods = np.asarray(lead_time, np.float64) + 1
    return normal(holding, stockout, np.asarray(mean) * periods, np.asarray(sd) * np.sqrt(periods))


def counted(holding: ArrayLike, stockout: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> tuple[Floats, Floats]:
    """Best whole stock for negative binomial demand (Poisson where variance <= mean), and the cost expected with it."""
    best = count_quantile(critical_ratio(holding, stockout), mean, variance)
    missing = negative_binomial_loss(best, mean, variance)
    return best, _cost(holding, stockout, best, mean, missing)


def _cost(holding: ArrayLike, stockout: ArrayLike, stock: Floats, mean: ArrayLike, missing: Floats) -> Floats:
    left = stock - np.asarray(mean, np.float64) + missing
    return np.asarray(holding, np.float64) * left + np.asarray(stockout, np.float64) * missing
