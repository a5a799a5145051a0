"""Days in weeks: a weekday profile of each series, and weekly demand that a closed or sold-out day does not make smaller.

A week is seven days that end with the newest day, not a calendar week, so that none is cut short.
"""

import numpy as np

from sluice.planning.forecasting.smoothing import Floats, Integers

WEEK = 7
SHRINK = 60
"""Days with a sale at which a series' own weekday profile is believed as much as that of all series."""
OPEN = 1.5
"""Of a week's seven parts of profile, how many must be known for the week to be counted."""


def profile(days: Floats, pooled: Floats | None = None) -> tuple[Floats, Floats]:
    """How much of a mean day each place of the week gets, the first being the day after the newest; mean 1: of all series
    together (7), and of each (series, 7), shrunk to `pooled`, which is that of these series where it isn't given.

    `days` (series, days): demand, NaN where it isn't known. Every series counts the same, and a day of it ten usual ones at
    most, so that no single order makes a weekday.
    """
    places = _by_place(days)
    known = np.isfinite(places)
    sold = np.where(known, places, 0.0)
    usual = np.maximum(sold.sum(axis=(1, 2)) / np.maximum(known.sum(axis=(1, 2)), 1), 1e-9)
    relative = np.minimum(sold / usual[:, None, None], 10.0)
    if pooled is None:
        pooled = _even(relative.sum(axis=(0, 1))[None, :], known.sum(axis=(0, 1))[None, :])[0]
    own = _even(relative.sum(axis=1), known.sum(axis=1))
    count = (sold > 0).sum(axis=(1, 2))[:, None]
    weight = count / (count + SHRINK)
    return pooled, weight * own + (1 - weight) * pooled


def weeks(days: Floats, shape: Floats) -> tuple[Floats, Integers]:
    """(series, weeks): demand of whole weeks, the newest last, and where each series begins.

    A week some of whose days are not known is scaled up by the profile `shape`; one of which next to nothing is known takes the
    mean of the four before it.
    """
    places = _by_place(days)
    known = np.isfinite(places)
    part = np.where(known, shape[:, None, :], 0.0).sum(axis=2)
    total = np.where(known, places, 0.0).sum(axis=2)
    counted = part >= OPEN
    weekly = np.where(counted, total * WEEK / np.where(counted, part, 1.0), np.nan)
    start = np.where(counted.any(axis=1), np.argmax(counted, axis=1), weekly.shape[1] - 1)
    for week in range(1, weekly.shape[1]):
        missing = ~counted[:, week] & (week > start)
        before = weekly[missing, max(0, week - 4) : week]
        weekly[missing, week] = np.nansum(before, axis=1) / np.maximum(np.isfinite(before).sum(axis=1), 1)
    return np.nan_to_num(weekly), start


def spread(weekly: Floats, shape: Floats, horizon: int) -> Floats:
    """(series, horizon): demand a day from demand a week (series, weeks ahead)."""
    ahead = np.arange(horizon)
    return weekly[:, ahead // WEEK] / WEEK * shape[:, ahead % WEEK]


def back(weekly: Floats, shape: Floats, days: int) -> Floats:
    """(series, days): the past days of weeks as `weeks` cut them."""
    return (weekly[:, :, None] / WEEK * shape[:, None, :]).reshape(len(weekly), weekly.shape[1] * WEEK)[:, -days:]


def _by_place(days: Floats) -> Floats:
    """(series, weeks, 7), NaN before the first day."""
    lacking = -days.shape[1] % WEEK
    padded = np.concatenate([np.full((len(days), lacking), np.nan), days], axis=1)
    return padded.reshape(len(days), padded.shape[1] // WEEK, WEEK)


def _even(total: Floats, count: Floats) -> Floats:
    """Means by place, scaled so that they average 1; even where nothing was sold."""
    mean = total / np.maximum(count, 1)
    level = mean.mean(axis=1, keepdims=True)
    return np.where(level > 0, mean / np.where(level > 0, level, 1.0), 1.0)
