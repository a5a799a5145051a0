"""Reading by stamps: nothing lost at page ends and ties, whatever the platform's page tokens mean; claims and single orders."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, OrderClaim
from tests.channels.tiktok.shop import NOW, ORDERS, PRODUCTS, RETURNS, SECOND, Call, records, scripted, shop

SEARCH = "/order/202309/orders/search"
Shown = dict[str, Any]


def order(number: int, stamp: int) -> Shown:
    return {"id": str(number), "update_time": stamp}


class Shelf:
    """A list whose page tokens count places, as the worst of platforms' do."""

    def __init__(self, orders: Sequence[Shown], member: str = "orders") -> None:
        self.orders, self.member = list(orders), member
        self.asked: list[tuple[dict[str, Any], dict[str, str]]] = []

    def answer(self, call: Call) -> Any:
        if not call.path.endswith("/search"):
            return None
        self.asked.append((call.given, dict(call.asked)))
        low, high = call.given.get("update_time_ge", 0), call.given.get("update_time_lt", 2**40)
        found = sorted((one for one in self.orders if low <= one["update_time"] < high), key=lambda one: one["update_time"])
        start, size = int(call.asked.get("page_token") or 0), int(call.asked["page_size"])
        page = [dict(one) for one in found[start : start + size]]
        following = str(start + size) if start + size < len(found) else ""
        self.after(call)
        return {self.member: page, "next_page_token": following, "total_count": len(found)}

    def after(self, call: Call) -> None:
        """What happens at the platform once a page was read."""


def read(shelf: Shelf, cursor: Any = None, **options: Any) -> list[Any]:
    with scripted(shelf.answer) as (url, _):
        return list(shop(url, **options).pages(ORDERS, cursor))


def test_every_page_goes_on_by_the_stamp_and_bears_a_cursor() -> None:
    shelf = Shelf([order(number, SECOND - 1000 + number) for number in range(10)])
    pages = read(shelf, page_size=4)
    assert {one["id"] for one in records(pages)} == {str(number) for number in range(10)}
    cursors = [page.cursor["until"] for page in pages]
    assert cursors == sorted(cursors)
    assert cursors[-1] == SECOND + 1
    assert all("page_token" not in asked for _, asked in shelf.asked)
    assert [given["update_time_ge"] for given, _ in shelf.asked[1:]] == cursors[:-1]
    assert {(asked["sort_field"], asked["sort_order"]) for _, asked in shelf.asked} == {("update_time", "ASC")}
    assert {given["update_time_lt"] for given, _ in shelf.asked} == {SECOND + 1}


def test_an_order_that_changes_while_we_read_moves_no_other_past_us() -> None:
    class Busy(Shelf):
        def after(self, call: Call) -> None:
            if len(self.asked) < 5:  # the oldest order changes: with places for tokens, all behind it would shift
                min(self.orders, key=lambda one: one["update_time"])["update_time"] = SECOND - len(self.asked)

    shelf = Busy([order(number, SECOND - 1000 + number) for number in range(12)])
    pages = read(shelf, page_size=3)
    assert {one["id"] for one in records(pages)} == {str(number) for number in range(12)}


def test_more_orders_in_one_second_than_a_page_holds() -> None:
    tied = [order(number, SECOND - 500) for number in range(11)]
    shelf = Shelf([order(100, SECOND - 600), *tied, order(200, SECOND - 400)])
    pages = read(shelf, page_size=4)
    assert sorted({int(one["id"]) for one in records(pages)}) == [*range(11), 100, 200]
    # a chain is resumed as a whole: none of its pages but the last says that the second is done
    assert SECOND - 499 in [page.cursor["until"] for page in pages if page.cursor]


def test_a_list_in_another_order_is_followed_by_its_tokens() -> None:
    class Unsorted(Shelf):
        def answer(self, call: Call) -> Any:
            made = super().answer(call)
            if made and call.path == SEARCH:
                made["orders"] = made["orders"][::-1]
            return made

    shelf = Unsorted([order(number, SECOND - 1000 + number) for number in range(9)])
    pages = read(shelf, page_size=4)
    assert {one["id"] for one in records(pages)} == {str(number) for number in range(9)}
    assert pages[-1].cursor == {"until": SECOND + 1}


def test_the_next_read_starts_before_the_last_one_s_end() -> None:
    shelf = Shelf([])
    (page,) = read(shelf, cursor={"until": SECOND - 60})
    assert shelf.asked[0][0] == {"update_time_ge": SECOND - 60 - 600, "update_time_lt": SECOND + 1}
    assert page.cursor == {"until": SECOND + 1}
    assert records([page]) == []


def test_a_list_that_never_ends_is_a_fault() -> None:
    def script(call: Call) -> Any:
        return {"products": [], "next_page_token": "again"} if call.path.endswith("/search") else None

    with scripted(script) as (url, calls), pytest.raises(ChannelError, match="ever another page"):
        list(shop(url).pages(PRODUCTS, None))
    assert len(calls) < 10


def test_pages_of_returns_are_smaller() -> None:
    shelf = Shelf([], member="return_orders")
    with scripted(shelf.answer) as (url, _):
        list(shop(url).pages(RETURNS, None))
    assert shelf.asked[0][1]["page_size"] == "50"


def test_products_are_complete_only_at_their_end() -> None:
    shelf = Shelf([{"id": str(number), "update_time": 1} for number in range(5)], member="products")
    with scripted(shelf.answer) as (url, _):
        pages = list(shop(url, page_size=2).pages(PRODUCTS, None))
    assert [page.complete for page in pages] == [False, False, True]
    assert [page.cursor for page in pages] == [None, None, None]


def test_claims_are_whole_seconds_by_creation() -> None:
    def script(call: Call) -> Any:
        if call.path != SEARCH:
            return None
        token = call.asked.get("page_token")
        one = {"id": token or "1", "payment": {"total_amount": "12.30", "currency": "IDR"}, "line_items": "not looked at"}
        return {"orders": [one], "next_page_token": None if token else "2"}

    since = NOW.replace(microsecond=1)
    with scripted(script) as (url, calls):
        found = list(shop(url).claims(since, since.replace(second=30)))
        assert list(shop(url).claims(since, since)) == []
    assert found == [OrderClaim("1", Decimal("12.30"), "IDR"), OrderClaim("2", Decimal("12.30"), "IDR")]
    asked = [call for call in calls if call.path == SEARCH]
    assert [call.given for call in asked] == [{"create_time_ge": SECOND + 1, "create_time_lt": SECOND + 31}] * 2


def test_orders_are_read_again_fifty_at_once_and_the_missing_are_gone() -> None:
    def script(call: Call) -> Any:
        if call.path != "/order/202309/orders":
            return None
        return {"orders": [{"id": one} for one in call.asked["ids"].split(",") if one != "7"]}

    with scripted(script) as (url, calls):
        pages = list(shop(url).again(ORDERS, [str(number) for number in range(120)]))
    assert [len(call.asked["ids"].split(",")) for call in calls if "ids" in call.asked] == [50, 50, 20]
    assert [page.gone for page in pages] == [[("7",)], [], []]
    assert [page.cursor for page in pages] == [None, None, None]
    assert len(records(pages)) == 119
