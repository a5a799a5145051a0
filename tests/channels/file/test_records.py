"""What a file's rows become: orders with their lines, classified, or a refusal that names file, row and cell."""

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.channels.file.connector import CONNECTOR
from tests.channels.file.shop import LINES, drop, pages, read, records, shop

HEADER = "Order,At,Buyer,SKU,Qty,Price\n"
TWO = HEADER + "A1,2026-01-05 10:00:00,B7,MUG,2,9.50\nA1,2026-01-05 10:01:00,B7,TEE,1,30\nA2,2026-01-06 10:00:00,,MUG,1,9.50\n"


def test_rows_of_one_order_become_one_order_with_its_lines(tmp_path: Path) -> None:
    (first, second), refused = read(tmp_path, TWO)
    assert refused == []
    assert (first.order_id, first.customer_id, first.currency, first.ordered_at) == ("A1", "B7", "CNY", "2026-01-05T10:00:00")
    assert [(line.sku, line.product_id, line.quantity, line.unit_price) for line in first.lines] == [
        ("MUG", "MUG", 2, Decimal("9.50")),
        ("TEE", "TEE", 1, Decimal("30")),
    ]
    assert second.customer_id is None


def test_equal_rows_are_two_lines(tmp_path: Path) -> None:
    (order,), _ = read(tmp_path, HEADER + "A1,2026-01-05,B7,MUG,2,9.50\n" * 2)
    assert [line.line_id for line in order.lines] == ["1", "2"]
    assert sum(line.quantity for line in order.lines) == 4


ROW = st.tuples(
    st.sampled_from(["A1", "A2", "A3"]),
    st.sampled_from(["2026-01-05 10:00:00", "2026-01-05 10:01:00", ""]),
    st.sampled_from(["B7", "B8", ""]),
    st.sampled_from(["MUG", "TEE", "HAT"]),
    st.integers(-3, 3).map(str),
    st.decimals(0, 100, places=2).map(str),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12), seed=st.integers(0, 100))
def test_the_order_of_rows_does_not_matter(tmp_path: Path, rows: list[tuple[str, ...]], seed: int) -> None:
    shuffled = random.Random(seed).sample(rows, len(rows))
    texts = [HEADER + "".join(",".join(row) + "\n" for row in some) for some in (rows, shuffled)]
    one, other = (msgspec.to_builtins(read(tmp_path, text)) for text in texts)
    assert one == other


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12))
def test_nothing_is_lost_or_made_up(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    orders, refused = read(tmp_path, HEADER + "".join(",".join(row) + "\n" for row in rows))
    assert refused == []
    assert {order.order_id for order in orders} == {row[0] for row in rows}
    assert sum(len(order.lines) for order in orders) == len(rows)
    assert sum(line.quantity * line.unit_price for order in orders for line in order.lines) == sum(
        int(row[4]) * Decimal(row[5]) for row in rows
    )


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",2026-01-05,B7,MUG,2,9.50", "x.csv row 4: order_id is empty"),
        ("A2,2026-01-05,B7,MUG,1.5,9.50", "x.csv row 4: quantity is '1.5', no whole number"),
        ("A2,2026-01-05,B7,MUG,,9.50", "x.csv row 4: quantity is empty"),
        ("A2,2026-01-05,B7,MUG,2,free", "x.csv row 4: unit_price is 'free', no number"),
        ("A2,2026-01-05,B7,MUG,2,", "x.csv row 4: neither unit_price nor total_amount is filled"),
        ("A2,05/01/2026,B7,MUG,2,9.50", "x.csv row 4: ordered_at is '05/01/2026', no time (set datetime_format"),
        ("1.23457E+18,2026-01-05,B7,MUG,2,9.50", "x.csv row 4: order_id is '1.23457E+18', no id any more"),
        ("A2,2026-01-05,B7,MUG,2,9.50,99", "x.csv row 4: has more cells than the header: 99"),
    ],
)
def test_a_bad_row_is_refused_with_file_row_and_cell_and_the_rest_goes_on(tmp_path: Path, row: str, says: str) -> None:
    text = HEADER + f"A1,2026-01-05,B7,MUG,2,9.50\nA1,2026-01-05,B7,TEE,1,30\n{row}\nA3,2026-01-05,B7,HAT,1,20\n"
    good, refused = read(tmp_path, text)
    assert [order.order_id for order in good] == ["A1", "A3"]
    assert len(refused) == 1
    assert refused[0].startswith(says)


