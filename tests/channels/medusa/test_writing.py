"""Quotas beside what is reserved, and parcels that are told once however often they are told."""

from typing import Any

import pytest

from sluice.channels.protocol import Dispatch, Quota, Refused
from tests.channels.medusa.shop import ORDERS, VARIANTS, House, decoded, house


def quota(name: str, item: str | None, facility: str, quantity: int) -> Quota:
    return Quota(name, "sku", "product", "variant", item, facility, quantity)


def items(shop: House) -> list[str]:
    return [one.inventory_items[0].inventory_item_id for one in decoded(shop.shop().pages(VARIANTS, None), VARIANTS)]


def test_what_is_sold_is_the_quota_whatever_is_reserved() -> None:
    with house() as shop:
        first, second, *_ = items(shop)
        wanted = [quota("a", first, "WH-SH", 7), quota("b", first, "wh-gz", 0), quota("c", second, "WH-SH", 9)]
        answers = {answer.decision_id: answer for answer in shop.shop().publish(wanted)}
        assert {name: (one.accepted, one.read_back) for name, one in answers.items()} == {
            "a": (True, 7),
            "b": (True, 0),
            "c": (True, 9),
        }
        levels = shop.shop().client.get(f"inventory-items/{first}")
        assert b'"stocked_quantity":10,"reserved_quantity":3,"available_quantity":7' in levels


def test_one_bad_item_keeps_none_of_the_others_from_its_number() -> None:
    with house() as shop:
        first, *_ = items(shop)
        wanted = [
            quota("gone", "iitem_nope", "WH-SH", 1),
            quota("none", None, "WH-SH", 1),
            quota("nowhere", first, "WH-XX", 1),
            quota("good", first, "WH-SH", 4),
        ]
        answers = {answer.decision_id: answer for answer in shop.shop().publish(wanted)}
        assert [name for name, answer in answers.items() if answer.accepted] == ["good"]
        assert "WH-GZ" in answers["nowhere"].message
        mapped = shop.shop(locations={"X": "sloc_WHSH"})
        assert [answer.read_back for answer in mapped.publish([quota("x", first, "x", 5)])] == [5]
        assert list(mapped.check()) == []
        assert "sloc_nope" in next(shop.shop(locations={"X": "sloc_nope"}).check())


def test_a_refused_key_stops_everything() -> None:
    with house() as shop:
        known = items(shop)
        shop.state.faults.plan("medusa", refuse=True)
        with pytest.raises(Refused):
            list(shop.shop().publish([quota("a", known[0], "WH-SH", 7)]))
        assert len(list(shop.shop().check())) == 5


def unsent(shop: House) -> Any:
    orders = decoded(shop.shop().pages(ORDERS, None))
    return next(one for one in orders if one.fulfillment_status == "not_fulfilled" and one.status != "canceled" and one.items)


def test_a_parcel_is_told_once_however_often_it_is_told() -> None:
    with house() as shop:
        shop.state.advance(3)
        order = unsent(shop)
        line = order.items[0]
        part = Dispatch("d1", order.id, "DHL", "T1", shop.state.now, {line.id: 1})
        for _ in range(2):
            assert [answer.accepted for answer in shop.shop().ship([part])] == [True]
            (now,) = decoded(shop.shop().again(ORDERS, [order.id]))
            assert [[label.tracking_number for label in one.labels] for one in now.fulfillments] == [["T1"]]
        ordered = sum(int(item.detail.raw_quantity.value) for item in order.items)
        rest = Dispatch("d2", order.id, "DHL", "T2", shop.state.now)
        assert [answer.accepted for answer in shop.shop().ship([rest])] == [ordered > 1]
        (now,) = decoded(shop.shop().again(ORDERS, [order.id]))
        assert sum(int(item.raw_quantity.value) for one in now.fulfillments for item in one.items) == ordered


def test_a_fulfilment_whose_shipment_was_lost_on_the_way_is_shipped_not_made_twice() -> None:
    with house() as shop:
        shop.state.advance(3)
        order = unsent(shop)
        pieces = {item.id: int(item.detail.raw_quantity.value) for item in order.items}
        made = [{"id": line, "quantity": quantity} for line, quantity in pieces.items()]
        shop.shop().client.post(f"orders/{order.id}/fulfillments", {"items": made})
        told = Dispatch("d1", order.id, "DHL", "T1", shop.state.now)
        assert [answer.accepted for answer in shop.shop().ship([told])] == [True]
        (now,) = decoded(shop.shop().again(ORDERS, [order.id]))
        assert [one.shipped_at is not None for one in now.fulfillments] == [True]


def test_what_is_canceled_or_unknown_is_not_shipped() -> None:
    with house() as shop:
        canceled = next(one for one in decoded(shop.shop().pages(ORDERS, None)) if one.status == "canceled")
        wanted = [Dispatch(name, name, "DHL", "T", shop.state.now) for name in (canceled.id, "order_nope")]
        answers = list(shop.shop().ship(wanted))
        assert [(answer.decision_id, answer.accepted) for answer in answers] == [(canceled.id, False), ("order_nope", False)]
