"""Sales as a running server told of them, before and after the company sold on, through the unified views, to the cent.

What is expected is the story of `tests/acceptance/tryton/selling.py`.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sluice import warehouse
from tests.channels.tryton.test_landed import land_recorded
from tests.conftest import copy_of

SALES = {"1": "PAID", "2": "PART", "3": "DOZEN", "4": "AHEAD", "5": "FREE", "8": "DROP"}
Rows = list[tuple[Any, ...]]
Views = dict[str, Rows]
QUERIES = {
    "states": "select order_status, payment_status, fulfilment_status from unified.orders",
    "amounts": "select items_amount, discount_amount, shipping_amount, tax_amount, adjustment_amount, total_amount, currency,"
    " refunded_amount from unified.orders",
    "places": "select facility_id, ship_country, ship_region, ship_city, customer_id is not null from unified.orders",
    "times": "select ordered_at <= coalesce(paid_at, ordered_at), cancelled_at is not null from unified.orders",
    "lines": "select line_kind, sku, quantity, round(unit_price, 2), discount_amount, tax_amount, total_amount, shipped_quantity,"
    " refunded_quantity, cancelled_quantity from unified.order_lines",
    "payments": "select kind, status, amount, currency, paid_at is not null from unified.payments",
    "refunds": "select sku, quantity, kind, status, amount, is_restocked, completed_at is not null from unified.refunds",
    "shipments": "select status, carrier, tracking_number, facility_id, shipped_at is not null from unified.shipments",
}


def views(db: psycopg.Connection) -> Views:
    """Each view's rows with the sale's name first."""
    found = {}
    for name, query in QUERIES.items():
        rows = db.execute(query.replace("select ", "select order_id, ", 1) + " where channel = 'tryton'").fetchall()
        found[name] = sorted(((SALES[id], *row) for id, *row in rows), key=str)
    found["customers"] = db.execute(
        "select name, email, phone, country, region, city from unified.customers where channel = 'tryton'"
    ).fetchall()
    db.rollback()
    return found


@pytest.fixture(scope="module")
def told(
    postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Views, Views]]:
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(postgres, every_template) as address,
        warehouse.connect(address) as db,
    ):
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("sales")))
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values ('tryton', 'erp', 'ERP', 'erp', 'USD', 'Asia/Shanghai', 'USD')"
        )
        db.commit()
        seen = []
        for name in ("sold", "sells-on"):
            landed = land_recorded(db, name)
            assert all(one.quarantined == 0 for one in landed.values())
            seen.append(views(db))
        yield seen[0], seen[1]


def plain(rows: Rows) -> Rows:
    """Amounts as numbers that are easy to write."""
    return [tuple(float(value) if isinstance(value, Decimal) else value for value in row) for row in rows]


def test_states_are_what_the_company_did(told: tuple[Views, Views]) -> None:
    before, after = told
    assert before["states"] == [
        ("AHEAD", "open", "paid", "unfulfilled"),
        ("DOZEN", "completed", "paid", "shipped"),
        ("DROP", "open", "pending", "unfulfilled"),
        ("FREE", "open", "paid", "shipped"),
        ("PAID", "completed", "paid", "shipped"),
        ("PART", "open", "pending", "partially_shipped"),
    ]
    assert after["states"] == [
        ("AHEAD", "open", "paid", "shipped"),
        ("DOZEN", "completed", "partially_refunded", "shipped"),
        ("DROP", "cancelled", "pending", "unfulfilled"),
        ("FREE", "open", "paid", "shipped"),
        ("PAID", "completed", "partially_refunded", "shipped"),
        ("PART", "open", "partially_paid", "shipped"),
    ]


def test_amounts_add_up_and_refunds_leave_them_alone(told: tuple[Views, Views]) -> None:
    before, after = told
    assert plain(before["amounts"]) == [
        ("AHEAD", 10, 0, 0, 2, 0, 12, "USD", 0),
        ("DOZEN", 240, 40, 0, 40, 0, 240, "USD", 0),
        ("DROP", 15, 0, 0, 3, 0, 18, "USD", 0),
        ("FREE", 5, 5, 0, 0, 0, 0, "USD", 0),
        ("PAID", 45, 4, 4, 9, 0, 54, "USD", 0),
        ("PART", 60, 0, 0, 12, 0, 72, "USD", 0),
    ]
    paid_back = {"PAID": 21.6, "DOZEN": 40}
    assert plain(after["amounts"]) == [(*row[:-1], paid_back.get(row[0], 0)) for row in plain(before["amounts"])]


def test_lines_are_pieces(told: tuple[Views, Views]) -> None:
    before, after = told
    assert plain(before["lines"]) == [
        ("AHEAD", "product", "POT", 2, 5, 0, 2, 10, 0, 0, 0),
        ("DOZEN", "product", "CLOCK", 12, 20, 40, 40, 200, 12, 0, 0),
        ("DROP", "product", "POT", 3, 5, 0, 3, 15, 0, 0, 0),
        ("FREE", "product", "POT", 1, 5, 5, 0, 0, 1, 0, 0),
        ("PAID", "product", "CLOCK", 2, 20, 4, 7.2, 36, 2, 0, 0),
        ("PAID", "product", "POT", 1, 5, 0, 1, 5, 1, 0, 0),
        ("PAID", "shipping", "POST", 1, 4, 0, 0.8, 4, 0, 0, 0),
        ("PART", "product", "CLOCK", 3, 20, 0, 12, 60, 1, 0, 0),
    ]
    counted = {(row[0], row[2]): row[-3:] for row in after["lines"]}
    assert counted == {
        ("AHEAD", "POT"): (2, 0, 0), ("DOZEN", "CLOCK"): (12, 2, 0), ("DROP", "POT"): (0, 0, 3), ("FREE", "POT"): (1, 0, 0),
        ("PAID", "CLOCK"): (2, 1, 0), ("PAID", "POT"): (1, 0, 0), ("PAID", "POST"): (0, 0, 0), ("PART", "CLOCK"): (3, 0, 0),
    }  # fmt: skip


def test_payments_are_what_came_in_or_is_to_come(told: tuple[Views, Views]) -> None:
    before, after = told
    assert plain(before["payments"]) == [
        ("AHEAD", "payment", "paid", 12, "USD", True),
        ("DOZEN", "payment", "paid", 240, "USD", True),
        ("PAID", "payment", "paid", 54, "USD", True),
    ]
    assert plain(after["payments"]) == [*plain(before["payments"]), ("PART", "payment", "paid", 30, "USD", True)]


def test_returns_and_credit_notes_are_refunds_of_the_sale(told: tuple[Views, Views]) -> None:
    before, after = told
    assert before["refunds"] == []
    assert plain(after["refunds"]) == [
        ("DOZEN", "CLOCK", 2, "return", "completed", 40, True, True),
        ("PAID", "CLOCK", 1, "refund", "completed", 21.6, False, True),
    ]


def test_shipments_bring_their_tracking_numbers(told: tuple[Views, Views]) -> None:
    before, after = told
    assert before["shipments"] == [
        ("AHEAD", "pending", "DHL", None, "WH", False),
        ("DOZEN", "shipped", "DHL", None, "WH", True),
        ("FREE", "shipped", "DHL", None, "WH", True),
        ("PAID", "shipped", "DHL", "T1", "WH", True),
        ("PART", "pending", "DHL", None, "WH", False),
        ("PART", "shipped", "DHL", None, "WH", True),
    ]
    numbers = {(row[0], row[3]) for row in after["shipments"] if row[1] == "shipped"}
    assert numbers == {("AHEAD", "T3"), ("DOZEN", None), ("FREE", None), ("PAID", "T1"), ("PART", None), ("PART", "T2")}


def test_where_it_goes_and_to_whom(told: tuple[Views, Views]) -> None:
    assert {row[1:] for row in told[0]["places"]} == {("WH", "IT", "Torino", "Turin", True)}
    assert told[1]["customers"] == [("Bea", "bea@example.com", "+390111234567", "IT", "Torino", "Turin")]


def test_times_are_in_order(told: tuple[Views, Views]) -> None:
    assert {row[1] for view in told for row in view["times"]} == {True}
    assert [row[0] for row in told[1]["times"] if row[2]] == ["DROP"]
