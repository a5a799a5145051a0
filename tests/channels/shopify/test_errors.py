"""Shopify's errors, most of them in an answer that HTTP calls good: each told apart by its body, in words for a shop's owner."""

from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, Refused
from tests.channels.shopify.shop import ORDERS, Scripted, nodes, scripted, shop

EMPTY = {"data": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": False}}}}
ONE = {"data": {"orders": {"nodes": [{"id": "gid://shopify/Order/1"}], "pageInfo": {"hasNextPage": False}}}}


def error(code: str, message: str = "It is so.", cost: dict[str, Any] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return body | ({"extensions": {"cost": cost}} if cost else {})


def cost(requested: float, available: float, rate: float = 50) -> dict[str, Any]:
    status = {"maximumAvailable": 1000, "currentlyAvailable": available, "restoreRate": rate}
    return {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((200, error("ACCESS_DENIED", "Access denied. Required access: `read_customers`")), Refused, "read_customers"),
        ((200, error("SHOP_INACTIVE", "This shop is closed")), Refused, "inactive"),
        ((200, error("undefinedField", "Field 'x' doesn't exist on type 'Order'")), ChannelError, "Field 'x'"),
        ((401, {"errors": "[API] Invalid API key or access token"}), Refused, "access token"),
        ((403, b"<html>Forbidden</html>"), Refused, "access token"),
        ((402, {"errors": "Payment Required"}), ChannelError, "unpaid bill"),
        ((404, {"errors": "Not Found"}), ChannelError, "option version"),
        ((423, {"errors": "Locked"}), ChannelError, "locked"),
        ((400, {"errors": "Bad Request"}), ChannelError, "Bad Request"),
        ((200, {"errors": "something in plain text"}), ChannelError, "something in plain text"),
    ],
)
def test_what_lasts_is_said_at_once(answer: Scripted, kind: type[ChannelError], words: str) -> None:
    waits: list[float] = []
    with scripted(answer) as (url, got), pytest.raises(kind, match=words) as raised:
        next(shop(url, waits.append).pages(ORDERS, None))
    assert raised.type is kind
    assert (len(got), waits) == (1, [])


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        ((200, error("THROTTLED", "Throttled", cost(120, 20))), 2.0),
        ((429, error("THROTTLED", "Throttled", cost(120, 20))), 2.0),
        ((429, {"errors": "Exceeded"}, {"Retry-After": "4.0"}), 4.0),
        ((429, b"slow down"), None),
        ((200, error("INTERNAL_SERVER_ERROR")), None),
        ((200, error("TIMEOUT")), None),
        ((502, b"<html>Bad gateway</html>"), None),
        ((200, b'{"data":{"orders":{"nodes":[{"id":'), None),
        ((200, b"<html>maintenance</html>"), None),
    ],
)
def test_what_passes_is_tried_again_when_shopify_says(answer: Scripted, wait: float | None) -> None:
    waits: list[float] = []
    with scripted(answer, (200, ONE)) as (url, got):
        assert len(nodes(list(shop(url, waits.append).pages(ORDERS, None)))) == 1
    assert len(got) == 2
    assert waits == [pytest.approx(wait, abs=0.2)] if wait else len(waits) == 1


def test_the_next_query_waits_for_its_price_and_no_longer() -> None:
    waits: list[float] = []
    more = {"data": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}}}
    poor, rich = {"extensions": {"cost": cost(100, 50)}}, {"extensions": {"cost": cost(100, 500)}}
    with scripted((200, more | poor), (200, more | rich), (200, EMPTY | rich)) as (url, _):
        assert list(shop(url, waits.append, clock=lambda: 0.0).pages(ORDERS, None)) == []
    assert waits == [1.0]


def test_a_dear_query_is_halved_until_it_can_be_paid() -> None:
    dear = (200, error("MAX_COST_EXCEEDED", "Query cost is 1723, which exceeds the single query max cost limit (1000)."))
    with scripted(dear, dear, (200, EMPTY)) as (url, got):
        list(shop(url, page_size=50).pages(ORDERS, None))
    assert [request["variables"]["first"] for request in got] == [50, 25, 12]
    with scripted(dear) as (url, got), pytest.raises(ChannelError, match="1723"):
        list(shop(url, page_size=3).pages(ORDERS, None))
    assert [request["variables"]["first"] for request in got] == [3, 1]
