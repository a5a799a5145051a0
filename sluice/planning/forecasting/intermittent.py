"""Demand that comes now and then: forecasts of its mean for many series at once, each (series), pieces a bucket.

Series as in `smoothing`. Parameters are those of the papers, and statsforecast's.
"""

import numpy as np
from numpy.typing import NDArray

from sluice.planning.forecasting.smoothing import Floats, Integers, optimized, ses

BOUNDS = (0.1, 0.3)
"""Of alpha, for demand that is mostly zero: a wider range fits noise (Petropoulos & Kourentzes 2015)."""
CROSTON = 0.1
DEEPEST = 26
"""Buckets: no aggregation is coarser."""


def croston(series: Floats, start: Integers) -> Floats:
    """Size of a demand over the time between two: J. D. Croston, Operational Research Quarterly 23 (1972)."""
    size, interval = (_compressed(part, series, start) for part in (series, _intervals(series, start)))
    alpha = np.full(len(series), CROSTON)
    demand, gap = ses(*size, alpha)[0], ses(*interval, alpha)[0]
    return np.asarray(np.divide(demand, gap, out=np.zeros_like(demand), where=gap > 0))


def sba(series: Floats, start: Integers) -> Floats:
    """Croston's without its bias: A. Syntetos & J. Boylan, International Journal of Forecasting 21 (2005)."""
    return croston(series, start) * (1 - CROSTON / 2)


def tsb(series: Floats, start: Integers, of_size: float = 0.1, of_chance: float = 0.1) -> Floats:
    """Size by chance, the chance falling while nothing sells: R. Teunter, A. Syntetos & M. Babai, EJOR 214 (2011)."""
    sold = np.where(_live(series, start), series != 0, False).astype(np.float64)
    chance, _ = ses(sold, start, np.full(len(series), of_chance))
    size, _ = ses(*_compressed(series, series, start), np.full(len(series), of_size))
    return chance * size


def adida(series: Floats, start: Integers) -> Floats:
    """Smoothed over buckets as long as the mean interval: K. Nikolopoulos et al., JORS 62 (2011)."""
    level = _aggregation(series, start)
    forecast = np.zeros(len(series))
    for depth in np.unique(level):
        rows = level == depth
        forecast[rows] = _at(series[rows], start[rows], int(depth))
    return forecast


def imapa(series: Floats, start: Integers) -> Floats:
    """The mean over all such aggregations: F. Petropoulos & N. Kourentzes, JORS 66 (2015)."""
    level = _aggregation(series, start)
    total = np.zeros(len(series))
    for depth in range(1, int(level.max(initial=0)) + 1):
        rows = level >= depth
        total[rows] += _at(series[rows], start[rows], depth)
    mean: Floats = total / level
    return mean


def mean_interval(series: Floats, start: Integers) -> Floats:
    """Buckets from one with demand to the next, the first counted from the start; infinite where nothing sold."""
    live = _live(series, start) & (series != 0)
    count = live.sum(axis=1)
    last = series.shape[1] - np.argmax(live[:, ::-1], axis=1)
    span = (last - start).astype(np.float64)
    return np.asarray(np.divide(span, count, out=np.full(len(series), np.inf), where=count > 0))


def _live(series: Floats, start: Integers) -> NDArray[np.bool_]:
    return np.arange(series.shape[1])[None, :] >= start[:, None]


def _aggregation(series: Floats, start: Integers) -> Integers:
    interval = mean_interval(series, start)
    deepest = np.minimum(DEEPEST, np.maximum(1, series.shape[1] - start))
    return np.clip(np.rint(np.where(np.isfinite(interval), interval, 1.0)), 1, deepest).astype(np.int64)


def _at(series: Floats, start: Integers, depth: int) -> Floats:
    """The forecast a bucket from sums of `depth` buckets, the newest whole."""
    live = np.where(_live(series, start), series, 0.0)
    cut = series.shape[1] % depth
    sums = live[:, cut:].reshape(len(series), series.shape[1] // depth, depth).sum(axis=2)
    began = np.minimum(-(-np.maximum(start - cut, 0) // depth), sums.shape[1] - 1)
    return optimized(sums, began, BOUNDS)[1] / depth


def _intervals(series: Floats, start: Integers) -> Floats:
    """At each bucket with demand the buckets since the one before, else 0."""
    live = _live(series, start) & (series != 0)
    at = np.arange(series.shape[1])[None, :]
    seen = np.maximum.accumulate(np.where(live, at, -1), axis=1)
    before = np.concatenate([np.full((len(series), 1), -1), seen[:, :-1]], axis=1)
    return np.where(live, at - np.where(before < 0, start[:, None] - 1, before), 0).astype(np.float64)


def _compressed(values: Floats, series: Floats, start: Integers) -> tuple[Floats, Integers]:
    """`values` of the buckets with demand alone, moved to the right, and where each row begins now."""
    live = _live(series, start) & (series != 0)
    order = np.argsort(live, axis=1, kind="stable")
    kept = np.take_along_axis(np.where(live, values, 0.0), order, axis=1)
    return kept, np.minimum(values.shape[1] - live.sum(axis=1), values.shape[1] - 1)
