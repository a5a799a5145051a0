"""How Pinduoduo is read: days first, then half hours up to three minutes ago, from the last page to the first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.channels.pinduoduo.orders import LAG, OVERLAP
from sluice.channels.protocol import ChannelError
from tests.channels.pinduoduo.shop import GOODS, NOW, ORDERS, REFUNDS, answered, records, refused, shop
from tests.channels.scripted import scripted

LISTS = {
    "pdd.order.list.get": ("order_list", "confirm_at"),
    "pdd.order.number.list.increment.get": ("order_sn_list", "updated_at"),
    "pdd.refund.list.increment.get": ("refund_list", "updated_at"),
}


class Gateway:
    """Lists that a test fills; what was asked of them: (list, start, end, page, counted)."""

    def __init__(self, held: int = 0) -> None:
        self.held = held
        self.asked: list[tuple[str, datetime, datetime, int, bool]] = []
        self.statuses: list[str] = []

    def __call__(self, form: dict[str, str]) -> dict[str, Any]:
        if form["type"] == "pdd.time.get":
            return answered(form, time="2026-11-01 00:00:00")
        name, bound = LISTS[form["type"]]
        start, end = (datetime.fromtimestamp(int(form[f"{side}_{bound}"]), UTC) for side in ("start", "end"))
        number, size = int(form["page"]), int(form["page_size"])
        self.asked.append((name, start, end, number, form.get("use_has_next") == "false"))
        self.statuses.append(form.get("after_sales_status", ""))
        found = [{"order_sn": str(one), "id": one} for one in range(self.held)][(number - 1) * size : number * size]
        return answered(form, **{name: found, "total_count": self.held})


def test_the_first_read_takes_days_and_goes_on_with_changes_from_where_it_began() -> None:
    gateway = Gateway()
    with scripted(gateway) as url:
        pages = list(shop(url).pages(ORDERS, None))
    days = [(start, end) for name, start, end, *_ in gateway.asked if name == "order_list"]
    halves = [(start, end) for name, start, end, *_ in gateway.asked if name == "order_sn_list"]
    assert days[0][0] == NOW - timedelta(days=89)
    assert days[-1][1] == NOW
    assert all(end - start <= timedelta(days=1) for start, end in days)
    assert [later[0] for later in days[1:]] == [earlier[1] for earlier in days[:-1]]
    assert halves == [(NOW - LAG - OVERLAP, NOW - LAG)]
    assert pages[-1].cursor == {"until": int((NOW - LAG).timestamp())}


def test_a_first_read_that_was_broken_off_goes_on_where_it_was() -> None:
    gateway = Gateway(held=1)
    reached = NOW - timedelta(hours=30)
    cursor = {"until": int((NOW - timedelta(days=1)).timestamp()), "first": int(reached.timestamp())}
    with scripted(gateway) as url:
        pages = list(shop(url).pages(ORDERS, cursor))
    assert [one[:3] for one in gateway.asked[:2]] == [
        ("order_list", reached, reached + timedelta(days=1)),
        ("order_list", reached + timedelta(days=1), NOW),
    ]
    assert gateway.asked[2][:2] == ("order_sn_list", NOW - timedelta(days=1) - OVERLAP)
    assert pages[0].cursor == cursor | {"first": int((reached + timedelta(days=1)).timestamp())}
    assert pages[1].cursor == {"until": cursor["until"]}


def test_changes_are_asked_for_by_half_hours_up_to_three_minutes_ago() -> None:
    gateway = Gateway()
    since = NOW - timedelta(hours=5)
    with scripted(gateway) as url:
        list(shop(url).pages(ORDERS, {"until": int(since.timestamp())}))
    assert {name for name, *_ in gateway.asked} == {"order_sn_list"}
    assert gateway.asked[0][1] == since - OVERLAP
    assert gateway.asked[-1][2] == NOW - LAG
    assert max(end - start for _, start, end, *_ in gateway.asked) == timedelta(minutes=30)


def test_pages_are_read_from_the_last_to_the_first_and_counted_at_both_ends() -> None:
    gateway = Gateway(held=35)
    with scripted(gateway) as url:
        pages = list(shop(url, page_size=10).pages(ORDERS, {"until": int((NOW - LAG).timestamp())}))
    assert [(number, counted) for *_, number, counted in gateway.asked] == [
        (1, True),
        (4, False),
        (3, False),
        (2, False),
        (1, True),
    ]
    assert len(records(pages)) == 35
    assert [page.cursor is not None for page in pages] == [False, False, False, True]


def test_each_status_of_cases_has_a_cursor_of_its_own() -> None:
    """A status that is named later is read from the start."""
    gateway = Gateway()
    old = int((NOW - LAG).timestamp())
    with scripted(gateway) as url:
        opened = shop(url, since=NOW - timedelta(hours=1), after_sales_statuses=(2, 10))
        pages = list(opened.pages(REFUNDS, {"until": {"2": old, "7": 1}}))
    assert gateway.statuses == ["2", "10", "10"]
    assert pages[0].cursor == {"until": {"2": old}}
    assert pages[-1].cursor == {"until": {"2": old, "10": old}}


def test_a_long_way_through_nothing_is_not_lost() -> None:
    gateway = Gateway()
    with scripted(gateway) as url:
        pages = list(shop(url, since=NOW - timedelta(days=9)).pages(REFUNDS, None))
    assert len(gateway.asked) == 432
    assert len(pages) == 3
    assert pages[0].cursor == {"until": {"1": int((NOW - timedelta(days=9) + timedelta(hours=100)).timestamp())}}


@pytest.mark.parametrize("moment", [2, 3])
def test_a_list_of_goods_that_shifts_is_read_until_it_rests(moment: int) -> None:
    """Goods that are missing from the snapshot would be taken for deleted."""
    held = list(range(1, 252))
    calls: list[int] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        number = int(form["page"])
        calls.append(number)
        if len(calls) == moment:
            held.remove(1)
            held.append(999)
        found = [{"goods_id": one} for one in held[(number - 1) * 100 : number * 100]]
        return answered(form, goods_list=found, total_count=len(held))

    with scripted(script) as url:
        pages = list(shop(url).pages(GOODS, None))
    assert calls == [1, 2, 3] * 3
    assert {one["goods_id"] for one in records(pages, GOODS)} == {1, *held}
    assert [page.complete for page in pages] == [False] * 8 + [True]


def test_a_list_of_goods_that_never_rests_is_no_snapshot() -> None:
    calls: list[int] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(1)
        return answered(form, goods_list=[{"goods_id": len(calls) * 1000 + one} for one in range(100)], total_count=150)

    with scripted(script) as url, pytest.raises(ChannelError, match="kept changing"):
        assert not any(page.complete for page in shop(url).pages(GOODS, None))


def test_a_shop_without_goods_is_a_complete_snapshot() -> None:
    with scripted(lambda form: answered(form, goods_list=[], total_count=0)) as url:
        assert [page.complete for page in shop(url).pages(GOODS, None)] == [True]


def test_a_right_that_is_missing_is_named() -> None:
    def script(form: dict[str, str]) -> dict[str, Any]:
        if form["type"] == "pdd.time.get":
            return answered(form, time="2026-11-01 00:08:00")
        if form["type"] == "pdd.refund.list.increment.get":
            return refused(20031, "用户没有授权访问此接口")
        return answered(form)

    with scripted(script) as url:
        (right,) = shop(url).check()
    assert right.startswith("pdd.refund.list.increment.get: ")
    assert "apply for the package" in right
