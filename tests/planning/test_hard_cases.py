"""Data that nobody ordered: a day of history, nothing sold, one spike, returns, no lead time, targets at their ends, by every
policy; and what suppliers ask for that does not fit together."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from sluice.planning.inventory.history import history_of
from sluice.planning.kept_levels import safety_again
from sluice.planning.lead_time import supply
from sluice.planning.replenishment.suggest import Terms, suggest
from sluice.planning.stock_levels import stock_levels
from sluice.planning_policy import Planning
from tests.planning import test_lead_time
from tests.planning.replenishment.test_suggest import SCHEMA, holds
from tests.planning.test_stock_levels import items, lumpy

POLICIES = ("periodic", "base_stock", "r_q", "s_s", "newsvendor")
spike = np.zeros((6, 200))
spike[:, 150] = 50_000
one_day = np.full((6, 200), np.nan)
one_day[:, -1] = 3
HISTORIES = {
    "one day": one_day, "nothing": np.zeros((6, 200)), "never": np.full((6, 200), np.nan), "a spike": spike,
    "none": np.zeros((6, 0)), "a day": np.ones((6, 1)), "huge": np.full((6, 90), 1e7),
}  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("lead", [0.01, 400.0])
def test_levels_are_numbers_whatever_comes(policy: str, history: str, lead: float) -> None:
    known = items(6, lead_time_mean_days=lead, lead_time_sd_days=lead, unit_cost=4.0, price=9.0, salvage=0.0).with_columns(
        policy=pl.lit(policy), order_cost=pl.lit(None, pl.Float64), season_days=pl.lit(30, pl.Int64)
    )
    for level, kind in ((0.501, "cycle_service_level"), (0.999, "fill_rate")):
        made = stock_levels(known, HISTORIES[history], Planning.model_validate({"service": [{"level": level, "kind": kind}]}))
        assert made.height == 6
        assert made.select(pl.col("safety_stock", "reorder_point", "up_to").min()).row(0) >= (0, 0, 0)
        assert (made["up_to"] >= made["reorder_point"]).all()
        assert (made["reorder_point"] >= made["safety_stock"]).all()
        assert made["up_to"].max() < 2**53
        assert safety_again(made.to_dicts()) == made["safety_stock"].to_list()


def test_returns_and_rubbish_are_no_demand() -> None:
    rows = [(date(2026, 3, 1), "A", "X", 5.0), (date(2026, 3, 2), "A", "X", -9.0), (date(2026, 3, 3), "A", "X", float("nan"))]
    schema = {"demand_date": pl.Date, "facility_id": pl.String, "sku": pl.String, "quantity": pl.Float64}
    demand = pl.DataFrame([*rows, (None, "A", "X", 7.0), rows[0]], schema=schema, orient="row")
    found = history_of(pl.DataFrame({"facility_id": ["A"], "sku": ["X"]}), demand, date(2026, 3, 4), 10)
    assert found.tolist() == [[10.0, 0.0, 0.0]], "a row twice is sold twice; days without a sale are zeros"


@pytest.mark.parametrize("receipts", [0, 1])
def test_a_supplier_of_one_delivery_or_none_has_a_lead_time(receipts: int) -> None:
    lines = test_lead_time.lines().head(receipts)
    made = supply(pl.DataFrame({"sku": ["LMP", "NEVER"]}), lines, Planning(lead_time_days=14, lead_time_sd_days=3))
    assert (made["lead_time_mean_days"] > 0).all()
    assert made["lead_time_sd_days"].is_finite().all()
    assert made["lead_time_sd_days"].min() >= 0


def one(**said: object) -> pl.DataFrame:
    row = {
        "facility_id": "A", "sku": "X", "on_hand": 0, "promised": 0, "waiting": 0, "incoming": 0, "reorder_point": 10,
        "up_to": 20, "demand_mean": 1.0, "lead_time": 7.0, "supplier_id": None, "minimum_pieces": None, "multiple": None,
        "shelf_pieces": None, "unit_cost": 100, "minimum_order_value": None, "order_quantity": None,
    }  # fmt: skip
    return pl.DataFrame([row | said], schema=SCHEMA)


@pytest.mark.parametrize(
    ("said", "budget", "quantity", "reason"),
    [
        ({"minimum_pieces": 50}, 4_999, 0, "budget"),
        ({"minimum_pieces": 5, "multiple": 48}, None, 48, ""),
        ({"shelf_pieces": 0}, None, None, None),
        ({"shelf_pieces": 15, "multiple": 12}, None, 12, "shelf"),
        ({"shelf_pieces": 11, "multiple": 12}, None, 0, "no lot fits the shelf"),
        ({"order_quantity": 4}, None, 12, ""),
        ({"order_quantity": 4, "on_hand": 10}, None, 4, ""),
        ({"order_quantity": 4, "multiple": 6}, None, 12, ""),
        ({"on_hand": -30, "waiting": 3}, None, 53, ""),
        ({}, 0, 0, "budget"),
    ],
)
def test_terms_that_do_not_fit_together(said: dict, budget: int | None, quantity: int | None, reason: str | None) -> None:
    made = suggest(one(**said), Terms(budget))
    holds(one(**said), Terms(budget), made)
    assert made.buys["quantity"].to_list() == ([] if quantity is None else [quantity])
    assert made.buys["reason"].to_list() == ([] if reason is None else [reason])


def test_ten_thousand_items_of_all_policies_at_once() -> None:
    number = 10_000
    history = np.tile(lumpy(500, 120), (20, 1))
    known = items(number, unit_cost=4.0, order_cost=20.0).with_columns(
        policy=pl.Series(["periodic", "r_q", "base_stock", "s_s"] * 2500)
    )
    made = stock_levels(known, history, Planning())
    stock = made.select("facility_id", "sku", "demand_mean", "reorder_point", "up_to", "order_quantity").with_columns(
        pl.lit(3, pl.Int64).alias(name) for name in ("on_hand", "promised", "waiting", "incoming", "minimum_pieces", "multiple")
    )
    stock = stock.with_columns(
        lead_time=pl.lit(7.0), supplier_id=pl.lit("S"), shelf_pieces=pl.lit(None, pl.Int64), unit_cost=pl.lit(100, pl.Int64),
        minimum_order_value=pl.lit(None, pl.Int64),
    )  # fmt: skip
    bought = suggest(stock, Terms(budget=10_000_000)).buys
    assert bought.height > 5000
    assert set(made["policy"].to_list()) == {"periodic", "r_q", "base_stock", "s_s"}
    assert made["sku"].to_list() == known["sku"].to_list()
