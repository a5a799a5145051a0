"""Amazon's own sample orders, landed and read through the unified views."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from starlette.requests import Request

from sluice import warehouse
from sluice.channels.amazon.connector import CONNECTOR
from sluice.landing.land import land
from tests.channels.amazon.model import FIXTURES
from tests.channels.amazon.shop import NOW, ORDERS, Reply, connection, scripted
from tests.conftest import copy_of


def samples() -> dict[str, Any]:
    """Every order in the cases of Amazon's static sandbox, by id."""
    found: dict[str, Any] = {}
    for name in ("searchOrders", "getOrder"):
        for case in json.loads((FIXTURES / f"static_orders_2026-01-01-{name}.json").read_text(encoding="utf-8"))["cases"]:
            answer = case["response"]
            found |= {
                one["orderId"]: one for one in [*answer.get("orders", []), *([answer["order"]] if "order" in answer else [])]
            }
    return found


@pytest.fixture(scope="module")
def landed(
    postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    def answer(request: Request) -> Reply:
        return 200, {"orders": list(samples().values()), "lastUpdatedBefore": NOW.isoformat()}

    with (
        pytest.MonkeyPatch.context() as patch,
        scripted(answer) as url,
        copy_of(postgres, every_template) as address,
        warehouse.connect(address) as db,
    ):
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("amazon")))
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values ('amazon', 'main', 'a', 'marketplace', 'USD', 'UTC', 'CNY')"
        )
        land(db, CONNECTOR, replace(connection(url), since=NOW), ORDERS)
        yield db


def rows(db: psycopg.Connection, columns: str, table: str) -> dict[str, tuple[Any, ...]]:
    query = f"select order_id, {columns} from unified.{table} where channel = 'amazon'"
    return {order: tuple(rest) for order, *rest in db.execute(query)}


def test_all_of_amazon_s_orders_land(landed: psycopg.Connection) -> None:
    assert landed.execute("select count(*) from raw.quarantine").fetchone() == (0,)
    assert rows(landed, "1", "orders").keys() == samples().keys()
    assert len(samples()) == 6


def test_totals_are_amazon_s_and_are_made_up_of_their_parts(landed: psycopg.Connection) -> None:
    stated = {name: Decimal(one["proceeds"]["grandTotal"]["amount"]) for name, one in samples().items()}
    parts = "total_amount, items_amount - discount_amount + shipping_amount + tax_amount, adjustment_amount"
    found = rows(landed, parts, "orders")
    assert {name: row[0] for name, row in found.items()} == stated
    assert {name: row[1] for name, row in found.items()} == stated
    assert {row[2] for row in found.values()} == {0}
    amounts = rows(landed, "items_amount, tax_amount, currency", "orders")
    assert amounts["114-9876543-1234567"] == (Decimal("39.99"), Decimal("10.00"), "USD")


def test_statuses_places_and_buyers(landed: psycopg.Connection) -> None:
    found = rows(landed, "order_status, payment_status, fulfilment_status, facility_id, ship_country, ship_city", "orders")
    assert found["250-1234567-8901234"] == ("completed", "paid", "shipped", "AMAZON", "JP", "Tokyo")
    assert found["202-7654321-1098765"] == ("completed", "paid", "shipped", None, "GB", "London")
    assert found["171-2345678-9012345"][:3] == ("open", "paid", "unfulfilled")
    customers = dict(landed.execute("select email, name from unified.customers where channel = 'amazon'").fetchall())
    assert customers["buyer-email@marketplace.amazon.co.uk"] == "Sarah Thompson"


def test_lines_and_parcels(landed: psycopg.Connection) -> None:
    lines = landed.execute(
        "select sku, quantity, unit_price, total_amount, shipped_quantity from unified.order_lines"
        " where order_id = '250-1234567-8901234' order by position"
    ).fetchall()
    assert lines == [
        ("ECHO-DOT-4-JP-CHARCOAL", 1, Decimal(5980), Decimal(5980), 1),
        ("FIRE-TV-4K-MAX-JP", 2, Decimal(6980), Decimal(13960), 2),
    ]
    parcels = rows(landed, "status, carrier, tracking_number, delivered_at", "shipments")
    assert parcels == {"202-7654321-1098765": ("in_transit", "DPD", "15501234567890123456", None)}
