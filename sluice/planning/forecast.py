"""The forecast, from frames to the frames that are kept: items, their channels, weeks ahead, and how each model did."""

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from sluice.planning.demand_matrix import Matrix
from sluice.planning.forecasting.history import History
from sluice.planning.forecasting.project import ERROR_ALPHA, LEVELS, Learned, Projection, learn, project
from sluice.planning.forecasting.reconcile import Level, reconcile
from sluice.planning.forecasting.response import none
from sluice.planning.forecasting.select import Score
from sluice.planning.forecasting.smoothing import Floats, Integers, ses
from sluice.planning.forecasting.week import WEEK
from sluice.planning.promotions import lifted
from sluice.planning.promotions_told import told
from sluice.planning_policy import Planning

TINY = 1e-9
SAMPLE = 3000
"""Items from which the whole assortment is learned where there are more."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Frames with the columns of the tables planning.forecast_items, forecast_channels, forecasts and forecast_promotions, but
    forecast_id."""

    items: pl.DataFrame
    channels: pl.DataFrame
    weeks: pl.DataFrame
    promotions: pl.DataFrame


def learned(found: Matrix, policy: Planning, as_of: date) -> Learned:
    """What the items tell together; of many a sample, evenly by revenue."""
    ranked = np.argsort(-found.revenue, kind="stable")
    rows = np.sort(ranked[np.linspace(0, len(ranked) - 1, min(SAMPLE, len(ranked))).astype(np.int64)])
    history = _rows(found.history, rows)
    return learn(history, found.revenue[rows], found.group[rows], _newest(as_of), bucket(policy), found.planner)


def forecast(found: Matrix, known: Learned, policy: Planning, as_of: date) -> Forecast:
    """All items of `found`; of a SKU all its facilities must be there, since they are made to add up."""
    made = project(found.history, known, found.group, _newest(as_of), policy.forecast_weeks, found.coming, bucket(policy))
    items, channels, spread = _reconciled(found, made, known, policy, as_of)
    base = _daily(made, items)
    ahead = lifted(found.planned, made.promoted.uplift, base, channels, found.covers, found.item_of)
    weekly, whole = _in_weeks(base), _in_weeks(ahead.daily)
    times = np.divide(whole, weekly, out=np.ones_like(whole), where=weekly > 0)
    rise = np.divide(ahead.channels, channels, out=np.ones_like(channels), where=channels > 0)
    return Forecast(
        _items(found, made, ahead.daily.mean(axis=1), np.sqrt((times**2).mean(axis=1))),
        _channels(found, ahead.channels, spread * rise),
        _weeks(found, made, weekly, times, as_of),
        told(found, made.promoted, known.lifts.promotions),
    )


def bucket(policy: Planning) -> int:
    """Weeks that an order has to last: lead time plus review period."""
    return max(1, math.ceil((policy.lead_time_days + policy.review_period_days) / WEEK))


def scores(selection: list[Score]) -> pl.DataFrame:
    """Columns of planning.forecast_models, without forecast_id; scores that could not be had are null."""
    columns = {"demand_class": pl.String, "model": pl.String, "rmsse": pl.Float64, "bias": pl.Float64, "is_chosen": pl.Boolean}
    rows = [[getattr(score, name) for name in columns] for score in selection]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(pl.col("rmsse", "bias").fill_nan(None))


def _newest(as_of: date) -> date:
    return as_of - timedelta(days=1)


def _rows(history: History, rows: Integers) -> History:
    of_series = {name: getattr(history, name)[rows] for name in ("days", "first", "closed", "sold_out")}
    return replace(history, **of_series, promoted=history.promoted.of(rows))


def _reconciled(found: Matrix, made: Projection, known: Learned, policy: Planning, as_of: date) -> tuple[Floats, Floats, Floats]:
    """Pieces a day that add up, over the weeks ahead: of items, of channels, and the sd of a day of each channel."""
    mean = made.daily.mean(axis=1)
    own = Level(mean, (made.sd / WEEK) ** 2, found.items["sku"].rank("dense").to_numpy().astype(np.int64) - 1)
    level, variance = _trailing(_unpromoted(found, made))
    # of channels only promotions are taken out, of the item more: together they make what it would have sold, in season
    booked = np.bincount(found.item_of, level, len(mean))
    season = np.divide(mean, made.level, out=np.full(len(mean), 1 / WEEK), where=made.level > 0)
    lift = (season * np.divide(made.trailing, booked, out=np.ones(len(mean)), where=booked > 0))[found.item_of]
    channels = Level(level * lift, variance * lift**2, found.item_of)
    _, items, leaves = reconcile(_whole(found, made, known, policy, as_of, own), own, channels)
    # the sd of a day, by that of a week: days of one week share what the forecast missed
    return items, leaves, np.sqrt(channels.variance * WEEK)


def _unpromoted(found: Matrix, made: Projection) -> Floats:
    """Pieces of each channel by week without what promotions brought."""
    one, (rows, weeks) = found.of_promotions, found.by_channel.shape
    times = made.promoted.uplift[found.item_of[one.channel], one.kind]
    more = np.bincount(one.channel * weeks + one.week, one.pieces * (1 - 1 / times), rows * weeks).reshape(rows, weeks)
    return np.asarray(found.by_channel - more)


