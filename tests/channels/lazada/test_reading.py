"""Pages that shift while they are read, windows beyond what an offset reaches, orders joined with their pieces, quantities."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from sluice.channels.lazada.connector import records
from sluice.channels.lazada.contract import Order
from sluice.channels.lazada.stock import payload
from sluice.channels.protocol import Quota, Refused
from sluice.sandbox.host import hosted
from sluice.sandbox.lazada import SECRETS
from sluice.sandbox.state import SandboxState
from tests.channels.lazada.shop import FIXTURES, NOW, ORDERS, PRODUCTS, REFRESH, SINCE, granted, scripted, shop
from tests.sandbox.worlds import world


class Shop:
    """`count` orders, a second apart before NOW; a test may let one change, which takes it to the end, after some lists."""

    def __init__(self, count: int) -> None:
        self.times = {number: NOW - timedelta(seconds=2 * count - number) for number in range(1, count + 1)}
        self.changes: dict[int, int] = {}
        self.lists = 0

    def __call__(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == REFRESH:
            return granted(1)
        if path == "/orders/items/get":
            ids = json.loads(form["order_ids"])
            piece = {"order_item_id": 1, "status": "pending", "item_price": 1.5}
            return {"data": [{"order_id": one, "order_items": [piece]} for one in ids]}
        first, last = (datetime.fromisoformat(form[name]) for name in ("update_after", "update_before"))
        assert int(form["offset"]) <= 5_000
        found = sorted((at, one) for one, at in self.times.items() if first <= at <= last)
        chosen = found[int(form["offset"]) : int(form["offset"]) + int(form["limit"])]
        orders = [{"order_id": one, "created_at": str(at), "updated_at": str(at), "price": "1.50"} for at, one in chosen]
        self.lists += 1
        if self.lists in self.changes:
            self.times[self.changes[self.lists]] = NOW + timedelta(hours=1)
        return {"data": {"count": len(orders), "countTotal": len(found), "orders": orders}}


def read(platform: Shop, **options: Any) -> tuple[list[int], list[Any]]:
    """Ids that were told, and the cursors of the pages."""
    with scripted(platform) as (url, _):
        pages = list(shop(url, **options).pages(ORDERS, {"until": NOW.isoformat()} if len(platform.times) < 500 else None))
    told = [json.loads(one)["order_id"] for page in pages for one in records(ORDERS, page.body, page.context)]
    return told, [page.cursor for page in pages]


@pytest.mark.parametrize("changed", [1, 100, 150, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_order_that_changes_meanwhile_shifts_none_past_us(changed: int, after: int) -> None:
    platform = Shop(250)
    platform.changes = {after: changed}
    told, cursors = read(platform)
    assert set(told) | {changed} == set(range(1, 251))
    assert cursors[-1] == {"until": NOW.isoformat()}
    assert not any(cursors[:-1])


def test_a_window_that_no_offset_reaches_through_is_split() -> None:
    platform = Shop(12_000)
    told, cursors = read(platform, orders_per_call=100)
    assert set(told) == set(range(1, 12_001))
    assert len([cursor for cursor in cursors if cursor]) > 1
    assert cursors[-1] == {"until": NOW.isoformat()}


def test_an_empty_shop_moves_the_cursor() -> None:
    told, cursors = read(Shop(0))
    assert told == []
    assert cursors == [{"until": NOW.isoformat()}]


def test_the_documentation_s_sample_keeps_the_contract() -> None:
    """Ids and amounts are text there."""
    items = {
        "data": [{"order_id": "1895464", "order_items": [{"order_item_id": "1", "status": "pending", "item_price": "53.00"}]}]
    }
    context = {"orders": (FIXTURES / "samples.json").read_text()}
    (raw,) = records(ORDERS, json.dumps(items).encode(), context)
    order = msgspec.json.decode(raw, type=Order, strict=False)
    assert (order.order_id, order.price, order.shipping_fee) == (1895464, Decimal("106.00"), Decimal("0.54"))
    assert order.order_items[0].item_price == Decimal("53.00")


def test_claims_are_what_the_buyer_pays() -> None:
    def platform(path: str, form: dict[str, str]) -> dict[str, Any]:
        order = {
            "order_id": 1,
            "created_at": "2026-10-25 09:03:44 +0800",
            "price": "106.00",
            "voucher": 6.5,
            "shipping_fee": 0.54,
        }
        orders = [order, order | {"order_id": 2, "created_at": "2026-10-19 23:59:59 +0000"}]
        return granted(1) if path == REFRESH else {"data": {"countTotal": 2, "orders": orders}}

    with scripted(platform) as (url, _):
        claims = list(shop(url).claims(SINCE, NOW))
    assert [(one.order_id, str(one.total), one.currency) for one in claims] == [("1", "100.04", "CNY")]


def quota(sku: str, item: str, number: str, quantity: int) -> Quota:
    return Quota(f"d{number}", sku, item, f"{item}_SG-{number}", number, None, quantity)


@pytest.mark.parametrize("kind", ["sellable", "total"])
def test_one_bad_sku_keeps_none_of_the_others_from_its_number(kind: str) -> None:
    state = SandboxState(world())
    with hosted(state) as url:
        found = shop(f"{url}/lazada", lambda: state.now, quantity=kind)
        told = [json.loads(one) for page in found.pages(PRODUCTS, None) for one in records(PRODUCTS, page.body, page.context)]
        skus = [(sku["SellerSku"], str(product["item_id"]), str(sku["SkuId"])) for product in told for sku in product["skus"]]
        wanted = [quota(*sku, quantity=7 + at) for at, sku in enumerate(skus[:30])]
        answers = {one.decision_id: one for one in found.publish([*wanted, quota("none", "1", "2", 3)])}
    assert {name for name, one in answers.items() if not one.accepted} == {"d2"}
    assert all(answers[one.decision_id].read_back == one.quantity for one in wanted)


def test_the_payload_is_xml_with_what_a_sku_is_called() -> None:
    one = payload([quota("a", "6718170187", "12761620980", 200)], "total")
    assert one == (
        "<Request><Product><Skus><Sku><ItemId>6718170187</ItemId><SkuId>12761620980</SkuId><Quantity>200</Quantity></Sku></Skus>"
        "</Product></Request>"
    )
    assert "<SellableQuantity>200<" in payload([quota("a", "1", "2", 200)], "sellable")


def test_the_sandbox_s_handed_out_refresh_tokens_serve_once() -> None:
    state = SandboxState(world())
    with hosted(state) as url:
        found = shop(f"{url}/lazada", lambda: state.now)
        list(found.pages(PRODUCTS, None))
        kept = found.gateway.tokens.fresh(lambda token: True, lambda token: {})
        spent = SECRETS | {"refresh_token": str(kept["refresh_token"])}
        list(shop(f"{url}/lazada", lambda: state.now, secrets=spent).pages(PRODUCTS, None))
        with pytest.raises(Refused, match="authorise"):
            list(shop(f"{url}/lazada", lambda: state.now, secrets=spent).pages(PRODUCTS, None))
