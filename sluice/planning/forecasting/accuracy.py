"""How good a forecast is, in the measures of the field. Matrices (series, horizon) in, one number a series out, NaN where none.

Scaled errors: R. Hyndman & A. Koehler, "Another look at measures of forecast accuracy", International Journal of Forecasting 22
(2006). RMSSE and its weighted mean: S. Makridakis et al., "M5 accuracy competition", same journal 38 (2022). MASE and MAE reward
a forecast of the median, which is zero for most intermittent items: models are chosen by squared error only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def naive_scale(history: ArrayLike, power: int, season: int = 1) -> Floats:
    """Mean of |y_t - y_(t-season)|^power in each history, (series, time), which may begin with NaN; NaN where there is none."""
    steps = np.asarray(history, np.float64)
    return _mean(np.abs(steps[:, season:] - steps[:, : steps.shape[1] - season]) ** power)


def rmsse(actual: ArrayLike, forecast: ArrayLike, scale: ArrayLike) -> Floats:
    """Root mean squared error over that of the naive forecast in sample; `scale` is naive_scale(history, 2)."""
    return np.sqrt(_ratio(_mean(_errors(actual, forecast) ** 2), scale))


def mase(actual: ArrayLike, forecast: ArrayLike, scale: ArrayLike) -> Floats:
    """Mean absolute error over that of the (seasonal) naive forecast in sample; `scale` is naive_scale(history, 1, season)."""
    return _ratio(_mean(np.abs(_errors(actual, forecast))), scale)


def smape(actual: ArrayLike, forecast: ArrayLike) -> Floats:
    """Symmetric mean absolute percentage error as in the M4 competition, 0..200."""
    actual, forecast = np.asarray(actual, np.float64), np.asarray(forecast, np.float64)
    return 200 * _mean(_ratio(np.abs(forecast - actual), np.abs(actual) + np.abs(forecast)))


def pinball(actual: ArrayLike, quantile: ArrayLike, level: ArrayLike) -> Floats:
    """Mean loss of a forecast of the quantile `level` (0..1), pieces: Koenker & Bassett, Econometrica 46 (1978)."""
    errors, level = -_errors(actual, quantile), np.asarray(level, np.float64)
    return _mean(np.maximum(level * errors, (level - 1) * errors))


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of absolute errors over the sum of what was sold, all series together; 0 is perfect, NaN where nothing was sold."""
    return _of_sold(np.abs(_errors(actual, forecast)), actual)


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of errors over the sum of what was sold, all series together; below 0 too little was forecast."""
    return _of_sold(_errors(actual, forecast), actual)


def weighted(scores: ArrayLike, weight: ArrayLike) -> float:
    """Mean of a score a series by weight (revenue), series without a score left out. WRMSSE of one level, with rmsse."""
    scores, weight = np.asarray(scores, np.float64), np.asarray(weight, np.float64)
    known = np.isfinite(scores) & np.isfinite(weight)
    total = float(weight[known].sum())
    return float((scores[known] * weight[known]).sum() / total) if total > 0 else float("nan")


def wrmsse(history: ArrayLike, actual: ArrayLike, forecast: ArrayLike, worth: ArrayLike, levels: Sequence[ArrayLike]) -> float:
    """The M5 competition's measure: RMSSE of the sums of each level by worth, and the mean of the levels.

    `history` (series, time), NaN before the first sale; `worth` (series): revenue. `levels`: each a group number (series), as
    range(series) for the series themselves and zeros for their total. Sums begin with their first sale. What never varied before
    has no scale and is left out; NaN where that leaves nothing.
    """
    past, came, made = (np.nan_to_num(np.asarray(one, np.float64)) for one in (history, actual, forecast))
    found = []
    for level in levels:
        _, group = np.unique(np.asarray(level), return_inverse=True)
        sums = [_summed(one, group) for one in (past, came, made)]
        live = np.where(np.cumsum(sums[0] != 0, axis=1) > 0, sums[0], np.nan)
        found.append(weighted(rmsse(sums[1], sums[2], naive_scale(live, 2)), np.bincount(group, np.asarray(worth, np.float64))))
    known = [one for one in found if np.isfinite(one)]
    return float(np.mean(known)) if known else float("nan")


def _of_sold(errors: Floats, actual: ArrayLike) -> float:
    sold = float(np.nansum(np.asarray(actual, np.float64)))
    return float(np.nansum(errors)) / sold if sold > 0 else float("nan")


def _summed(rows: Floats, group: NDArray[np.intp]) -> Floats:
    made = np.zeros((int(group.max(initial=-1)) + 1, rows.shape[1]))
    np.add.at(made, group, rows)
    return made


def _errors(actual: ArrayLike, forecast: ArrayLike) -> Floats:
    return np.asarray(np.asarray(forecast, np.float64) - np.asarray(actual, np.float64), np.float64)


def _ratio(number: ArrayLike, scale: ArrayLike) -> Floats:
    number, scale = np.asarray(number, np.float64), np.asarray(scale, np.float64)
    return np.asarray(np.divide(number, scale, out=np.full(np.broadcast(number, scale).shape, np.nan), where=scale > 0))


def _mean(values: Floats) -> Floats:
    """Over the last axis, NaN left out."""
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))
