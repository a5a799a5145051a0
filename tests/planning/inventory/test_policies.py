"""Policies through the functions that the plan uses: published answers, what an order may be, and service on drawn demand."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.planning.forecasting.conformal import trailing
from sluice.planning.inventory import policies, reaching, textbook
from sluice.planning.inventory.backtest import CHOSEN, NORMAL, Setting, backtest
from sluice.planning.inventory.choose import NORMAL as FORMULA
from sluice.planning.inventory.choose import formula
from sluice.planning.inventory.levels import Supply, Target
from sluice.planning.inventory.ordering import Lots, missing
from sluice.planning.inventory.policies import BASE_STOCK, IN_LOTS, R_Q, S_S, Costs
from tests.planning.forecasting.demand_sets import online_retail, since_first_sale
from tests.planning.inventory.test_backtest import drawn, overall

ANSWERS = json.loads((Path(__file__).parents[2] / "fixtures" / "inventory_theory" / "answers.json").read_text())


def one(*numbers: float) -> list[np.ndarray]:
    return [np.array([number], np.float64) for number in numbers]


def solved(policy: str, given: dict[str, float], is_fill: bool | None = None) -> tuple[float, float]:
    """Position and lot by the plan's own functions. A lead time L under continuous review is one of L - 1 and a day's review."""
    mean, sd, lead = one(given["demand_mean"], given["demand_sd"], given["lead_time"])
    weighed = Costs(*one(given.get("fixed_cost", np.nan), given["holding_cost"], given["stockout_cost"]))
    target = policies.held_to(policy, Target(np.array([0.5]), np.array([False])), weighed)
    if is_fill is not None:
        target = Target(target.level, np.array([is_fill]))
    periods = lead if policy == BASE_STOCK else lead - 1
    quantity = None if policy == BASE_STOCK else policies.economic(mean, weighed)
    position = formula(mean, sd, Supply(periods, np.zeros(1), 1), target, FORMULA, quantity)[0]
    return float(position[0]), float("nan") if quantity is None else float(quantity[0])


@pytest.mark.parametrize("case", [one for one in ANSWERS if one["family"] == "base_stock_normal_lead_time"])
def test_a_base_stock_by_costs_is_the_textbooks(case: dict) -> None:
    assert solved(BASE_STOCK, case["params"])[0] == pytest.approx(case["answer"]["S"], rel=1e-9)


@pytest.mark.parametrize("case", [one for one in ANSWERS if one["family"] == "rQ_normal"], ids=lambda one: one["instance"])
def test_the_reorder_point_for_a_lot_by_costs_is_the_textbooks(case: dict) -> None:
    """The quantity in whole pieces, and the r that is best for it: section 5.3.2 of Snyder & Shen. The plan's safety stock is
    never below 0, as theirs may be."""
    given, (point, quantity) = case["params"], case["answer"]["eoqb"][:2]
    found, lot = solved(R_Q, given)
    assert lot == np.ceil(quantity)
    wanted = given["demand_mean"] * given["lead_time"]
    assert found == pytest.approx(max(point, wanted), abs=0.005 * quantity + 0.5)


whole = st.integers(-60, 90)


@given(position=whole, point=st.integers(0, 60), gap=st.integers(0, 60), quantity=st.integers(0, 40))
def test_an_order_lifts_a_position_above_its_point_and_no_lot_more(position: int, point: int, gap: int, quantity: int) -> None:
    found = int(missing(position, point, point + gap, quantity))
    if position > point:
        assert found == 0
    elif quantity:
        assert found % quantity == 0
        assert point < position + found <= point + quantity
    else:
        assert position + found == point + gap


@given(
    mean=st.floats(0, 1e4), order=st.floats(0, 1e5) | st.just(np.nan), unit=st.floats(0, 1e3) | st.just(np.nan),
    waiting=st.floats(0.001, 50) | st.just(np.nan), minimum=st.integers(1, 90), multiple=st.integers(1, 48),
)  # fmt: skip
def test_a_lot_is_what_a_supplier_sends(
    mean: float, order: float, unit: float, waiting: float, minimum: int, multiple: int
) -> None:
    weighed = Costs(*one(order, unit * 0.25 / 365, waiting))
    sized = policies.sizes(R_Q, 7, weighed, *one(minimum, multiple))
    assert sized is not None
    made = sized(*one(mean))
    assert np.isfinite(made.quantity).all()
    assert made.quantity[0] % multiple == 0
    assert made.quantity[0] >= minimum


def test_the_economic_lot_of_the_docs_and_the_cheapest_of_all() -> None:
    """200 an order, 10 a day at 40, a quarter of the cost a year."""
    weighed = Costs(*one(200, 40 * 0.25 / 365, np.nan))
    lot = policies.economic(np.array([10.0]), weighed)[0]
    assert lot == 383
    cost = {size: 200 * 3650 / size + 10 * size / 2 for size in range(1, 1000)}
    assert min(cost, key=cost.__getitem__) in (lot - 1, lot)


def test_waiting_that_costs_more_is_served_better() -> None:
    held = [policies.held_to(R_Q, Target(np.array([0.9]), np.array([False])), Costs(*one(9, 0.02, cost))) for cost in (0.1, 1, 9)]
    assert [bool(one.is_fill_rate[0]) for one in held] == [True] * 3
    assert held[0].level < held[1].level < held[2].level < 1
    unknown = policies.held_to(R_Q, Target(np.array([0.9]), np.array([False])), Costs(*one(9, np.nan, 1)))
    assert (unknown.level[0], unknown.is_fill_rate[0]) == (0.9, False)


def played(kind: str, policy: str, fill: bool) -> pl.DataFrame:
    history = since_first_sale(drawn(kind))
    items = len(history)
    supply = Supply(np.full(items, 10.0), np.zeros(items), 7)
    target = Target(np.full(items, 0.95), np.full(items, fill))
    return backtest(Setting(history, supply, target, 200, policy=policy), ["every"] * items)


@pytest.mark.parametrize("policy", [BASE_STOCK, R_Q, S_S])
@pytest.mark.parametrize(("kind", "fill"), [("seasonal", True), ("rare", False), ("rising", True)])
def test_each_policy_keeps_its_target_on_demand_that_it_was_not_made_for(policy: str, kind: str, fill: bool) -> None:
    made = played(kind, policy, fill)
    assert overall(made, CHOSEN) >= 0.95 - 0.015
    assert overall(made, CHOSEN, "lines") > 0
    assert overall(made, NORMAL, "lines") > 0


def test_cycles_of_large_lots_keep_their_target_on_real_demand_since_the_past_sizes_lots_as_it_would_have() -> None:
    """Played with the lots of today, or with its target as the quantile, the past promises what is not kept."""
    history = since_first_sale(online_retail()[0])[::4]
    items = len(history)
    supply, target = Supply(np.full(items, 14.0), np.full(items, 3.0), 7), Target(np.full(items, 0.95), np.full(items, False))
    weighed = Costs(np.full(items, 20.0), np.full(items, 2 * 0.25 / 365), np.full(items, np.nan))
    setting = Setting(history, supply, target, 187, policy=R_Q, costs=weighed)
    assert overall(backtest(setting, ["every"] * items), CHOSEN) >= 0.95 - 0.02
    seen, sized, daily = history[:, :187], setting.sized, Supply(supply.lead_time, supply.lead_time_sd, 1)
    assert sized is not None
    of_today = sized(trailing(seen)[0][:, -1])
    moving, fixed = (reaching.quantiles(seen, daily, [(False, 0.95)], sized=one) for one in (sized, lambda _: of_today))
    assert moving[False, 0.95] > fixed[False, 0.95] + 0.005


@given(point=st.lists(st.integers(0, 50), min_size=1, max_size=40), quantity=st.integers(0, 30))
def test_stocks_begin_above_their_points_and_not_all_full(point: list[int], quantity: int) -> None:
    points = np.array(point, np.float64)
    levels = Lots(np.full(len(points), float(quantity)), True).levels(points)
    begun = levels.usual() - points
    assert ((begun >= min(1, quantity)) & (begun <= quantity)).all()
    if len(points) > 8:
        assert begun.mean() == pytest.approx((quantity + 1) / 2 if quantity else 0, abs=0.2 * quantity + 0.5)


def test_lots_take_fewer_orders_than_a_base_stock() -> None:
    often, seldom = (overall(played("rising", policy, True), CHOSEN, "lines") for policy in (BASE_STOCK, IN_LOTS[0]))
    assert seldom < 0.7 * often


def test_the_textbooks_beside_a_policy_are_the_published_ones() -> None:
    """Example 5.8 of Snyder & Shen by the Poisson method, and no approximation beats it at its own costs."""
    (case,) = [one for one in ANSWERS if one["family"] == "rQ_poisson_exact" and one["instance"] == "example_5_8"]
    given, answer = case["params"], case["answer"]
    weighed = textbook.Costs(given["fixed_cost"], given["holding_cost"], given["stockout_cost"])
    mean = given["demand_mean"]
    found = {name: rest for name, *rest in textbook.optima(R_Q, weighed, (mean, mean**0.5), (given["lead_time"], 0))}
    assert found["exact, Poisson (Federgruen & Zheng 1992)"] == [answer["r"], answer["Q"], pytest.approx(answer["cost"])]
    assert len(found) == 4
    assert len(textbook.optima(S_S, weighed, (mean, mean**0.5), (2, 0))) == 2
    assert len(textbook.optima(S_S, weighed, (900.0, 30.0), (2, 0))) == 1, "the exact one would take too long"


@given(
    mean=st.floats(0, 1e4), cv=st.floats(0, 5), lead=st.floats(0, 400), lead_sd=st.floats(0, 90), order=st.floats(0.01, 1e4),
    holding=st.floats(1e-4, 9), waiting=st.floats(1e-3, 90), policy=st.sampled_from(IN_LOTS),
)  # fmt: skip
def test_a_textbook_answers_with_numbers_or_not_at_all(
    mean: float, cv: float, lead: float, lead_sd: float, order: float, holding: float, waiting: float, policy: str
) -> None:
    weighed = textbook.Costs(order, holding, waiting)
    for _, point, quantity, cost in textbook.optima(policy, weighed, (mean, mean * cv), (lead, lead_sd)):
        assert np.isfinite([point, quantity, cost or 0.0]).all()
        assert quantity > 0
