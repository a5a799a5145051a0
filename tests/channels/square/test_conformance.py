"""What goes over the wire fits Square's own description of its API, on both sides; its documented examples fit our contract."""

import csv
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from sluice.channels.protocol import ChannelError, Dispatch, Quota
from sluice.channels.square import CONNECTOR, contract
from sluice.channels.square import shipping as square_shipping
from sluice.project import DBT_PROJECT
from sluice.sandbox.seasons import AS_OF, START
from tests.channels.square.shop import sandbox
from tests.channels.square.spec import SCHEMAS, SPEC, fault, faults


def test_every_request_and_every_answer_fits() -> None:
    """All that the connector ever asks, of a sandbox with 300 orders in pages of 50."""
    with sandbox(page_size=50) as (state, channel, wire):
        bodies = {stream.name: [page.body for page in channel.pages(stream, None)] for stream in CONNECTOR.streams}
        assert len(bodies["orders"]) > 5
        assert sum(1 for _ in channel.claims(START, AS_OF)) == 300
        variation = msgspec.json.decode(bodies["variations"][0])["objects"][0]["id"]
        quota = Quota("d1", "x", "p", variation, variation, "WH-SH", 5)
        assert [answer.read_back for answer in channel.publish([quota])] == [5]
        orders = [order for body in bodies["orders"] for order in msgspec.json.decode(body)["orders"]]
        waiting = [one for one in orders if one["state"] == "OPEN" and one["fulfillments"][0]["state"] == "PROPOSED"]
        dispatch = Dispatch("s1", waiting[0]["id"], "UPS", "1Z9", state.now, tracking_url="https://example.com/1Z9")
        assert [answer.accepted for answer in channel.ship([dispatch])] == [True]
        assert list(channel.check()) == []
        state.faults.plan("square", throttle=1, server_error=1)
        list(channel.pages(CONNECTOR.stream("refunds"), None))
        state.faults.plan("square", refuse=True)
        with pytest.raises(ChannelError):
            next(iter(channel.pages(CONNECTOR.stream("orders"), None)))
    asked = {(one.request.method, one.url.split("/v2")[1].split("?")[0]) for one in wire.seen}
    assert {name.split()[1] for name in SPEC["operations"]} >= {"/v2" + path for _, path in asked if "orders/" not in path}
    assert len(asked) == len(SPEC["operations"])
    assert {one.status_code for one in wire.seen} == {200, 401, 429, 503}
    assert [found for response in wire.seen for found in faults(response)] == []


def test_the_description_refuses_what_does_not_fit() -> None:
    assert fault("SearchOrdersRequest", {"location_id": ["L"]})
    assert fault("Money", {"amount": "12.34", "currency": "USD"})
    assert fault("OrderLineItem", {"quantity": 2})
    assert fault("InventoryChange", {"type": "COUNT"})


EXAMPLES: list[tuple[str, str, type]] = [
    ("ListPaymentsResponse", "payments", contract.Payment),
    ("ListPaymentRefundsResponse", "refunds", contract.Refund),
    ("SearchCustomersResponse", "customers", contract.Customer),
    ("SearchCatalogObjectsResponse", "objects", contract.Item),
    ("ListLocationsResponse", "locations", contract.Location),
]


@pytest.mark.parametrize(("name", "key", "record"), EXAMPLES, ids=[name for name, _, _ in EXAMPLES])
def test_documented_examples_decode(name: str, key: str, record: type) -> None:
    body = msgspec.json.encode(SPEC["examples"][name])
    stream = next(stream for stream in CONNECTOR.streams if stream.record is record)
    found = [msgspec.json.decode(one, type=record) for one in CONNECTOR.records(stream, body, {})]
    assert len(found) == len(SPEC["examples"][name][key]) > 0


def test_the_documented_order_and_variations_decode() -> None:
    order = msgspec.convert(SPEC["examples"]["UpdateOrderResponse"]["order"], contract.Order, strict=False)
    assert order.total_money.amount == 900
    assert order.line_items[0].name == "Small Coffee"
    variations = [one for item in SPEC["examples"]["SearchCatalogObjectsResponse"]["objects"] for one in _variations(item)]
    assert all(msgspec.convert(one, contract.Variation).item_variation_data.item_id for one in variations)
    assert variations
    orders = msgspec.convert(SPEC["examples"]["BatchRetrieveOrdersResponse"], square_shipping._Orders, strict=False)
    assert [len(order.line_items) for order in orders.orders] == [2]


def _variations(item: dict[str, Any]) -> list[dict[str, Any]]:
    return list(item["item_data"].get("variations", []))


SPOKEN = {"order": "OrderState", "fulfilment": "FulfillmentState", "shipment": "FulfillmentState"}


def test_every_state_of_the_description_has_a_word() -> None:
    with (DBT_PROJECT / "seeds" / "channel_status_map.csv").open(encoding="utf-8") as file:
        known = {(row["axis"], row["native_status"]) for row in csv.DictReader(file) if row["channel"] == "square"}
    for axis, enum in SPOKEN.items():
        assert {(axis, word) for word in SCHEMAS[enum]["enum"]} <= known
    for word in ("APPROVED", "PENDING", "COMPLETED", "CANCELED", "FAILED"):
        assert {("payment", word), ("transaction", word)} <= known
    for word in ("PENDING", "COMPLETED", "REJECTED", "FAILED"):
        assert ("refund", word) in known


def test_counts_are_dated_within_what_square_takes() -> None:
    """Never in the future, never older than a day, by the clock that was read before the numbers were looked at."""
    with sandbox() as (state, channel, wire):
        (body,) = [page.body for page in channel.pages(CONNECTOR.stream("variations"), None)]
        variation = msgspec.json.decode(body)["objects"][0]["id"]
        list(channel.publish([Quota("d1", "x", "p", variation, variation, "WH-SH", 5)]))
        (sent,) = [msgspec.json.decode(one.request.body or b"") for one in wire.seen if one.url.endswith("batch-create")]
        at = sent["changes"][0]["physical_count"]["occurred_at"]
        assert timedelta(0) <= state.now - msgspec.convert(at, contract.Time, strict=False) < timedelta(days=1)
