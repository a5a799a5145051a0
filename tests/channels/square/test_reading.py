"""Nothing is lost between two reads: ties, many locations, late orders, lists that never end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sluice.channels.protocol import ChannelError
from sluice.channels.square import CONNECTOR
from sluice.channels.square.connector import Square
from tests.channels.square.shop import EARLIEST, sandbox, scripted

ORDERS, CUSTOMERS = CONNECTOR.stream("orders"), CONNECTOR.stream("customers")


def ids(channel: Square, name: str, cursor: Any = None) -> tuple[list[str], Any]:
    stream, found = CONNECTOR.stream(name), []
    for page in channel.pages(stream, cursor):
        found += [msgspec.json.decode(record)["id"] for record in CONNECTOR.records(stream, page.body, {})]
        cursor = page.cursor or cursor
    return found, cursor


@pytest.mark.parametrize("name", ["orders", "payments", "refunds", "customers"])
def test_stopping_after_any_page_loses_nothing(name: str) -> None:
    with sandbox(page_size=40, overlap_minutes=0) as (_, channel, _wire):
        whole, _ = ids(channel, name)
        stream, cursor, found, done = CONNECTOR.stream(name), None, set(), False
        while not done:
            done = True
            for page in channel.pages(stream, cursor):
                found |= {msgspec.json.decode(record)["id"] for record in CONNECTOR.records(stream, page.body, {})}
                if page.cursor is not None and page.cursor != cursor:
                    cursor, done = page.cursor, False
                    break
        assert found == set(whole)
        assert len(whole) == len(set(whole)) > 20


def test_a_second_read_brings_only_the_end_again() -> None:
    with sandbox() as (state, channel, _):
        for stream in ("orders", "payments", "refunds", "customers"):
            first, cursor = ids(channel, stream)
            again, _cursor = ids(channel, stream, cursor)
            assert len(again) <= max(3, len(first) // 20), stream
        state.advance(1)
        fresh, _cursor = ids(channel, "orders", cursor)
        assert fresh


def order(place: str, name: str, created: datetime, updated: datetime) -> dict[str, Any]:
    return {
        "id": name,
        "location_id": place,
        "state": "COMPLETED",
        "created_at": created.isoformat(),
        "updated_at": updated.isoformat(),
        "total_money": {"amount": 100, "currency": "USD"},
        "line_items": [{"uid": "l", "quantity": "1"}],
    }


def places(count: int) -> tuple[int, Any]:
    return 200, {"locations": [{"id": f"L{number:02d}", "name": f"Shop {number}"} for number in range(count)]}


def test_more_than_ten_locations_are_asked_for_in_groups() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    answers = [(200, {"orders": [order("L00", "a", at, at)]}), (200, {}), (200, {})]
    with scripted(places(23), *answers) as (channel, script):
        pages = list(channel.pages(ORDERS, None))
    asked = [body for _, path, body in script.asked if path == "/v2/orders/search"]
    assert [len(body["location_ids"]) for body in asked] == [10, 10, 3]
    assert len({place for body in asked for place in body["location_ids"]}) == 23
    reached = pages[-1].cursor
    assert reached is not None
    assert datetime.fromisoformat(reached["L00"]) == at - timedelta(minutes=10)
    assert {datetime.fromisoformat(reached[f"L{number}"]) for number in range(10, 23)} == {EARLIEST}


def test_a_location_that_was_opened_later_is_read_from_its_start() -> None:
    with scripted(places(2), (200, {})) as (channel, script):
        list(channel.pages(ORDERS, {"L00": "2026-05-01T00:00:00+00:00"}))
    (asked,) = [body for _, path, body in script.asked if path == "/v2/orders/search"]
    assert asked["query"]["filter"]["date_time_filter"]["updated_at"]["start_at"] == "2024-01-01T00:00:00.000Z"


def test_an_order_that_was_rung_up_offline_is_read_though_it_comes_days_late() -> None:
    """Its creation lies behind all that was read; what Square stamps when it arrives does not."""
    now = datetime(2026, 5, 4, tzinfo=UTC)
    late = order("L00", "late", now - timedelta(hours=72), now)
    with scripted(places(1), (200, {"orders": [late]})) as (channel, script):
        (page,) = channel.pages(ORDERS, {"L00": (now - timedelta(hours=1)).isoformat()})
    (asked,) = [body for _, path, body in script.asked if path == "/v2/orders/search"]
    assert list(asked["query"]["filter"]["date_time_filter"]) == ["updated_at"]
    assert asked["query"]["sort"] == {"sort_field": "UPDATED_AT", "sort_order": "ASC"}
    assert b'"late"' in page.body


def test_the_cursor_follows_square_s_stamps_and_not_our_clock() -> None:
    """Nothing new: it stays where it was, whatever the time."""
    with scripted(places(1), (200, {})) as (channel, _):
        (page,) = channel.pages(ORDERS, {"L00": "2026-05-01T00:00:00+00:00"})
    assert page.cursor == {"L00": "2026-05-01T00:00:00+00:00"}


def test_a_list_without_an_end_is_given_up() -> None:
    with scripted(places(1), (200, {"cursor": "same"})) as (channel, script), pytest.raises(ChannelError, match="no end"):
        list(channel.pages(ORDERS, None))
    assert len(script.asked) < 5


def test_payments_are_asked_for_at_every_location_and_as_far_back_as_needed() -> None:
    """Square tells of the main location and of one year unless it is asked otherwise."""
    with sandbox() as (_, channel, wire):
        ids(channel, "payments")
    asked = [one.url for one in wire.seen if "/v2/payments" in one.url]
    assert len({url.split("location_id=")[1].split("&")[0] for url in asked}) == 3
    assert all("begin_time=2022-12-31" in url for url in asked)


def test_customers_are_read_in_windows_that_each_move_the_cursor() -> None:
    with sandbox() as (state, channel, _):
        cursors = [page.cursor["*"] for page in channel.pages(CUSTOMERS, None) if page.cursor]
    assert cursors == sorted(cursors)
    assert len(cursors) > 20
    assert datetime.fromisoformat(cursors[-1]) <= state.now


def test_claims_are_what_was_sold_without_what_square_makes_for_refunds() -> None:
    since, until = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)
    sold = order("L00", "sold", since, since)
    back = {**order("L00", "back", since, since), "line_items": [], "returns": [{"uid": "r"}]}
    yen = {**order("L00", "yen", since, since), "total_money": {"amount": 1100, "currency": "JPY"}}
    later = order("L00", "later", until, until)
    with scripted(places(1), (200, {"orders": [sold, back, yen, later]})) as (channel, _):
        claims = list(channel.claims(since, until))
    assert [(claim.order_id, str(claim.total), claim.currency) for claim in claims] == [
        ("sold", "1.00", "USD"),
        ("yen", "1100", "JPY"),
    ]
