"""Sales of Odoo, whole and to the cent; found again whichever of their records was written; claimed by another request."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.channels.odoo.connector import CONNECTOR, Odoo
from sluice.channels.odoo.records import records
from sluice.channels.protocol import ChannelError, Connection, Page
from sluice.landing import raw_tables
from sluice.landing.land import land
from tests.channels.odoo.company import Company, lamps
from tests.channels.odoo.server import connection
from tests.conftest import DBT, copy_of

SALES = CONNECTOR.stream("sale_orders")
ON = {"sales": True}
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def open_(url: str, page_size: int = 1000) -> Odoo:
    return CONNECTOR.open(connection(url, page_size, options=ON))  # type: ignore[return-value]


def ids(pages: list[Page]) -> list[str]:
    return [
        str(msgspec.json.decode(record, type=SALES.record, strict=False).id)  # type: ignore[attr-defined]
        for page in pages
        for record in records(SALES, page.body, page.context)
    ]


def test_orders_are_read_once_and_quotations_not() -> None:
    with lamps().serving() as url:
        channel = open_(url)
        first = list(channel.pages(SALES, None))
        assert ids(first) == ["1", "2", "3", "4", "5", "6"]
        assert ids(list(channel.pages(SALES, first[-1].cursor))) == ["6"], "the last second comes again"


def test_off_unless_asked_for() -> None:
    odoo = lamps()
    with odoo.serving() as url:
        channel = CONNECTOR.open(connection(url))
        assert list(channel.pages(SALES, None)) == []
        assert list(channel.claims(*YEAR)) == []
    assert odoo.asked == []


CHANGES: dict[str, tuple[str, int, dict[str, Any], list[str]]] = {
    "the order": ("sale.order", 4, {"commitment_date": "2027-02-01 00:00:00"}, ["4"]),
    "a line": ("sale.order.line", 4, {"qty_delivered": 2.0}, ["2"]),
    "a tracking number": ("stock.picking", 2, {"carrier_tracking_ref": "T9"}, ["2"]),
    "an invoice for two orders": ("account.move", 4, {"payment_state": "paid", "amount_residual": 0.0}, ["5", "6"]),
    "a credit note that names no line": (
        "account.move", 9,
        {"name": "R", "move_type": "out_refund", "state": "posted", "payment_state": "paid", "amount_total": 5.0,
         "invoice_date": False, "amount_residual": 0.0, "reversed_entry_id": 1, "ref": "Sorry", "currency_id": 7,
         "create_date": "2026-06-01 00:00:00"},
        ["1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_any_record_finds_its_orders(what: str) -> None:
    model, id, values, orders = CHANGES[what]
    odoo = lamps()
    with odoo.serving() as url:
        cursor = list(open_(url).pages(SALES, None))[-1].cursor
        cursor = msgspec.json.decode(msgspec.json.encode(cursor))
        odoo.put(model, id, **values, write_date="2027-06-01 00:00:00.5")
        found = list(open_(url).pages(SALES, cursor))
    assert set(orders) <= set(ids(found)) <= {*orders, "6"}


def test_a_first_reading_that_breaks_off_goes_on() -> None:
    odoo = lamps()
    seen: set[str] = set()
    cursor = None
    with odoo.serving() as url:
        for _ in range(40):
            page = next(open_(url, 2).pages(SALES, cursor))
            seen |= set(ids([page]))
            cursor = page.cursor or cursor
    assert seen == {"1", "2", "3", "4", "5", "6"}


def test_an_order_that_was_deleted_is_gone_and_one_set_back_is_shown() -> None:
    odoo = lamps()
    with odoo.serving() as url:
        odoo.models["sale.order"].pop(4)
        odoo.put("sale.order", 5, state="draft")
        [page] = open_(url).again(SALES, ["4", "5"])
    assert page.gone == [("4",)]
    assert ids([page]) == ["5"]


@pytest.mark.parametrize("model", ["sale.order", "sale.order.line", "stock.picking", "account.move.line", "account.move"])
def test_an_answer_to_another_question_is_not_taken(model: str) -> None:
    """As a proxy gives that repeats the page before: orders would be landed without their lines."""
    odoo = lamps()
    with odoo.serving() as url:
        list(open_(url).again(SALES, ["3"]))
        odoo.mistaken = model
        with pytest.raises(ChannelError, match=rf"records of {re.escape(model)}\b.* not asked for"):
            list(open_(url).again(SALES, ["1"]))


def test_claims_are_the_orders_totals() -> None:
    with lamps().serving() as url:
        found = {claim.order_id: (claim.total, claim.currency) for claim in open_(url, 2).claims(*YEAR)}
    assert found == {
        "1": (Decimal("29.7"), "USD"), "2": (Decimal("36.0"), "USD"), "3": (Decimal("100.0"), "USD"),
        "4": (Decimal("8.0"), "USD"), "5": (Decimal("60.0"), "USD"), "6": (Decimal("40.0"), "USD"),
    }  # fmt: skip


def test_without_the_app_for_sales_it_says_so() -> None:
    with Company().serving() as url, pytest.raises(ChannelError, match=r"sale\.order doesn't exist"):
        list(open_(url).pages(SALES, None))


def test_without_the_apps_for_stock_and_delivery_orders_are_read_all_the_same() -> None:
    odoo = lamps()
    for model in ("stock.picking", "stock.move"):
        del odoo.models[model]
    for order in odoo.models["sale.order"].values():
        del order["delivery_status"], order["warehouse_id"]
    for line in odoo.models["sale.order.line"].values():
        del line["is_delivery"]
    with odoo.serving() as url:
        assert ids(list(open_(url).pages(SALES, None))) == ["1", "2", "3", "4", "5", "6"]


def test_what_is_missing_is_said_before_anything_is_read() -> None:
    odoo = lamps()
    odoo.secret = ("account.move",)
    odoo.put("res.company", 2, name="Candles")
    for line in odoo.models["sale.order.line"].values():
        del line["price_tax"]
    with odoo.serving() as url:
        said = "\n".join(open_(url).check())
    assert "account.move can't be read. Odoo refused: You are not allowed to access 'account.move' records" in said
    assert "sale.order.line can't be read. Odoo shows no price_tax" in said
    assert "Odoo has no stock.quant: install the app" in said
    assert "Lamps (1), Candles (2). Name one in the option company" in said
    assert "purchase.order" not in said, "an app that need not be there"
    assert "sale.order can't" not in said


@pytest.fixture(scope="module")
def db(
    postgres: warehouse.Embedded, template: str, dbt_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """The company landed, and its staging views, whose checks pass."""
    with pytest.MonkeyPatch.context() as patch, copy_of(postgres, template, DBT) as address:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("home")))
        with warehouse.connect(address) as db, lamps().serving() as url:
            raw_tables.ensure(db, [CONNECTOR])
            shop: Connection = connection(url, options=ON)
            for name in ("products", "warehouses", "units", "operation_types", "sale_orders", "sale_orders"):
                landed = land(db, CONNECTOR, shop, CONNECTOR.stream(name))
                assert landed.quarantined == 0, name
            assert (landed.new, landed.changed) == (0, 0), "read twice, landed once"
            report = dbt.run(address, ["build", "--select", "path:models/staging/odoo", "channel_status_map"])
            assert "ERROR=0" in report
            yield db


def rows(db: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    found = db.execute(query).fetchall()  # type: ignore[arg-type]
    db.rollback()
    return found


def test_amounts_are_the_orders_to_the_cent(db: psycopg.Connection) -> None:
    amounts = "items_amount, discount_amount, shipping_amount, tax_amount, adjustment_amount, total_amount, refunded_amount"
    found = rows(db, f"select order_id, {amounts} from staging.stg_odoo__orders order by order_id")
    assert [tuple(map(float, row)) for row in found] == [
        (1, 25, 2, 4, 2.7, 0, 29.7, 0), (2, 36, 0, 0, 0, 0, 36, 0), (3, 100, 0, 0, 0, 0, 100, 20),
        (4, 8, 0, 0, 0, 0, 8, 0), (5, 60, 0, 0, 0, 0, 60, 0), (6, 40, 0, 0, 0, 0, 40, 0),
    ]  # fmt: skip


def test_statuses(db: psycopg.Connection) -> None:
    columns = "order_status, payment_status, fulfilment_status, facility_id, ship_city"
    found = rows(db, f"select order_id, {columns} from staging.stg_odoo__orders order by order_id")
    assert found == [
        ("1", "completed", "paid", "shipped", "WH", "Milan"),
        ("2", "open", "pending", "partially_shipped", "WH", "Milan"),
        ("3", "completed", "partially_refunded", "shipped", "WH", "Milan"),
        ("4", "cancelled", "pending", "unfulfilled", "WH", "Milan"),
        ("5", "open", "partially_paid", "unfulfilled", "WH", "Milan"),
        ("6", "open", "partially_paid", "unfulfilled", "WH", "Milan"),
    ]


def test_lines_are_pieces(db: psycopg.Connection) -> None:
    columns = "line_kind, sku, quantity, shipped_quantity, refunded_quantity, cancelled_quantity"
    found = rows(db, f"select line_id, {columns} from staging.stg_odoo__order_lines order by line_id")
    assert found == [
        ("1", "product", "LAMP", 2, 2, 0, 0), ("2", "product", "BULB", 1, 1, 0, 0), ("3", "shipping", "BULB", 1, 0, 0, 0),
        ("4", "product", "LAMP", 3, 1, 0, 0), ("5", "product", "LAMP", 12, 12, 2, 0), ("6", "product", "BULB", 1, 0, 0, 1),
        ("7", "product", "LAMP", 1, 0, 0, 0), ("8", "product", "LAMP", 1, 0, 0, 0),
    ]  # fmt: skip
    [(price, discount, net)] = rows(
        db, "select unit_price, discount_amount, total_amount from staging.stg_odoo__order_lines where line_id = '1'"
    )
    assert (price, discount, net) == (10, 2, 18)


def test_payments_are_the_invoices_shares(db: psycopg.Connection) -> None:
    found = rows(db, "select order_id, payment_id, status, amount from staging.stg_odoo__payments order by 1, 2")
    assert [(*row[:3], float(row[3])) for row in found] == [
        ("1", "1", "paid", 29.7), ("3", "2", "paid", 100), ("5", "4", "paid", 30), ("6", "4", "paid", 20),
    ]  # fmt: skip


def test_a_refunds_rows_add_up_to_its_credit_note(db: psycopg.Connection) -> None:
    found = rows(
        db, "select order_id, refund_id, line_id, quantity, kind, status, amount from staging.stg_odoo__refunds order by line_id"
    )
    assert [(*row[:6], float(row[6])) for row in found] == [
        ("3", "3", "5", 2, "return", "completed", 16.67), ("3", "3", None, 0, "refund", "completed", 3.33),
    ]  # fmt: skip


def test_shipments_have_their_tracking_numbers(db: psycopg.Connection) -> None:
    found = rows(
        db,
        "select shipment_id, order_id, status, carrier, tracking_number, facility_id from staging.stg_odoo__shipments order by 1",
    )
    assert found == [
        ("1", "1", "shipped", "DHL", "T1", "WH"), ("2", "2", "shipped", None, None, "WH"),
        ("3", "2", "pending", None, None, "WH"), ("4", "3", "shipped", None, None, "WH"),
    ]  # fmt: skip


def test_customers_are_their_newest_order(db: psycopg.Connection) -> None:
    found = rows(db, "select customer_id, name, email, phone, country, city from staging.stg_odoo__customers")
    assert found == [("1", "Ann", "ann@example.com", None, "IT", "Turin")]
