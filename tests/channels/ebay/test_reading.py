"""How orders and inventory are read: windows, pages that shift while they are read, orders by their ids."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request

from sluice.channels.ebay.orders import iso
from sluice.channels.protocol import ChannelError
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.channels.ebay.shop import ITEMS, NOW, ORDERS, Reply, errors, order, records, scripted, shop
from tests.sandbox.worlds import world

CURSOR = {"until": iso(NOW - timedelta(days=1))}


class Account:
    """Orders by their last modification, newest first, paged by offset. `after` is called with the number of each answer."""

    def __init__(self, count: int, spread: timedelta = timedelta(minutes=1)) -> None:
        self.orders = [order(number, NOW - timedelta(hours=1) - number * spread) for number in range(count)]
        self.asked: list[dict[str, str]] = []
        self.after: Any = lambda number: None

    def __call__(self, request: Request, body: Any) -> Reply:
        query = dict(request.query_params)
        self.asked.append(query)
        kind, start, end = re.fullmatch(r"(\w+):\[(.+)\.\.(.+)\]", query["filter"]).groups()  # type: ignore[union-attr]
        field = {"lastmodifieddate": "lastModifiedDate", "creationdate": "creationDate"}[kind]
        found = sorted((one for one in self.orders if start <= one[field] <= end), key=lambda one: str(one[field]), reverse=True)
        offset, limit = int(query["offset"]), int(query["limit"])
        answer = {"total": len(found), "orders": found[offset : offset + limit]}
        self.after(len(self.asked))
        return 200, answer


def windows(asked: list[dict[str, str]]) -> list[tuple[str, str]]:
    found = [one["filter"].removeprefix("lastmodifieddate:")[1:-1].split("..") for one in asked if one["offset"] == "0"]
    return list(dict.fromkeys((start, end) for start, end in found))


def test_windows_follow_one_another_without_a_gap_to_now() -> None:
    account = Account(0)
    with scripted(account) as url:
        pages = list(shop(url).pages(ORDERS, None))
    told = windows(account.asked)
    assert told[0][0] == "2025-01-01T00:00:00.000Z"
    assert told[-1][1] == iso(NOW)
    assert [start for start, _ in told[1:]] == [end for _, end in told[:-1]]
    assert pages[-1].cursor == {"until": iso(NOW)}


def test_no_order_older_than_ebay_tells_is_asked_for() -> None:
    account = Account(0)
    with scripted(account) as url:
        list(shop(url, since=datetime(2010, 1, 1, tzinfo=UTC)).pages(ORDERS, None))
        list(shop(url).pages(ORDERS, {"until": "2015-01-01T00:00:00.000Z"}))
    starts = {start for start, _ in windows(account.asked)}
    assert min(starts) == iso(NOW - timedelta(days=729))


def test_the_next_read_starts_ten_minutes_before_the_last_one_s_end() -> None:
    account = Account(3)
    with scripted(account) as url:
        (page,) = shop(url).pages(ORDERS, CURSOR)
        assert page.cursor == {"until": iso(NOW)}
        list(shop(url, now=lambda: NOW + timedelta(hours=1)).pages(ORDERS, page.cursor))
    assert windows(account.asked)[-1][0] == iso(NOW - timedelta(minutes=10))


@pytest.mark.parametrize("moved", [1, 2, 3, 4])
def test_an_order_that_leaves_its_window_takes_none_with_it(moved: int) -> None:
    account = Account(23)

    def leave(number: int) -> None:
        if number == moved:  # one of the middle is modified after the window's end
            account.orders[11]["lastModifiedDate"] = iso(NOW + timedelta(minutes=1))

    account.after = leave
    with scripted(account) as url:
        found = {one.orderId for one in records(list(shop(url, page_size=5).pages(ORDERS, CURSOR)))}
    assert found >= {one["orderId"] for one in account.orders} - {account.orders[11]["orderId"]}


def test_orders_that_appear_late_are_read_by_another_walk() -> None:
    account = Account(12)

    def appear(number: int) -> None:
        if number == 2:
            account.orders += [order(100 + one, NOW - timedelta(minutes=90)) for one in range(5)]

    account.after = appear
    with scripted(account) as url:
        found = {one.orderId for one in records(list(shop(url, page_size=5).pages(ORDERS, CURSOR)))}
    assert found == {one["orderId"] for one in account.orders}


def test_a_window_that_never_rests_is_an_error_and_moves_no_cursor() -> None:
    account = Account(12)

    def grow(number: int) -> None:
        account.orders += [order(1000 + 10 * number + one, NOW - timedelta(minutes=90)) for one in range(9)]

    account.after = grow
    seen: list[Any] = []
    with scripted(account) as url:
        walk = shop(url, page_size=5).pages(ORDERS, CURSOR)
        with pytest.raises(ChannelError, match="the next run starts again"):
            seen.extend(page.cursor for page in walk)
    assert set(seen) == {None}


def test_a_full_window_is_cut_and_all_of_it_is_read() -> None:
    account = Account(4100, timedelta(seconds=20))
    with scripted(account) as url:
        pages = list(shop(url).pages(ORDERS, CURSOR))
    assert {one.orderId for one in records(pages)} == {one["orderId"] for one in account.orders}
    assert max(int(one["offset"]) for one in account.asked) < 2000


def test_claims_are_told_once_and_within_their_bounds() -> None:
    account = Account(700, timedelta(hours=2))
    since, until = NOW - timedelta(days=50), NOW - timedelta(days=3)
    with scripted(account) as url:
        told = [one.order_id for one in shop(url).claims(since, until)]
    assert len(told) == len(set(told))
    assert set(told) == {one["orderId"] for one in account.orders if iso(since) <= one["creationDate"] < iso(until)}


def test_orders_are_read_again_fifty_at_once_and_none_is_ever_gone() -> None:
    asked: list[list[str]] = []

    def answer(request: Request, body: Any) -> Reply:
        ids = request.query_params["orderIds"].split(",")
        asked.append(ids)
        if "unknown" in ids:
            return 400, errors(30830, "Invalid order ID")
        return 200, {"orders": [order(int(one[3:]), NOW) for one in ids]}

    ids = [f"12-{number:05}" for number in range(60)]
    with scripted(answer) as url:
        pages = list(shop(url).again(ORDERS, [*ids, "unknown"]))
    assert [one.orderId for one in records(pages)] == ids
    assert [len(one) for one in asked[:2]] == [50, 11]
    assert [page.gone for page in pages if page.gone] == []


def test_what_the_stamp_does_not_tell_is_found_by_reading_again() -> None:
    state = SandboxState(world(orders=5_000), AS_OF - timedelta(days=60))
    with hosted(state) as url:
        here = shop(f"{url}/ebay", now=lambda: state.now)
        first = list(here.pages(ORDERS, None))
        before = {one.orderId: one for one in records(first)}
        state.advance(30)
        after = {one.orderId: one for one in records(list(here.pages(ORDERS, first[-1].cursor)))}
        again = {one.orderId: one for one in records(list(here.again(ORDERS, list(before))))}
    silent = {name for name, one in again.items() if name not in after and one != before[name]}
    assert silent, "nothing was refunded or cancelled without a stamp"
    assert all(again[name].lastModifiedDate == before[name].lastModifiedDate for name in silent)


def catalogue(count: int, losing: int = 0) -> Any:
    """eBay's inventory, whose `offset` counts pages; `losing` of its SKUs are counted and not shown at first."""
    readings: list[int] = []

    def answer(request: Request, body: Any) -> Reply:
        limit, page = int(request.query_params["limit"]), int(request.query_params["offset"])
        readings.extend([1] if page == 0 else [])
        shown = count - (losing if len(readings) == 1 else 0)
        items = [{"sku": f"S{number}"} for number in range(shown)][page * limit : (page + 1) * limit]
        following = {"next": f"https://api.ebay.com/x?limit={limit}&offset={page + 1}"} if (page + 1) * limit < shown else {}
        return 200, {"total": count, "inventoryItems": items, **following}

    return answer


@pytest.mark.parametrize(("count", "losing"), [(0, 0), (1, 0), (100, 0), (250, 0), (250, 7)])
def test_the_inventory_is_read_by_ebay_s_own_links_until_it_is_whole(count: int, losing: int) -> None:
    with scripted(catalogue(count, losing)) as url:
        pages = list(shop(url).pages(ITEMS, None))
    assert {one.sku for one in records(pages, ITEMS)} == {f"S{number}" for number in range(count)}
    assert [page.complete for page in pages][-1]
    assert sum(page.complete for page in pages) == 1


def test_an_inventory_that_never_ends_is_an_error() -> None:
    endless = {"total": 9, "inventoryItems": [{"sku": "A"}], "next": "/x?limit=100&offset=1"}
    with scripted(lambda request, body: (200, endless)) as url, pytest.raises(ChannelError, match="do not end"):
        list(shop(url).pages(ITEMS, None))
