"""The whole plan on frames."""

from dataclasses import astuple
from datetime import date

import numpy as np
import polars as pl
import psycopg
import pytest

from sluice.planning.inventory.history import history_of
from sluice.planning.lead_time import supply
from sluice.planning.plan import Plan, expected_demand, items_of, plan
from sluice.planning.replan import Basis, replan
from sluice.planning.stock_levels import stock_levels
from sluice.planning_policy import ChannelQuota, Planning
from tests.planning import test_demand, test_lead_time

AS_OF = date(2026, 3, 31)
STOCK = {
    "facility_id": pl.String,
    "sku": pl.String,
    "on_hand": pl.Int64,
    "committed": pl.Int64,
    "presale_reserve": pl.Int64,
    "held": pl.Int64,
}
POLICY = Planning(
    pool_share=0.2,
    quotas=[
        ChannelQuota(channel="own", shop="main", priority=1, min=2),
        ChannelQuota(channel="market", shop="main", priority=2, max=15),
    ],
)


def stock(*rows: tuple[str, int, int, int, int]) -> pl.DataFrame:
    return pl.DataFrame([("WH", *row) for row in rows], schema=STOCK, orient="row")


def steady(sku: str, channel: str, quantities: list[int]) -> list[tuple[int, str, str, int]]:
    return [(ago + 1, channel, sku, quantity) for ago, quantity in enumerate(quantities)]


def made(sales: list[tuple[int, str, str, int]], position: pl.DataFrame, policy: Planning = POLICY) -> Plan:
    demand = test_demand.demand(*sales)
    rates = expected_demand(demand, policy, AS_OF)
    items = supply(items_of(position, rates), test_lead_time.lines(), policy).with_columns(
        forecast_mean=pl.lit(None, pl.Float64), forecast_sd=pl.lit(None, pl.Float64), abc=pl.lit("A")
    )
    levels = stock_levels(items, history_of(items, demand, AS_OF, 180), policy)
    return plan(levels, rates.channels, position, policy)


def adds_up(result: Plan) -> bool:
    frame = result.stock_plan
    totals = result.quotas.group_by("facility_id", "sku").agg(pl.col("quota").sum())
    quotas = frame.join(totals, on=["facility_id", "sku"], how="left")["quota"].fill_null(0)
    assert quotas.to_list() == frame["quota_total"].to_list()
    held = frame.select(pl.sum_horizontal("safety_stock", "presale_reserve", "committed", "held", "quota_total", "shared_pool"))
    return held.to_series().to_list() == (frame["on_hand"] + frame["oversold"]).to_list()


def test_every_piece_of_an_item_has_a_place() -> None:
    result = made(steady("X", "own", [2, 4] * 30) + steady("X", "market", [1, 3] * 30), stock(("X", 200, 10, 5, 0)))
    assert adds_up(result)
    row = result.stock_plan.row(0, named=True)
    assert (row["on_hand"], row["committed"], row["presale_reserve"], row["oversold"]) == (200, 10, 5, 0)
    assert row["safety_stock"] == result.safety_stock["safety_stock"][0] > 0
    quotas = {channel: tuple(rest) for channel, *rest in result.quotas.select("channel", "quota", "published").iter_rows()}
    assert quotas["own"][0] == 21, "a week of expected demand"
    assert quotas["market"][0] == 14
    assert quotas["own"][1] == 21 + row["shared_pool"]
    assert quotas["market"][1] == 15, "its maximum"


def test_the_columns_are_those_of_the_tables(db: psycopg.Connection) -> None:
    result = made(steady("X", "own", [1, 2]), stock(("X", 20, 0, 0, 0)))
    for table in Plan.__slots__:
        found = db.execute(
            "select column_name from information_schema.columns where table_schema = 'planning' and table_name = %s", [table]
        ).fetchall()
        assert {name for (name,) in found} - {"movement_id"} == {"run_id", *getattr(result, table).columns}, table


def test_stock_that_never_sold_goes_to_the_pool_but_for_the_floors() -> None:
    result = made([], stock(("X", 50, 0, 0, 0)))
    assert adds_up(result)
    assert result.safety_stock.select("safety_stock", "reorder_point").rows() == [(0, 0)]
    assert result.quotas.select("channel", "quota", "published").rows() == [("market", 0, 15), ("own", 2, 50)]


def test_demand_without_stock_publishes_nothing() -> None:
    result = made(steady("X", "own", [5] * 20), stock())
    assert adds_up(result)
    assert result.safety_stock["reorder_point"][0] > 5 * 14
    assert result.quotas["published"].to_list() == [0, 0]


def test_nothing_at_all_gives_empty_frames_with_their_columns() -> None:
    result = made([], stock())
    assert [frame.height for frame in (result.safety_stock, result.stock_plan, result.quotas)] == [0, 0, 0]
    assert result.quotas.columns == ["facility_id", "sku", "channel", "shop", "quota", "published", "protected", "rule"]


