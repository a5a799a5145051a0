"""Quantiles of demand over a lead time: conformal, from how far past forecasts of such windows were off.

Split conformal prediction (V. Vovk, A. Gammerman & G. Shafer, Algorithmic Learning in a Random World, 2005) on the sums that
matter, demand over a whole window, instead of a distribution assumed for a day: no independence of days, no normal tail. At
weekly origins the window's demand S is held against the trailing forecast l that could be made then. Scores (S - l) / sqrt(l + 1)
are comparable between items, as counts scatter with the root of their mean; they are divided by the item's own spread, so that
one pool of scores serves steady and wild items alike (normalized: H. Papadopoulos, A. Gammerman & V. Vovk, AIA 2008; J. Lei et
al., JASA 113, 2018). Two years have too few windows for an item's own .98, and the pool has them.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TINY = 1e-9
SPAN = 28
"""Days of the trailing forecast, an exponentially weighted mean; the days that are needed before the first score."""
STEP = 7
"""Days between origins."""
SHRINK = 20
"""Scores of its own at which an item's spread is believed as much as that of the items like it."""
GROUPS = 10
"""The items like it: a tenth of all, by expected demand."""
FEWEST = 50
"""Scores below which a group says too little; then all items speak."""


def window_quantiles(history: ArrayLike, expected: ArrayLike, window: ArrayLike, levels: ArrayLike) -> Floats:
    """Quantiles (series, levels) of demand over the next `window` days, in pieces, not rounded; never below 0.

    `history` (series, days): demand a day up to today, NaN before the first sale and where nothing could be sold; `expected`
    (series): forecast of the sum over the window; `window`: days, one number, one a series, or (series, draws) lead times as
    they fell, each at least 1: then windows at different origins have different lengths, and the quantiles cover that too;
    `levels`: 0..1. Quantiles never cross. Without any history each is that of a Poisson count.
    """
    days, wanted = np.asarray(history, np.float64), np.atleast_1d(np.asarray(levels, np.float64))
    mean = np.maximum(np.nan_to_num(np.asarray(expected, np.float64)), 0.0)
    return quantiles(scores(days, window), mean, wanted)


def quantiles(found: Floats, expected: Floats, levels: Floats) -> Floats:
    """The same from the `scores` of the history, which serve for many levels and forecasts."""
    if not np.isfinite(found).any():
        return _poisson(expected, levels)
    spread, shift = errors(found, expected, levels)
    reached: Floats = np.maximum(0.0, expected[:, None] + shift * (spread * np.sqrt(expected + 1))[:, None])
    return reached


def errors(found: Floats, expected: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """What a quantile is made of: each series' spread, and the quantiles of all scores over their spreads, by level. At least one
    of the scores `found` is known."""
    spread, without = spreads(found, expected)
    alike = (found / without)[np.isfinite(found)]
    return spread, np.quantile(alike, levels, method="higher")


def scores(history: ArrayLike, window: ArrayLike) -> Floats:
    """(series, origins): (demand over the window - trailing forecast) / sqrt(trailing forecast + 1), NaN where not known.

    Days that are NaN are no demand of zero: a window's sum is scaled up to its length, and one that is mostly NaN is left out.
    """
    days = np.asarray(history, np.float64)
    lengths = _lengths(window, len(days))
    known = np.isfinite(days)
    demand, seen = _running(np.where(known, days, 0.0)), _running(known.astype(np.float64))
    rate, since = trailing(days)
    longest = lengths.max(axis=1)
    last = days.shape[1] - int(lengths.min(initial=1))
    origins = np.arange(last, SPAN - 1, -STEP)[::-1]
    found = np.full((len(days), len(origins)), np.nan)
    for at, origin in enumerate(origins):
        length = lengths[:, (len(origins) - 1 - at) % lengths.shape[1]]
        end = np.minimum(origin + length, days.shape[1])
        row = np.arange(len(days))
        total, open_days = demand[row, end] - demand[:, origin], seen[row, end] - seen[:, origin]
        # where the longest does not fit any more, counting the shorter would make lead times look short
        usable = (origin + longest <= days.shape[1]) & (open_days * 2 > length) & (since[:, origin] >= SPAN)
        # the trailing forecast is for the mean window: how lengths scatter is part of what is measured
        ahead = rate[:, origin] * lengths.mean(axis=1)
        scaled = total * length / np.maximum(open_days, 1.0)
        found[:, at] = np.where(usable, (scaled - ahead) / np.sqrt(ahead + 1), np.nan)
    return found


def trailing(days: Floats) -> tuple[Floats, Floats]:
    """(series, days + 1): exponentially weighted mean a day of what was known before each day, and how many days it knows."""
    keep = 1 - 2 / (SPAN + 1)
    total, weight, count = (np.zeros(len(days)) for _ in range(3))
    rate, since = np.zeros((days.shape[1] + 1, len(days))), np.zeros((days.shape[1] + 1, len(days)))
    for day, demand in enumerate(np.ascontiguousarray(days.T), start=1):
        known = np.isfinite(demand)
        total = np.where(known, keep * total + np.nan_to_num(demand), total)
        weight = np.where(known, keep * weight + 1, weight)
        count += known
        rate[day], since[day] = total / np.maximum(weight, 1.0), count
    return rate.T, since.T


def _lengths(window: ArrayLike, series: int) -> Integers:
    """(series, draws), whole days, at least 1."""
    days = np.maximum(1, np.rint(np.asarray(window, np.float64))).astype(np.int64)
    return np.broadcast_to(days, (series, 1)) if days.ndim == 0 else days.reshape(series, -1)


def _running(days: Floats) -> Floats:
    """Sums of the first 0, 1, 2 .. days."""
    return np.concatenate([np.zeros((len(days), 1)), np.cumsum(days, axis=1)], axis=1)


def spreads(found: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """How wide each row scatters (series), shrunk to its group's, and the same without each score (series, origins).

    A score divided by a spread that it is part of would look tamer than the next one will be. The spread is the square of the
    mean root: one festival does not widen it for good.
    """
    known = np.isfinite(found)
    root = np.sqrt(np.abs(np.where(known, found, 0.0)))
    total, count = root.sum(axis=1), known.sum(axis=1)
    like = np.full(len(found), total.sum() / max(int(count.sum()), 1))
    group = (np.argsort(np.argsort(expected, kind="stable")) * GROUPS) // len(found)
    for number in range(GROUPS):
        members = group == number
        if count[members].sum() >= FEWEST:
            like[members] = total[members].sum() / count[members].sum()
    like = np.maximum(like, TINY)
    spread = ((total + SHRINK * like) / (count + SHRINK)) ** 2
    without = ((total[:, None] - root + SHRINK * like[:, None]) / (np.maximum(count[:, None] - 1, 0) + SHRINK)) ** 2
    return spread, without


def _poisson(expected: Floats, levels: Floats) -> Floats:
    from scipy.stats import poisson

    return np.asarray(poisson.ppf(levels[None, :], np.maximum(expected, TINY)[:, None]), np.float64)
