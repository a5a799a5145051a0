"""Orders by time and again, whatever changes between two pages; errors in words for a shop's owner."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from sluice.channels.medusa.walk import by_time, from_the_end, shown
from sluice.channels.protocol import ChannelError, Refused
from tests.channels.medusa.shop import FIXTURES, ORDERS, VARIANTS, Scripted, decoded, house, opened, scripted

ERRORS = msgspec.json.decode((FIXTURES / "errors.json").read_bytes())
EMPTY = {"orders": [], "count": 0, "offset": 0, "limit": 50}


def error(name: str) -> Scripted:
    body = ERRORS[name]["body"]
    return ERRORS[name]["status"], body.encode() if isinstance(body, str) else body


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (error("error-401-bad-key"), Refused, "Secret API Keys"),
        (error("error-401-no-key"), Refused, "Secret API Keys"),
        (error("error-400-bad-query"), ChannelError, "field 'limit'"),
        (error("error-404-path"), ChannelError, "without /admin"),
        ((403, {"type": "forbidden", "message": "No."}), Refused, "does not let this key"),
        ((308, b"", {"Location": "https://shop.example/admin/orders"}), ChannelError, "https://shop.example:"),
    ],
)
def test_what_lasts_is_said_at_once(answer: Scripted, kind: type[ChannelError], words: str) -> None:
    with scripted(answer) as (url, got), pytest.raises(kind, match=words) as raised:
        next(opened(url).pages(ORDERS, None))
    assert raised.type is kind
    assert len(got) == 1
    assert "sk_sandbox" not in str(raised.value)


@pytest.mark.parametrize(
    "answer", [(429, b"slow down", {"Retry-After": "2"}), (500, b"oops"), (502, b"<html></html>"), (200, b'{"orders":[{"id":')]
)
def test_what_passes_is_tried_again(answer: Scripted) -> None:
    with scripted(answer, (200, EMPTY)) as (url, got):
        assert list(opened(url).pages(ORDERS, None)) == []
    assert len(got) == 2


def test_what_changes_between_two_pages_is_seen_then_or_at_the_next_reading() -> None:
    with house() as shop:
        before = decoded(shop.shop().pages(ORDERS, None))
        seen: dict[str, int] = {}
        cursor = None
        for reading in range(2):
            for page in shop.shop(page_size=10).pages(ORDERS, cursor):
                cursor = page.cursor
                found = decoded([page])
                seen |= {one.id: len(one.fulfillments) for one in found}
                if reading == 0:
                    # leaves the pages that were read: all others move up by one
                    shop.state.set_clock(shop.state.now + timedelta(minutes=1))
                    pieces = [{"id": found[0].items[0].id, "quantity": 1}]
                    shop.shop().client.post(f"orders/{found[0].id}/fulfillments", {"items": pieces})
        now = {one.id: len(one.fulfillments) for one in decoded(shop.shop().pages(ORDERS, None))}
        assert {one.id: seen[one.id] for one in before} == {one.id: now[one.id] for one in before}
        assert sum(now.values()) > sum(len(one.fulfillments) for one in before)


def instants(count: int, at: str) -> list[dict[str, Any]]:
    return [{"id": f"o{number:03d}", "updated_at": at} for number in range(count)]


def test_an_instant_that_many_share_is_read_whole_from_its_end() -> None:
    """An import stamps more orders with one millisecond than a page has."""
    at = "2026-10-01T00:00:00.123Z"
    full = {"orders": instants(5, at), "count": 12}
    with scripted((200, full), (200, full), (200, {"orders": []}), (200, {"orders": []}), (200, full), (200, EMPTY)) as (
        url,
        got,
    ):
        since = datetime.fromisoformat(at)
        pages = list(by_time(opened(url).client, "orders", "updated_at", since, since + timedelta(days=1), 5, []))
    assert [request.query_params["offset"] for request in got] == ["0", "0", "10", "5", "0", "0"]
    assert got[2].query_params["updated_at[$lt]"] == "2026-10-01T00:00:00.124Z"
    assert got[5].query_params["updated_at[$gte]"] == "2026-10-01T00:00:00.124Z"
    assert len(pages) == 3


def test_every_list_is_walked_from_its_end() -> None:
    with house() as shop:
        rows = decoded(shop.shop(page_size=7).pages(VARIANTS, None), VARIANTS)
        assert len(rows) == len({one.id for one in rows}) > 20
        pages = list(from_the_end(shop.shop().client, "stock-locations", 2, []))
        assert [last for _, last in pages] == [False, True]
        assert shown(shop.state.now).endswith(".000Z")


def test_captures_that_move_no_stamp_are_found_by_reading_again() -> None:
    with house() as shop:
        orders = decoded(shop.shop().pages(ORDERS, None))
        captured = next(one for one in orders if one.payment_status == "captured")
        payment = captured.payment_collections[0].payments[0]
        assert payment.captured_at is not None
        assert captured.updated_at != payment.captured_at
        (again,) = decoded(shop.shop().again(ORDERS, [captured.id]))
        assert again == captured


def test_an_order_that_is_not_there_any_more_is_gone() -> None:
    with house() as shop:
        known = [one.id for one in decoded(shop.shop().pages(ORDERS, None))][:30]
        pages = list(shop.shop().again(ORDERS, [*known, "order_nope"]))
        assert {one.id for one in decoded(pages)} == set(known)
        assert [key for page in pages for key in page.gone] == [("order_nope",)]
    with scripted((200, {"orders": instants(1, "2026-10-01T00:00:00.000Z")})) as (url, _):
        shop_that_ignores = opened(url)
        with pytest.raises(ChannelError, match="passed over"):
            list(shop_that_ignores.again(ORDERS, ["other"]))


def test_claims_are_what_buyers_owed_whatever_came_back() -> None:
    with house() as shop:
        orders = {one.id: one for one in decoded(shop.shop().pages(ORDERS, None))}
        claims = {one.order_id: one for one in shop.shop().claims(shop.shop().connection.since, shop.state.now)}
        assert set(claims) == set(orders)
        assert any(one.payment_status == "refunded" for one in orders.values())
        assert {one.total for one in claims.values()} == {one.summary.raw_original_order_total.value for one in orders.values()}
        assert {one.currency for one in claims.values()} == {"USD"}
