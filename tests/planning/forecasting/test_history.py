"""Demand as it would have been: what was sold out, promoted, festive or closed is not taken for usual."""

import numpy as np
import pytest

from sluice.planning.forecasting.history import History, Uplift, corrected, own, plain, uplift, usual
from sluice.planning.forecasting.response import Runs
from sluice.planning.forecasting.week import back, profile, spread, weeks

RATE, DAYS = 10.0, 280
WEEKDAYS = np.array([0.5, 0.8, 1.0, 1.0, 1.2, 1.5, 1.0])


def world(series: int = 200, seed: int = 1) -> np.ndarray:
    """Poisson demand of RATE a day by WEEKDAYS."""
    return np.random.default_rng(seed).poisson(RATE * np.tile(WEEKDAYS, DAYS // 7), (series, DAYS)).astype(float)


def history(days: np.ndarray, **flags: np.ndarray) -> History:
    none = np.zeros(days.shape, bool)
    given = {"closed": none, "sold_out": none, "promoted": none, "events": np.zeros((1, days.shape[1]), bool)} | flags
    return History(days, np.argmax(days > 0, axis=1), **(given | {"promoted": runs(given["promoted"], days)}))


def runs(flags: np.ndarray, days: np.ndarray) -> Runs:
    """Of one kind, on all channels."""
    row, day = np.nonzero(flags)
    return Runs(row, day, np.zeros(len(row), int), days[row, day], np.ones((len(days), 1)))


def made(one: History) -> np.ndarray:
    expected, lifts = learned(one)
    return corrected(one, expected, lifts, own(one, expected, lifts).uplift)


def learned(one: History, planner: np.ndarray | None = None) -> tuple[np.ndarray, Uplift]:
    base = plain(one)
    expected = usual(base, profile(base)[1])
    return expected, uplift(one, expected, planner)


def marks(seed: int, share: float, series: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).random((series, DAYS)) < share


def test_nothing_special_changes_nothing() -> None:
    days = world()
    known = np.arange(DAYS)[None, :] >= np.argmax(days > 0, axis=1)[:, None]
    assert np.allclose(made(history(days))[known], days[known])


def test_sold_out_days_are_no_days_without_demand() -> None:
    days, out = world(), marks(2, 0.3)
    sold = np.where(out, np.floor(days * 0.2), days)
    found = made(history(sold, sold_out=out))
    assert np.nanmean(sold) < 0.8 * RATE
    assert np.nanmean(found) == pytest.approx(RATE, rel=0.02)


def test_what_was_sold_is_never_lowered() -> None:
    days, out = world(seed=3), marks(4, 0.3)
    found = made(history(days * np.where(out, 3, 1), sold_out=out))
    assert (np.nan_to_num(found, nan=1e9) >= days * np.where(out, 3, 1) - 1e-9).all()


def test_promotions_are_brought_back_to_the_usual() -> None:
    days, promoted = world(), marks(5, 0.1)
    found = made(history(days * np.where(promoted, 3, 1), promoted=promoted))
    assert np.nanmean(found[promoted]) == pytest.approx(RATE, rel=0.06)
    assert np.nanmean(found[~promoted]) == pytest.approx(RATE, rel=0.02)


def test_a_festival_is_learned_and_a_day_like_others_is_none() -> None:
    days = world()
    events = np.zeros((2, DAYS), bool)
    events[0, [100, 101]] = True
    events[1, [50, 51]] = True
    days[:, [100, 101]] *= 4
    one = history(days, events=events)
    lifts = learned(one)[1]
    assert lifts.events[0] == pytest.approx(4, rel=0.1)
    assert lifts.events[1] == 1
    assert np.nanmean(made(one)[:, [100, 101]]) == pytest.approx(RATE, rel=0.3)


def test_the_day_a_series_begins_is_no_festival() -> None:
    days = world() * (np.random.default_rng(1).random((200, DAYS)) < 0.1)
    days[:, :30] = 0
    days[:, 30] = 5  # all are launched at once
    events = np.zeros((1, DAYS), bool)
    events[0, 30] = True
    one = history(days, events=events)
    assert learned(one)[1].events.tolist() == [1]


def test_closed_days_make_no_week_smaller() -> None:
    days = world()
    closed = np.zeros(days.shape, bool)
    closed[:, -4:] = True  # the last days of the year
    open_days = made(history(np.where(closed, 0, days), closed=closed))
    weekly, _ = weeks(open_days, profile(open_days)[1])
    assert weekly[:, -1].mean() == pytest.approx(RATE * 7, rel=0.05)
    assert np.where(closed, 0, days)[:, -7:].sum(axis=1).mean() < RATE * 4


def test_the_profile_is_the_weekdays_and_one_order_makes_none() -> None:
    days = world()
    days[0, 3] = 10_000
    pooled, own = profile(days)
    assert np.allclose(pooled, WEEKDAYS, rtol=0.05)
    assert own[0].max() < 2
    assert np.allclose(own.mean(axis=1), 1)


def test_weeks_and_days_are_each_others_inverse() -> None:
    draw = np.random.default_rng(3)
    shape = draw.gamma(5, 1, (4, 7))
    shape /= shape.mean(axis=1, keepdims=True)
    weekly = draw.gamma(2, 9, (4, 6))
    days = back(weekly, shape, 42)
    assert np.allclose(weeks(days, shape)[0], weekly)
    assert np.allclose(days, spread(weekly, shape, 42))
    holes = np.where(draw.random(days.shape) < 0.3, np.nan, days)
    found, start = weeks(holes, shape)
    known = np.isfinite(holes.reshape(4, 6, 7)) * shape[:, None, :]
    whole = known.sum(axis=2) >= 1.5
    assert np.allclose(found[whole], weekly[whole])
    assert (start == 0).all()
