"""Every preset against files in its platform's own headers, encoding, guards and words: amounts, statuses, times."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sluice.channels.file import presets
from sluice.channels.file.connector import CONNECTOR, FileChannel
from sluice.channels.file.options import VOCABULARY, Options
from sluice.channels.protocol import Connection
from tests.channels.file.exports import EXPORTS, FIXTURES, HEADERS, Export, Line, Order
from tests.channels.file.shop import SINCE, UNTIL, drop, records

CHINA = timezone(timedelta(hours=8))
NAMES = {"taobao_orders": "ExportOrderList202601.csv", "taobao_items": "ExportOrderDetailList202601.csv"}
"""What the platform calls its file, where that matters."""
STATES = {
    "unpaid": ("open", "pending", "unfulfilled"),
    "paid": ("open", "paid", "unfulfilled"),
    "shipped": ("open", "paid", "shipped"),
    "done": ("completed", "paid", "delivered"),
    "cancelled": ("cancelled", "voided", "unfulfilled"),
}
KNOWN_OTHERWISE = {
    ("shopify_orders", "done"): ("open", "paid", "shipped"),
    ("amazon_all_orders", "shipped"): ("completed", "paid", "shipped"),
    ("amazon_all_orders", "done"): ("completed", "paid", "shipped"),
    ("ebay_orders", "shipped"): ("completed", "paid", "shipped"),
    ("ebay_orders", "done"): ("completed", "paid", "shipped"),
    ("ebay_orders", "cancelled"): ("open", "pending", "unfulfilled"),
    ("woocommerce_orders", "shipped"): ("completed", "paid", "shipped"),
    ("woocommerce_orders", "done"): ("completed", "paid", "shipped"),
} | {(name, state): ("open", "paid", "unfulfilled") for name in ("amazon_new_orders", "amazon_unshipped") for state in STATES}
"""What an export can't tell apart."""

CENTS = st.integers(0, 200_000).map(lambda cents: Decimal(cents).scaleb(-2))


def line(sku: str, title: str, quantity: int, price: Decimal, share: int) -> Line:
    return Line(sku, title, quantity, price, (price * quantity * share / 4).quantize(Decimal("0.01")))


LINE = st.builds(
    line,
    st.sampled_from(["TEE-1", "MUG-2", "HAT-3"]),
    st.sampled_from(["Shirt", "Café crème", "Tasse Köln"]),
    st.integers(1, 5),
    CENTS,
    st.integers(0, 4),
)
ORDER = st.builds(
    Order,
    st.integers(10**17, 10**18 - 1).map(str),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 1)).map(lambda at: at.replace(microsecond=0)),
    st.sampled_from(list(STATES)),
    CENTS,
    CENTS,
    st.lists(LINE, min_size=1, max_size=4),
)
ORDERS = st.lists(ORDER, min_size=1, max_size=5, unique_by=lambda order: order.number)


def shop(folder: Path, preset: str | list[str], **options: Any) -> FileChannel:
    found = Options.model_validate({"folder": str(folder), "preset": preset, **options})
    return FileChannel(Connection("x", "", {}, "USD", "Asia/Shanghai", SINCE, found))


def encodable(orders: list[Order], export: Export) -> list[Order]:
    """Titles that the export's encoding has."""
    for order in orders:
        for line in order.lines:
            try:
                line.title.encode(export.encoding)
            except UnicodeEncodeError:
                object.__setattr__(line, "title", "Shirt")
    return orders


def net(line: Any) -> Decimal:
    if line.total_amount is not None:
        return Decimal(line.total_amount)
    return Decimal(line.quantity * line.unit_price - (line.discount_amount or 0))


def total(heads: list[Any], orders: list[Any]) -> dict[str, Decimal]:
    """What each order comes to, as the warehouse adds it up: its stated total, else its lines."""
    found = {one.order_id: one.total_amount for one in heads if one.total_amount is not None}
    for order in orders:
        lines = [net(line) + (line.tax_amount or 0) + (line.shipping_amount or 0) for line in order.lines]
        found.setdefault(order.order_id, sum(lines, Decimal(0)))
    return found


def totals(channel: FileChannel) -> dict[str, Decimal]:
    return total(records(channel, "orders")[0], records(channel, "order_lines")[0])


def one_order(state: str = "paid", at: datetime = datetime(2026, 1, 5, 9)) -> Order:
    return Order("583870900000000001", at, state, Decimal(5), Decimal(0), [Line("A", "B", 2, Decimal(3), Decimal(1))])


def numbers(name: str, orders: list[Order]) -> dict[str, Order]:
    return {f"#{order.number}" if name == "shopify_orders" else order.number: order for order in orders}


def expected_time(export: Export, order: Order) -> str | None:
    if export.ordered_at is None:
        return None
    at = order.at.replace(tzinfo=CHINA).astimezone(UTC) if export.ordered_at.endswith("Z") else order.at
    return at.strftime(export.ordered_at)


