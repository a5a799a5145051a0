"""Safety stock against worked examples of the literature."""

import numpy as np
import pytest
from scipy.special import ndtr

from sluice.planning.safety_stock import (
    cycle_service_level,
    order_up_to,
    pieces,
    protection_sd,
    reorder_point,
    safety_stock,
)


def test_chopra_and_meindl_12_1_reorder_point_buys_a_service_level() -> None:
    """2,500 a week, sd 500, lead time 2 weeks, reorder point 6,000: safety stock 1,000, cycle service level 0.92."""
    sigma = protection_sd(2500, 500, 2, 0)
    assert reorder_point(2500, 2, 1000) == pytest.approx(6000)
    assert cycle_service_level(1000, sigma) == pytest.approx(0.921, abs=5e-4)


def test_chopra_and_meindl_12_4() -> None:
    """The same at 0.90: the book rounds to 906."""
    assert safety_stock(protection_sd(2500, 500, 2, 0), 0.90) == pytest.approx(906.19, abs=0.01)


def test_chopra_and_meindl_12_6_lead_time_varies() -> None:
    """2,500 a day, sd 500, lead time 7 days with sd 7, at 0.90: sigma 17,550, safety stock 22,491."""
    sigma = protection_sd(2500, 500, 7, 7)
    assert sigma == pytest.approx(17_549.9, abs=0.1)
    assert safety_stock(sigma, 0.90) == pytest.approx(22_491, abs=0.5)


@pytest.mark.parametrize(
    ("mean", "sd", "lead", "lead_sd", "z", "answer"), [(30, 3, 7, 4, 1.28, 153.94), (20, 4, 10, 0, 1.64, 20.74)]
)
def test_worked_examples_that_state_z(mean: float, sd: float, lead: float, lead_sd: float, z: float, answer: float) -> None:
    assert safety_stock(protection_sd(mean, sd, lead, lead_sd), ndtr(z)) == pytest.approx(answer, abs=0.01)


# Closed forms with independent demand and lead time, of a collection of solved inventory instances (MIT):
# service level, demand mean and sd, lead time mean and sd, safety stock for demand alone, lead time alone, both.
CLOSED_FORMS = [
    (0.95, 100, 25, 9, 2, 123.36402202136041, 328.97072539029443, 351.34088872931255),
    (0.98, 50, 12, 7, 1.5, 65.20450647481942, 154.03116829738667, 167.26394851157445),
    (0.99, 8, 6, 14, 3, 52.2263802426646, 55.83234897698018, 76.45159243298131),
    (0.90, 400, 0, 5, 1, 0.0, 512.6206262178401, 512.6206262178401),
    (0.95, 400, 80, 5, 0, 294.2403618320458, 0.0, 294.2403618320458),
]


def test_closed_forms_all_at_once() -> None:
    level, mean, sd, lead, lead_sd, demand_only, lead_only, both = np.array(CLOSED_FORMS).T
    assert safety_stock(protection_sd(mean, sd, lead, 0), level) == pytest.approx(demand_only)
    assert safety_stock(protection_sd(mean, 0, lead, lead_sd), level) == pytest.approx(lead_only)
    assert safety_stock(protection_sd(mean, sd, lead, lead_sd), level) == pytest.approx(both)


def test_base_stock_of_snyder_and_shen_4_4() -> None:
    """Fundamentals of Supply Chain Theory, 2nd ed.: h 0.18, p 0.70, demand N(50, 8), lead time 4, reviewed every period."""
    level = 0.70 / (0.70 + 0.18)
    safety = safety_stock(protection_sd(50, 8, 4, 0, review_period=1), level)
    assert order_up_to(50, 4, 1, safety) == pytest.approx(264.76689437415484)


@pytest.mark.parametrize(
    ("holding", "stockout", "mean", "sd", "lead", "answer"),
    [
        (0.225, 7.5, 1300, 150, 1 / 12, 190.3369965715624),
        (3.1, 45, 800, 40, 4 / 365, 15.125515371852014),
        (0.21428571428571427, 40, 192, 17.4, 3, 652.9638947041127),
    ],
)
def test_reorder_points_of_snyder_and_shen_chapter_5(
    holding: float, stockout: float, mean: float, sd: float, lead: float, answer: float
) -> None:
    """Example 5.1, problems 5.1 and 5.3: the reorder point of "EOQ with safety stock"."""
    safety = safety_stock(protection_sd(mean, sd, lead, 0), stockout / (stockout + holding))
    assert reorder_point(mean, lead, safety) == pytest.approx(answer)


def test_review_period_lengthens_the_protection() -> None:
    assert protection_sd(10, 3, 9, 0, 7) == pytest.approx(12.0)


def test_the_level_promised_is_the_level_kept() -> None:
    """Cycles without a stock-out, simulated day by day."""
    draw = np.random.default_rng(3)
    lead = np.rint(draw.normal(14, 3, 20_000)).clip(1).astype(int)
    needed = np.array([draw.normal(40, 12, days).sum() for days in lead])
    point = reorder_point(40, lead.mean(), safety_stock(protection_sd(40, 12, lead.mean(), lead.std()), 0.95))
    assert (needed <= point).mean() == pytest.approx(0.95, abs=0.01)


def test_pieces_are_whole_and_enough() -> None:
    assert pieces([0, 0.2, 1, 2.5, 1000.0000000001, 1000.001]).tolist() == [0, 1, 1, 3, 1000, 1001]
