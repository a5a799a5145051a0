"""A forecast of many items: first what all of them tell together is learned, then each is projected with it.

So a hundred thousand items go through in batches that each know what the whole assortment knows: weekdays, festivals, promotions,
the time of year, which model forecasts which class, what a new item is worth from the items like it.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sluice.planning.forecasting.classes import Classes, classify
from sluice.planning.forecasting.conformal import quantiles, scores
from sluice.planning.forecasting.history import History, Own, Uplift, corrected, event_factor, own, plain, uplift, usual
from sluice.planning.forecasting.models import CANDIDATES, MODELS, forecasts
from sluice.planning.forecasting.season import week_of_year, yearly_index
from sluice.planning.forecasting.select import FEWEST_WEEKS, Score, chosen, select
from sluice.planning.forecasting.smoothing import Floats, Integers, ses
from sluice.planning.forecasting.week import WEEK, profile, spread, weeks

LEVELS = (0.1, 0.5, 0.9, 0.95)
LIKE, FALLBACK = "like items", "mean of 8 weeks"
LIKE_DAYS = 28
"""Days of its own at which a new item is believed as much as the items like it."""
ERROR_ALPHA = 0.2
"""Of the trailing forecast that weekly errors are measured against."""
FEW = 4
"""Weekly errors of its own at which a series' spread is believed as much as the assortment's."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What all series together say: the weekday profile (7), how much more events and promotions sell, the year (53), the scores
    of every candidate model, pieces a week of an item by group of like items, and the squared error of a week over its level."""

    shape: Floats
    lifts: Uplift
    year: Floats
    selection: list[Score]
    like: dict[int, float]
    error: float


@dataclass(frozen=True, slots=True)
class Projection:
    """Each by series: `demand` (series, days), the corrected history; `daily` (series, days ahead), pieces; `level`, what of it a
    week has without season and events; `trailing`, the same by smoothing alone; `sd` of a week's forecast error; `quantiles`
    (series, LEVELS) of the first week's demand; how many days of the history were known and sold out; what promotions did.
    Those to come are in none of it."""

    demand: Floats
    daily: Floats
    level: Floats
    trailing: Floats
    sd: Floats
    quantiles: Floats
    model: np.ndarray
    classes: Classes
    days: Integers
    sold_out: Integers
    promoted: Own

    @property
    def weekly(self) -> Floats:
        return np.asarray(self.daily.reshape(len(self.daily), self.daily.shape[1] // WEEK, WEEK).sum(axis=2))


def learn(
    history: History, weight: Floats, group: Integers, newest: date, bucket: int = 1, planner: Floats | None = None
) -> Learned:
    """From all series, or a sample that stands for them. `weight` is what a series is worth (revenue), `group` the items like
    it, `newest` the date of the last day, `bucket` the weeks that an order has to last, `planner` the uplift by kind of promotion
    that is expected where the past shows none, NaN where nothing is."""
    base = plain(history)
    pooled, shape = profile(base)
    expected = usual(base, shape)
    lifts = uplift(history, expected, planner)
    weekly, start = weeks(corrected(history, expected, lifts, own(history, expected, lifts).uplift), shape)
    year = yearly_index(weekly, start, newest)
    flat = weekly / _season(year, newest, weekly.shape[1])
    selection = select(flat, start, classify(flat, start, bucket).name, weight)
    return Learned(pooled, lifts, year, selection, _like(flat, start, group), _relative_error(flat, start))


def project(
    history: History, learned: Learned, group: Integers, newest: date, ahead: int, coming: np.ndarray, bucket: int = 1
) -> Projection:
    """Forecast `ahead` whole weeks of each series. `coming` (names, days ahead): the events in them."""
    base = plain(history)
    shape = profile(base, learned.shape)[1]
    expected = usual(base, shape)
    promoted = own(history, expected, learned.lifts)
    days = corrected(history, expected, learned.lifts, promoted.uplift)
    del base, expected
    weekly, start = weeks(days, shape)
    flat = weekly / _season(learned.year, newest, weekly.shape[1])
    classes = classify(flat, start, bucket)
    level, model = _modelled(flat, start, classes.name, chosen(learned.selection), ahead)
    known = np.isfinite(days).sum(axis=1)
    new = (weekly.shape[1] - start < FEWEST_WEEKS) & np.array([one in learned.like for one in group], bool)
    if new.any():
        level[new] = _new(days[new], known[new], np.array([learned.like[one] for one in group[new]]))[:, None]
        model[new] = LIKE
    season = learned.year[week_of_year(newest, 0, ahead)]
    daily = spread(level * season, shape, ahead * WEEK) * event_factor(coming, learned.lifts)
    sd = _error(flat, start, level[:, 0], learned.error)
    first = daily[:, :WEEK].sum(axis=1)
    reached = quantiles(scores(days, WEEK), first, np.array(LEVELS))
    counts = known, (history.sold_out & np.isfinite(days)).sum(axis=1)
    return Projection(days, daily, level.mean(axis=1), _errors(flat, start)[0], sd, reached, model, classes, *counts, promoted)


def _season(year: Floats, newest: date, number: int) -> Floats:
    season: Floats = year[week_of_year(newest, number)]
    return season


def _modelled(weekly: Floats, start: Integers, name: np.ndarray, models: dict[str, str], ahead: int) -> tuple[Floats, np.ndarray]:
    """The class's model on its series. What fails or gives no number falls back to the mean of eight weeks, and says so."""
    level, model = np.full((len(weekly), ahead), np.nan), np.full(len(weekly), "", object)
    for one in CANDIDATES:
        rows = np.flatnonzero(name == one)
        if not rows.size:
            continue
        wanted = models.get(one, CANDIDATES[one][0])
        model[rows] = wanted
        try:
            level[rows] = forecasts([wanted], weekly[rows], start[rows], ahead)[wanted]
        except Exception as fault:
            model[rows] = f"fallback: {FALLBACK}, as {wanted} failed ({type(fault).__name__})"
    lost = ~np.isfinite(level).all(axis=1)
    if lost.any():
        told = np.array([one.startswith("fallback") for one in model], bool)
        model[lost & ~told] = f"fallback: {FALLBACK}, as the model gave no number"
        usable = np.where(np.isfinite(weekly[lost]), weekly[lost], 0.0)
        level[lost] = MODELS[FALLBACK](usable, start[lost], ahead)
    return level, model


