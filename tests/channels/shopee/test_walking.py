"""Windows, pages that shift while they are read, and lists without an end."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sluice.channels.protocol import ChannelError
from sluice.channels.shopee.connector import records
from sluice.channels.shopee.walk import LONGEST, OVERLAP, windows
from tests.channels.shopee.shop import NOW, ORDERS, REFRESH, RETURNS, SINCE, Asked, granted, scripted, shop


def test_windows_join_without_a_gap_and_none_is_too_long() -> None:
    found = list(windows(None, datetime(2026, 1, 1, tzinfo=UTC), NOW))
    assert found[0][0] == int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    assert found[-1][1] == int(NOW.timestamp())
    assert all(last - first <= LONGEST.total_seconds() for first, last in found)
    assert all(one[1] == other[0] for one, other in pairwise(found))


def test_a_landing_goes_on_where_the_last_one_ended_less_an_overlap() -> None:
    ((first, last),) = windows({"until": int(NOW.timestamp()) - 60}, SINCE, NOW)
    assert (first, last) == (int((NOW - OVERLAP).timestamp()) - 60, int(NOW.timestamp()))


class Shop:
    """Orders and returns that a test may take away between two pages; pages are counted, as Shopee's cursors look."""

    def __init__(self, count: int, size: int = 100) -> None:
        self.ids = [f"{number:04d}" for number in range(count)]
        self.size, self.calls = size, 0
        self.leave_after: dict[int, str] = {}
        self.unknown: set[str] = set()

    def __call__(self, asked: Asked) -> dict[str, Any]:
        query = {name: values[0] for name, values in asked["query"].items()}
        match asked["path"]:
            case "/api/v2/order/get_order_list":
                at = int(query["cursor"] or 0)
                chosen = [{"order_sn": one} for one in self._page(at)]
                more = at + self.size < len(self.ids)
                return self._told({"more": more, "next_cursor": str(at + self.size) if more else "", "order_list": chosen})
            case "/api/v2/returns/get_return_list":
                at = int(query["page_no"]) * self.size
                chosen = [{"return_sn": one} for one in self._page(at)]
                return self._told({"more": at + self.size < len(self.ids), "return": chosen})
            case "/api/v2/order/get_order_detail":
                numbers = query["order_sn_list"].split(",")
                if self.unknown & set(numbers):
                    return {"error": "error_not_found", "message": "Wrong parameters, detail: the order is not found."}
                return {"response": {"order_list": [{"order_sn": one} for one in numbers]}}
        return granted(1) if asked["path"] == REFRESH else {}

    def _page(self, at: int) -> list[str]:
        return self.ids[at : at + self.size]

    def _told(self, response: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        leaver = self.leave_after.pop(self.calls, None)
        if leaver:
            self.ids.remove(leaver)
        return {"response": response}


def read(platform: Shop, stream: Any = ORDERS, **options: Any) -> tuple[set[str], list[Any], list[Asked]]:
    """Ids that were told, cursors of the pages, what was asked."""
    with scripted(platform) as (url, asked):
        pages = list(shop(url, **options).pages(stream, {"until": int(NOW.timestamp()) - 3600}))
    key = stream.key[0]
    return (
        {json.loads(one)[key] for page in pages for one in records(stream, page.body, page.context)},
        [page.cursor for page in pages],
        asked,
    )


@pytest.mark.parametrize("stream", [ORDERS, RETURNS], ids=lambda stream: stream.name)
@pytest.mark.parametrize("leaver", ["0000", "0099", "0150"])
def test_a_record_that_leaves_shifts_none_past_us(stream: Any, leaver: str) -> None:
    platform = Shop(250)
    platform.leave_after = {1: leaver}
    found, cursors, _ = read(platform, stream)
    assert found | {leaver} == {f"{number:04d}" for number in range(250)}
    assert cursors[-1] == {"until": int(NOW.timestamp())}
    assert set(map(bool, cursors[:-1])) == {False}


@pytest.mark.parametrize("stream", [ORDERS, RETURNS], ids=lambda stream: stream.name)
def test_a_list_of_one_page_is_read_once(stream: Any) -> None:
    platform = Shop(100)
    found, _, _ = read(platform, stream)
    assert len(found) == 100
    assert platform.calls == 1


def test_details_are_asked_in_batches() -> None:
    _, cursors, asked = read(Shop(100), orders_per_call=30)
    batches = [one["query"]["order_sn_list"][0].split(",") for one in asked if one["path"].endswith("get_order_detail")]
    assert [len(one) for one in batches] == [30, 30, 30, 10]
    assert [bool(cursor) for cursor in cursors] == [False, False, False, True]


def test_an_empty_window_moves_the_cursor() -> None:
    found, cursors, _ = read(Shop(0))
    assert not found
    assert cursors == [{"until": int(NOW.timestamp())}]


def test_a_batch_that_is_refused_for_one_order_is_asked_one_by_one() -> None:
    platform = Shop(10)
    platform.unknown = {"0004"}
    found, cursors, _ = read(platform)
    assert found == {f"{number:04d}" for number in range(10)} - {"0004"}
    assert cursors[-1] == {"until": int(NOW.timestamp())}


def test_an_order_that_is_no_more_is_told_as_gone() -> None:
    platform = Shop(10)
    platform.unknown = {"0004"}
    with scripted(platform) as (url, _):
        pages = list(shop(url).again(ORDERS, ["0003", "0004", "0005"]))
    assert [key for page in pages for key in page.gone] == [("0004",)]
    assert {page.cursor is None for page in pages} == {True}
    assert sum(len(list(records(ORDERS, page.body, page.context))) for page in pages) == 2


@pytest.mark.parametrize("cursor", ["", "1"])
def test_a_list_that_never_ends_is_an_error(cursor: str) -> None:
    def endless(asked: Asked) -> dict[str, Any]:
        page = {"more": True, "next_cursor": cursor, "order_list": [{"order_sn": "1"}]}
        return granted(1) if asked["path"] == REFRESH else {"response": page}

    with scripted(endless) as (url, _), pytest.raises(ChannelError, match="more follows"):
        list(shop(url).pages(ORDERS, None))


def test_claims_count_an_order_on_the_boundary_of_two_windows_once() -> None:
    boundary = SINCE + LONGEST

    def platform(asked: Asked) -> dict[str, Any]:
        if asked["path"] == REFRESH:
            return granted(1)
        if asked["path"].endswith("get_order_list"):
            first, last = (int(asked["query"][name][0]) for name in ("time_from", "time_to"))
            is_there = first <= boundary.timestamp() <= last
            return {"response": {"more": False, "order_list": [{"order_sn": "1"}] if is_there else []}}
        line = {"model_quantity_purchased": 2, "model_original_price": 10.1, "model_discounted_price": 9.05}
        order = {"order_sn": "1", "create_time": int(boundary.timestamp()), "currency": "SGD", "item_list": [line]}
        return {"response": {"order_list": [order | {"estimated_shipping_fee": 1.5}]}}

    with scripted(platform) as (url, _):
        claims = list(shop(url).claims(SINCE, SINCE + timedelta(days=29)))
    assert [(one.order_id, str(one.total), one.currency) for one in claims] == [("1", "19.60", "SGD")]
