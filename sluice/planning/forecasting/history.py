"""What would have been asked for, from what was sold: a day sold out is no day without demand, a promotion no usual day.

What is unusual about a day is measured against the usual demand around it: the mean week of the nine around, by the weekday
profile. A sold-out day is raised to the usual and never lowered (sales are a lower bound of demand: S. Nahmias, "Demand
estimation in lost sales inventory systems", Naval Research Logistics 41, 1994); a promoted or festive day is divided by how much
more such days sell.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.forecasting.smoothing import Floats, Integers
from sluice.planning.forecasting.week import WEEK, back, weeks

Flags = NDArray[np.bool_]

AROUND = 4
"""Weeks before and after that say what is usual."""
PIECES = 20.0
"""Expected pieces on marked days at which an item's own uplift is believed as much as everyone's."""
LIMITS = (0.2, 20.0)
"""Of a factor: what lies beyond is an error in the data."""


@dataclass(frozen=True, slots=True)
class History:
    """Demand a day (series, days), the newest last, as it was booked; `first` (series) is the day of the first sale.

    `closed`, `sold_out`, `promoted` (series, days): nothing could be sold at all; no stock was left for part of the day; an
    unusual discount. `events` (names, days): festivals that are the same for all.
    """

    days: Floats
    first: Integers
    closed: Flags
    sold_out: Flags
    promoted: Flags
    events: Flags


@dataclass(frozen=True, slots=True)
class Uplift:
    """How many times the usual is sold on days of an event (names) and on promoted days."""

    events: Floats
    promotion: float


def known(history: History) -> Flags:
    """Days that say something about usual demand."""
    began = np.arange(history.days.shape[1])[None, :] >= history.first[:, None]
    return began & ~history.closed


def plain(history: History) -> Floats:
    """Demand on days on which nothing was special, NaN on all others."""
    special = history.sold_out | history.promoted | _festive(history)[None, :]
    days = np.where(known(history) & ~special, history.days, np.nan)
    # where hardly a day was plain, the special ones are the usual
    rare = np.isfinite(days).sum(axis=1) < 2 * WEEK
    return np.where(rare[:, None] & known(history), history.days, days)


def usual(days: Floats, shape: Floats) -> Floats:
    """Usual demand of every day (series, days) from the plain ones."""
    weekly, start = weeks(days, shape)
    live = np.arange(weekly.shape[1])[None, :] >= start[:, None]
    total = _around(np.where(live, weekly, 0.0))
    return back(total / np.maximum(_around(live.astype(np.float64)), 1.0), shape, days.shape[1])


def uplift(history: History, expected: Floats) -> Uplift:
    """Learned from all series together. An event that sells no more than days vary anyway is none: 1."""
    # a series begins with a sale: its first day would make a festival of any date
    begun = np.arange(history.days.shape[1])[None, :] > history.first[:, None]
    seen = known(history) & ~history.sold_out & begun
    sold, meant = np.where(seen, history.days, 0.0), np.where(seen, expected, 0.0)
    cap = 50 * np.maximum(meant, 1.0)  # no single order makes a festival
    sold = np.minimum(sold, cap)
    ordinary = ~_festive(history)
    by_day = np.divide(sold.sum(axis=0), meant.sum(axis=0), out=np.full(sold.shape[1], np.nan), where=meant.sum(axis=0) > 0)
    noise = np.nanstd(by_day[ordinary]) if np.isfinite(by_day[ordinary]).sum() > WEEK else np.inf
    events = np.ones(len(history.events))
    for at, marked in enumerate(history.events):
        usual_days = marked & np.isfinite(by_day)
        count = int(usual_days.sum())
        if count:
            factor = float(sold[:, usual_days].sum() / meant[:, usual_days].sum())
            if abs(factor - 1) > 2 * noise / count**0.5:
                events[at] = np.clip(factor, *LIMITS)
    promoted = history.promoted & ordinary[None, :] & seen
    extra = (sold[promoted].sum() + PIECES) / (meant[promoted].sum() + PIECES)
    return Uplift(events, float(np.clip(extra, 1.0, LIMITS[1])))


def corrected(history: History, shape: Floats, lifts: Uplift) -> Floats:
    """Demand as it would have been on usual days with stock, NaN where nobody could know."""
    expected = usual(plain(history), shape)
    seen = known(history)
    of_events = event_factor(history.events, lifts)
    marked = history.promoted & seen & ~history.sold_out
    sold = np.where(marked, history.days, 0.0).sum(axis=1)
    meant = np.where(marked, expected * of_events, 0.0).sum(axis=1)
    own = np.clip((sold + PIECES * lifts.promotion) / (meant + PIECES), 1.0, LIMITS[1])
    days = history.days / np.where(history.promoted, own[:, None], 1.0) / of_events
    days = np.where(history.sold_out, np.maximum(days, expected), days)
    return np.where(seen, days, np.nan)


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
