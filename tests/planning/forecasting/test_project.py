"""The forecast of many items: right where the truth is known, better than the naive on real demand, never failing."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.forecasting import accuracy
from sluice.planning.forecasting.classes import classify
from sluice.planning.forecasting.history import History
from sluice.planning.forecasting.project import FALLBACK, LIKE, Learned, Projection, learn, project
from sluice.planning.forecasting.response import Runs
from sluice.planning.forecasting.response import none as no_promotion
from sluice.planning.forecasting.season import PARTS, week_of_year, yearly_index
from sluice.planning.forecasting.select import Score, select
from tests.planning.forecasting.demand_sets import online_retail

NEWEST = date(2025, 11, 2)


def history(days: np.ndarray) -> History:
    none = np.zeros(days.shape, bool)
    sold = (days > 0).any(axis=1)
    first = np.where(sold, np.argmax(days > 0, axis=1), days.shape[1])
    return History(days, first, none, none, no_promotion(len(days)), np.zeros((0, days.shape[1]), bool))


def forecast(days: np.ndarray, ahead: int = 4, group: np.ndarray | None = None) -> tuple[Learned, Projection]:
    one, like = history(days), np.zeros(len(days), int) if group is None else group
    known = learn(one, days.sum(axis=1), like, NEWEST)
    return known, project(one, known, like, NEWEST, ahead, np.zeros((0, ahead * 7), bool))


def test_on_real_demand_it_beats_the_seasonal_naive_by_a_fifth_with_little_bias() -> None:
    pieces, revenue, _ = online_retail()
    scores = []
    for back in (84, 56, 28):
        past, actual = pieces[:, :-back], pieces[:, pieces.shape[1] - back : pieces.shape[1] - back + 28]
        closed = np.broadcast_to(past.sum(axis=0) == 0, past.shape)
        one, group = replace(history(past), closed=closed), np.zeros(len(past), int)
        known = learn(one, revenue[:, :-back].sum(axis=1), group, NEWEST, 3)
        ours = project(one, known, group, NEWEST, 4, np.zeros((0, 28), bool), 3).daily
        naive = np.tile(past[:, -7:], (1, 4))
        live = np.where(np.cumsum(past > 0, axis=1) > 0, past, np.nan)
        scale, worth = accuracy.naive_scale(live, 2), revenue[:, :-back].sum(axis=1)
        errors = [accuracy.weighted(accuracy.rmsse(actual, one, scale), worth) for one in (ours, naive)]
        scores.append([*errors, accuracy.bias(actual, ours)])
    ours_error, naive_error, bias = np.mean(scores, axis=0)
    assert ours_error < 0.8 * naive_error
    assert abs(bias) < 0.1


def test_a_steady_item_is_forecast_at_its_rate_and_by_its_weekdays() -> None:
    weekday = np.tile([0.2, 1, 1, 1, 1, 1.8, 1], 40)
    days = np.random.default_rng(1).poisson(12 * weekday, (50, 280)).astype(float)
    _, made = forecast(days)
    assert made.daily.mean() == pytest.approx(12, rel=0.02)
    assert made.daily[:, :7].mean(axis=0) == pytest.approx(12 * weekday[:7], rel=0.1)
    assert np.allclose(made.weekly.sum(), made.daily.sum())
    assert np.median(made.sd) == pytest.approx((7 * 12) ** 0.5, rel=0.25)
    assert set(made.classes.name) == {"smooth"}


def test_a_rise_that_comes_every_year_is_expected() -> None:
    """Two years and ten months whose Novembers and Decembers sell double: the level alone would be half too low."""
    days = (NEWEST - date(2023, 1, 2)).days + 1
    dates = [date(2023, 1, 2) + timedelta(number) for number in range(days + 56)]
    rate = np.array([2.0 if one.month >= 11 else 1.0 for one in dates]) * 5
    drawn = np.random.default_rng(2).poisson(rate, (300, days + 56)).astype(float)
    known, made = forecast(drawn[:, :days], ahead=8)
    bias = accuracy.bias(drawn[:, days:], made.daily)
    assert abs(bias) < 0.15
    flat = project(
        history(drawn[:, :days]), replace(known, year=np.ones(PARTS)), np.zeros(300, int), NEWEST, 8, np.zeros((0, 56), bool)
    )
    assert accuracy.bias(drawn[:, days:], flat.daily) < -0.35


def test_without_a_season_none_is_found() -> None:
    drawn = (
        np.random.default_rng(3).poisson(20, (300, 900)).astype(float).reshape(300, -1)[:, :896].reshape(300, 128, 7).sum(axis=2)
    )
    assert np.abs(yearly_index(drawn, np.zeros(300, int), NEWEST) - 1).max() < 0.02
    assert (yearly_index(drawn[:, :50], np.zeros(300, int), NEWEST) == 1).all(), "less than a year"
    assert week_of_year(date(2025, 1, 4), 1).tolist() == [0]


def test_a_new_item_leans_on_the_items_like_it() -> None:
    draw = np.random.default_rng(4)
    days = np.vstack([draw.poisson(2, (30, 280)), draw.poisson(40, (30, 280)), np.zeros((2, 280))]).astype(float)
    days[60:, -5:] = 10  # five days of ten pieces
    group = np.array([0] * 30 + [1] * 30 + [0, 1])
    _, made = forecast(days, group=group)
    slow, fast = made.daily[60:].mean(axis=1)
    assert set(made.model[60:]) == {LIKE}
    assert 2 < slow < 10 < fast < 40


@pytest.mark.parametrize("days", [np.zeros((0, 100)), np.zeros((3, 100)), np.ones((1, 1)), np.eye(3, 9), np.full((2, 60), 1e9)])
def test_any_history_gives_a_forecast(days: np.ndarray) -> None:
    _, made = forecast(days)
    assert made.daily.shape == (len(days), 28)
    for numbers in (made.daily, made.sd, made.quantiles):
        assert np.isfinite(numbers).all()
        assert (numbers >= 0).all()


HISTORIES = st.builds(
    lambda seed, series, days, rate, share, spike: odd(np.random.default_rng(seed), series, days, rate, share, spike),
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.sampled_from([1, 2, 6, 7, 8, 27, 55, 57, 120, 400]),
    st.sampled_from([0.0, 0.02, 1.0, 300.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([1.0, 1e3, 1e6]),
)


def odd(draw: np.random.Generator, series: int, days: int, rate: float, share: float, spike: float) -> np.ndarray:
    """Demand of `rate` on a share of the days; short, gappy, weekly or ended series among them, taken back, with a huge order."""
    made = draw.poisson(rate, (series, days)) * (draw.random((series, days)) < share).astype(float)
    for row in range(series):
        match draw.integers(0, 6):
            case 0:
                made[row, : draw.integers(0, days + 1)] = 0  # began late, or never
            case 1:
                made[row, draw.integers(0, days) :] = 0  # ended
            case 2:
                made[row, np.arange(days) % 7 != 0] = 0  # weekly data
            case 3:
                made[row, draw.integers(0, days)] = spike
            case 4:
                made[row, draw.integers(0, days)] = -spike
            case _:
                pass
    return made


@settings(max_examples=60)
@given(HISTORIES, st.integers(0, 2**32 - 1))
def test_whatever_the_history_is_the_forecast_is_numbers_that_make_sense(days: np.ndarray, seed: int) -> None:
    draw = np.random.default_rng(seed)
    one = history(days)
    flags = [draw.random(days.shape) < share for share in (0.1, 0.1, 0.1)]
    ran = np.nonzero(flags[2])
    promoted = Runs(
        *ran, draw.integers(0, 2, len(ran[0])), np.abs(days[ran]) * draw.random(len(ran[0])), draw.random((len(days), 2))
    )
    for given_history in (one, replace(one, closed=flags[0], sold_out=flags[1], promoted=promoted)):
        group = draw.integers(-1, 2, len(days))
        known = learn(given_history, draw.random(len(days)), group, NEWEST)
        made = project(given_history, known, group, NEWEST, 4, np.zeros((0, 28), bool))
        for numbers in (made.daily, made.sd, made.quantiles, made.promoted.uplift):
            assert np.isfinite(numbers).all()
            assert (numbers >= 0).all()
        assert (np.diff(made.quantiles, axis=1) >= 0).all()
        assert (made.promoted.uplift >= 1).all()
        assert made.weekly.max() <= 20 * 7 * max(1.0, np.abs(days).max()), "no more than the most of a day, every day"
        assert all(name for name in made.model)


def test_ten_years_of_days() -> None:
    days = np.random.default_rng(9).poisson(6, (8, 3650)).astype(float)
    _, made = forecast(days)
    assert made.daily.mean() == pytest.approx(6, rel=0.05)


def test_a_spike_of_one_day_is_in_no_other_items_forecast_and_never_above_its_own_mean() -> None:
    days = np.random.default_rng(10).poisson(5, (30, 280)).astype(float)
    usual = forecast(days)[1].daily.mean(axis=1)
    days[4, 100] = 50_000
    spiked = forecast(days)[1].daily.mean(axis=1)
    assert usual[4] < spiked[4] < days[4].mean()
    assert np.allclose(np.delete(spiked, 4), np.delete(usual, 4), rtol=0.1)


def test_a_model_that_fails_falls_back_and_says_so() -> None:
    days = np.random.default_rng(5).poisson(9, (20, 280)).astype(float)
    known, usual = forecast(days)
    broken = replace(known, selection=[Score("smooth", "no such model", 0, 0, is_chosen=True)])
    made = project(history(days), broken, np.zeros(20, int), NEWEST, 4, np.zeros((0, 28), bool))
    assert set(made.model) == {f"fallback: {FALLBACK}, as no such model failed (KeyError)"}
    assert made.daily.mean() == pytest.approx(usual.daily.mean(), rel=0.1)


def test_one_series_that_is_no_number_costs_no_other_its_forecast() -> None:
    days = np.random.default_rng(6).poisson(9, (20, 280)).astype(float)
    known, usual = forecast(days)
    days[3, -20] = np.inf
    made = project(history(days), known, np.zeros(20, int), NEWEST, 4, np.zeros((0, 28), bool))
    others = np.arange(20) != 3
    assert np.isfinite(made.daily[3]).all()
    assert np.allclose(made.daily[others], usual.daily[others], rtol=0.05)


def test_the_cuts_of_the_classes() -> None:
    weeks = np.zeros((4, 40))
    weeks[0] = 5
    weeks[1] = [1, 30] * 20
    weeks[2, ::3] = 5
    weeks[3, ::6], weeks[3, 3::6] = 1, 30
    assert classify(weeks, np.zeros(4, int)).name.tolist() == ["smooth", "erratic", "intermittent", "lumpy"]
    assert classify(weeks, np.zeros(4, int), 4).name[2] == "smooth", "on a bucket that always sees a sale"
    assert classify(np.zeros((1, 5)), np.array([4])).name.tolist() == ["lumpy"]


def test_the_default_stays_unless_another_is_better_by_more_than_luck() -> None:
    """A forecast of nothing has the least absolute error on rare demand: it must not win."""
    draw = np.random.default_rng(7)
    rare = draw.poisson(0.25, (300, 80)).astype(float)
    names = np.full(300, "intermittent")
    scores = [one for one in select(rare, np.zeros(300, int), names, np.ones(300)) if one.demand_class == "intermittent"]
    winner = next(one for one in scores if one.is_chosen)
    assert winner is scores[0] or winner.score < 0.98 * scores[0].score
    assert abs(winner.bias) < 0.2
    trend = draw.poisson(np.linspace(20, 120, 80), (100, 80)).astype(float)
    best = [one for one in select(trend, np.zeros(100, int), np.full(100, "smooth"), np.ones(100)) if one.is_chosen]
    assert "Theta" in next(one.model for one in best if one.demand_class == "smooth"), "the only one that follows a trend"
