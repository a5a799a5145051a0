"""Levels by the negative binomial: against demand drawn day by day, and against sums over the distribution."""

import numpy as np
import pytest
from scipy.stats import nbinom

from sluice.planning.inventory import counts
from sluice.planning.inventory.choose import COUNTS, NORMAL, formula
from sluice.planning.inventory.levels import Supply, Target
from sluice.planning.inventory.loss import shape

MEAN, SD, LEAD, REVIEW = 0.4, 1.1, 9.0, 7


def one(level: float, is_fill: bool, mean: float = MEAN, sd: float = SD, lead: float = LEAD, lead_sd: float = 0.0) -> float:
    supply = Supply(np.array([lead]), np.array([lead_sd]), REVIEW)
    return float(counts.levels(np.array([mean]), np.array([sd]), supply, Target(np.array([level]), np.array([is_fill])))[0])


def missing(level: float, days: float) -> float:
    size, chance = shape(MEAN * days, SD**2 * days)
    x = np.arange(2000)
    return float((np.maximum(0, x - level) * nbinom.pmf(x, size, chance)).sum())


@pytest.mark.parametrize("wanted", [0.8, 0.95, 0.99])
def test_the_least_position_that_keeps_a_fill_rate(wanted: float) -> None:
    def reached(position: float) -> float:
        return 1 - (missing(position, LEAD + REVIEW) - missing(position, LEAD)) / (MEAN * REVIEW)

    level = one(wanted, True)
    assert level == int(level)
    assert reached(level) >= wanted > reached(level - 1)


@pytest.mark.parametrize("wanted", [0.8, 0.95, 0.99])
def test_the_least_position_that_keeps_a_cycle_clear(wanted: float) -> None:
    size, chance = shape(MEAN * (LEAD + REVIEW), SD**2 * (LEAD + REVIEW))
    level = one(wanted, False)
    assert nbinom.cdf(level, size, chance) >= wanted > nbinom.cdf(level - 1, size, chance)


def test_service_is_kept_on_days_that_were_drawn_and_the_normal_formula_misses_it() -> None:
    size, chance = shape(MEAN, SD**2)
    asked = nbinom.rvs(size, chance, size=(200_000, int(LEAD) + REVIEW), random_state=np.random.default_rng(4)).sum(axis=1)
    supply, target = Supply(np.array([LEAD]), np.zeros(1), REVIEW), Target(np.array([0.98]), np.array([False]))
    by_normal = formula(np.array([MEAN]), np.array([SD]), supply, target, NORMAL)[0][0]
    assert (asked <= one(0.98, False)).mean() >= 0.98
    assert (asked <= np.ceil(by_normal)).mean() < 0.98


def test_more_service_takes_no_less_and_nothing_takes_nothing() -> None:
    for is_fill in (False, True):
        levels = [one(level, is_fill, lead_sd=2.0) for level in (0.6, 0.8, 0.9, 0.95, 0.99)]
        assert levels == sorted(levels)
        assert one(0.95, is_fill, mean=0.0, sd=0.0) == 0


def test_the_normal_formula_is_kept_for_steady_demand_only() -> None:
    supply = Supply(np.full(3, LEAD), np.zeros(3), REVIEW)
    mean, sd = np.array([10.0, MEAN, 0.0]), np.array([4.0, SD, 0.0])
    _, safety, method = formula(mean, sd, supply, Target(np.full(3, 0.95), np.zeros(3, bool)))
    assert method.tolist() == [NORMAL, COUNTS, NORMAL]
    assert (safety >= 0).all()
