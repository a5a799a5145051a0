"""A full refresh costs as much as there are orders, not as there are pairs of them: PostgreSQL tells what it really did."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.marts import MARTS, SHOPS, VIEWS, fill
from sluice import warehouse
from tests.warehouse.conftest import Warehouse

pytestmark = pytest.mark.timeout(900)

ORDERS = 6_000
"""With fewer, PostgreSQL does not fall for loops yet."""
READ_WHOLE = ("fct_orders", "fct_order_lines", "order_journey", "order_days", "demand_daily", "customer_facts", "dim_customers")
TOLD = {"log_min_duration": "0", "log_analyze": "on", "log_timing": "off", "log_format": "json"}


def in_vain(plan: dict[str, Any]) -> float:
    """Pairs of rows that the joins of a plan looked at and that were no match."""
    own = plan.get("Rows Removed by Join Filter", 0) * plan["Actual Loops"]
    return float(own + sum(map(in_vain, plan.get("Plans", []))))


def plans(log: str) -> Iterator[dict[str, Any]]:
    """What auto_explain wrote: each plan in JSON, its lines after the first begin with a tab."""
    for found in re.finditer(r"plan:\n((?:\t.*\n)+)", log):
        yield json.loads(found[1])


@pytest.fixture(scope="module")
def built(house: Warehouse, postgres: warehouse.Embedded) -> Path:
    """Orders in the marts, built while PostgreSQL writes down each plan that it takes; its log from there."""
    house.db.execute(SHOPS)
    house.dbt(*VIEWS)
    fill(house.db, 1, ORDERS, "2026-01-01", "2026-03-01", 20_000)
    database = f"alter database {house.db.info.dbname}"
    house.db.execute(f"{database} set session_preload_libraries = 'auto_explain'".encode())
    for name, value in TOLD.items():
        house.db.execute(f"{database} set auto_explain.{name} = '{value}'".encode())
    states = house.dbt(*MARTS)
    house.db.execute(f"{database} reset all".encode())
    assert set(states.values()) == {"success"}
    assert house.value("select count(*) from marts.fct_orders") == ORDERS
    return postgres.folder / "data" / "server.log"


@pytest.mark.parametrize("mart", READ_WHOLE)
def test_no_order_is_compared_with_every_other(built: Path, mart: str) -> None:
    told = f'"node_id": "model.sluice.{mart}"'
    taken = [one["Plan"] for one in plans(built.read_text(encoding="utf-8", errors="replace")) if told in one["Query Text"]]
    assert max(plan["Actual Rows"] for plan in taken) >= 0
    # two lines an order, two shops: each line may meet some rows in vain, but not thousands
    assert sum(map(in_vain, taken)) < 20 * ORDERS


def test_a_loop_over_everything_would_be_seen(house: Warehouse, built: Path) -> None:
    """The measure itself: orders joined by what only a loop can compare."""
    looped = "explain (analyze, timing off, format json) select 1 from marts.fct_orders as a join marts.fct_orders as b on {}"
    pairs = house.value(looped.format("a.order_id < b.order_id and a.shop = b.shop || ''"))[0]["Plan"]
    assert in_vain(pairs) > 20 * ORDERS
