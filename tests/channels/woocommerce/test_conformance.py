"""WooCommerce's documented answers keep our contract; its own client reads the sandbox as our connector does."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sluice.channels.woocommerce.contract import Customer, Order, Product, Refund, Variation
from tests.channels.woocommerce.shop import CUSTOMERS, ORDERS, PRODUCTS, decoded, house

FIXTURES = Path(__file__).parents[2] / "fixtures" / "woocommerce"


def documented(name: str, record: Any) -> list[Any]:
    found: list[Any] = msgspec.json.decode((FIXTURES / f"{name}.json").read_bytes(), type=list[record], strict=False)
    return found


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("orders", Order),
        ("order_refunds", Refund),
        ("products", Product),
        ("product_variations", Variation),
        ("customers", Customer),
    ],
)
def test_what_is_documented_keeps_the_contract(name: str, record: Any) -> None:
    assert len(documented(name, record)) >= 2


def test_money_ids_and_times_are_read_as_documented() -> None:
    paid, refunded = documented("orders", Order)
    assert (paid.id, paid.total, paid.shipping_total, paid.total_tax) == (
        727,
        Decimal("29.35"),
        Decimal("10.00"),
        Decimal("1.35"),
    )
    assert (paid.date_created_gmt, paid.date_modified_gmt) == ("2017-03-22T19:28:02", "2017-03-22T19:28:08")
    assert [(line.id, line.product_id, line.variation_id, line.sku) for line in paid.line_items] == [
        (315, 93, 0, ""),
        (316, 22, 23, "Bar3"),
    ]
    # a sum-up is negative, the record itself positive
    assert [one.total for one in refunded.refunds] == [Decimal("-10.00"), Decimal("-9.00")]
    assert sorted(one.amount for one in documented("order_refunds", Refund)) == [Decimal("9.00"), Decimal("10.00")]


def test_their_client_reads_the_same_records() -> None:
    with house() as shop:
        theirs, ours = shop.theirs(), shop.shop()
        for stream, path in ((ORDERS, "orders"), (CUSTOMERS, "customers"), (PRODUCTS, "products")):
            read: list[Any] = []
            number = 1
            while page := theirs.get(path, params={"per_page": 100, "page": number, "orderby": "id", "order": "asc"}).json():
                read += page
                number += 1
            found = {one.id: one for one in decoded(ours.pages(stream, None), stream)}
            known = {one["id"]: msgspec.convert(one, stream.record, strict=False) for one in read}
            assert len(known) > 10
            assert set(found) == set(known)
            if stream is CUSTOMERS:
                assert found == known
        orders = [one for one in decoded(ours.pages(ORDERS, None)) if one.refunds]
        assert len(orders) > 5
        for order in orders[:20]:
            told = theirs.get(f"orders/{order.id}/refunds").json()
            assert {(one.id, one.amount) for one in order.refunds} == {(one["id"], Decimal(one["amount"])) for one in told}