def _whole(found: Matrix, made: Projection, known: Learned, policy: Planning, as_of: date, own: Level) -> Level:
    """Each SKU over its facilities; its own forecast where there are several, else nothing that its only item doesn't say."""
    count = int(own.parent.max(initial=-1)) + 1
    several = np.flatnonzero(np.bincount(own.parent, minlength=count) > 1)
    mean, variance = np.zeros(count), np.full(count, np.inf)
    if several.size:
        rows = np.flatnonzero(np.isin(own.parent, several))
        at = np.searchsorted(several, own.parent[rows])
        days = np.zeros((len(several), made.demand.shape[1]))
        np.add.at(days, at, np.nan_to_num(made.demand[rows]))
        first = np.full(len(several), days.shape[1])
        np.minimum.at(first, at, found.history.first[rows])
        nothing = np.zeros(days.shape, bool)
        shut = np.ones(days.shape, bool)
        np.logical_and.at(shut, at, found.history.closed[rows])
        unpromoted = none(len(days), len(found.kinds))
        history = History(days, first, shut, nothing, unpromoted, np.zeros_like(found.history.events))
        group = np.full(len(several), -2)
        whole = project(history, known, group, _newest(as_of), policy.forecast_weeks, found.coming, bucket(policy))
        mean[several], variance[several] = whole.daily.mean(axis=1), (whole.sd / WEEK) ** 2
    return Level(mean, variance, np.arange(count))


def _trailing(weekly: Floats) -> tuple[Floats, Floats]:
    """Level and squared error of a week of each channel; at least that of a Poisson count, all that is known of a few weeks."""
    start = np.where((weekly > 0).any(axis=1), np.argmax(weekly > 0, axis=1), max(weekly.shape[1] - 1, 0))
    level, squares = ses(weekly, start, np.full(len(weekly), ERROR_ALPHA))
    return level, np.maximum(squares / np.maximum(weekly.shape[1] - 1 - start, 1), np.maximum(level, TINY))


def _daily(made: Projection, mean: Floats) -> Floats:
    """Pieces a day without promotions, (items, days), that come to the reconciled `mean`; even where nothing was projected."""
    before = made.daily.mean(axis=1)
    times = np.divide(mean, before, out=np.ones(len(mean)), where=before > 0)
    return np.asarray(made.daily * times[:, None] + np.where(before > 0, 0.0, mean)[:, None])


def _in_weeks(daily: Floats) -> Floats:
    return np.asarray(daily.reshape(len(daily), daily.shape[1] // WEEK, WEEK).sum(axis=2))


def _items(found: Matrix, made: Projection, mean: Floats, rise: Floats) -> pl.DataFrame:
    """`rise`: times that promotions to come widen the error by."""
    classes = made.classes
    return found.items.with_columns(
        demand_class=pl.Series(classes.name.astype(str), dtype=pl.String),
        adi=pl.Series(np.where(np.isfinite(classes.adi), classes.adi, np.nan)).fill_nan(None),
        cv2=pl.Series(classes.cv2),
        model=pl.Series(made.model.tolist(), dtype=pl.String),
        days=pl.Series(made.days, dtype=pl.Int64),
        sold_out_days=pl.Series(made.sold_out, dtype=pl.Int64),
        promoted_days=pl.Series(made.promoted.seen.days.sum(axis=1), dtype=pl.Int64),
        demand_mean=pl.Series(mean),
        demand_sd=pl.Series(made.sd * rise / WEEK**0.5),
    )


def _channels(found: Matrix, mean: Floats, sd: Floats) -> pl.DataFrame:
    return found.channels.with_columns(demand_mean=pl.Series(mean), demand_sd=pl.Series(sd))


def _weeks(found: Matrix, made: Projection, weekly: Floats, times: Floats, as_of: date) -> pl.DataFrame:
    """One row an item and week ahead, from pieces without promotions and how many times as much is sold with them. Quantiles keep
    the distance from the mean that they have in the first week, and rise with promotions."""
    count, ahead = weekly.shape
    of_mean = np.maximum(made.weekly[:, 0], TINY)
    # what scatters, scatters with the root of the mean
    shift = (made.quantiles - made.weekly[:, :1]) / np.sqrt(of_mean + 1)[:, None]
    reached = np.maximum(0.0, weekly[:, :, None] + shift[:, None, :] * np.sqrt(weekly + 1)[:, :, None]) * times[:, :, None]
    starts = pl.Series([as_of + timedelta(days=WEEK * number) for number in range(ahead)], dtype=pl.Date)
    keys = found.items[np.repeat(np.arange(count), ahead)]
    return keys.with_columns(
        week_start=starts[np.tile(np.arange(ahead), count)],
        mean=pl.Series((weekly * times).ravel()),
        baseline=pl.Series(weekly.ravel()),
        sd=pl.Series((made.sd[:, None] * times).ravel()),
        **{f"q{round(level * 100)}": pl.Series(reached[:, :, at].ravel()) for at, level in enumerate(LEVELS)},
    )
