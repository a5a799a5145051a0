"""The time of year, learned from all series together: one item's year is noise, the whole assortment's is not.

Ratio to moving average (F. Macaulay, The Smoothing of Time Series, 1931) on the total by week of the year, shrunk by how many
years have been seen. So a rise before Christmas is expected, which a level alone follows weeks too late.
"""

from datetime import date, timedelta

import numpy as np

from sluice.planning.forecasting.smoothing import Floats

YEAR = 52
FEWEST_WEEKS = 60
"""Below it there is no year to compare with: the index is flat."""
BELIEF = 0.5
"""Years at which the index is half believed."""
PARTS = 53
CAP = 10.0
"""Times its usual week: what a series adds to the total at most, so that no single order makes a season."""


def yearly_index(weekly: Floats, start: np.ndarray, newest: date) -> Floats:
    """(53): demand of each week of the year relative to the year's mean, around 1; week 0 has 1 January.

    `weekly` (series, weeks) is demand in weeks that end with the day `newest`. Only series that have been there for all of it
    count: an assortment that grows is no season.
    """
    weeks = weekly.shape[1]
    whole = weekly[start <= max(2, weeks // 20)]
    if weeks < FEWEST_WEEKS or len(whole) == 0:
        return np.ones(PARTS)
    usual = whole.mean(axis=1, keepdims=True)
    total = np.minimum(whole, CAP * usual).sum(axis=0)
    level = _level(total)
    at = week_of_year(newest, weeks)
    ratio = np.log(np.maximum(total, 1e-9) / np.maximum(level, 1e-9)).clip(-1.5, 1.5)
    # each week's neighbours say the same twice over: half of the weight
    kernel = np.array([0.25, 0.5, 0.25])
    sums, counts = (np.bincount(at, values, PARTS) for values in (ratio, np.ones(weeks)))
    around = [np.convolve(np.r_[values[-2:-1], values, values[:1]], kernel, "valid") for values in (sums, counts)]
    mean = np.divide(around[0], around[1], out=np.zeros(PARTS), where=around[1] > 0)
    years = weeks / YEAR
    index = np.exp(mean * years / (years + BELIEF))
    return np.asarray(index / index.mean())


def week_of_year(newest: date, weeks: int, ahead: int = 0) -> np.ndarray:
    """The week of the year (0..52) of the middle of each of the `weeks` up to `newest`, or of those `ahead` after it."""
    first = 1 - weeks if not ahead else 1
    middles = [newest + timedelta(7 * number - 3) for number in range(first, first + (ahead or weeks))]
    return np.array([(day.timetuple().tm_yday - 1) // 7 for day in middles])


def _level(total: Floats) -> Floats:
    """A mean over a year that ends in each week, the first one for the weeks before; straight where there is one year only."""
    sums = np.cumsum(np.r_[0.0, total])
    rolled = (sums[YEAR:] - sums[:-YEAR]) / YEAR
    # centred: half a year of either side; the ends hold the nearest
    half = YEAR // 2
    level = np.concatenate([np.full(half, rolled[0]), rolled, np.full(len(total) - half - len(rolled), rolled[-1])])
    return level