def test_an_order_with_one_bad_row_is_refused_whole(tmp_path: Path) -> None:
    text = HEADER + "A1,2026-01-05,B7,MUG,2,9.50\nA1,2026-01-05,B7,TEE,x,30\nA1,2026-01-05,B7,HAT,y,30\n"
    good, refused = read(tmp_path, text)
    assert good == []
    assert [line.split(" - at")[0] for line in refused] == [
        "x.csv row 3: quantity is 'x', no whole number; row 4: quantity is 'y', no whole number"
    ]


def test_a_refused_order_keeps_its_key_and_its_rows(tmp_path: Path) -> None:
    channel = shop(tmp_path, order_lines=LINES)
    drop(tmp_path, "x.csv", HEADER + "A1,2026-01-05,B7,MUG,2,9.50\nA1,2026-01-05,B7,TEE,x,30\n")
    (page,) = pages(channel, "order_lines")
    (raw,) = CONNECTOR.records(CONNECTOR.stream("order_lines"), page.body, page.context)
    kept = msgspec.json.decode(raw)
    assert (kept["order_id"], kept["part"]) == ("A1", "")
    assert [(row["row"], row["SKU"], row["Qty"]) for row in kept["rows"]] == [(2, "MUG", "2"), (3, "TEE", "x")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Order,At,Buyer,SKU,Quantity,Price\nA1,2026-01-05,B7,MUG,2,9.50\n", "x.csv: it has no column 'Qty'; it has Order, At"),
        ("", "x.csv: the file is empty"),
    ],
)
def test_a_file_that_does_not_fit_its_mapping_is_refused_whole(tmp_path: Path, text: str, says: str) -> None:
    good, refused = read(tmp_path, text)
    assert good == []
    assert [line[: len(says)] for line in refused] == [says]


def test_an_order_is_of_a_kind_when_all_its_rows_are(tmp_path: Path) -> None:
    rules = [
        {"kind": "cancellation", "column": "Order", "starts_with": "C"},
        {"kind": "test", "column": "SKU", "matches": "^TEST"},
        {"kind": "adjustment", "column": "Price", "at_most": 0},
    ]
    lines = [{"kind": "shipping", "column": "SKU", "in": ["POST", "DOT"]}]
    rows = ["C1,MUG,-1,5", "A1,TEST1,1,5", "A2,TEST1,1,5", "A2,MUG,1,5", "A3,MUG,1,0", "A4,POST,1,0", "A4,MUG,1,5"]
    text = HEADER + "".join(f"{order},2026-01-05,,{rest}\n" for order, rest in (row.split(",", 1) for row in rows))
    orders, _ = read(tmp_path, text, order_kind=rules, line_kind=lines)
    assert {order.order_id: order.order_kind for order in orders} == {
        "C1": "cancellation",
        "A1": "test",
        "A2": "sale",
        "A3": "adjustment",
        "A4": "sale",
    }
    assert {line.sku: line.line_kind for order in orders for line in order.lines if order.order_id == "A4"} == {
        "MUG": "product",
        "POST": "shipping",
    }


ORDERS = {
    "files": "*.csv",
    "columns": {"order_id": "Order", "order_status": "Status", "payment_status": "Status", "total_amount": "Total"},
}


def orders(folder: Path, text: str, **changes: Any) -> tuple[list[Any], list[str]]:
    drop(folder, "x.csv", text)
    statuses = changes.pop("statuses", {})
    return records(shop(folder, orders=ORDERS | changes, statuses=statuses), "orders")


def test_a_native_status_is_mapped_and_kept_and_never_guessed(tmp_path: Path) -> None:
    words = {"order": {"交易成功": "completed"}, "payment": {"交易成功": "paid"}}
    found, _ = orders(tmp_path, "Order,Status,Total\n1,交易成功,5\n2,什么,5\n3,open,5\n4,,5\n", statuses=words)
    assert [(one.order_status, one.native_order_status, one.payment_status) for one in found] == [
        ("completed", "交易成功", "paid"),
        ("unknown", "什么", "unknown"),
        ("open", "open", "unknown"),
        ("unknown", None, "unknown"),
    ]


