"""Quantities and parcels: what is sent, what Amazon accepts first and applies later, what is not ours to set."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.requests import Request

from sluice.channels.protocol import Dispatch, Quota, Refused
from tests.channels.amazon.shop import Reply, scripted, shop

QUOTA = Quota("d1", "SKU/1 ä", "B01", "SKU/1 ä", "LUGGAGE", None, 7)


class Listings:
    """Amazon's listings by SKU: channel code and quantity. `late` keeps a change from being shown."""

    def __init__(self, **more: Any) -> None:
        self.kept: dict[str, tuple[str, int]] = {"SKU/1 ä": ("DEFAULT", 3), "OTHER": ("DEFAULT", 3), "FBA": ("AMAZON_NA", 9)}
        self.late, self.patches = more.get("late", False), list[dict[str, Any]]()

    def __call__(self, request: Request) -> Reply:
        sku = unquote(request.scope["raw_path"].decode().rsplit("/", 1)[1])
        if sku not in self.kept:
            return 404, {"errors": [{"code": "NOT_FOUND", "message": "no such SKU"}]}
        code, quantity = self.kept[sku]
        if request.method == "GET":
            summary = {"marketplaceId": "M", "productType": "HOME", "status": [], "createdDate": "2026-01-01T00:00:00Z"}
            summary["lastUpdatedDate"] = "2026-01-01T00:00:00Z"
            return 200, {
                "sku": sku,
                "summaries": [summary],
                "fulfillmentAvailability": [{"fulfillmentChannelCode": code, "quantity": quantity}],
            }
        body = json.loads(request._body)
        self.patches.append(body)
        wanted = body["patches"][0]["value"][0]["quantity"]
        if wanted > 100:
            issue = {"code": "90220", "message": "too many", "severity": "ERROR", "categories": []}
            return 200, {"sku": sku, "status": "INVALID", "submissionId": "s", "issues": [issue]}
        if not self.late:
            self.kept[sku] = (code, wanted)
        return 200, {"sku": sku, "status": "ACCEPTED", "submissionId": "s"}


def test_a_quantity_is_patched_and_read_back() -> None:
    amazon = Listings()
    with scripted(amazon) as url:
        (answer,) = shop(url).publish([QUOTA])
    assert (answer.accepted, answer.read_back) == (True, 7)
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": 7}]
    patch = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}
    assert amazon.patches == [{"productType": "LUGGAGE", "patches": [patch]}]


def test_a_number_that_is_right_is_not_written_again() -> None:
    amazon = Listings()
    with scripted(amazon) as url:
        (answer,) = shop(url).publish([replace(QUOTA, quantity=3)])
    assert (answer.accepted, answer.read_back, amazon.patches) == (True, 3, [])


def test_the_product_type_is_looked_up_where_it_is_not_known() -> None:
    amazon = Listings()
    with scripted(amazon) as url:
        list(shop(url).publish([replace(QUOTA, stock_ref=None)]))
    assert amazon.patches[0]["productType"] == "HOME"


def test_what_amazon_has_not_applied_yet_is_not_told_as_read_back() -> None:
    with scripted(Listings(late=True)) as url:
        (answer,) = shop(url).publish([QUOTA])
    assert (answer.accepted, answer.read_back) == (True, None)
    assert "3" in answer.message


def test_a_listing_that_amazon_fulfils_is_left_alone() -> None:
    amazon = Listings()
    with scripted(amazon) as url:
        (answer,) = shop(url).publish([replace(QUOTA, listing_id="FBA")])
    assert (answer.accepted, amazon.patches) == (False, [])


def test_bad_listings_keep_none_of_the_others_from_their_number() -> None:
    quotas = [replace(QUOTA, decision_id="gone", listing_id="GONE"), replace(QUOTA, decision_id="many", quantity=101)]
    with scripted(Listings()) as url:
        answers = list(shop(url).publish([*quotas, replace(QUOTA, decision_id="good", listing_id="OTHER")]))
    assert [(one.decision_id, one.accepted, one.read_back) for one in answers] == [
        ("gone", False, None),
        ("many", False, None),
        ("good", True, 7),
    ]
    assert "too many" in answers[1].message


def test_a_missing_right_ends_publishing() -> None:
    denied = {"errors": [{"code": "Unauthorized", "message": "denied"}]}
    with scripted(lambda request: (403, denied)) as url, pytest.raises(Refused):
        list(shop(url).publish([QUOTA]))


PARCEL = Dispatch("parcel-1", "111-1111111-1111111", "fedex", "FX1", datetime(2026, 10, 31, 9, 0, tzinfo=UTC))


class Orders:
    """One order of two items, one of which has left already."""

    def __init__(self, fulfilled_by: str = "MERCHANT") -> None:
        self.by, self.confirmed = fulfilled_by, list[dict[str, Any]]()

    def __call__(self, request: Request) -> Reply:
        if request.method == "POST":
            self.confirmed.append(json.loads(request._body))
            return 204, b""
        items = [
            {
                "orderItemId": str(number),
                "quantityOrdered": 2,
                "product": {},
                "fulfillment": {"quantityFulfilled": 2 - left, "quantityUnfulfilled": left},
            }
            for number, left in ((1, 0), (2, 2))
        ]
        order = {
            "orderId": PARCEL.order_id,
            "createdTime": "2026-10-01T00:00:00Z",
            "lastUpdatedTime": "2026-10-01T00:00:00Z",
            "salesChannel": {"channelName": "AMAZON"},
            "fulfillment": {"fulfillmentStatus": "PARTIALLY_SHIPPED", "fulfilledBy": self.by},
            "orderItems": items,
            "packages": [
                {
                    "packageReferenceId": one["packageDetail"]["packageReferenceId"],
                    "trackingNumber": one["packageDetail"]["trackingNumber"],
                }
                for one in self.confirmed
            ],
        }
        return 200, {"order": order}


def test_a_parcel_without_lines_is_all_that_is_still_to_be_sent_and_is_told_once() -> None:
    amazon = Orders()
    with scripted(amazon) as url:
        answers = list(shop(url).ship([PARCEL, PARCEL]))
    assert [one.accepted for one in answers] == [True, True]
    (body,) = amazon.confirmed
    assert body["marketplaceId"] == "ATVPDKIKX0DER"
    detail = body["packageDetail"]
    assert (detail["carrierCode"], detail["trackingNumber"], detail["shipDate"]) == ("FedEx", "FX1", "2026-10-31T09:00:00.000Z")
    assert detail["orderItems"] == [{"orderItemId": "2", "quantity": 2}]
    assert int(detail["packageReferenceId"]) > 0


def test_an_unknown_carrier_goes_by_its_name_and_lines_by_their_pieces() -> None:
    amazon = Orders()
    with scripted(amazon) as url:
        list(shop(url).ship([replace(PARCEL, carrier="SF Express", lines={"2": 1})]))
    detail = amazon.confirmed[0]["packageDetail"]
    assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "SF Express")
    assert detail["orderItems"] == [{"orderItemId": "2", "quantity": 1}]


def test_amazon_s_own_parcels_are_not_ours_to_tell() -> None:
    amazon = Orders("AMAZON")
    with scripted(amazon) as url:
        (answer,) = shop(url).ship([PARCEL])
    assert (answer.accepted, amazon.confirmed) == (False, [])
