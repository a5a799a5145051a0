"""A quantile promises a share of windows. Held on real demand, causally, and beside the textbook formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from sluice.planning.forecasting.accuracy import pinball
from sluice.planning.forecasting.conformal import scores, trailing, window_quantiles
from tests.planning.forecasting.demand_sets import online_retail, since_first_sale

LEVELS = np.array([0.9, 0.95, 0.98])


def achieved(days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coverage and pinball loss at LEVELS of ours, then of the normal formula, over weekly origins of a year's real demand."""
    history = since_first_sale(online_retail()[0])
    rows: list[list[np.ndarray]] = [[], [], [], []]
    for origin in range(168, history.shape[1] - days + 1, 7):
        past = history[:, :origin]
        past = past[np.isfinite(past).sum(axis=1) >= 56]
        actual = history[np.isfinite(history[:, :origin]).sum(axis=1) >= 56, origin : origin + days].sum(axis=1)[:, None]
        ours = np.ceil(window_quantiles(past, trailing(past)[0][:, -1] * days, days, LEVELS))
        textbook = np.ceil(
            np.nanmean(past, axis=1)[:, None] * days + ndtri(LEVELS) * np.nanstd(past, axis=1)[:, None] * days**0.5
        )
        for at, quantile in ((0, ours), (2, textbook)):
            rows[at].append((actual <= quantile).mean(axis=0))
            losses = [pinball(actual.T, quantile[:, [one]].T, level)[0] for one, level in enumerate(LEVELS)]
            rows[at + 1].append(np.array(losses))
    return tuple(np.mean(row, axis=0) for row in rows)  # type: ignore[return-value]


@pytest.mark.parametrize(("days", "within"), [(7, 0.01), (14, 0.01)])
def test_on_real_demand_the_promise_is_kept_where_the_textbook_breaks_it(days: int, within: float) -> None:
    covered, loss, covered_by_textbook, loss_of_textbook = achieved(days)
    assert np.abs(covered - LEVELS).max() <= within
    assert (LEVELS - covered_by_textbook)[1:].min() > 0.03
    assert (loss < 0.95 * loss_of_textbook)[1:].all()


def draws(rows: int, days: int, seed: int, size: float = 0.8) -> np.ndarray:
    draw = np.random.default_rng(seed)
    rate = draw.gamma(1.5, 4.0, (rows, 1))
    return draw.negative_binomial(size, size / (size + rate), (rows, days)).astype(float)


@pytest.mark.parametrize("window", [3, 10, 28])
def test_on_overdispersed_demand_each_level_is_met(window: int) -> None:
    demand = draws(1_500, 420, seed=window)
    past, future = demand[:, :-window], demand[:, -window:].sum(axis=1)
    quantile = window_quantiles(past, trailing(past)[0][:, -1] * window, window, LEVELS)
    assert np.abs((future[:, None] <= quantile).mean(axis=0) - LEVELS).max() < 0.015


def test_steady_and_wild_items_are_told_apart() -> None:
    draw = np.random.default_rng(3)
    steady = draw.poisson(20, (300, 420)).astype(float)
    wild = draw.negative_binomial(0.3, 0.3 / 20.3, (300, 420)).astype(float)
    both = np.vstack([steady, wild])
    future = both[:, -7:].sum(axis=1)
    quantile = window_quantiles(both[:, :-7], both[:, :-7].mean(axis=1) * 7, 7, [0.95])[:, 0]
    covered = future <= quantile
    assert covered[:300].mean() > 0.92
    assert covered[300:].mean() > 0.9
    assert np.median(quantile[300:]) > 1.3 * np.median(quantile[:300])


def test_lead_times_that_vary_are_covered() -> None:
    draw = np.random.default_rng(5)
    demand = draws(1_500, 420, seed=9, size=4)
    times = draw.choice([7, 14, 35], (1_500, 12))
    mean = times.mean(axis=1)
    fell = draw.choice([7, 14, 35], 1_500)
    past = demand[:, :-35]
    future = np.array([row[-35 : -35 + length or None].sum() for row, length in zip(demand, fell, strict=True)])
    varied = window_quantiles(past, trailing(past)[0][:, -1] * mean, times, [0.95])[:, 0]
    fixed = window_quantiles(past, trailing(past)[0][:, -1] * mean, np.rint(mean), [0.95])[:, 0]
    assert abs((future <= varied).mean() - 0.95) < 0.035
    assert (future <= fixed).mean() < 0.85, "as if each delivery took the mean"


def test_days_that_could_not_sell_are_not_zeros() -> None:
    demand = draws(400, 420, seed=2, size=4)
    future, past = demand[:, -14:].sum(axis=1), demand[:, :-14].copy()
    sold_out = np.random.default_rng(1).random(past.shape) < 0.25
    lost = np.where(sold_out, 0.0, past)
    past[sold_out] = np.nan

    def covered(days: np.ndarray) -> float:
        return float((future <= window_quantiles(days, trailing(days)[0][:, -1] * 14, 14, [0.95])[:, 0]).mean())

    assert abs(covered(past) - 0.95) < 0.03
    assert covered(lost) < 0.9


@settings(max_examples=60)
@given(st.integers(0, 6), st.integers(0, 90), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_any_history_gives_ordered_finite_quantiles(rows: int, days: int, window: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    history = draw.poisson(2, (rows, days)).astype(float)
    history[draw.random((rows, days)) < draw.choice([0, 0.5, 1])] = np.nan
    quantile = window_quantiles(history, draw.gamma(1, 3, rows), window, [0.5, 0.9, 0.99])
    assert quantile.shape == (rows, 3)
    assert np.isfinite(quantile).all()
    assert (quantile >= 0).all()
    assert (np.diff(quantile, axis=1) >= 0).all()


def test_scores_look_at_the_past_only() -> None:
    demand = draws(3, 200, seed=4)
    longer = np.hstack([demand, np.full((3, 14), 999.0)])
    assert np.allclose(trailing(longer)[0][:, :201], trailing(demand)[0])
    assert np.allclose(scores(longer[:, :200], 14), scores(demand, 14), equal_nan=True)
