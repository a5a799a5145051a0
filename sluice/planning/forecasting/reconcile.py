"""Forecasts that add up: channels to their item, items (a SKU at a facility) to their SKU.

MinT with a diagonal covariance (S. Wickramasuriya, G. Athanasopoulos & R. Hyndman, "Optimal forecast reconciliation through trace
minimization", JASA 114, 2019): the sums that lie nearest to all forecasts, each weighed by the inverse of its error variance. On
a tree this needs no matrix: forecasts are combined going up, and what is left over is handed down in proportion to variance.
"""

from dataclasses import dataclass

import numpy as np

from sluice.planning.forecasting.smoothing import Floats, Integers

TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Level:
    """Forecasts of one level, their error variances, and the row of the level above that each belongs to."""

    mean: Floats
    variance: Floats
    parent: Integers


def reconcile(top: Level, middle: Level, bottom: Level) -> tuple[Floats, Floats, Floats]:
    """Means of the three levels, none below 0, each the sum of its parts.

    A middle row without parts at the bottom has itself as its only part. `top.parent` is not looked at.
    """
    below, spread = _sums(bottom.mean, bottom.parent, len(middle.mean)), _sums(bottom.variance, bottom.parent, len(middle.mean))
    parts = np.bincount(bottom.parent, minlength=len(middle.mean)) > 0
    variance = np.maximum(middle.variance, TINY)
    trust = np.where(parts, variance / (variance + np.maximum(spread, TINY)), 0.0)
    combined = middle.mean + trust * (below - middle.mean)
    left = np.where(parts, trust * np.maximum(spread, TINY), variance)

    summed, uncertain = _sums(combined, middle.parent, len(top.mean)), _sums(left, middle.parent, len(top.mean))
    gap = (top.mean - summed) * uncertain / (uncertain + np.maximum(top.variance, TINY))
    items = combined + gap[middle.parent] * left / np.maximum(uncertain[middle.parent], TINY)
    items = np.maximum(0.0, items)

    share = np.maximum(bottom.variance, TINY) / np.maximum(spread[bottom.parent], TINY)
    leaves = np.maximum(0.0, bottom.mean + (items - below)[bottom.parent] * share)
    leaves = _scaled(leaves, bottom, items)
    items = np.where(parts, _sums(leaves, bottom.parent, len(items)), items)
    return _sums(items, middle.parent, len(top.mean)), items, leaves


def _scaled(leaves: Floats, bottom: Level, items: Floats) -> Floats:
    """Where cutting off at 0 made the sum too large; alike where all are 0."""
    total = _sums(leaves, bottom.parent, len(items))[bottom.parent]
    count = np.bincount(bottom.parent, minlength=len(items))[bottom.parent]
    wanted = items[bottom.parent]
    return np.where(total > 0, leaves * wanted / np.where(total > 0, total, 1.0), wanted / np.maximum(count, 1))


def _sums(values: Floats, parent: Integers, parents: int) -> Floats:
    return np.bincount(parent, values, parents).astype(np.float64)
