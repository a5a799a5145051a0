"""BG/NBD: the published fit of CDNOW, the integral that its formula stands for, and people who never existed in a textbook."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import roots_jacobi

from sluice.customers.value.bgnbd import BOUNDS, BgNbd, Histories, fit
from tests.customers.value import cdnow
from tests.customers.value.market import CDNOW, market


def history(x: float, tx: float, T: float) -> Histories:
    return Histories(np.array([x]), np.array([tx]), np.array([T]))


def model(r: float, alpha: float, a: float, b: float) -> BgNbd:
    return BgNbd(r, alpha, a, b, log_likelihood=0, converged=True)


@pytest.fixture(scope="module")
def published() -> BgNbd:
    return fit(cdnow.histories(cdnow.purchases(until=cdnow.END)))


def test_cdnow_is_fitted_as_published(published: BgNbd) -> None:
    assert published.converged
    found = (published.r, published.alpha, published.a, published.b)
    assert found == pytest.approx(CDNOW, abs=2e-4)
    assert published.log_likelihood == pytest.approx(-9582.43, abs=0.005)


def test_a_persons_purchases_to_come_are_as_published(published: BgNbd) -> None:
    assert published.expected_purchases(history(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=0.0005)


def test_the_second_half_of_cdnow_is_foretold_better_than_by_going_on_as_before(published: BgNbd) -> None:
    bought = cdnow.purchases()
    before = bought.filter(bought["day"] <= cdnow.END)
    of = cdnow.histories(before)
    after = bought.filter(bought["day"] > cdnow.END).group_by("customer_key").len()
    actual = cdnow.people(before).join(after, on="customer_key", how="left")["len"].fill_null(0).to_numpy()
    foretold = published.expected_purchases(of, 39)
    going_on = of.x * 39 / of.T
    assert np.abs(foretold - actual).mean() < 0.8 * np.abs(going_on - actual).mean()
    assert foretold.sum() == pytest.approx(actual.sum(), rel=0.15)


PARAMETER = st.floats(0.05, 20)


def seen(x: int, beside: float, last: float) -> Histories:
    """Somebody who came x times again, on days of their own, in the weeks that takes and `beside` more."""
    T = x / 7 + beside
    return history(x, T * last if x else 0, T)


@settings(max_examples=150)
@given(PARAMETER, PARAMETER, PARAMETER, PARAMETER, st.integers(0, 300), st.floats(1, 150), st.floats(0, 1), st.floats(0.5, 104))
def test_the_formula_is_the_integral_over_rates_and_chances(
    r: float, alpha: float, a: float, b: float, x: int, beside: float, last: float, weeks: float
) -> None:
    """Of somebody active: the rate is gamma and integrates by hand, the chance of leaving is beta, by Gauss and Jacobi."""
    of = seen(x, beside, last)
    T = float(of.T[0])
    nodes, weights = roots_jacobi(80, b + x - 1, a - 1)
    chance = (1 + nodes) / 2
    purchases = (1 - ((alpha + T) / (alpha + T + chance * weeks)) ** (r + x)) / chance
    expected = weights @ purchases / weights.sum()
    assert model(r, alpha, a, b).expected_if_active(of.x, of.T, weeks)[0] == pytest.approx(expected, rel=2e-5, abs=1e-9)


@settings(max_examples=200)
@given(
    *[st.floats(*low_high).map(np.exp) for low_high in BOUNDS.tolist()], st.integers(0, 5_000), st.floats(0, 300), st.floats(0, 1)
)
def test_whoever_comes_gets_a_finite_answer(
    r: float, alpha: float, a: float, b: float, x: int, beside: float, last: float
) -> None:
    """Whatever a fit may give within its bounds."""
    of, found = seen(x, beside, last), model(r, alpha, a, b)
    T = float(of.T[0])
    alive, soon, later = found.probability_alive(of)[0], found.expected_purchases(of, 1)[0], found.expected_purchases(of, 52)[0]
    assert 0 <= alive <= 1
    assert 0 <= soon <= later < np.inf
    # nobody buys faster than their rate, whose mean is (r + x) / (alpha + T) while they are active
    assert later <= 52 * (r + x) / (alpha + T) * (1 + 1e-6)


def test_a_gap_of_the_formula_is_no_gap_of_the_answer() -> None:
    of = history(3, 10, 20)
    around = [model(0.3, 4, a, 2).expected_purchases(of, 52)[0] for a in (0.9999, 1, 1.0001)]
    assert around[0] > around[1] > around[2]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-6)


def test_silence_is_worse_the_more_often_somebody_bought() -> None:
    alive = model(*CDNOW).probability_alive(Histories(np.array([1.0, 4, 12]), np.full(3, 20.0), np.full(3, 39.0)))
    assert alive[0] > alive[1] > alive[2]


def test_parameters_are_found_again_in_a_market_that_follows_them() -> None:
    drawn = market(60_000, np.random.default_rng(7))
    found = fit(drawn.of)
    assert (found.r, found.alpha) == pytest.approx(CDNOW[:2], rel=0.08)
    # a and b are told apart badly, their ratio well: it is who leaves
    assert found.a / (found.a + found.b) == pytest.approx(CDNOW[2] / (CDNOW[2] + CDNOW[3]), rel=0.05)


def test_the_fit_on_whole_weeks_is_that_on_days() -> None:
    drawn = market(60_000, np.random.default_rng(8))
    by_day, by_week = fit(drawn.of), fit(drawn.of, most_rows=100)
    assert (by_week.r, by_week.alpha, by_week.a, by_week.b) == pytest.approx(
        (by_day.r, by_day.alpha, by_day.a, by_day.b), rel=0.04
    )


@pytest.mark.parametrize(
    ("x", "tx", "T"),
    [
        ([3.0] * 50, [20.0] * 50, [39.0] * 50),
        ([1.0], [0.0], [0.0]),
        ([1.0] * 40 + [0.0], [10.0] * 40 + [0.0], [10.0] * 40 + [10.0]),
        ([100_000.0, 0.0, 1.0], [700.0, 0.0, 3.0], [701.0, 5.0, 9.0]),
    ],
    ids=["all_the_same", "one_person_of_one_day", "nobody_ever_left", "a_reseller"],
)
def test_odd_companies_are_fitted_to_something_finite(x: list[float], tx: list[float], T: list[float]) -> None:
    of = Histories(np.array(x), np.array(tx), np.array(T))
    found = fit(of)
    assert np.isfinite([found.r, found.alpha, found.a, found.b, found.log_likelihood]).all()
    assert np.isfinite(found.expected_purchases(of, 52)).all()


def test_without_a_repeat_purchase_nothing_is_fitted() -> None:
    with pytest.raises(ValueError, match="nobody bought twice"):
        fit(history(0, 0, 39))