def test_an_empty_policy_serves_every_shop_that_sells() -> None:
    result = made(steady("X", "own", [3] * 30) + steady("X", "shop", [3] * 30), stock(("X", 30, 0, 0, 0)), Planning(pool_share=0))
    assert adds_up(result)
    free = 30 - result.stock_plan["safety_stock"][0]
    assert result.quotas.select("channel", "shop").rows() == [("own", "main"), ("shop", "main")]
    assert result.quotas["quota"].sum() + result.stock_plan["shared_pool"][0] == free


def test_more_promised_than_there_is_is_reported() -> None:
    result = made(steady("X", "own", [3] * 30), stock(("X", 10, 14, 2, 0)))
    assert adds_up(result)
    row = result.stock_plan.row(0, named=True)
    assert (row["oversold"], row["safety_stock"], row["quota_total"], row["shared_pool"]) == (6, 0, 0, 0)
    assert result.quotas["published"].to_list() == [0, 0]


def test_strict_holds_are_promises_too() -> None:
    result = made([], stock(("X", 20, 3, 4, 5)))
    assert adds_up(result)
    row = result.stock_plan.row(0, named=True)
    assert (row["committed"], row["held"], row["presale_reserve"], row["quota_total"] + row["shared_pool"]) == (3, 5, 4, 8)


def test_an_item_that_is_not_known_keeps_its_safety_stock_and_is_not_split() -> None:
    position = stock(("X", 20, 0, 0, 0), ("Y", 20, 0, 0, 0)).with_columns(is_known=pl.Series([True, False]))
    result = made(steady("X", "own", [1, 2]) + steady("Y", "own", [1, 2]), position)
    assert result.safety_stock["sku"].to_list() == ["X", "Y"]
    assert set(result.basis["sku"]) == {"X", "Y"}
    assert result.stock_plan["sku"].to_list() == ["X"]
    assert set(result.quotas["sku"]) == {"X"}


def test_a_decision_from_the_basis_is_the_plans() -> None:
    position = stock(("X", 60, 3, 0, 2), ("Y", 40, 0, 5, 0), ("Z", 9, 0, 0, 0))
    result = made(steady("X", "own", [2, 4] * 30) + steady("Y", "market", [1, 3] * 30), position)
    some = position.filter(pl.col("sku") != "X")
    again = replan(some, Basis(result.safety_stock, result.basis), POLICY)
    assert again.stock_plan.equals(result.stock_plan.filter(pl.col("sku") != "X"))
    assert again.quotas.equals(result.quotas.filter(pl.col("sku") != "X"))


def test_priority_beats_weight() -> None:
    quotas = [
        ChannelQuota(channel="own", shop="main", priority=1, weight=1, min=9),
        ChannelQuota(channel="market", shop="main", priority=2, weight=50, min=9),
    ]
    result = made([], stock(("X", 10, 0, 0, 0)), Planning(quotas=quotas))
    assert dict(result.quotas.select("channel", "quota").iter_rows()) == {"own": 9, "market": 1}


def test_weight_ranks_within_a_priority() -> None:
    quotas = [
        ChannelQuota(channel="a", shop="main", weight=1, isolation=10),
        ChannelQuota(channel="b", shop="main", weight=3, isolation=10),
    ]
    sales = steady("X", "a", [1, 2] * 20) + steady("X", "b", [1, 2] * 20)
    policy = Planning(quotas=quotas, pool_share=0, lead_time_days=0.01, lead_time_sd_days=0, review_period_days=0)
    result = made(sales, stock(("X", 14, 0, 0, 0)), policy)
    split = dict(result.quotas.select("channel", "quota").iter_rows())
    assert split["b"] > split["a"] > 0


def test_the_invariant_holds_on_a_random_assortment() -> None:
    draw = np.random.default_rng(8)
    skus = [f"S{number}" for number in range(300)]
    sales = [
        (int(draw.integers(1, 170)), str(draw.choice(["own", "market"])), str(draw.choice(skus)), int(draw.integers(1, 9)))
        for _ in range(4_000)
    ]
    position = stock(*[(sku, *(int(number) for number in draw.integers(0, (120, 30, 20, 40)))) for sku in skus[50:]])
    result = made(sales, position)
    assert adds_up(result)
    assert result.stock_plan.height == 300
    assert result.quotas.height == 600
    assert (result.stock_plan["oversold"] > 0).any()
    assert (result.quotas["published"] >= result.quotas["quota"]).all()


def test_the_plan_does_not_depend_on_the_order_of_rows() -> None:
    sales = steady("X", "own", [2, 4] * 30) + steady("Y", "market", [1, 3] * 30)
    position = stock(("X", 60, 0, 0, 0), ("Y", 60, 0, 0, 0))
    one, other = made(sales, position), made(sales[::-1], position.reverse())
    for left, right in zip(astuple(one), astuple(other), strict=True):
        assert left.equals(right)


@pytest.mark.parametrize("days", [1, 30])
def test_the_horizon_scales_what_is_set_apart(days: int) -> None:
    result = made(steady("X", "own", [3] * 60), stock(("X", 5000, 0, 0, 0)), POLICY.model_copy(update={"horizon_days": days}))
    assert result.quotas.filter(pl.col("channel") == "own")["quota"].to_list() == [3 * days]
