"""How many times the usual is sold while a promotion runs: by kind of promotion, and by item as far as its own past shows.

An item's uplift is believed by its credibility, the share of what is seen that items really differ by (H. Bühlmann & E. Straub,
"Glaubwürdigkeit für Schadensätze", Mitteilungen der VSVM 70, 1970): with few pieces, or where items hardly differ, it is that of
its kind; a kind that was hardly seen has that of all promotions, or what the planner expects. How much items differ is told from
the data by the method of moments. A promotion on some channels is measured by what they sell, and lifts their share alone.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sluice.planning.forecasting.smoothing import Floats, Integers
from sluice.planning.forecasting.week import WEEK

PIECES = 20.0
"""Expected pieces, each worth a random one, at which a kind's own uplift is believed as much as everyone's."""
FEWEST = 5
"""Items that were promoted, below which they don't tell how much items differ."""
DIFFER = 0.12
"""Then: squared coefficient of variation of the uplift between items, a standard deviation of about a third."""
FEW = 4
"""Weeks of its own at which an item's noise is believed as much as that of all."""
LIMITS = (1.0, 20.0)
"""A promotion does not sell less than none; what lies beyond is an error in the data."""
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Runs:
    """A day (row, day) of a series on which a promotion ran, of a `kind`, from 0, and the pieces `sold` through its channels;
    `share` (series, kinds): part of a usual day's demand that goes through them. No channel has two promotions on a day."""

    row: Integers
    day: Integers
    kind: Integers
    sold: Floats
    share: Floats

    def of(self, rows: Integers) -> "Runs":
        """Those of some series, renumbered; each of `rows` once."""
        place = np.full(len(self.share), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.row] >= 0
        return Runs(place[self.row[kept]], self.day[kept], self.kind[kept], self.sold[kept], self.share[rows])

    def where(self, counted: NDArray[np.bool_]) -> "Runs":
        """Those on days (series, days) that are `counted`."""
        kept = counted[self.row, self.day]
        return replace(self, row=self.row[kept], day=self.day[kept], kind=self.kind[kept], sold=self.sold[kept])

    def on(self, days: int) -> NDArray[np.bool_]:
        """(series, days): whether any ran."""
        flags = np.zeros((len(self.share), days), np.bool_)
        flags[self.row, self.day] = True
        return flags


def none(series: int, kinds: int = 1) -> Runs:
    """No promotion at all; all channels are in every kind."""
    empty = np.zeros(0, np.int64)
    return Runs(empty, empty, empty, np.zeros(0), np.ones((series, kinds)))


@dataclass(frozen=True, slots=True)
class Promoted:
    """Each (series, kinds): days that say something, pieces sold on them through the kind's channels, and pieces usual there."""

    days: Integers
    sold: Floats
    meant: Floats


@dataclass(frozen=True, slots=True)
class Response:
    """By kind: times the usual, and the squared coefficient of variation of it between items. `noise`: variance of what is sold
    over its mean, of the middle item; 1 if pieces came at random."""

    usual: Floats
    differ: Floats
    noise: float


def promoted(runs: Runs, meant: Floats) -> Promoted:
    """Sums by kind. `meant` (series, days): usual demand through all channels."""
    count, kinds = runs.share.shape
    at = runs.row * kinds + runs.kind
    usual = meant[runs.row, runs.day] * runs.share[runs.row, runs.kind]
    # no single order makes a promotion
    pieces = np.minimum(runs.sold, 50 * np.maximum(usual, 1.0))

    def total(weight: Floats) -> Floats:
        return np.bincount(at, weight, count * kinds).astype(np.float64).reshape(count, kinds)

    return Promoted(total(np.ones(len(at))).astype(np.int64), total(pieces), total(usual))


def noise(plain: NDArray[np.bool_], sold: Floats, meant: Floats, usual: float | None = None) -> tuple[Floats, float]:
    """Variance of a week's sales over their mean, of each series (series) and of the middle one, from the days that are `plain`.

    Weeks, since days of a week tell of the same mood. At least that of pieces that come at random, 1.
    """
    whole = sold.shape[1] // WEEK * WEEK
    shape = (len(sold), whole // WEEK, WEEK)
    cut = slice(sold.shape[1] - whole, None)
    off = np.where(plain, sold - meant, 0.0)[:, cut].reshape(shape).sum(axis=2)
    squares, mean = (off**2).sum(axis=1), np.where(plain, meant, 0.0)[:, cut].sum(axis=1)
    if usual is None:
        told = mean >= PIECES
        usual = max(1.0, float(np.median(squares[told] / mean[told]))) if told.any() else 1.0
    few = FEW * mean / max(1, shape[1])
    own = np.divide(squares + few * usual, mean + few, out=np.full(len(sold), usual), where=mean > 0)
    return np.maximum(1.0, own), usual


def respond(found: Promoted, of_noise: tuple[Floats, float], expected: Floats) -> Response:
    """What all series tell together. `expected` (kinds): uplift that the planner gives, NaN where none."""
    few = PIECES * of_noise[1]
    everyone = np.clip((found.sold.sum() + few) / (found.meant.sum() + few), *LIMITS)
    prior = np.where(np.isfinite(expected), expected, everyone)
    usual = np.clip((found.sold.sum(axis=0) + few * prior) / (found.meant.sum(axis=0) + few), *LIMITS)
    mean = usual * found.meant
    squares = ((found.sold - mean) ** 2 - of_noise[0][:, None] * mean).sum(axis=0)
    size = (mean**2).sum(axis=0)
    differ = np.divide(squares, size, out=np.full(len(usual), DIFFER), where=size > 0)
    told = (found.meant > 0).sum(axis=0) >= FEWEST
    return Response(usual, np.where(told, np.maximum(0.0, differ), DIFFER), of_noise[1])


def own_uplift(found: Promoted, of_noise: Floats, known: Response) -> Floats:
    """(series, kinds): times the usual on the channels of the kind."""
    mean = known.usual * found.meant
    trust = known.differ * mean / (known.differ * mean + of_noise[:, None])
    seen = np.divide(found.sold, found.meant, out=np.broadcast_to(known.usual, mean.shape).copy(), where=found.meant > TINY)
    return np.asarray(np.clip(known.usual + trust * (seen - known.usual), *LIMITS))


def factor(runs: Runs, uplift: Floats, days: int) -> Floats:
    """(series, days): times the usual that all channels together sell."""
    more = runs.share[runs.row, runs.kind] * (uplift[runs.row, runs.kind] - 1)
    count = len(runs.share)
    return 1 + np.bincount(runs.row * days + runs.day, more, count * days).astype(np.float64).reshape(count, days)


def extra(runs: Runs, uplift: Floats, days: int) -> Floats:
    """(series, days): pieces that would not have been sold without."""
    more = runs.sold * (1 - 1 / uplift[runs.row, runs.kind])
    count = len(runs.share)
    return np.bincount(runs.row * days + runs.day, more, count * days).astype(np.float64).reshape(count, days)
