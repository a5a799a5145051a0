"""Reverse orders: all that changed is read, with its lines wherever Lazada tells them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from sluice.channels.lazada.connector import records
from sluice.channels.lazada.contract import ReverseOrder
from sluice.channels.lazada.reverse import DETAIL, LIST
from sluice.channels.protocol import ChannelError
from sluice.sandbox.host import hosted
from sluice.sandbox.lazada.server import SHOP
from sluice.sandbox.state import SandboxState
from tests.channels.lazada.shop import FIXTURES, NOW, REFRESH, REVERSED, granted, scripted, shop
from tests.sandbox.worlds import world


@pytest.fixture
def sandbox() -> Iterator[tuple[str, SandboxState]]:
    state = SandboxState(world())
    state.join(SHOP)
    with hosted(state) as url:
        yield f"{url}/lazada", state


LONG_AGO = {"until": "2024-01-01T00:00:00+00:00"}


def read(url: str, state: SandboxState, cursor: Any = LONG_AGO) -> tuple[list[ReverseOrder], Any]:
    pages = list(shop(url, lambda: state.now).pages(REVERSED, cursor))
    told = [raw for page in pages for raw in records(REVERSED, page.body, page.context)]
    reached = next((page.cursor for page in reversed(pages) if page.cursor), cursor)
    return [msgspec.json.decode(one, type=ReverseOrder, strict=False) for one in told], reached


def asked(state: SandboxState) -> dict[int, int]:
    """What buyers asked to have back by now, in cents."""
    found = state.view(SHOP.channel, SHOP.shop).history.refunds.frame
    known = found.filter(found["requested_at"] <= state.now)
    return dict(zip(map(int, known["refund_id"]), known["amount_minor"], strict=True))


def test_every_reverse_order_is_told_to_the_cent_with_lines_from_wherever_they_are(sandbox: tuple[str, SandboxState]) -> None:
    url, state = sandbox
    told, _ = read(url, state)
    amounts = {one.reverse_order_id: sum(line.refund_amount or 0 for line in one.reverse_order_lines) for one in told}
    owed = asked(state)
    assert len(owed) > 15
    assert {number: amounts[number] for number in owed} == owed
    # every fifth has its lines in its own answer, and only there a tracking number
    by_detail = {one.reverse_order_id for one in told if one.reverse_order_lines[0].tracking_number}
    assert by_detail == {number for number in amounts if number % 5 == 0}
    assert by_detail


def test_a_change_is_told_by_the_next_read_and_nothing_else(sandbox: tuple[str, SandboxState]) -> None:
    url, state = sandbox
    before, cursor = read(url, state)
    state.advance(12)
    after, _ = read(url, state, cursor)
    known = {one.reverse_order_id: one for one in before}
    moved = {one.reverse_order_id for one in after if known.get(one.reverse_order_id) != one}
    assert moved
    assert asked(state).keys() <= known.keys() | moved
    assert len(after) < len(known)


class Listing:
    """`count` reverse orders, a second apart; a test may let one change after some answers, which takes it out of the window."""

    def __init__(self, count: int) -> None:
        self.times = {number: NOW - timedelta(seconds=2 * count - number) for number in range(1, count + 1)}
        self.changes: dict[int, int] = {}
        self.lists = 0

    def __call__(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == REFRESH:
            return granted(1)
        assert path == LIST
        first, last = (int(form[f"ReverseOrderLineModifiedTimeRange{end}"]) for end in ("Start", "End"))
        found = sorted((at, one) for one, at in self.times.items() if first <= at.timestamp() * 1000 <= last)
        size, number = int(form["page_size"]), int(form["page_no"])
        line = {"reverse_order_line_id": "1", "trade_order_line_id": "1", "reverse_status": "REQUEST_INITIATE"}
        shown = [
            {"reverse_order_id": one, "trade_order_id": 1, "request_type": "CANCEL", "reverse_order_lines": [line]}
            for _, one in found[(number - 1) * size : number * size]
        ]
        self.lists += 1
        if self.lists in self.changes:
            self.times[self.changes[self.lists]] = NOW + timedelta(hours=1)
        return {"result": {"total": str(len(found)), "items": shown}}


@pytest.mark.parametrize("changed", [1, 100, 150, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_one_that_changes_meanwhile_shifts_none_past_us(changed: int, after: int) -> None:
    platform = Listing(250)
    platform.changes = {after: changed}
    with scripted(platform) as (url, _):
        pages = list(shop(url).pages(REVERSED, {"until": NOW.isoformat()}))
    told = {json.loads(one)["reverse_order_id"] for page in pages for one in records(REVERSED, page.body, page.context)}
    assert told | {changed} == set(range(1, 251))
    assert [page.cursor for page in pages][-1] == {"until": NOW.isoformat()}
    assert not any(page.cursor for page in pages[:-1])


def test_a_window_with_more_than_is_paged_through_is_split() -> None:
    with scripted(Listing(6_000)) as (url, _):
        pages = list(shop(url).pages(REVERSED, None))
    told = {json.loads(one)["reverse_order_id"] for page in pages for one in records(REVERSED, page.body, page.context)}
    assert told == set(range(1, 6_001))


def test_the_documentation_s_sample_keeps_the_contract() -> None:
    """All numbers are text there, and so is what is true."""
    (raw,) = records(REVERSED, (FIXTURES / "reverse_orders.json").read_bytes(), {"details": {}})
    one = msgspec.json.decode(raw, type=ReverseOrder, strict=False)
    (line,) = one.reverse_order_lines
    assert (one.request_type, one.is_rtm, line.reverse_status, line.ofc_status) == (
        "CANCEL",
        True,
        "REQUEST_INITIATE",
        "RETURN_CANCELED",
    )
    assert (line.refund_amount, line.seller_sku_id, line.whqc_decision) == (Decimal(0), "th-1000", "scrap")


def test_one_without_lines_anywhere_and_a_broken_one_are_for_landing_to_judge() -> None:
    def platform(path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == DETAIL:
            return {"data": {"reverseOrderLineDTOList": []}}
        bare = {"reverse_order_id": 7, "trade_order_id": 1, "request_type": "RETURN"}
        return granted(1) if path == REFRESH else {"result": {"total": 2, "items": [bare, {"reverse_order_id": "seven"}]}}

    with scripted(platform) as (url, asked_of):
        (page,) = shop(url).pages(REVERSED, {"until": (NOW - timedelta(hours=1)).isoformat()})
    assert [form.get("reverse_order_id") for path, form in asked_of if path == DETAIL] == ["7"]
    whole, broken = records(REVERSED, page.body, page.context)
    assert msgspec.json.decode(whole, type=ReverseOrder, strict=False).reverse_order_lines == []
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(broken, type=ReverseOrder, strict=False)


def test_without_the_right_check_says_so_and_the_option_leaves_them_out() -> None:
    def platform(path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == LIST:
            return {"code": "InsufficientPermission", "type": "ISV", "message": "no permission"}
        return granted(1) if path == REFRESH else {"data": {}}

    with scripted(platform) as (url, _):
        assert [LIST in said for said in shop(url).check()] == [True]
        assert list(shop(url, returns=False).check()) == []
        assert list(shop(url, returns=False).pages(REVERSED, None)) == []
        with pytest.raises(ChannelError):
            list(shop(url).pages(REVERSED, None))


def test_moments_are_asked_for_in_milliseconds() -> None:
    with scripted(Listing(1)) as (url, asked_of):
        list(shop(url).pages(REVERSED, {"until": NOW.isoformat()}))
    windows = [form for path, form in asked_of if path == LIST]
    assert {form["ReverseOrderLineModifiedTimeRangeEnd"] for form in windows} == {str(int(NOW.timestamp() * 1000))}
    start = datetime.fromtimestamp(int(windows[0]["ReverseOrderLineModifiedTimeRangeStart"]) / 1000, NOW.tzinfo)
    assert start == NOW - timedelta(minutes=10)
