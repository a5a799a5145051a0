"""Amazon's errors: what is tried again and when, what is refused and with which advice, how access tokens are renewed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.requests import Request
from starlette.responses import Response

from sluice.channels.amazon.gateway import iso
from sluice.channels.protocol import ChannelError, Refused
from sluice.sandbox.host import on_loopback
from tests.channels.amazon.shop import NOW, ORDERS, Reply, scripted, shop

CURSOR = {"after": iso(NOW)}
EMPTY = {"orders": []}


def errors(code: str, message: str = "m", details: str = "") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": details}]}


def first(*answers: Reply) -> Callable[[Request], Reply]:
    """These answers, then good ones."""
    left = list(answers)
    return lambda request: left.pop(0) if left else (200, EMPTY)


def read(script: Callable[[Request], Reply]) -> list[float]:
    """Seconds that were waited until the answer was good."""
    waits: list[float] = []
    with scripted(script) as url:
        list(shop(url, waits).pages(ORDERS, CURSOR))
    return waits


def test_a_spent_quota_waits_as_long_as_the_rate_says() -> None:
    quota = errors("QuotaExceeded")
    assert read(first((429, quota, {"x-amzn-RateLimit-Limit": "0.5"}))) == [2.0]
    assert read(first((429, quota, {"Retry-After": "7"}))) == [7.0]
    # Nothing was told: the operation's default, once in 178 seconds; a wait lasts 120 at most, and then it is asked again.
    assert read(first((429, quota))) == [120]


def test_a_rate_that_was_told_once_holds_for_refusals_that_tell_none() -> None:
    following = {"orders": [], "pagination": {"nextToken": "two"}}
    assert read(first((200, following, {"x-amzn-RateLimit-Limit": "4.0"}), (429, errors("QuotaExceeded")))) == [0.25]


@pytest.mark.parametrize(
    "answer",
    [(503, errors("ServiceUnavailable")), (500, errors("InternalFailure")), (502, b"<html>"), (200, b'{"orders": [')],
)
def test_a_passing_fault_is_tried_again(answer: Reply) -> None:
    assert len(read(first(answer, answer))) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((403, errors("Unauthorized", "Access to requested resource is denied.")), Refused, "role"),
        ((401, b""), Refused, "role"),
        ((400, errors("InvalidInput", "Invalid Input", "marketplaceIds")), ChannelError, "marketplaceIds"),
        ((404, errors("NotFound", "gone")), ChannelError, "gone"),
        ((413, errors("RequestTooLarge", "large")), ChannelError, "large"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(answer: Reply, kind: type[Exception], said: str) -> None:
    calls: list[str] = []

    def script(request: Request) -> Reply:
        calls.append(request.url.path)
        return answer

    with scripted(script) as url, pytest.raises(kind, match=said):
        list(shop(url).pages(ORDERS, CURSOR))
    assert len(calls) == 1


def login(answers: list[tuple[int, Any]], seen: list[tuple[str, str]]) -> Any:
    """A server whose grants are scripted; `seen` gets each refresh token and each access token that was used."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        import json

        request = Request(scope, receive)
        if request.url.path == "/auth/o2/token":
            form = parse_qs((await request.body()).decode())
            seen.append(("refresh", form["refresh_token"][0]))
            status, body = answers.pop(0)
        else:
            token = request.headers["x-amz-access-token"]
            seen.append(("access", token))
            ended = errors(
                "Unauthorized", "Access to requested resource is denied.", "The access token you provided has expired."
            )
            status, body = (403, ended) if token == "ended" else (200, EMPTY)
        await Response(json.dumps(body), status)(scope, receive, send)

    return on_loopback(app)


def grant(token: str, seconds: int = 3600) -> tuple[int, Any]:
    return 200, {"access_token": token, "expires_in": seconds}


def test_a_token_is_used_until_shortly_before_its_end() -> None:
    seen: list[tuple[str, str]] = []
    now = [NOW]
    with login([grant("one"), grant("two")], seen) as url:
        here = shop(url, now=lambda: now[0])
        for minutes in (0, 58, 1.5):
            now[0] += timedelta(minutes=minutes)
            list(here.pages(ORDERS, CURSOR))
    assert [token for kind, token in seen if kind == "access"] == ["one", "one", "two"]
    assert [kind for kind, _ in seen].count("refresh") == 2


def test_a_token_that_ended_before_its_time_is_renewed() -> None:
    seen: list[tuple[str, str]] = []
    with login([grant("ended"), grant("two")], seen) as url:
        list(shop(url).pages(ORDERS, CURSOR))
    assert [token for kind, token in seen if kind == "access"] == ["ended", "two"]


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((400, {"error": "invalid_grant", "error_description": "revoked"}), Refused, "authorise the app again"),
        ((401, {"error": "invalid_client", "error_description": "failed"}), Refused, "client_secret"),
        ((400, {"error": "invalid_request"}), ChannelError, "invalid_request"),
    ],
)
def test_a_refused_grant_says_what_to_do_and_no_secret(answer: tuple[int, Any], kind: type[Exception], said: str) -> None:
    with login([answer], []) as url, pytest.raises(kind, match=said) as caught:
        list(shop(url).pages(ORDERS, CURSOR))
    assert "Atzr" not in str(caught.value)
    assert "oa2-cs" not in str(caught.value)


def test_addresses_come_from_region_and_url() -> None:
    here = shop("", region="eu")
    assert (here.gateway.transport.base_url, here.gateway.grant.login.base_url) == (
        "https://sellingpartnerapi-eu.amazon.com",
        "https://api.amazon.com",
    )
    assert shop("https://sandbox.sellingpartnerapi-na.amazon.com").gateway.grant.login.base_url == "https://api.amazon.com"
    assert shop("http://localhost:1/").gateway.grant.login.base_url == "http://localhost:1"


def test_check_names_what_is_missing() -> None:
    def script(request: Request) -> Reply:
        if "listings" in request.url.path:
            return 403, errors("Unauthorized", "denied")
        return 200, EMPTY

    with scripted(script) as url:
        (said,) = shop(url).check()
    assert "Product Listing" in said
    with scripted(lambda request: (200, {"items": [], "numberOfResults": 0, "orders": []})) as url:
        (said,) = shop(url).check()
    assert "ATVPDKIKX0DER" in said
