"""How orders and listings are read: windows, page tokens that end, how far Amazon looked, listings beyond the thousandth."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request

from sluice.channels.amazon.gateway import iso
from sluice.channels.protocol import ChannelError, Cursor
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.amazon.shop import LISTINGS, NOW, ORDERS, Reply, records, scripted, shop
from tests.sandbox.worlds import world

Asked = list[dict[str, str]]


def order(number: int, updated: datetime, **more: Any) -> dict[str, Any]:
    return {
        "orderId": f"111-0000000-{number:07}",
        "createdTime": iso(updated),
        "lastUpdatedTime": iso(updated),
        "salesChannel": {"channelName": "AMAZON"},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        "orderItems": [],
        **more,
    }


@pytest.fixture
def sandbox() -> Iterator[tuple[str, SandboxState]]:
    state = SandboxState(world())
    with hosted(state) as url:
        yield f"{url}/amazon", state


def test_windows_cover_all_time_and_amazon_says_where_the_last_one_ends() -> None:
    asked: Asked = []
    reached = NOW - timedelta(minutes=2)

    def answer(request: Request) -> Reply:
        asked.append(dict(request.query_params))
        return 200, {"orders": [], "lastUpdatedBefore": asked[-1].get("lastUpdatedBefore", iso(reached))}

    with scripted(answer) as url:
        pages = list(shop(url).pages(ORDERS, None))
    assert asked[0]["lastUpdatedAfter"] == "2025-01-01T00:00:00.000Z"
    assert [one["lastUpdatedAfter"] for one in asked[1:]] == [one["lastUpdatedBefore"] for one in asked[:-1]]
    assert "lastUpdatedBefore" not in asked[-1]
    assert pages[-1].cursor == {"after": iso(reached)}


def test_the_next_read_starts_before_where_amazon_had_looked() -> None:
    asked: Asked = []

    def answer(request: Request) -> Reply:
        asked.append(dict(request.query_params))
        return 200, {"orders": [], "lastUpdatedBefore": iso(NOW)}

    with scripted(answer) as url:
        list(shop(url).pages(ORDERS, {"after": "2026-10-31T15:00:00.000Z"}))
    assert [one["lastUpdatedAfter"] for one in asked] == ["2026-10-31T14:58:00.000Z"]


def test_a_clock_ahead_of_amazon_s_skips_nothing() -> None:
    """Amazon looked less far than it was asked to: what it did not look at is not passed over."""
    behind = datetime(2025, 3, 1, tzinfo=UTC)

    def answer(request: Request) -> Reply:
        return 200, {"orders": [], "lastUpdatedBefore": iso(behind)}

    with scripted(answer) as url:
        pages = list(shop(url).pages(ORDERS, None))
    assert [page.cursor for page in pages] == [{"after": iso(behind)}]


def test_a_broken_walk_goes_on_by_its_token() -> None:
    asked: Asked = []

    def answer(request: Request) -> Reply:
        asked.append(dict(request.query_params))
        return 200, {"orders": [order(9, NOW)], "lastUpdatedBefore": iso(NOW)}

    cursor: Cursor = {"after": "2026-10-01T00:00:00.000Z", "until": None, "token": "kept"}
    with scripted(answer) as url:
        (page,) = shop(url).pages(ORDERS, cursor)
    assert (asked[0]["paginationToken"], asked[0]["lastUpdatedAfter"]) == ("kept", "2026-10-01T00:00:00.000Z")
    assert page.cursor == {"after": iso(NOW)}


def test_a_token_that_amazon_forgot_starts_its_window_again(sandbox: tuple[str, SandboxState]) -> None:
    url, state = sandbox
    here = shop(url, now=lambda: state.now, page_size=20)
    walk = here.pages(ORDERS, None)
    begun = [next(walk) for _ in range(3)]
    state.advance(2)
    rest = list(here.pages(ORDERS, begun[-1].cursor))
    found = {one.orderId for one in records([*begun, *rest])}
    whole = {one.orderId for one in records(list(here.pages(ORDERS, None)))}
    assert found == whole
    assert len(whole) > 250


def test_orders_that_change_while_they_are_read_are_found(sandbox: tuple[str, SandboxState]) -> None:
    url, state = sandbox
    here = shop(url, now=lambda: state.now, page_size=10)
    pages = []
    for number, page in enumerate(here.pages(ORDERS, None)):
        pages.append(page)
        if number % 5 == 0:
            state.advance(0.02)
    pages += here.pages(ORDERS, pages[-1].cursor)
    newest = {one.orderId: one for one in sorted(records(pages), key=lambda one: one.lastUpdatedTime)}
    assert newest == {one.orderId: one for one in records(list(here.pages(ORDERS, None)))}


def test_the_size_of_a_page_does_not_change_what_is_read(sandbox: tuple[str, SandboxState]) -> None:
    url, state = sandbox
    sizes = [
        {one.orderId for one in records(list(shop(url, now=lambda: state.now, page_size=size).pages(ORDERS, None)))}
        for size in (3, 100)
    ]
    assert sizes[0] == sizes[1]


def test_a_token_that_never_ends_is_an_error() -> None:
    with scripted(lambda request: (200, {"orders": [], "pagination": {"nextToken": "again"}})) as url:
        with pytest.raises(ChannelError, match="page token"):
            list(shop(url).pages(ORDERS, None))
        with pytest.raises(ChannelError, match="page token"):
            list(shop(url).claims(NOW - timedelta(days=1), NOW))


def test_what_the_app_may_not_see_or_amazon_does_not_tell_yet_may_be_missing() -> None:
    bare = order(1, NOW, orderItems=[{"orderItemId": "1", "quantityOrdered": 1, "product": {}}])
    with scripted(lambda request: (200, {"orders": [bare]})) as url:
        (found,) = records(list(shop(url).pages(ORDERS, {"after": iso(NOW)})))
        (claim,) = shop(url).claims(NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert (found.buyer, found.proceeds, found.orderItems[0].product.sellerSku) == (None, None, None)
    assert (claim.total, claim.currency) == (0, "USD")


def test_personal_data_is_asked_for_only_where_wanted() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.query_params["includedData"])
        return 200, {"orders": []}

    with scripted(answer) as url:
        list(shop(url).pages(ORDERS, {"after": iso(NOW)}))
        list(shop(url, personal_data=False).pages(ORDERS, {"after": iso(NOW)}))
        list(shop(url).claims(NOW - timedelta(days=1), NOW))
    assert [{"BUYER", "RECIPIENT"} <= set(one.split(",")) for one in asked] == [True, False, False]


def listing(number: int, created: datetime) -> dict[str, Any]:
    summary = {
        "marketplaceId": "M",
        "productType": "P",
        "status": [],
        "createdDate": iso(created),
        "lastUpdatedDate": iso(created),
    }
    return {"sku": f"S{number}", "summaries": [summary]}


def catalogue(items: list[dict[str, Any]]) -> Any:
    """Amazon's search for listings: pages of 20, none beyond the thousandth."""

    def answer(request: Request) -> Reply:
        query = request.query_params
        found = [one for one in items if one["summaries"][0]["createdDate"] >= query.get("createdAfter", "")]
        start = int(query.get("pageToken", "0"))
        more = {"pagination": {"nextToken": str(start + 20)}} if start + 20 < min(len(found), 1000) else {}
        return 200, {"numberOfResults": len(found), "items": found[start : start + 20], **more}

    return answer


def test_listings_beyond_the_thousandth_are_read() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    items = [listing(number, first + timedelta(minutes=number // 7)) for number in range(2345)]
    with scripted(catalogue(items)) as url:
        pages = list(shop(url).pages(LISTINGS, None))
    assert {one.sku for one in records(pages, LISTINGS)} == {one["sku"] for one in items}
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]


def test_an_empty_shop_has_an_empty_and_complete_list() -> None:
    with scripted(catalogue([])) as url:
        (page,) = shop(url).pages(LISTINGS, None)
    assert page.complete
    assert records([page], LISTINGS) == []


def test_more_listings_of_one_moment_than_amazon_shows_is_an_error_not_a_gap() -> None:
    items = [listing(number, datetime(2026, 1, 1, tzinfo=UTC)) for number in range(1500)]
    with scripted(catalogue(items)) as url, pytest.raises(ChannelError, match="no others of that moment"):
        list(shop(url).pages(LISTINGS, None))
