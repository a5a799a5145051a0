"""Parcels told to Taobao: whole trades, whole orders of a trade, each tracking number once."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sluice.channels.protocol import Dispatch
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.channels.scripted import scripted
from tests.channels.taobao.shop import TRADES, answered, newest, refused, shop
from tests.sandbox.worlds import world


@pytest.fixture
def url() -> Iterator[str]:
    with hosted(SandboxState(world(11, 3_000))) as address:
        yield f"{address}/taobao"


def trades(url: str, status: str, orders: int = 1) -> list[dict[str, Any]]:
    """Trades in this state, as they are now, of at least so many orders."""
    ours = shop(url)
    found = newest(list(ours.pages(TRADES, None))).values()
    return [trade for trade in found if trade["status"] == status and len(trade["orders"]["order"]) >= orders]


def told(url: str, trade: int | str, tracking: str, lines: Mapping[str, int] | None = None) -> tuple[bool, str]:
    parcel = Dispatch(f"{trade}/{tracking}", str(trade), "SF", tracking, AS_OF, lines or {})
    (answer,) = shop(url).ship([parcel])
    assert answer.decision_id == parcel.dispatch_id
    return answer.accepted, answer.message


def test_a_trade_leaves_once(url: str) -> None:
    tid = trades(url, "WAIT_SELLER_SEND_GOODS")[0]["tid"]
    assert told(url, tid, "SF1") == (True, "told")
    assert told(url, tid, "SF1") == (True, "already told")
    assert told(url, tid, "SF2") == (False, "Taobao takes no parcel of a trade that is WAIT_BUYER_CONFIRM_GOODS")


def test_orders_of_a_trade_leave_apart_and_whole(url: str) -> None:
    trade = trades(url, "WAIT_SELLER_SEND_GOODS", orders=2)[0]
    first, second, *_ = ({str(order["oid"]): order["num"]} for order in trade["orders"]["order"])
    assert told(url, trade["tid"], "SF1", first) == (True, "told")
    ((line, pieces),) = first.items()
    assert told(url, trade["tid"], "SF2", first) == (False, f"{line} has left already")
    ((line, pieces),) = second.items()
    accepted, message = told(url, trade["tid"], "SF3", {line: pieces + 1})
    assert not accepted
    assert "whole orders" in message
    assert told(url, trade["tid"], "SF3", {"17": 1}) == (False, "the trade has no order 17")
    assert told(url, trade["tid"], "SF3", second) == (True, "told")


def test_what_the_platform_says_against_it_is_passed_on(url: str) -> None:
    assert told(url, "1", "SF1")[0] is False

    def script(form: dict[str, str]) -> dict[str, Any]:
        if form["method"] == "taobao.logistics.offline.send":
            return refused(15, "isv.logistics-offline-service-error:S01", "运单号不符合规则或已经被使用")
        return answered(form, trade={"tid": 1, "status": "WAIT_SELLER_SEND_GOODS", "orders": {"order": [{"oid": 1, "num": 1}]}})

    with scripted(script) as gateway:
        accepted, message = told(gateway, 1, "SF1")
    assert not accepted
    assert "运单号不符合规则" in message
