"""What a running server answered, landed and read through the unified views: to the cent, with every status known."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.vendure import CONNECTOR
from sluice.landing.land import land
from tests.channels.vendure.server import Asked, Said, answering, connection, recorded, said
from tests.conftest import copy_of

NOTHING = {"data": {"orders": {"totalItems": 0, "items": []}}}


def _answer(asked: Asked) -> Said:
    name = asked["query"].split()[1].split("(")[0]
    by_change = "updatedAt" in asked["variables"].get("options", {}).get("filter", {})
    return said(NOTHING if name == "orders" and by_change else recorded(name))


@pytest.fixture(scope="module")
def db(
    postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """The recorded shop, landed."""
    home: Path = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch, copy_of(postgres, every_template) as address, warehouse.connect(address) as db:
        patch.setenv("SLUICE_HOME", str(home))
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values ('vendure', 'main', '', 'own_shop', 'USD', 'UTC', 'CNY')"
        )
        db.commit()
        with answering(_answer) as (url, _):
            for stream in CONNECTOR.streams:
                landed = land(db, CONNECTOR, connection(url), stream)
                assert landed.quarantined == 0
                assert landed.new > 0
        yield db


def rows(db: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return db.execute(query).fetchall()  # type: ignore[arg-type]


def test_totals_are_the_server_s_own_and_amounts_make_them_up(db: psycopg.Connection) -> None:
    orders = msgspec.json.decode(recorded("orders"))["data"]["orders"]["items"]
    stated = {one["id"]: Decimal(one["totalWithTax"]) / 100 for one in orders if one["state"] != "Cancelled"}
    found = dict(db.execute("select order_id, total_amount from unified.orders where channel = 'vendure'").fetchall())
    assert {name: found[name] for name in stated} == stated
    assert {found[one["id"]] for one in orders if one["state"] == "Cancelled"} == {
        Decimal(payment["amount"]) / 100 for one in orders if one["state"] == "Cancelled" for payment in one["payments"]
    }
    off = (
        "select order_id from unified.orders where channel = 'vendure' and (adjustment_amount <> 0"
        " or items_amount - discount_amount + shipping_amount + tax_amount + adjustment_amount <> total_amount)"
    )
    assert rows(db, off) == []


def test_each_order_says_where_it_stands(db: psycopg.Connection) -> None:
    query = (
        "select native_order_status, order_status, payment_status, fulfilment_status, count(*)::int from unified.orders"
        " where channel = 'vendure' group by 1, 2, 3, 4 order by 1, 3"
    )
    assert rows(db, query) == [
        ("Cancelled", "cancelled", "voided", "unfulfilled", 2),
        ("Delivered", "completed", "paid", "delivered", 2),
        ("Delivered", "completed", "refunded", "delivered", 1),
        ("PartiallyDelivered", "open", "partially_refunded", "partially_delivered", 1),
        ("PartiallyShipped", "open", "paid", "partially_shipped", 1),
        ("PaymentAuthorized", "open", "authorized", "unfulfilled", 4),
        ("PaymentSettled", "open", "paid", "unfulfilled", 2),
        ("Shipped", "open", "paid", "shipped", 1),
    ]
    for table in ("payments", "refunds", "shipments"):
        assert rows(db, f"select 1 from unified.{table} where channel = 'vendure' and status = 'unknown'") == []


def test_times_come_from_the_order_s_history(db: psycopg.Connection) -> None:
    (found,) = rows(
        db,
        "select ordered_at < paid_at, paid_at < shipped_at, shipped_at < delivered_at, closed_at >= delivered_at,"
        " updated_at >= closed_at from unified.orders inner join unified.shipments using (channel, shop, order_id)"
        " where channel = 'vendure' and order_id = '8'",
    )
    assert found == (True, True, True, True, True)
    placed = rows(db, "select ordered_at from unified.orders where channel = 'vendure' and order_id = '1'")
    assert placed < [(datetime(2026, 12, 1, tzinfo=UTC),)]


def test_refunds_come_to_what_was_given_back(db: psycopg.Connection) -> None:
    query = (
        "select orders.refunded_amount, sum(refunds.amount) from unified.orders"
        " inner join unified.refunds using (channel, shop, order_id) where channel = 'vendure' group by order_id, 1"
    )
    found = rows(db, query)
    assert found
    assert all(told == summed for told, summed in found)


def test_part_of_a_line_that_left_is_counted(db: psycopg.Connection) -> None:
    query = (
        "select bool_or(shipped_quantity between 1 and quantity - 1), bool_or(shipped_quantity = 0)"
        " from unified.order_lines where channel = 'vendure' and order_id in ('5', '6')"
    )
    assert rows(db, query) == [(True, True)]
