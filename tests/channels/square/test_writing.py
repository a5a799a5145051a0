"""Counts and parcels told to Square: nothing lost by a bad neighbour, nothing done twice."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from sluice.channels.protocol import Dispatch, Quota
from sluice.channels.square import CONNECTOR
from sluice.channels.square.connector import Square
from tests.channels.square.shop import Wire, error, sandbox, scripted

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def quota(number: int, variation: str | None, quantity: int, facility: str | None = "wh-sh") -> Quota:
    return Quota(f"d{number}", "sku", "item", variation or "none", variation, facility, quantity)


def variations(channel: Square) -> list[str]:
    stream = CONNECTOR.stream("variations")
    pages = channel.pages(stream, None)
    return [msgspec.json.decode(one)["id"] for page in pages for one in CONNECTOR.records(stream, page.body, {})]


def sent(wire: Wire, ending: str) -> list[Any]:
    return [msgspec.json.decode(one.request.body or b"") for one in wire.seen if one.request.url.split("?")[0].endswith(ending)]


def test_one_bad_variation_keeps_none_of_the_others_from_its_number() -> None:
    with sandbox() as (_, channel, _wire):
        good = variations(channel)[:4]
        wanted = [
            quota(0, good[0], 3),
            quota(1, "GONE", 3),
            quota(2, good[1], 4),
            quota(3, None, 1),
            quota(4, good[2], 5, "Nowhere"),
        ]
        answers = {answer.decision_id: answer for answer in channel.publish(wanted)}
    assert {name: (answer.accepted, answer.read_back) for name, answer in answers.items()} == {
        "d0": (True, 3),
        "d1": (False, None),
        "d2": (True, 4),
        "d3": (False, None),
        "d4": (False, None),
    }
    assert "NOT_FOUND" in answers["d1"].message
    assert "options.locations" in answers["d4"].message


def test_a_hundred_counts_a_call_and_none_for_a_number_that_is_right() -> None:
    with sandbox() as (_, channel, wire):
        found = variations(channel)
        places = ("WH-SH", "WH-GZ", "ST-HZ")
        wanted = [quota(number, one, 1000 + number, place) for place in places for number, one in enumerate(found)]
        assert all(answer.accepted and answer.read_back is not None for answer in channel.publish(wanted))
        calls = sent(wire, "batch-create")
        assert [len(call["changes"]) for call in calls] == [100, len(wanted) - 100]
        again = list(channel.publish(wanted))
        assert {answer.message for answer in again} == {"already so"}
        assert len(sent(wire, "batch-create")) == len(calls)


def test_a_count_counts_though_it_equals_the_last_one() -> None:
    """Counted ten, three sold, counted ten again: by its default Square would leave seven."""
    with sandbox() as (state, channel, _):
        variation = variations(channel)[0]
        list(channel.publish([quota(1, variation, 10)]))
        (where,) = state.published
        state.published[where] = 7
        assert [answer.read_back for answer in channel.publish([quota(2, variation, 10)])] == [10]


def test_a_call_that_is_repeated_after_a_lost_answer_takes_effect_once() -> None:
    with sandbox() as (_state, channel, wire):
        variation = variations(channel)[0]
        session = channel.client.transport.session
        # the third answer from here on is cut: that of batch-create, after the locations and the first look
        count = iter(range(100))
        session.hooks["response"].append(
            lambda response, **_: setattr(response, "_content", b'{"coun') if next(count) == 2 else None
        )
        (answer,) = channel.publish([quota(1, variation, 10)])
        calls = sent(wire, "batch-create")
        assert answer.read_back == 10
        assert len(calls) == 2
        assert calls[0] == calls[1]


def test_a_count_in_parts_of_a_piece_is_read_back_in_whole_pieces() -> None:
    counts = [{"catalog_object_id": "V", "location_id": "L", "state": "IN_STOCK", "quantity": "7.50000"}]
    with scripted((200, {"counts": counts}), locations={"WH-SH": "L"}) as (channel, _):
        assert [answer.read_back for answer in channel.publish([quota(1, "V", 9)])] == [7]


def shipment(**more: Any) -> dict[str, Any]:
    return {"uid": "f", "type": "SHIPMENT", "state": "PROPOSED", "line_item_application": "ALL", **more}


def order(version: int | None = 3, **more: Any) -> dict[str, Any]:
    lines = [{"uid": "l1", "quantity": "2"}, {"uid": "l2", "quantity": "1"}]
    found = {"id": "O", "location_id": "L", "line_items": lines, "fulfillments": [shipment()], **more}
    return found if version is None else {**found, "version": version}


def parcel(**lines: int) -> Dispatch:
    return Dispatch("s1", "O", "UPS", "1Z9", NOW, lines=lines)


def orders(*found: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"orders": list(found)}


def test_a_parcel_is_told_once() -> None:
    with sandbox() as (_, channel, wire):
        pages = list(channel.pages(CONNECTOR.stream("orders"), None))
        found = [one for page in pages for one in msgspec.json.decode(page.body)["orders"] if one["state"] == "OPEN"]
        told = Dispatch("s1", found[0]["id"], "UPS", "1Z9", NOW)
        assert [(one.accepted, one.message) for one in channel.ship([told])] == [(True, "shipped")]
        assert [(one.accepted, one.message) for one in channel.ship([told])] == [(True, "already so")]
        assert len([one for one in wire.seen if one.request.method == "PUT"]) == 1


def test_an_order_that_changed_meanwhile_is_looked_at_again() -> None:
    stale = (409, error("INVALID_REQUEST_ERROR", "VERSION_MISMATCH"))
    with scripted(orders(order(3)), stale, orders(order(4)), (200, {"order": order(5)})) as (channel, script):
        (answer,) = channel.ship([parcel()])
    assert answer.accepted
    assert [body["order"]["version"] for method, _, body in script.asked if method == "PUT"] == [3, 4]


def test_what_square_can_t_do_is_said() -> None:
    def said(found: dict[str, Any], dispatch: Dispatch) -> str:
        with scripted(orders(found), (200, {"order": found})) as (channel, _):
            (answer,) = channel.ship([dispatch])
            assert not answer.accepted
            return answer.message

    assert "can't divide" in said(order(), parcel(l1=1))
    assert "dashboard" in said(order(version=None), parcel())
    assert "over the counter" in said(order(fulfillments=[]), parcel())
    assert "still to be sent" in said(order(fulfillments=[shipment(state="CANCELED")]), parcel())
    with scripted((200, {})) as (channel, _):
        assert "no such order" in next(iter(channel.ship([parcel()]))).message
    refused = (400, error("INVALID_REQUEST_ERROR", "BAD_REQUEST", "The order must be paid."))
    with scripted(orders(order()), refused) as (channel, _):
        assert "must be paid" in next(iter(channel.ship([parcel()]))).message


def test_of_two_shipments_the_one_with_just_these_pieces_is_completed() -> None:
    parts = [
        shipment(uid="f1", line_item_application="ENTRY_LIST", entries=[{"line_item_uid": "l1", "quantity": "2"}]),
        shipment(uid="f2", line_item_application="ENTRY_LIST", entries=[{"line_item_uid": "l2", "quantity": "1"}]),
    ]
    found = order(fulfillments=parts)
    with scripted(orders(found), (200, {"order": found})) as (channel, script):
        (answer,) = channel.ship([parcel(l2=1)])
    assert answer.accepted
    (told,) = [body for method, _, body in script.asked if method == "PUT"]
    assert [one["uid"] for one in told["order"]["fulfillments"]] == ["f2"]
    assert told["order"]["fulfillments"][0]["shipment_details"] == {"carrier": "UPS", "tracking_number": "1Z9"}
