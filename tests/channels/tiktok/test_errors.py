"""Errors by what the body says: what passes is tried again, what lasts is said in words that a shop's owner can act on."""

from datetime import timedelta
from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.tiktok.gateway import Envelope, meaning
from sluice.channels.transport import Throttled, Transient
from tests.channels.tiktok.shop import NOW, ORDERS, TOKEN, Call, connection, fault, scripted, shop


@pytest.mark.parametrize(
    ("code", "message", "status", "kind", "says"),
    [
        (106001, "Invalid credentials. The 'sign' query parameter is invalid.", 401, Refused, "app_secret"),
        (105002, "Expired credentials", 200, Refused, "authorise the app again"),
        (1, "access_token is expired", 200, Refused, "authorise the app again"),
        (105005, "Access denied. The app lacks the scope seller.order.info for this access token", 403, Refused, "scope"),
        (1, "no permission", 200, Refused, "scope"),
        (36009004, "Invalid timestamp", 400, ChannelError, "clock"),
        (1, "Too many requests", 200, Throttled, "throttled"),
        (1, "The app's QPS limit was reached", 200, Throttled, "throttled"),
        (36009003, "Internal error. Please try again.", 500, Transient, "Internal"),
        (1, "system busy", 200, Transient, "busy"),
        (12052048, "The product does not exist", 200, ChannelError, "does not exist"),
        (77, "", 200, ChannelError, "code 77"),
        (77, "", 502, Transient, "code 77"),
    ],
)  # fmt: skip
def test_what_an_answer_means(code: int, message: str, status: int, kind: type[Exception], says: str) -> None:
    made = meaning(Envelope(code, message, "r-1"), status)
    assert isinstance(made, kind)
    assert says in str(made)
    if kind is ChannelError:
        assert not isinstance(made, Refused)


@pytest.mark.parametrize(
    "spoiled",
    [
        (429, {"code": 1, "message": "slow"}),
        (429, b"slow down"),
        (502, b"<html>Bad gateway</html>"),
        (200, b'{"code":0,"data":{"orders":['),
        (200, b"<html>maintenance</html>"),
        fault(36009003, "Internal error"),
    ],
)
def test_what_passes_is_tried_again(spoiled: tuple[int, Any]) -> None:
    waits: list[float] = []
    answers = iter([spoiled, {"orders": []}])
    with scripted(lambda call: next(answers) if call.path.endswith("/search") else None) as (url, _):
        assert len(list(shop(url, sleep=waits.append).pages(ORDERS, None))) == 1
    assert len(waits) == 1


def test_a_token_that_ends_before_its_time_is_renewed_once() -> None:
    """With the refresh token that came last; each one counts once."""
    given: list[str] = []

    def script(call: Call) -> Any:
        if call.path == "/api/v2/token/refresh":
            given.append(call.asked["refresh_token"])
            return TOKEN | {"access_token": f"access-{len(given)}", "refresh_token": f"refresh-{len(given)}"}
        if call.path.endswith("/search") and call.headers["x-tts-access-token"] == "access-1":
            return fault(105002, "Expired credentials", 401)
        return {"orders": []} if call.path.endswith("/search") else None

    with scripted(script) as (url, _):
        assert len(list(shop(url).pages(ORDERS, None))) == 1
    assert given == ["sandbox-tiktok-refresh", "refresh-1"]


def test_a_platform_that_takes_no_token_is_not_asked_for_ever() -> None:
    def script(call: Call) -> Any:
        return fault(105002, "Expired credentials", 401) if call.path.endswith("/search") else None

    with scripted(script) as (url, calls), pytest.raises(Refused, match="authorise the app again"):
        list(shop(url).pages(ORDERS, None))
    assert len(calls) < 10


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    now = [NOW]

    with scripted(lambda call: None) as (url, calls):
        opened = shop(url, now=lambda: now[0])
        for later in (timedelta(0), timedelta(days=6, hours=23, minutes=50), timedelta(days=6, hours=23, minutes=59)):
            now[0] = NOW + later
            opened.gateway.shops()
    asked = [call.path.rsplit("/", 1)[1] for call in calls]
    assert asked == ["refresh", "shops", "shops", "refresh", "shops"]


def test_where_the_kept_refresh_token_is_refused_the_owner_s_new_one_is_tried() -> None:
    def script(call: Call) -> Any:
        if call.path != "/api/v2/token/refresh":
            return None
        return fault(36004004, "refresh_token is invalid") if call.asked["refresh_token"] == "old" else TOKEN

    with scripted(script) as (url, calls):
        opened = shop(url)
        opened.gateway.tokens.fresh(lambda token: False, lambda token: {"access_token": "x", "refresh_token": "old", "ends": 0})
        opened.gateway.shops()
    assert [call.asked.get("refresh_token") for call in calls] == ["old", "sandbox-tiktok-refresh", None]


def test_secrets_are_in_no_message() -> None:
    def script(call: Call) -> Any:
        return fault(36004004, "app_key or app_secret is invalid") if "token" in call.path else None

    with scripted(script) as (url, _), pytest.raises(Refused) as said:
        shop(url).gateway.shops()
    opened = shop(url)
    for text in (str(said.value), repr(opened.gateway), repr(connection(url))):
        assert "sandbox-tiktok-secret" not in text
        assert "sandbox-tiktok-refresh" not in text


@pytest.mark.parametrize(("shop_id", "cipher"), [("2", "b"), (None, None), ("9", None)])
def test_of_several_shops_the_one_that_is_meant(shop_id: str | None, cipher: str | None) -> None:
    shops = {"shops": [{"id": "1", "cipher": "a", "name": "One", "region": "US"}, {"id": "2", "cipher": "b"}]}
    with scripted(lambda call: shops if call.path.endswith("/shops") else None) as (url, _):
        gateway = shop(url, shop_id=shop_id).gateway
        if cipher:
            assert gateway.cipher() == cipher
        else:
            with pytest.raises(Refused, match=r"option shop_id.*1 \(One, US\), 2"):
                gateway.cipher()


def test_a_check_names_what_the_app_may_not_read() -> None:
    def script(call: Call) -> Any:
        if not call.path.endswith("/search"):
            return None
        return fault(105005, "no permission", 403) if "returns" in call.path else {}

    with scripted(script) as (url, _):
        (said,) = shop(url).check()
    assert said.startswith("returns can't be read")
    assert "scope" in said
