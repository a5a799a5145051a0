"""Smooth, erratic, intermittent or lumpy: which kind of demand an item has, on the bucket that matters to whoever plans it.

A. Syntetos, J. Boylan & J. Croston, "On the categorization of demand patterns", Journal of the Operational Research Society 56
(2005): by the average interval between demands (ADI) and the squared coefficient of variation of their sizes (CV2). The class
depends on the bucket; the one that matters is the time that an order has to last, lead time plus review period.
"""

from dataclasses import dataclass

import numpy as np

from sluice.planning.forecasting.intermittent import mean_interval
from sluice.planning.forecasting.smoothing import Floats, Integers

ADI, CV2 = 1.32, 0.49
SMOOTH, ERRATIC, INTERMITTENT, LUMPY = "smooth", "erratic", "intermittent", "lumpy"


@dataclass(frozen=True, slots=True)
class Classes:
    """Each (series). `adi` is infinite and the class lumpy where nothing ever sold."""

    name: np.ndarray
    adi: Floats
    cv2: Floats


def classify(weekly: Floats, start: Integers, weeks: int = 1) -> Classes:
    """The class of each row of (series, weeks), right-aligned and beginning at `start`, in buckets of `weeks`."""
    depth = max(1, min(weeks, weekly.shape[1]))
    cut = weekly.shape[1] % depth
    live = np.arange(weekly.shape[1])[None, :] >= start[:, None]
    buckets = np.where(live, weekly, 0.0)[:, cut:].reshape(len(weekly), weekly.shape[1] // depth, depth).sum(axis=2)
    began = np.minimum(np.maximum(start - cut, 0) // depth, max(buckets.shape[1] - 1, 0))
    adi = mean_interval(buckets, began)
    sold = buckets > 0
    count = np.maximum(sold.sum(axis=1), 1)
    mean = buckets.sum(axis=1) / count
    spread = np.where(sold, (buckets - mean[:, None]) ** 2, 0.0).sum(axis=1) / np.maximum(count - 1, 1)
    cv2 = np.divide(spread, mean**2, out=np.zeros(len(mean)), where=mean > 0)
    often, alike = adi < ADI, cv2 < CV2
    name = np.select([often & alike, often, alike & np.isfinite(adi)], [SMOOTH, ERRATIC, INTERMITTENT], LUMPY)
    return Classes(name, adi, cv2)
