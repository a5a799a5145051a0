"""Every solved instance of the collection in tests/fixtures/inventory_theory that has one stock point, and those of textbooks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import poisson

from sluice.planning.inventory import lot_size, min_max, newsvendor, reorder_quantity, service
from sluice.planning.inventory.loss import normal_loss, standard_loss
from sluice.planning.safety_stock import cycle_service_level, protection_sd, safety_stock

Case = dict[str, Any]
CASES: list[Case] = json.loads((Path(__file__).parents[2] / "fixtures" / "inventory_theory" / "answers.json").read_text())


def of(family: str) -> pytest.MarkDecorator:
    found = [case for case in CASES if case["family"] == family]
    assert found
    return pytest.mark.parametrize("case", found, ids=[case["instance"] for case in found])


def test_the_collection_is_whole() -> None:
    """All are worked out here or, those of several stages, in test_serial.py; of three of these the collection has no networks
    (guaranteed service: their params are empty), so that there is nothing to work out."""
    known = {
        "newsvendor_normal", "base_stock_normal_lead_time", "newsvendor_poisson", "eoq", "rQ_normal", "rQ_poisson_exact",
        "sS_poisson_exact", "sS_power_approx", "safety_stock_closed_form",
    }  # fmt: skip
    of_several_stages = {"ssm_serial", "gsm_serial"}
    assert {case["family"] for case in CASES} == known | of_several_stages
    assert {case["instance"] for case in CASES if not case["params"]} == {"example_6_3", "problem_6_7", "problem_6_8"}


@of("newsvendor_normal")
def test_newsvendor(case: Case) -> None:
    given = case["params"]
    best, cost = newsvendor.normal(given["holding_cost"], given["stockout_cost"], given["demand_mean"], given["demand_sd"])
    assert (float(best), float(cost)) == pytest.approx((case["answer"]["S"], case["answer"]["cost"]), rel=1e-9)


@of("base_stock_normal_lead_time")
def test_base_stock(case: Case) -> None:
    holding, stockout, mean, sd, lead_time = case["params"].values()
    periods = lead_time + 1
    best, cost = newsvendor.normal(holding, stockout, mean * periods, sd * periods**0.5)
    assert (float(best), float(cost)) == pytest.approx((case["answer"]["S"], case["answer"]["cost"]), rel=1e-9)


@of("newsvendor_poisson")
def test_newsvendor_of_counts(case: Case) -> None:
    given = case["params"]
    mean = given["demand_mean"]
    best, cost = newsvendor.counted(given["holding_cost"], given["stockout_cost"], mean, mean)
    assert (float(best), float(cost)) == pytest.approx((case["answer"]["S"], case["answer"]["cost"]), rel=1e-9)


@of("eoq")
def test_economic_quantity(case: Case) -> None:
    quantity, cost = lot_size.economic_quantity(*case["params"].values())
    assert (float(quantity), float(cost)) == pytest.approx((case["answer"]["Q"], case["answer"]["cost"]), rel=1e-9)


METHODS: dict[str, Callable[..., reorder_quantity.ReorderQuantity]] = {
    "eil": reorder_quantity.expected_inventory_level,
    "eoqb": reorder_quantity.economic_with_backorders,
    "eoqss": reorder_quantity.economic_with_safety_stock,
    "loss_fn": reorder_quantity.loss_function,
}


@pytest.mark.parametrize("method", METHODS)
@of("rQ_normal")
def test_reorder_point_and_quantity(case: Case, method: str) -> None:
    made = METHODS[method](*case["params"].values())
    answer = case["answer"][method]
    assert (made.reorder_point, made.quantity) == pytest.approx(answer[:2], rel=1e-6)
    if len(answer) > 2:
        assert made.cost == pytest.approx(answer[2], rel=1e-6)


@of("rQ_poisson_exact")
def test_reorder_point_and_quantity_of_counts(case: Case) -> None:
    made = reorder_quantity.poisson_exact(*case["params"].values())
    assert (made.reorder_point, made.quantity) == (case["answer"]["r"], case["answer"]["Q"])
    assert made.cost == pytest.approx(case["answer"]["cost"], rel=1e-9)


@of("sS_poisson_exact")
def test_min_max(case: Case) -> None:
    given = case["params"]
    demand = poisson.pmf(np.arange(100), given["demand_mean"])
    made = min_max.exact(given["holding_cost"], given["stockout_cost"], given["fixed_cost"], demand)
    assert (made.minimum, made.maximum) == (case["answer"]["s"], case["answer"]["S"])
    assert made.cost == pytest.approx(case["answer"]["cost"], rel=1e-9)


@of("sS_power_approx")
def test_power_approximation(case: Case) -> None:
    made = min_max.power_approximation(*case["params"].values())
    assert (made.minimum, made.maximum) == pytest.approx((case["answer"]["s"], case["answer"]["S"]), rel=1e-9)


@of("safety_stock_closed_form")
def test_closed_forms(case: Case) -> None:
    given = case["params"]
    level, mean, sd = given["service_level"], given["demand_mean"], given["demand_sd"]
    lead, lead_sd = given["lead_time_mean"], given["lead_time_sd"]
    made = {
        "demand_only": safety_stock(protection_sd(mean, sd, lead, 0), level),
        "lead_only": safety_stock(protection_sd(mean, 0, lead, lead_sd), level),
        "combined_independent": safety_stock(protection_sd(mean, sd, lead, lead_sd), level),
        "combined_dependent": service.dependent_lead_time(level, mean, sd, lead, lead_sd),
    }
    assert {name: float(value) for name, value in made.items()} == pytest.approx(case["answer"])


@pytest.mark.parametrize(("z", "answer"), [(0.3, 0.2667612421), (-1.4, 1.4366681427)])
def test_standard_loss(z: float, answer: float) -> None:
    assert float(standard_loss(z)) == pytest.approx(answer, abs=1e-10)


def test_chopra_and_meindl_12_1_to_12_3() -> None:
    """2,500 a week, sd 500, lead time 2 weeks, safety stock 1,000, lots of 10,000: CSL .921, 25.1 short a cycle, fill .9975."""
    sigma = protection_sd(2500, 500, 2, 0)
    assert float(cycle_service_level(1000, sigma)) == pytest.approx(0.921, abs=5e-4)
    assert float(normal_loss(1000, 0, sigma)) == pytest.approx(25.1, abs=0.05)
    assert float(service.fill_rate(1000, sigma, 10_000)) == pytest.approx(0.9975, abs=5e-5)


def test_chopra_and_meindl_12_5() -> None:
    """A fill rate of .975 in lots of 10,000 takes a safety stock of 67."""
    sigma = protection_sd(2500, 500, 2, 0)
    assert float(service.safety_stock_for_fill_rate(0.975, sigma, 10_000)) == pytest.approx(66.70, abs=0.01)