def check(name: str, channel: FileChannel, orders: list[Order]) -> None:
    export, wanted = EXPORTS[name], numbers(name, orders)
    (heads, refused), (lined, refused_lines) = (records(channel, stream) for stream in ("orders", "order_lines"))
    assert refused + refused_lines == []
    assert {head.order_id for head in heads or lined} == set(wanted)
    for head in heads or lined:
        order = wanted[head.order_id]
        statuses = (head.order_status, head.payment_status, head.fulfilment_status)
        assert statuses == KNOWN_OTHERWISE.get((name, order.state), STATES[order.state]), order.state
        assert head.ordered_at == expected_time(export, order)
    expected = {number: export.total(order) for number, order in wanted.items()}
    assert total(heads, lined) == expected
    assert {claim.order_id: claim.total for claim in channel.claims(SINCE, UNTIL)} == expected
    for found in lined:
        pieces = sorted((line.sku, line.quantity) for line in found.lines)
        assert pieces == sorted((line.sku, line.quantity) for line in wanted[found.order_id].lines)


@pytest.mark.parametrize("name", list(EXPORTS))
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS)
def test_an_export_lands_without_mapping_a_column(tmp_path: Path, name: str, orders: list[Order]) -> None:
    orders = encodable(orders, EXPORTS[name])
    drop(tmp_path, NAMES.get(name, "orders.csv"), EXPORTS[name].write(name, orders))
    check(name, shop(tmp_path, name), orders)


@pytest.mark.parametrize("name", list(EXPORTS))
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS)
def test_the_same_as_a_spreadsheet(tmp_path: Path, name: str, orders: list[Order]) -> None:
    """As text cells, as the platforms that give XLSX write them; there, ="..." would be a formula."""
    orders = encodable(orders, EXPORTS[name])
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADERS[name])
    for row in (row for order in orders for row in EXPORTS[name].rows(order)):
        sheet.append([row.get(header, "").removeprefix('="').removesuffix('"') or None for header in HEADERS[name]])
    out = BytesIO()
    book.save(out)
    drop(tmp_path, NAMES.get(name, "orders.csv").replace("csv", "xlsx"), out.getvalue())
    check(name, shop(tmp_path, name), orders)


@pytest.mark.parametrize("name", [name for name in EXPORTS if "\t" not in EXPORTS[name].delimiter])
def test_the_same_with_tabs(tmp_path: Path, name: str) -> None:
    orders = [one_order()]
    if name == "ebay_orders":
        pytest.skip("eBay gives commas, and its preset says so")
    text = EXPORTS[name].write(name, orders).decode(EXPORTS[name].encoding)
    table = pl.read_csv(text.encode(), infer_schema=False)
    if EXPORTS[name].note:
        table = table.slice(1)
    drop(tmp_path, NAMES.get(name, "orders.csv").replace("csv", "tsv"), table.write_csv(separator="\t"))
    check(name, shop(tmp_path, name), orders)


def test_the_sample_of_amazon(tmp_path: Path) -> None:
    """In Germany the tax is in the price; the plate was cancelled and is not owed."""
    drop(tmp_path, "report.txt", (FIXTURES / "amazon_all_orders_sample.tsv").read_bytes())
    channel = shop(tmp_path, "amazon_all_orders")
    (order,), refused = records(channel, "order_lines")
    assert refused == []
    assert (order.order_id, order.currency, order.ship_city) == ("111-0000001-0000001", "EUR", "Köln")
    assert (order.order_status, order.payment_status, order.fulfilment_status) == ("completed", "paid", "shipped")
    assert order.ordered_at == "2025-03-30T00:59:59Z"
    assert [(line.sku, line.quantity, line.cancelled_quantity, line.total_amount) for line in order.lines] == [
        ("MUG-1", 2, 0, Decimal("18.98")),
        ("PLATE-1", 1, 1, Decimal(0)),
    ]
    assert totals(channel) == {"111-0000001-0000001": Decimal("18.98")}


def test_the_sample_of_taobao(tmp_path: Path) -> None:
    """One line was closed: it is cancelled, the order is not."""
    drop(tmp_path, "ExportOrderDetailList.csv", (FIXTURES / "taobao_item_report_sample_gbk.csv").read_bytes())
    (order,), refused = records(shop(tmp_path, "taobao_items"), "order_lines")
    assert refused == []
    assert (order.order_id, order.order_status) == ("700000000000000001", "completed")
    assert [(line.sku, line.title, line.quantity, line.cancelled_quantity, line.unit_price) for line in order.lines] == [
        ("TEE-BLK-L", "示例T恤", 2, 0, Decimal("59.00")),
        ("CAP-WHT", "示例帽子", 1, 1, Decimal("29.00")),
    ]


def test_both_reports_of_taobao_make_one_shop(tmp_path: Path) -> None:
    order = one_order("done")
    for name in ("taobao_orders", "taobao_items"):
        drop(tmp_path, NAMES[name], EXPORTS[name].write(name, [order]))
    channel = shop(tmp_path, ["taobao_orders", "taobao_items"])
    assert totals(channel) == {order.number: Decimal(10)}
    ((found,), _), ((head,), _) = records(channel, "order_lines"), records(channel, "orders")
    assert (found.order_id, head.order_id, head.ordered_at) == (order.number, order.number, "2026-01-05T09:00:00")


