"""What would have been asked for, from what was sold: a day sold out is no day without demand, a promotion no usual day.

What is unusual about a day is measured against the usual demand around it: the mean week of the nine around, by the weekday
profile. A sold-out day is raised to the usual and never lowered (sales are a lower bound of demand: S. Nahmias, "Demand
estimation in lost sales inventory systems", Naval Research Logistics 41, 1994); a promoted or festive day is divided by how much
more such days sell.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.forecasting.response import Promoted, Response, Runs, extra, factor, noise, own_uplift, promoted, respond
from sluice.planning.forecasting.smoothing import Floats, Integers
from sluice.planning.forecasting.week import WEEK, back, weeks

Flags = NDArray[np.bool_]

AROUND = 4
"""Weeks before and after that say what is usual."""
LIMITS = (0.2, 20.0)
"""Of an event's factor: what lies beyond is an error in the data."""


@dataclass(frozen=True, slots=True)
class History:
    """Demand a day (series, days), the newest last, as it was booked; `first` (series) is the day of the first sale.

    `closed`, `sold_out` (series, days): nothing could be sold at all; no stock was left for part of the day. `promoted`: the days
    of promotions. `events` (names, days): festivals that are the same for all.
    """

    days: Floats
    first: Integers
    closed: Flags
    sold_out: Flags
    promoted: Runs
    events: Flags


@dataclass(frozen=True, slots=True)
class Uplift:
    """How many times the usual is sold on days of an event (names), and by kind of promotion."""

    events: Floats
    promotions: Response


@dataclass(frozen=True, slots=True)
class Own:
    """What promotions did with each series (series, kinds): times the usual on their channels, and what tells so."""

    uplift: Floats
    seen: Promoted


def known(history: History) -> Flags:
    """Days that say something about usual demand."""
    began = np.arange(history.days.shape[1])[None, :] >= history.first[:, None]
    return began & ~history.closed


def _begun(history: History) -> Flags:
    """Known days but the first: a series begins with a sale, so that day would make a slow item fast, and any date a festival."""
    return known(history) & (np.arange(history.days.shape[1])[None, :] > history.first[:, None])


def plain(history: History) -> Floats:
    """Demand on days on which nothing was special, NaN on all others. What was taken back was not asked for: never below 0."""
    special = history.sold_out | history.promoted.on(history.days.shape[1]) | _festive(history)[None, :]
    asked = np.maximum(history.days, 0)
    days = np.where(_begun(history) & ~special, asked, np.nan)
    # where hardly a day was plain, the special ones are the usual
    rare = np.isfinite(days).sum(axis=1) < 2 * WEEK
    return np.where(rare[:, None] & known(history), asked, days)


def usual(days: Floats, shape: Floats) -> Floats:
    """Usual demand of every day (series, days) from the plain ones."""
    weekly, start = weeks(days, shape)
    live = np.arange(weekly.shape[1])[None, :] >= start[:, None]
    total = _around(np.where(live, weekly, 0.0))
    return back(total / np.maximum(_around(live.astype(np.float64)), 1.0), shape, days.shape[1])


def uplift(history: History, expected: Floats, planner: Floats | None = None) -> Uplift:
    """Learned from all series together: promotions, then events in what is left. An event that sells no more than days vary
    anyway is none: 1. `expected` (series, days): usual demand; `planner` (kinds): uplift that is planned with, NaN where none."""
    seen = _begun(history) & ~history.sold_out
    response = _response(history, seen, expected, planner)
    alike = np.broadcast_to(response.usual, history.promoted.share.shape)
    lifted = factor(history.promoted, alike, history.days.shape[1])
    sold, meant = np.where(seen, history.days, 0.0), np.where(seen, expected * lifted, 0.0)
    cap = 50 * np.maximum(meant, 1.0)  # no single order makes a festival
    sold = np.minimum(sold, cap)
    ordinary = ~_festive(history)
    by_day = np.divide(sold.sum(axis=0), meant.sum(axis=0), out=np.full(sold.shape[1], np.nan), where=meant.sum(axis=0) > 0)
    varies = np.nanstd(by_day[ordinary]) if np.isfinite(by_day[ordinary]).sum() > WEEK else np.inf
    events = np.ones(len(history.events))
    for at, marked in enumerate(history.events):
        usual_days = marked & np.isfinite(by_day)
        count = int(usual_days.sum())
        if count:
            times = float(sold[:, usual_days].sum() / meant[:, usual_days].sum())
            if abs(times - 1) > 2 * varies / count**0.5:
                events[at] = np.clip(times, *LIMITS)
    return Uplift(events, response)


def own(history: History, expected: Floats, lifts: Uplift) -> Own:
    """What promotions did with each series; `expected` as above."""
    seen = _begun(history) & ~history.sold_out
    found = promoted(history.promoted.where(seen), expected * event_factor(history.events, lifts))
    if not found.days.any():
        return Own(np.broadcast_to(lifts.promotions.usual, found.meant.shape), found)
    of_noise, _ = noise(_ordinary(history, seen), history.days, expected, lifts.promotions.noise)
    return Own(own_uplift(found, of_noise, lifts.promotions), found)


def corrected(history: History, expected: Floats, lifts: Uplift, times: Floats) -> Floats:
    """Demand as it would have been on usual days with stock, NaN where nobody could know. `times`: Own.uplift."""
    unpromoted = history.days - extra(history.promoted, times, history.days.shape[1])
    days = np.maximum(unpromoted, 0) / event_factor(history.events, lifts)
    days = np.where(history.sold_out, np.maximum(days, expected), days)
    return np.where(known(history), days, np.nan)


def event_factor(events: Flags, lifts: Uplift) -> Floats:
    """(days): of several events on a day the one that moves it most."""
    moves = np.where(events, np.log(lifts.events)[:, None], 0.0)
    if not len(moves):
        return np.ones(events.shape[1])
    factor: Floats = np.exp(np.take_along_axis(moves, np.abs(moves).argmax(axis=0)[None, :], axis=0)[0])
    return factor


def _around(weekly: Floats) -> Floats:
    """Sums over the weeks within AROUND of each."""
    width = weekly.shape[1]
    sums = np.concatenate([np.zeros((len(weekly), 1)), np.cumsum(weekly, axis=1)], axis=1)
    at = np.arange(width)
    near: Floats = sums[:, np.minimum(width, at + AROUND + 1)] - sums[:, np.maximum(0, at - AROUND)]
    return near


def _festive(history: History) -> Flags:
    """(days)"""
    return np.asarray(history.events.any(axis=0))


def _ordinary(history: History, seen: Flags) -> Flags:
    return np.asarray(seen & ~history.promoted.on(seen.shape[1]) & ~_festive(history)[None, :])


def _response(history: History, seen: Flags, expected: Floats, planner: Floats | None) -> Response:
    """A kind that runs on festivals, more than half of it, is learned with them; another on ordinary days alone."""
    kinds = history.promoted.share.shape[1]
    given = np.full(kinds, np.nan) if planner is None else planner
    everywhere = promoted(history.promoted.where(seen), expected)
    if not everywhere.days.any():
        return Response(np.where(np.isfinite(given), given, 1.0), np.zeros(kinds), 1.0)
    plainly = promoted(history.promoted.where(seen & ~_festive(history)[None, :]), expected)
    enough = 2 * plainly.meant.sum(axis=0) >= everywhere.meant.sum(axis=0)
    parts = [np.where(enough, getattr(plainly, name), getattr(everywhere, name)) for name in Promoted.__slots__]
    return respond(Promoted(*parts), noise(_ordinary(history, seen), history.days, expected), given)