def test_without_a_status_the_times_tell_it(tmp_path: Path) -> None:
    columns = {"order_id": "Order", "paid_at": "Paid", "total_amount": "Total", "refunded_amount": "Back", "shipped_at": "Sent"}
    text = "Order,Paid,Total,Back,Sent\n1,,5,0,\n2,2026-01-05,5,0,\n3,2026-01-05,5,5,2026-01-06\n4,2026-01-05,5,2,\n"
    found, _ = orders(tmp_path, text, columns=columns)
    assert [(one.payment_status, one.fulfilment_status, one.order_status) for one in found] == [
        ("pending", "unfulfilled", "unknown"),
        ("paid", "unfulfilled", "unknown"),
        ("refunded", "shipped", "unknown"),
        ("partially_refunded", "unfulfilled", "unknown"),
    ]


def test_a_total_repeated_on_every_row_counts_once_and_two_totals_are_refused(tmp_path: Path) -> None:
    text = "Order,Status,Total\n1,open,10.0\n1,open,10.00\n1,open,\n2,open,10\n2,open,12\n"
    found, refused = orders(tmp_path, text)
    assert [one.total_amount for one in found] == [Decimal(10)]
    assert refused[0].startswith("x.csv its rows disagree on total_amount: 10, 12")


def test_a_line_id_that_comes_twice_is_refused(tmp_path: Path) -> None:
    _, refused = read(
        tmp_path, HEADER + "A1,2026-01-05,B7,MUG,1,1\nA1,2026-01-05,B7,MUG,1,1\n", columns=LINES["columns"] | {"line_id": "SKU"}
    )
    assert refused[0].startswith("x.csv line_id is there twice: MUG")


def test_sums_joins_aliases_and_capitals(tmp_path: Path) -> None:
    mapping = {
        "files": "*.csv",
        "columns": {
            "order_id": ["Order ID", "Order"],
            "line_id": {"join": ["Order", "No"]},
            "sku": "SKU",
            "quantity": "Qty",
            "total_amount": "Net",
            "discount_amount": {"sum": ["Card", "Coupon"]},
        },
        "upper_case": ["sku"],
    }
    drop(tmp_path, "x.csv", "Order,No,SKU,Qty,Net,Card,Coupon\nA1,1,mug-a,2,9.50,0.1,0.2\nA1,2,mug-a,2,9.50,,\n")
    (order,), refused = records(shop(tmp_path, order_lines=mapping), "order_lines")
    assert refused == []
    assert [(line.line_id, line.sku, line.discount_amount) for line in order.lines] == [
        ("A1-1", "MUG-A", Decimal("0.3")),
        ("A1-2", "MUG-A", None),
    ]


def test_a_product_is_titled_as_most_rows_say(tmp_path: Path) -> None:
    drop(tmp_path, "x.csv", "SKU,Title\nMUG,?\nMUG,Mug\nMUG,Mug\nTEE,Tee\n")
    mapping = {"files": "*.csv", "columns": {"sku": "SKU", "title": "Title"}}
    found, _ = records(shop(tmp_path, products=mapping), "products")
    assert [(one.product_id, one.listing_id, one.title) for one in found] == [("MUG", "MUG", "Mug"), ("TEE", "TEE", "Tee")]


def test_rows_that_are_not_of_the_stream_are_left_out(tmp_path: Path) -> None:
    drop(tmp_path, "x.csv", "Order,Paid,Total\n1,2026-01-05,5\n2,,7\n")
    mapping = {
        "files": "*.csv",
        "columns": {"order_id": "Order", "amount": "Total", "paid_at": "Paid"},
        "only": [{"column": "Paid", "filled": True}],
    }
    found, refused = records(shop(tmp_path, payments=mapping), "payments")
    assert [(one.order_id, one.payment_id, one.amount, one.payment_status) for one in found] == [("1", "1-1", Decimal(5), "paid")]
    assert refused == []