@pytest.mark.parametrize("name", list(EXPORTS))
@pytest.mark.parametrize("as_number", [False, True])
def test_an_id_that_a_spreadsheet_has_rounded_is_refused(tmp_path: Path, name: str, as_number: bool) -> None:
    """As text in scientific notation, and as a number of more digits than a spreadsheet keeps."""
    order = one_order()
    (row, *_) = EXPORTS[name].rows(order)
    header = next(one for one in row if order.number in row[one])
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADERS[name])
    cells: list[Any] = [row.get(one, "").removeprefix('="').removesuffix('"') or None for one in HEADERS[name]]
    cells[HEADERS[name].index(header)] = float(order.number) if as_number else "5.83871E+17"
    sheet.append(cells)
    out = BytesIO()
    book.save(out)
    drop(tmp_path, NAMES.get(name, "orders.csv").replace("csv", "xlsx"), out.getvalue())
    channel = shop(tmp_path, name)
    stream = "order_lines" if channel.options.stream("order_lines") else "orders"
    good, refused = records(channel, stream)
    assert good == []
    assert "row 2: order_id is '5.83" in refused[0]
    assert "a spreadsheet has rounded it" in refused[0]


def test_what_is_mapped_by_hand_counts_before_the_preset(tmp_path: Path) -> None:
    options = Options.model_validate(
        {
            "folder": "x",
            "preset": "jd_orders",
            "streams": {
                "orders": {"columns": {"total_amount": "应付金额", "shipping_amount": None}, "constants": {"customer_id": "all"}},
                "order_lines": {"files": "lines*"},
            },
            "statuses": {"order": {"锁定": "cancelled"}},
        }
    )
    orders, lines = options.stream("orders"), options.stream("order_lines")
    assert orders is not None
    assert lines is not None
    assert orders.columns["total_amount"] == "应付金额"
    assert "shipping_amount" not in orders.columns
    assert "customer_id" not in orders.columns
    assert orders.columns["order_id"] == "订单号"
    assert lines.files == "lines*"
    assert options.statuses["order"]["锁定"] == "cancelled"
    assert options.statuses["order"]["完成"] == "completed"
    by_hand = {"streams": {"order_lines": {"columns": {"tax_amount": "item-tax"}}}}
    amazon = Options.model_validate({"folder": "x", "preset": "amazon_all_orders", **by_hand}).stream("order_lines")
    assert amazon is not None
    assert "tax_amount" not in amazon.where
    assert "total_amount" in amazon.where


def test_a_preset_that_is_none_is_told_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match=r"preset etsy is not known; there are amazon_all_orders, .*woocommerce_orders"):
        Options.model_validate({"folder": "x", "preset": "etsy"})


def test_every_preset_is_proven_and_every_word_is_ours() -> None:
    assert sorted(EXPORTS) == presets.names() == sorted(HEADERS)
    for name in presets.names():
        for axis, words in Options.model_validate({"folder": "x", "preset": name}).statuses.items():
            assert set(words.values()) <= set(VOCABULARY[axis])
    assert CONNECTOR.name == "file"


def test_a_report_of_amazon_from_before_2020_has_fewer_columns(tmp_path: Path) -> None:
    header = [one for one in HEADERS["amazon_new_orders"] if one != "sales-channel"]
    cells = {
        "order-id": "1-2",
        "order-item-id": "9",
        "purchase-date": "2026-01-05T09:00:00+00:00",
        "sku": "A",
        "quantity-purchased": "2",
    }
    cells |= {"quantity-purchased": "2", "currency": "EUR", "item-price": "10.00", "item-tax": "1.60"}
    drop(tmp_path, "orders.txt", "\t".join(header) + "\n" + "\t".join(cells.get(one, "") for one in header) + "\n")
    channel = shop(tmp_path, "amazon_new_orders")
    assert records(channel, "order_lines")[1] == []
    assert totals(channel) == {"1-2": Decimal("10.00")}


def test_american_times_of_tiktok(tmp_path: Path) -> None:
    order = one_order(at=datetime(2026, 1, 5, 21, 4, 5))
    text = (
        EXPORTS["tiktok_orders"]
        .write("tiktok_orders", [order])
        .decode("utf-8-sig")
        .replace("05/01/2026 21:04:05", "01/05/2026 09:04:05 PM")
    )
    drop(tmp_path, "orders.csv", text)
    ((head,), refused) = records(shop(tmp_path, "tiktok_orders"), "orders")
    assert refused == []
    assert head.ordered_at == "2026-01-05T21:04:05"


def test_sub_orders_in_one_cell_are_refused(tmp_path: Path) -> None:
    order = one_order()
    text = EXPORTS["douyin_orders"].write("douyin_orders", [order]).decode("utf-8-sig").replace(",2,", ",1;1,")
    drop(tmp_path, "orders.csv", text)
    good, refused = records(shop(tmp_path, "douyin_orders"), "order_lines")
    assert good == []
    assert "quantity is '1;1', no whole number" in refused[0]
