"""Parcels told to Shopify: on the pieces that still wait, once a tracking number, in parts."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.channels.protocol import Dispatch
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.shopify.shop import scripted, shop
from tests.channels.shopify.worlds import HERE
from tests.sandbox.worlds import world


@pytest.fixture(scope="module")
def state() -> SandboxState:
    return SandboxState(world())


@pytest.fixture
def url(state: SandboxState) -> Iterator[str]:
    with hosted(state) as address:
        yield f"{address}/shopify"


@pytest.fixture(scope="module")
def waiting(state: SandboxState) -> dict[str, Any]:
    """An order that was paid and has not left, of at least two lines."""
    view = state.view(*HERE)
    orders = view.orders.filter(
        view.orders["paid_at"].is_not_null() & view.orders["shipped_at"].is_null() & ~view.orders["is_presale"]
    )
    found = [one for one in view.documents(orders) if len(one["lines"]) > 1 and one["cancelled_at"] is None]
    return found[0]


def parcel(order_id: str, tracking: str, lines: Mapping[str, int] | None = None) -> Dispatch:
    return Dispatch(f"{order_id}/{tracking}", order_id, "DHL", tracking, datetime(2026, 11, 1, tzinfo=UTC), lines or {})


def told(url: str, *parcels: Dispatch) -> list[tuple[bool, str]]:
    return [(answer.accepted, answer.message) for answer in shop(url).ship(parcels)]


def test_an_order_leaves_in_parts_and_each_parcel_is_told_once(url: str, waiting: dict[str, Any]) -> None:
    order_id, (first, *_) = waiting["order_id"], waiting["lines"]
    part = parcel(order_id, "JD1", {first["line_id"]: 1})
    assert told(url, part, part) == [(True, "told"), (True, "already told")]
    (refused,) = told(url, parcel(order_id, "JD2", {first["line_id"]: first["quantity"]}))
    assert refused == (False, f"more than is still to be sent: {first['line_id']} by 1")
    assert told(url, parcel(order_id, "JD3")) == [(True, "told")]
    assert told(url, parcel(order_id, "JD4")) == [(False, "nothing of this order is still to be sent")]
    assert told(url, part, parcel(order_id, "JD3")) == [(True, "already told")] * 2


def test_what_left_long_ago_and_what_is_unknown(url: str, state: SandboxState) -> None:
    view = state.view(*HERE)
    (order,) = view.documents(view.orders.filter(view.orders["delivered_at"].is_not_null()).head(1))
    (shipment,) = order["shipments"]
    assert told(url, parcel(order["order_id"], shipment["tracking_number"])) == [(True, "already told")]
    assert told(url, parcel("1", "JD1")) == [(False, "Shopify has no order 1")]


def test_what_shopify_says_against_it_is_passed_on() -> None:
    work = {
        "id": "gid://shopify/FulfillmentOrder/1",
        "status": "OPEN",
        "lineItems": {
            "nodes": [{"id": "gid://shopify/L/1", "remainingQuantity": 1, "lineItem": {"id": "gid://shopify/LineItem/7"}}]
        },
    }

    order = {"data": {"order": {"fulfillments": [], "fulfillmentOrders": {"nodes": [work]}}}}
    refusal = {"data": {"fulfillmentCreate": {"userErrors": [{"field": None, "message": "The order is on hold."}]}}}
    with scripted((200, order), (200, refusal)) as (address, got):
        assert told(address, parcel("1", "JD1")) == [(False, "The order is on hold.")]
    sent = got[1]["variables"]["fulfillment"]
    assert sent["lineItemsByFulfillmentOrder"][0]["fulfillmentOrderLineItems"] == [{"id": "gid://shopify/L/1", "quantity": 1}]
    assert sent["trackingInfo"] == {"company": "DHL", "number": "JD1"}


def test_missing_scopes_are_told_with_what_they_are_for() -> None:
    scopes = [{"handle": name} for name in ("read_orders", "write_products", "write_inventory", "read_customers")]
    with scripted((200, {"data": {"currentAppInstallation": {"accessScopes": scopes}}})) as (address, _):
        said = list(shop(address).check())
    assert [one.split()[5].rstrip(":") for one in said[:2]] == ["read_all_orders", "read_locations"]
    assert "fulfilment orders" in said[2]
    assert len(said) == 3


def test_the_sandbox_grants_what_is_needed(url: str) -> None:
    assert list(shop(url).check()) == []
