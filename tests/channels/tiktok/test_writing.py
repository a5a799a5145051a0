"""Quantities and parcels to the shop: against the sandbox, and against a platform that refuses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from sluice.channels.protocol import Answer, Dispatch, Quota
from sluice.channels.tiktok.connector import TikTok
from sluice.channels.tiktok.contract import Order
from sluice.channels.tiktok.shipping import chosen, line
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.tiktok.shop import ORDERS, PRODUCTS, Call, fault, records, scripted, shop
from tests.sandbox.worlds import world

UPDATE, LEVELS = "/product/202309/products/p/inventory/update", "/product/202309/inventory/search"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[TikTok]:
    state = SandboxState(world(orders=5_000))
    with hosted(state) as url:
        yield shop(f"{url}/tiktok", now=lambda: state.now)


def quota(number: int, sku: str, product: str, quantity: int) -> Quota:
    return Quota(f"d{number}", sku, product, sku, None, None, quantity)


def test_quantities_are_absolute_and_read_back(sandbox: TikTok) -> None:
    found = records(list(sandbox.pages(PRODUCTS, None)), PRODUCTS)
    skus = [(sku["id"], product["id"]) for product in found for sku in product["skus"]][:120]
    for quantity in (9, 4):  # absolute: the second takes the place of the first
        quotas = [quota(number, sku, product, quantity + number) for number, (sku, product) in enumerate(skus)]
        answers = {answer.decision_id: answer for answer in sandbox.publish(quotas)}
        assert {name: (one.accepted, one.read_back) for name, one in answers.items()} == {
            one.decision_id: (True, one.quantity) for one in quotas
        }


def test_one_bad_sku_keeps_no_other_from_its_number(sandbox: TikTok) -> None:
    (product, other) = records(list(sandbox.pages(PRODUCTS, None)), PRODUCTS)[:2]
    good, also = product["skus"][0]["id"], other["skus"][0]["id"]
    quotas = [quota(1, good, product["id"], 5), quota(2, "404", product["id"], 5), quota(3, "405", "none", 5)]
    quotas += [quota(4, also, other["id"], 250_000)]
    answers = {answer.decision_id: answer for answer in sandbox.publish(quotas)}
    assert (answers["d1"].accepted, answers["d1"].read_back) == (True, 5)
    assert (answers["d2"].accepted, answers["d2"].read_back) == (False, None)
    assert "does not exist" in answers["d2"].message
    assert not answers["d3"].accepted
    assert (answers["d4"].accepted, answers["d4"].read_back) == (True, 99_999)
    assert "99999" in answers["d4"].message


def levels(**warehouses: int) -> dict[str, Any]:
    told = [{"warehouse_id": name, "available_quantity": pieces} for name, pieces in warehouses.items()]
    return {"inventory": [{"product_id": "p", "skus": [{"id": "s", "warehouse_inventory": told}]}]}


@pytest.mark.parametrize(("warehouse_id", "accepted", "read_back"), [(None, False, 8), ("w1", True, 3)])
def test_of_several_warehouses_one_must_be_named(warehouse_id: str | None, accepted: bool, read_back: int) -> None:
    def script(call: Call) -> Any:
        return {LEVELS: levels(w1=3, w2=5), UPDATE: {}}.get(call.path)

    with scripted(script) as (url, calls):
        (answer,) = shop(url, warehouse_id=warehouse_id).publish([quota(1, "s", "p", 3)])
    assert (answer.accepted, answer.read_back) == (accepted, read_back)
    sent = [call.given for call in calls if call.path == UPDATE]
    assert sent == ([{"skus": [{"id": "s", "inventory": [{"warehouse_id": "w1", "quantity": 3}]}]}] if accepted else [])


def test_a_call_that_fails_as_a_whole_is_repeated_sku_by_sku() -> None:
    def script(call: Call) -> Any:
        if call.path == LEVELS:
            return {"inventory": []}
        if call.path == UPDATE:
            skus = [sku["id"] for sku in call.given["skus"]]
            return fault(12052217, "Seller sku is frozen") if "bad" in skus else {}
        return None

    with scripted(script) as (url, _):
        answers = list(shop(url).publish([quota(number, sku, "p", 1) for number, sku in enumerate(["a", "bad", "b"])]))
    assert [(one.decision_id, one.accepted, one.read_back) for one in answers] == [
        ("d0", True, None),
        ("d1", False, None),
        ("d2", True, None),
    ]
    assert "frozen" in answers[1].message


def dispatch(order_id: str, lines: dict[str, int] | None = None, carrier: str = "SF Express") -> Dispatch:
    moment = datetime(2026, 10, 1, tzinfo=UTC)
    return Dispatch(f"p-{order_id}", order_id, carrier, f"T{order_id}", moment, lines or {})


def waiting(sandbox: TikTok) -> list[dict[str, Any]]:
    return [one for one in records(list(sandbox.pages(ORDERS, None))) if one["status"] == "AWAITING_SHIPMENT"]


def test_a_parcel_is_told_once_and_read_back(sandbox: TikTok) -> None:
    order = waiting(sandbox)[0]
    pieces = len(order["line_items"])
    assert list(sandbox.ship([dispatch(order["id"])])) == [Answer(f"p-{order['id']}", True, "shipped", pieces)]
    assert list(sandbox.ship([dispatch(order["id"])])) == [Answer(f"p-{order['id']}", True, "told before", pieces)]
    (again,) = records(list(sandbox.again(ORDERS, [order["id"]])))
    assert {item["tracking_number"] for item in again["line_items"]} == {f"T{order['id']}"}
    assert again["update_time"] == order["update_time"]


def test_of_a_line_as_many_pieces_as_left(sandbox: TikTok) -> None:
    order = next(one for one in waiting(sandbox) if len(one["line_items"]) > 1)
    first = order["line_items"][0]
    alike = [item["id"] for item in order["line_items"] if item["sku_id"] == first["sku_id"]]
    (answer,) = sandbox.ship([dispatch(order["id"], {min(alike): 1})])
    assert (answer.accepted, answer.read_back) == (True, 1)
    (short,) = sandbox.ship(
        [Dispatch("x", order["id"], "SF Express", "other", datetime(2026, 10, 1, tzinfo=UTC), {min(alike): 99})]
    )
    assert not short.accepted
    assert f"only {len(alike) - 1} of 99 pieces" in short.message


def test_a_line_is_its_pieces_of_one_kind_and_price() -> None:
    """As staging counts them: three of a sku, one of them a gift, and one at another price."""
    order = msgspec.convert(packaged(), Order, strict=False)
    order.line_items = [
        msgspec.structs.replace(order.line_items[0], id=name, sku_id="s", is_gift=gift, original_price=Decimal(price))
        for name, gift, price in (("3", None, "1"), ("1", False, "1.0"), ("2", True, "1"), ("4", None, "2"))
    ]
    assert [line(order, item) for item in order.line_items] == ["1", "1", "2", "4"]
    assert [item.id for item in chosen(order, {"1": 2})] == ["3", "1"]


def test_what_can_t_be_shipped_says_why(sandbox: TikTok) -> None:
    done = next(one for one in records(list(sandbox.pages(ORDERS, None))) if one["status"] == "COMPLETED")
    strange = replace(dispatch(waiting(sandbox)[-1]["id"], carrier="Pigeon Post"), tracking_number="not told yet")
    answers = list(sandbox.ship([dispatch("404"), dispatch(done["id"]), strange]))
    assert [one.accepted for one in answers] == [False, False, False]
    assert "no order 404" in answers[0].message
    assert "left to ship" in answers[1].message
    assert "option carriers" in answers[2].message
    assert "sf express" in answers[2].message


def packaged(**more: Any) -> dict[str, Any]:
    price = {"original_price": "1", "sale_price": "1", "display_status": "AWAITING_SHIPMENT"}
    items = [{"id": name, "sku_id": name, "package_id": "pk", **price} for name in ("1", "2")]
    payment = {"currency": "IDR", "total_amount": "2"}
    return {
        "id": "o",
        "status": "AWAITING_SHIPMENT",
        "create_time": 1,
        "update_time": 1,
        "payment": payment,
        "line_items": items,
    } | more


@pytest.mark.parametrize(
    ("order", "lines", "accepted", "says"),
    [
        (packaged(), {}, True, "shipped"),
        (packaged(), {"1": 1}, False, "split or combine"),
        (packaged(shipping_type="TIKTOK"), {}, False, "Seller Center"),
    ],
)
def test_a_package_that_the_platform_made_is_shipped_whole(
    order: dict[str, Any], lines: dict[str, int], accepted: bool, says: str
) -> None:
    def script(call: Call) -> Any:
        if call.path == "/fulfillment/202309/packages/pk/ship":
            return {}
        return {"orders": [order]} if call.path == "/order/202309/orders" else None

    with scripted(script) as (url, calls):
        (answer,) = shop(url, carriers={"SF Express": "77"}).ship([dispatch("o", lines)])
    assert (answer.accepted, says in answer.message) == (accepted, True)
    sent = [call.given for call in calls if call.path.endswith("/ship")]
    assert sent == ([{"self_shipment": {"tracking_number": "To", "shipping_provider_id": "77"}}] if accepted else [])