def _like(weekly: Floats, start: Integers, group: Integers) -> dict[int, float]:
    """Pieces a week of the middle item of each group, among those that have sold for eight weeks."""
    settled = weekly.shape[1] - start >= FEWEST_WEEKS
    level = weekly[:, -FEWEST_WEEKS:].mean(axis=1)
    if not settled.any():
        return {}
    everyone = float(np.median(level[settled]))
    found = {}
    for one in np.unique(group).tolist():
        members = level[settled & (group == one)]
        found[one] = float(np.median(members)) if len(members) >= 3 else everyone
    return found


def _new(days: Floats, known: Integers, like: Floats) -> Floats:
    """Pieces a week: its own days, shrunk to what the items like it sell."""
    sold = np.nansum(days, axis=1)
    level: Floats = (sold + LIKE_DAYS * like / WEEK) / (known + LIKE_DAYS) * WEEK
    return level


def _errors(weekly: Floats, start: Integers) -> tuple[Floats, Floats, Floats]:
    """Level, squared one-step errors in sum, and their number, of the trailing forecast."""
    level, squares = ses(weekly, start, np.full(len(weekly), ERROR_ALPHA))
    return level, squares, (weekly.shape[1] - 1 - start).clip(0).astype(np.float64)


def _relative_error(weekly: Floats, start: Integers) -> float:
    """The median of a week's squared error over level + level^2, which counts do not fall below and wild series reach."""
    level, squares, count = _errors(weekly, start)
    usable = (count >= FEWEST_WEEKS) & (level > 0)
    if not usable.any():
        return 1.0
    return float(np.median(squares[usable] / count[usable] / (level[usable] + level[usable] ** 2)))


def _error(weekly: Floats, start: Integers, level: Floats, relative: float) -> Floats:
    _, squares, count = _errors(weekly, start)
    usual_error = relative * (level + level**2)
    sd: Floats = np.sqrt((squares + FEW * usual_error) / (count + FEW))
    return sd
