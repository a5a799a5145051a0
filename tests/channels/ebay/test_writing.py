"""Quantities and parcels: what is sent to eBay, what it refuses, what is told twice."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.requests import Request

from sluice.channels.protocol import Dispatch, Quota, Refused
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.ebay.shop import NOW, ORDERS, Reply, errors, order, records, scripted, shop
from tests.sandbox.worlds import world

QUOTA = Quota("d0", "S0", "S0", "S0", None, None, 7)


class Inventory:
    """Quantities by SKU. A call with the SKU `poison` fails as a whole, `BAD` by itself."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}
        self.calls: list[tuple[str, list[str]]] = []

    def __call__(self, request: Request, body: Any) -> Reply:
        skus = [one["sku"] for one in body["requests"]]
        what = request.url.path.rsplit("/", 1)[1]
        self.calls.append((what, skus))
        if what == "bulk_get_inventory_item":
            shown = [
                {"sku": sku, "statusCode": 200, "inventoryItem": {"sku": sku, "availability": self._availability(sku)}}
                for sku in skus
                if sku in self.kept
            ]
            return 200, {"responses": shown}
        if "poison" in skus:
            return 400, errors(25002, "poisoned")
        answers = []
        for one in body["requests"]:
            if one["sku"] == "BAD":
                answers.append({"sku": "BAD", "statusCode": 400, **errors(25004, "bad quantity")})
                continue
            self.kept[one["sku"]] = one["shipToLocationAvailability"]["quantity"]
            answers.append({"sku": one["sku"], "statusCode": 200})
        return 207, {"responses": answers}

    def _availability(self, sku: str) -> dict[str, Any]:
        return {"shipToLocationAvailability": {"quantity": self.kept[sku]}}


def test_quantities_go_twenty_five_at_once_and_are_read_back() -> None:
    ebay = Inventory()
    quotas = [replace(QUOTA, decision_id=f"d{one}", listing_id=f"S{one}", quantity=one) for one in range(60)]
    with scripted(ebay) as url:
        answers = list(shop(url).publish(quotas))
    assert {one.decision_id: one.read_back for one in answers if one.accepted} == {
        one.decision_id: one.quantity for one in quotas
    }
    assert [len(skus) for what, skus in ebay.calls if what == "bulk_update_price_quantity"] == [25, 25, 10]


def test_a_bad_sku_keeps_none_of_the_others_from_its_number() -> None:
    quotas = [replace(QUOTA, decision_id=sku, listing_id=sku) for sku in ("A", "BAD", "B")]
    with scripted(Inventory()) as url:
        answers = {one.decision_id: one for one in shop(url).publish(quotas)}
    assert {name: (one.accepted, one.read_back) for name, one in answers.items()} == {
        "A": (True, 7),
        "BAD": (False, None),
        "B": (True, 7),
    }
    assert "bad quantity" in answers["BAD"].message


def test_a_call_that_is_refused_as_a_whole_is_repeated_sku_by_sku() -> None:
    quotas = [replace(QUOTA, decision_id=sku, listing_id=sku) for sku in ("A", "poison", "B")]
    with scripted(Inventory()) as url:
        answers = {one.decision_id: one for one in shop(url).publish(quotas)}
    assert {name: one.accepted for name, one in answers.items()} == {"A": True, "poison": False, "B": True}
    assert "poisoned" in answers["poison"].message


def test_a_missing_right_ends_publishing() -> None:
    with scripted(lambda request, body: (403, errors(1100))) as url, pytest.raises(Refused):
        list(shop(url).publish([QUOTA]))


PARCEL = Dispatch("p", "12-00001", "FedEx", "FX-12 34", datetime(2026, 10, 31, 9, 0, tzinfo=UTC))


class Order:
    """One order of two lines, of whose second one piece has left."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = [{"shipmentTrackingNumber": "OLD", "lineItems": [{"lineItemId": "2", "quantity": 1}]}]

    def __call__(self, request: Request, body: Any) -> Reply:
        if request.method == "POST":
            self.told.append({**body, "shipmentTrackingNumber": body["trackingNumber"]})
            return 201, b""
        if request.url.path.endswith("/shipping_fulfillment"):
            return 200, {"fulfillments": self.told}
        cost = {"value": "1.00", "currency": "USD"}
        lines = [
            {"lineItemId": "1", "quantity": 2, "lineItemCost": cost, "lineItemFulfillmentStatus": "FULFILLED"},
            {"lineItemId": "2", "quantity": 3, "lineItemCost": cost, "lineItemFulfillmentStatus": "IN_PROGRESS"},
        ]
        return 200, order(1, NOW, lineItems=lines)


def test_a_parcel_without_lines_is_all_that_is_still_to_be_sent_and_is_told_once() -> None:
    ebay = Order()
    with scripted(ebay) as url:
        answers = list(shop(url).ship([PARCEL, PARCEL]))
    assert [one.accepted for one in answers] == [True, True]
    _, told = ebay.told
    assert told["lineItems"] == [{"lineItemId": "2", "quantity": 2}]
    assert (told["trackingNumber"], told["shippingCarrierCode"]) == ("FX1234", "FedEx")
    assert told["shippedDate"] == "2026-10-31T09:00:00.000Z"


def test_a_parcel_of_some_pieces_and_one_of_nothing() -> None:
    ebay = Order()
    with scripted(ebay) as url:
        parcels = [replace(PARCEL, lines={"2": 1}), replace(PARCEL, tracking_number="B"), replace(PARCEL, tracking_number="C")]
        answers = list(shop(url).ship(parcels))
    assert [one["lineItems"] for one in ebay.told[1:]] == [
        [{"lineItemId": "2", "quantity": 1}],
        [{"lineItemId": "2", "quantity": 1}],
    ]
    assert [one.accepted for one in answers] == [True, True, False]


def test_a_parcel_that_the_sandbox_was_told_of_is_in_the_order() -> None:
    state = SandboxState(world())
    with hosted(state) as url:
        here = shop(f"{url}/ebay", now=lambda: state.now)
        for _ in range(60):
            waiting = [one for one in records(list(here.pages(ORDERS, None))) if one.orderPaymentStatus == "PAID"]
            unsent = [
                one for one in waiting if one.orderFulfillmentStatus == "NOT_STARTED" and not one.cancelStatus.cancelledDate
            ]
            if unsent:
                break
            state.advance(0.5)
        (answer,) = here.ship([replace(PARCEL, order_id=unsent[0].orderId)])
        (now,) = records(list(here.again(ORDERS, [unsent[0].orderId])))
    assert answer.accepted, answer
    assert now.orderFulfillmentStatus == "FULFILLED"
    assert now.fulfillmentHrefs[-1].endswith("/FX1234")
