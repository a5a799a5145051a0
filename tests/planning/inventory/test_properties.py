"""What the formulas promise, against sums over the distributions and against a stock simulated day by day."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from sluice.planning.inventory import loss, min_max, reorder_quantity, service

GRID = np.arange(2000)
positive = st.floats(0.05, 50)


def test_the_inverse_of_the_loss_is_its_inverse() -> None:
    z = np.linspace(-8, 8, 400)
    assert loss.standard_loss_inverse(loss.standard_loss(z)) == pytest.approx(z, abs=1e-6)
    assert loss.standard_loss_inverse(0.0) == np.inf


@given(mean=positive, ratio=st.floats(0.5, 8), x=st.integers(-3, 150))
def test_losses_of_counts_are_the_sums_that_they_stand_for(mean: float, ratio: float, x: int) -> None:
    law = poisson(mean) if ratio <= 1 else nbinom(*loss.shape(mean, mean * ratio))
    summed = float(np.maximum(0, GRID - x) @ law.pmf(GRID))
    assert float(loss.negative_binomial_loss(x, mean, mean * ratio)) == pytest.approx(summed, abs=1e-6, rel=1e-6)


def test_the_loss_of_a_listed_demand() -> None:
    assert loss.discrete_loss([0.5, 0.25, 0.25]).tolist() == pytest.approx([0.75, 0.25, 0.0, 0.0])


@given(level=st.floats(0.5, 0.999), mean=positive, ratio=st.floats(0.5, 8))
def test_a_quantile_of_counts_is_the_least_that_reaches_the_level(level: float, mean: float, ratio: float) -> None:
    found = float(loss.count_quantile(level, mean, mean * ratio))
    law = poisson(mean) if ratio <= 1 else nbinom(*loss.shape(mean, mean * ratio))
    assert law.cdf(found) >= level > law.cdf(found - 1) - 1e-12


@given(
    level=st.floats(0.6, 0.999), mean=positive, ratio=st.floats(0.05, 2), lead=st.floats(0.5, 30), review=st.floats(1, 30),
    lead_sd=st.floats(0, 5),
)  # fmt: skip
def test_a_safety_stock_for_a_fill_rate_gives_it_and_no_piece_more(
    level: float, mean: float, ratio: float, lead: float, review: float, lead_sd: float
) -> None:
    sd = mean * ratio
    safety = float(service.safety_stock_for_review_fill_rate(level, mean, sd, lead, review, lead_sd))
    expected = mean * (lead + review)
    assert float(service.review_fill_rate(expected + safety, mean, sd, lead, review, lead_sd)) >= level - 1e-9
    if safety > 0.01:
        assert float(service.review_fill_rate(expected + 0.99 * safety, mean, sd, lead, review, lead_sd)) < level


@given(level=st.floats(0.6, 0.999), sigma=positive, quantity=st.floats(1, 500), lost=st.booleans())
def test_the_same_in_lots(level: float, sigma: float, quantity: float, lost: bool) -> None:
    safety = float(service.safety_stock_for_fill_rate(level, sigma, quantity, lost))
    assert float(service.fill_rate(safety, sigma, quantity, lost)) >= level - 1e-9


@given(st.lists(st.floats(0.6, 0.999), min_size=2, max_size=2).map(sorted), positive, positive)
def test_more_service_never_takes_less_stock(levels: list[float], sigma: float, quantity: float) -> None:
    low, high = service.safety_stock_for_fill_rate(levels, sigma, quantity)
    assert low <= high


def test_nothing_varies_and_nothing_is_kept() -> None:
    assert service.safety_stock_for_fill_rate(0.95, 0, 100).tolist() == 0
    assert service.safety_stock_for_review_fill_rate([0.95, 0.95], [0, 5], 0, 7, 7).tolist() == [0, 0]


@settings(max_examples=25)
@given(
    holding=st.floats(0.2, 5), stockout=st.floats(5, 40), fixed=st.floats(0, 60), mean=st.floats(0.4, 6),
    lead=st.integers(0, 2),
)  # fmt: skip
def test_no_other_minimum_and_maximum_is_cheaper(holding: float, stockout: float, fixed: float, mean: float, lead: int) -> None:
    """Against the long-run cost of the neighbours, by the stationary distribution of the position."""
    demand = poisson.pmf(np.arange(40), mean)
    made = min_max.exact(holding, stockout, fixed, demand, lead)
    least, most = int(made.minimum), int(made.maximum)
    cost = long_run_cost(least, most, holding, stockout, fixed, demand, lead)
    assert made.cost == pytest.approx(cost, rel=1e-6)
    for below, above in itertools.product((-2, -1, 0, 1, 2), repeat=2):
        if least + below < most + above:
            other = long_run_cost(least + below, most + above, holding, stockout, fixed, demand, lead)
            assert other >= cost - 1e-7


def long_run_cost(least: int, most: int, holding: float, stockout: float, fixed: float, demand: np.ndarray, lead: int) -> float:
    """The position after ordering is a Markov chain on s+1..S; solve for how often it is where."""
    states = np.arange(least + 1, most + 1)
    move = np.zeros((states.size, states.size))
    for row, state in enumerate(states):
        for asked, chance in enumerate(demand):
            after = state - asked
            move[row, after - least - 1 if after > least else states.size - 1] += chance
    system = np.vstack([move.T - np.eye(states.size), np.ones(states.size)])
    often = np.linalg.lstsq(system, np.r_[np.zeros(states.size), 1.0], rcond=None)[0]
    total = demand
    for _ in range(lead):
        total = np.convolve(total, demand)
    asked = np.arange(total.size)
    held = [float(holding * np.maximum(0, s - asked) @ total + stockout * np.maximum(0, asked - s) @ total) for s in states]
    ordering = [float(demand[max(0, s - least) :].sum()) for s in states]
    return float(often @ (np.array(held) + fixed * np.array(ordering)))


@settings(max_examples=25)
@given(
    holding=st.floats(0.5, 5), stockout=st.floats(5, 40), fixed=st.floats(0, 60), mean=st.floats(0.3, 5), lead=st.floats(0.2, 3)
)
def test_no_other_reorder_point_and_quantity_is_cheaper(
    holding: float, stockout: float, fixed: float, mean: float, lead: float
) -> None:
    """The position is spread evenly over r+1..r+Q under Poisson demand; the lead time's demand does the rest."""
    made = reorder_quantity.poisson_exact(holding, stockout, fixed, mean, lead)
    asked = np.arange(200)
    chance = poisson.pmf(asked, mean * lead)

    def cost(point: int, quantity: int) -> float:
        positions = np.arange(point + 1, point + quantity + 1)[:, None]
        held = (holding * np.maximum(0, positions - asked) + stockout * np.maximum(0, asked - positions)) @ chance
        return float((fixed * mean + held.sum()) / quantity)

    best = cost(int(made.reorder_point), int(made.quantity))
    assert made.cost == pytest.approx(best, rel=1e-6)
    for point, quantity in itertools.product((-2, -1, 0, 1, 2), repeat=2):
        if made.quantity + quantity >= 1:
            assert cost(int(made.reorder_point) + point, int(made.quantity) + quantity) >= best - 1e-9


@pytest.mark.parametrize("probability", [[], [1.0], [0.0, -0.1, 1.1]])
def test_a_demand_that_is_none_is_refused(probability: list[float]) -> None:
    with pytest.raises(ValueError, match="something is asked for"):
        min_max.exact(1, 4, 5, probability)


def test_the_fill_rate_promised_is_the_fill_rate_kept() -> None:
    """A stock reviewed every 7 days, simulated for 40,000 days with backorders."""
    draw = np.random.default_rng(5)
    mean, sd, lead, review, target = 40, 25, 10, 7, 0.97
    level = mean * (lead + review) + float(service.safety_stock_for_review_fill_rate(target, mean, sd, lead, review))
    demand = np.maximum(0, draw.normal(mean, sd, 40_000))
    stock, coming, short = level, dict.fromkeys(range(0), 0.0), 0.0
    for day, asked in enumerate(demand):
        stock += coming.pop(day, 0.0)
        if day % review == 0:
            coming[day + lead] = level - stock - sum(coming.values())
        short += min(asked, max(0.0, asked - max(0.0, stock)))
        stock -= asked
    assert 1 - short / demand.sum() == pytest.approx(target, abs=0.006)
