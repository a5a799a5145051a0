"""What the twin's planner orders up to: the rules of thumb and of the plan, against the distributions themselves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import nbinom, norm

from sluice.planning.twin.knowledge import Outlook, outlook
from sluice.planning.twin.ordering import Rule
from sluice.planning.twin.scenario import Ordering
from tests.planning.twin.worlds import random_world

LEAD, LEAD_SD, EVERY, LEVEL = 9.0, 2.0, 14, 0.8


def knows(mean: float, sd: float) -> Outlook:
    """One item of this demand a day, on the first morning; no promotion to come."""
    world = random_world(1, channels=1, facilities=1, items=1)
    place = np.ones((1, 1), np.float32)
    known = {
        "rate": np.full((1, 1, 1), mean, np.float32),
        "spread": place * sd,
        "lead_mean": place * LEAD,
        "lead_sd": place * LEAD_SD,
    }
    return outlook(replace(world, lift=np.ones_like(world.lift), **known), calendar=True)


def spread_of(mean: float, sd: float) -> float:
    return float(np.sqrt((LEAD + EVERY) * sd**2 + mean**2 * LEAD_SD**2))


def test_steady_demand_has_the_level_of_the_normal_formula() -> None:
    rule, sigma = Ordering(rule="quantile", every_days=EVERY, level=LEVEL), spread_of(10, 4)
    safety = float(norm.ppf(LEVEL)) * sigma
    assert Rule(rule, knows(10, 4)).level(0)[0, 0] == pytest.approx(10 * (LEAD + EVERY) + safety, rel=1e-5)
    assert Rule(rule, knows(10, 4)).reserve(0)[0, 0] == pytest.approx(safety, rel=1e-5)


@pytest.mark.parametrize("level", [0.6, 0.8, 0.98])
def test_wild_demand_has_the_level_of_counts_that_come_in_bursts(level: float) -> None:
    """The normal formula would hold more than the middling service asks for, and less than the high one does."""
    rule, mean, variance = Ordering(rule="quantile", every_days=EVERY, level=level), 2 * (LEAD + EVERY), spread_of(2, 30) ** 2
    wanted = nbinom.ppf(level, mean**2 / (variance - mean), mean / variance)
    found = Rule(rule, knows(2, 30)).level(0)[0, 0]
    assert found == wanted
    assert (found < mean + norm.ppf(level) * variance**0.5) == (level < 0.9)
    assert Rule(rule, knows(2, 30)).reserve(0)[0, 0] == max(0.0, wanted - mean)


def test_cover_is_days_of_the_mean() -> None:
    assert Rule(Ordering(rule="cover", cover_days=45), knows(3, 5)).level(0)[0, 0] == pytest.approx(135)


def test_what_does_not_sell_is_not_ordered() -> None:
    assert Rule(Ordering(rule="quantile", every_days=EVERY), knows(0, 0)).level(0)[0, 0] == 0
