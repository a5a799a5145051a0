"""Gamma-gamma and lifetime value: the published fit, and intervals that hold as often as they say in markets drawn one by one."""

import numpy as np
import pytest

from sluice.customers.value import bgnbd, gamma_gamma
from sluice.customers.value.bgnbd import BgNbd, Histories
from sluice.customers.value.gamma_gamma import GammaGamma
from sluice.customers.value.interval import relative_quantiles
from sluice.customers.value.lifetime import Horizon, Lifetime, lifetime
from tests.customers.value import cdnow
from tests.customers.value.market import CDNOW, SPEND, Market, market

TRUE_BUYING = BgNbd(*CDNOW, log_likelihood=0, converged=True)
TRUE_SPENDING = GammaGamma(*SPEND, log_likelihood=0, converged=True)


def valued(drawn: Market, horizon: Horizon) -> Lifetime:
    """As a company would do it: from what it saw."""
    spending = gamma_gamma.fit(drawn.of.x + 1, drawn.average)
    return lifetime(bgnbd.fit(drawn.of), spending, drawn.of, drawn.average, horizon)


def test_cdnow_spending_is_fitted_as_published() -> None:
    again = cdnow.repeats(cdnow.purchases(until=cdnow.END))
    found = gamma_gamma.fit(again["number"].to_numpy(), again["mean"].to_numpy())
    assert again.height == 946
    assert (found.p, found.q, found.v) == pytest.approx((6.25, 3.74, 15.45), abs=0.01)
    assert found.population_mean == pytest.approx(35.2, abs=0.05)


def test_the_currency_does_not_matter() -> None:
    again = cdnow.repeats(cdnow.purchases(until=cdnow.END))
    number, mean = again["number"].to_numpy(), again["mean"].to_numpy()
    cents, euros = gamma_gamma.fit(number, mean * 100), gamma_gamma.fit(number, mean)
    assert (cents.p, cents.q, cents.v) == pytest.approx((euros.p, euros.q, euros.v * 100), rel=1e-4)


def test_spending_is_found_again_in_a_market_that_follows_it() -> None:
    drawn = market(40_000, np.random.default_rng(3))
    found = gamma_gamma.fit(drawn.of.x + 1, drawn.average)
    assert (found.p, found.q, found.v) == pytest.approx(SPEND, rel=0.1)


def test_somebodys_mean_lies_between_their_own_and_everybodys() -> None:
    number, average = np.array([1.0, 5, 50]), np.array([100.0, 100, 100])
    spend = TRUE_SPENDING.mean_spend(number, average)
    assert TRUE_SPENDING.population_mean < spend[0] < spend[1] < spend[2] < 100


@pytest.mark.parametrize(
    ("number", "average"),
    [
        ([1.0], [20.0]),
        ([1.0] * 30, [20.0] * 30),
        ([1.0, 2, 3], [1e-4, 5.0, 1e9]),
        ([4.0, 1.0], [0.0, 3.0]),
        ([2.0, 2], [-50.0, 4]),
    ],
    ids=["one_person", "all_the_same", "a_huge_spender", "nothing_spent", "more_refunded_than_spent"],
)
def test_odd_spending_is_fitted_to_something_finite(number: list[float], average: list[float]) -> None:
    found = gamma_gamma.fit(np.array(number), np.array(average))
    spend = found.mean_spend(np.array(number), np.array(average))
    assert np.isfinite([found.p, found.q, found.v, found.log_likelihood]).all()
    assert np.isfinite(spend).all()
    assert (spend >= 0).all()


def test_nobody_who_spent_anything_is_no_model() -> None:
    with pytest.raises(ValueError, match="nobody spent anything"):
        gamma_gamma.fit(np.array([2.0]), np.array([0.0]))


@pytest.mark.parametrize("confidence", [0.5, 0.9])
@pytest.mark.parametrize("buying", [CDNOW, (8.0, 10.0, 0.5, 60.0)], ids=["many_leave", "everybody_stays"])
def test_intervals_hold_as_often_as_they_say(confidence: float, buying: tuple[float, float, float, float]) -> None:
    """By a fit to the same people. An end that is 0 can't be missed by less, so only those whose end is an amount are counted."""
    horizon = Horizon(weeks=26, confidence=confidence)
    drawn = market(40_000, np.random.default_rng(5), buying=buying, horizon=horizon)
    found, outside = valued(drawn, horizon), (1 - confidence) / 2
    for missed, end in ((drawn.future_value > found.high, found.high), (drawn.future_value < found.low, found.low)):
        told = end > 0
        if told.sum() > 2_000:
            assert missed[told].mean() == pytest.approx(outside, abs=0.012)
        assert missed.mean() <= outside + 0.008
    assert found.value.sum() == pytest.approx(drawn.future_value.sum(), rel=0.05)


@pytest.mark.parametrize(("buying", "people"), [(CDNOW, 500), ((1.2, 8.0, 1.5, 6.0), 500), ((0.6, 20.0, 0.4, 3.0), 1500)])
def test_intervals_of_small_companies_hold_nearly(buying: tuple[float, float, float, float], people: int) -> None:
    """What is uncertain of the parameters is left out of the interval: over many companies it must not matter much."""
    above = []
    for seed in range(8):
        drawn = market(people, np.random.default_rng(seed), buying=buying)
        above.append((drawn.future_value > valued(drawn, Horizon()).high).mean())
    assert np.mean(above) == pytest.approx(0.05, abs=0.015)


def test_an_interval_that_left_out_who_dropped_out_would_not_hold() -> None:
    drawn = market(20_000, np.random.default_rng(9))
    everybody = np.ones(20_000)
    _, high = TRUE_SPENDING.scale(drawn.of.x + 1, drawn.average) * relative_quantiles(
        TRUE_BUYING, TRUE_SPENDING, drawn.of, everybody, 52, (0.05, 0.95)
    )
    assert (drawn.future_value > high).mean() < 0.044


def test_the_expectation_is_the_mean_of_the_distribution_that_the_interval_comes_from() -> None:
    """Quantiles over all levels, added up, against the two models' own formulas."""
    of = Histories(np.array([0.0, 1, 4, 30, 200]), np.array([0.0, 5, 30, 38, 50]), np.array([10.0, 39, 39, 39, 52]))
    average = np.full(5, 40.0)
    levels = (np.arange(4000) + 0.5) / 4000
    alive = TRUE_BUYING.probability_alive(of)
    quantiles = relative_quantiles(TRUE_BUYING, TRUE_SPENDING, of, alive, 52, list(levels))
    mean = TRUE_SPENDING.scale(of.x + 1, average) * quantiles.mean(axis=0)
    expected = TRUE_BUYING.expected_purchases(of, 52) * TRUE_SPENDING.mean_spend(of.x + 1, average)
    assert mean == pytest.approx(expected, rel=0.02)


def test_money_that_comes_later_is_worth_less() -> None:
    drawn = market(200, np.random.default_rng(1))
    worth = {
        rate: lifetime(TRUE_BUYING, TRUE_SPENDING, drawn.of, drawn.average, Horizon(yearly_discount=rate)).value.sum()
        for rate in (0.0, 0.1)
    }
    undiscounted = TRUE_BUYING.expected_purchases(drawn.of, 52) @ TRUE_SPENDING.mean_spend(drawn.of.x + 1, drawn.average)
    assert worth[0.0] == pytest.approx(undiscounted, rel=1e-9)
    # a year's purchases fall half a year ahead, a little earlier as people leave
    assert 1.1**-0.5 < worth[0.1] / worth[0.0] < 1
