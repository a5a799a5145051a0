"""Quotas and parcels to WooCommerce, as WooCommerce's own client sees them afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.channels.protocol import Dispatch, Quota, Refused
from sluice.sandbox.woocommerce.server import READING
from tests.channels.woocommerce.shop import ORDERS, PRODUCTS, House, decoded, house, opened


def quota(product: int, listing: int, quantity: int) -> Quota:
    return Quota(f"{listing}", "sku", str(product), str(listing), None, None, quantity)


def listings(shop: House) -> list[tuple[int, int]]:
    products = decoded(shop.shop().pages(PRODUCTS, None), PRODUCTS)
    return [(one.id, child.id) for one in products for child in one.variation_records] + [
        (one.id, one.id) for one in products if one.type == "simple"
    ]


def test_one_bad_listing_keeps_none_of_the_others_from_its_number() -> None:
    with house() as shop:
        known = listings(shop)
        bad = [(4711, 4711), (4712, 4713), (known[0][0], 4714)]
        wanted = [quota(product, listing, 10 + at) for at, (product, listing) in enumerate([*bad, *known])]
        wanted.append(Quota("text", "sku", "p", "l", None, None, 3))
        answers = {answer.decision_id: answer for answer in shop.shop().publish(wanted)}
        assert {name for name, answer in answers.items() if not answer.accepted} == {"4711", "4713", "4714", "text"}
        theirs = shop.theirs()
        for one in wanted[3:-1]:
            path = one.product_id if one.listing_id == one.product_id else f"{one.product_id}/variations"
            assert answers[one.listing_id].read_back == one.quantity
            if "/" in path:
                found = theirs.get(f"products/{path}", params={"include": one.listing_id}).json()
                assert [(found[0]["manage_stock"], found[0]["stock_quantity"])] == [(True, one.quantity)]


def test_more_than_a_batch_is_divided() -> None:
    with house() as shop:
        (product, listing), *_ = [pair for pair in listings(shop) if pair[0] == pair[1]]
        wanted = [quota(number, number, 1) for number in range(1, 150)] + [quota(product, listing, 5)]
        answers = list(shop.shop().publish(wanted))
        assert len(answers) == 150
        assert [answer.decision_id for answer in answers if answer.accepted] == [str(listing)]


def test_a_key_that_may_only_read_publishes_nothing() -> None:
    with house() as shop:
        product, listing = listings(shop)[0]
        with pytest.raises(Refused):
            list(opened(shop.url, shop.state, READING).publish([quota(product, listing, 5)]))
        assert not shop.state.published


def unsent(shop: House) -> list[Any]:
    """Orders that never left, back in work."""
    found = [one for one in decoded(shop.shop().pages(ORDERS, None)) if not one.date_completed_gmt]
    for order in found:
        shop.theirs().put(f"orders/{order.id}", {"status": "processing"})
    return found


def dispatch(order: Any, name: str, lines: dict[str, int] | None = None) -> Dispatch:
    return Dispatch(name, str(order.id), "DHL", f"T-{name}", datetime(2026, 10, 31, tzinfo=UTC), lines or {})


def test_an_order_is_completed_once_all_of_it_has_left_and_telling_again_changes_nothing() -> None:
    with house() as shop:
        theirs, ours = shop.theirs(), shop.shop()
        order = next(one for one in unsent(shop) if len(one.line_items) > 1)
        first = order.line_items[0]
        part = dispatch(order, "d1", {str(first.id): first.quantity})
        for _ in range(2):
            assert [answer.accepted for answer in ours.ship([part])] == [True]
            told = theirs.get(f"orders/{order.id}").json()
            assert told["status"] == "processing"
        for _ in range(2):
            assert [answer.accepted for answer in ours.ship([dispatch(order, "d2")])] == [True]
            told = theirs.get(f"orders/{order.id}").json()
            assert told["status"] == "completed"
        (parcels,) = [one["value"] for one in told["meta_data"] if one["key"] == "_wc_shipment_tracking_items"]
        assert [(one["tracking_number"], one["tracking_id"]) for one in parcels] == [("T-d1", "d1"), ("T-d2", "d2")]
        assert {part["item_id"] for part in parcels[1]["products_list"]} == {str(one.id) for one in order.line_items[1:]}


def test_what_is_over_or_gone_is_not_shipped() -> None:
    with house() as shop:
        orders = decoded(shop.shop().pages(ORDERS, None))
        over = next(one for one in orders if one.status == "refunded")
        gone = next(one for one in orders if one.status == "completed")
        shop.theirs().delete(f"orders/{gone.id}", params={"force": True})
        answers = list(shop.shop().ship([dispatch(over, "d1"), dispatch(gone, "d2")]))
        assert [(answer.decision_id, answer.accepted) for answer in answers] == [("d1", False), ("d2", False)]
        assert shop.theirs().get(f"orders/{over.id}").json()["status"] == "refunded"
