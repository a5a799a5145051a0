"""Signatures against published ones, errors mean what they say, tokens are renewed and kept, each try is signed anew."""

import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from sluice.channels.lazada.connector import HOSTS
from sluice.channels.lazada.gateway import Expired, Fault, meaning, signature
from sluice.channels.lazada.push import WEBHOOK
from sluice.channels.protocol import ChannelError, Refused, Remembered
from sluice.channels.transport import Throttled, Transient
from sluice.sandbox.lazada import SECRETS
from tests.channels.lazada.shop import FIXTURES, NOW, PRODUCTS, REFRESH, granted, scripted, shop

PUBLISHED = json.loads((FIXTURES / "signing.json").read_text())
EMPTY = {"data": {"total_products": 0, "products": []}}


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one["path"])
def test_published_signatures(one: dict[str, Any]) -> None:
    assert signature(one["app_secret"], one["path"], one["parameters"]) == one["sign"]


class Platform:
    """Grants access-1, access-2 ... each for the refresh token before it."""

    def __init__(self) -> None:
        self.grants, self.valid = 0, ""
        self.accepts = {SECRETS["refresh_token"]}

    def __call__(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == REFRESH:
            if form["refresh_token"] not in self.accepts:
                return {"code": "IllegalRefreshToken", "type": "ISV", "message": "The refresh token is invalid"}
            self.grants += 1
            self.accepts, self.valid = {f"refresh-{self.grants}"}, f"access-{self.grants}"
            return granted(self.grants)
        if form["access_token"] != self.valid:
            return {"code": "IllegalAccessToken", "type": "ISV", "message": "The access token is invalid or expired"}
        return EMPTY


def test_tokens_outlive_the_connection_and_are_renewed_by_their_successor() -> None:
    clock, tokens, platform = [NOW], Remembered(), Platform()
    with scripted(platform) as (url, asked):
        for days in (0, 6, 7):
            clock[0] = NOW + timedelta(days=days)
            list(shop(url, lambda: clock[0], tokens).pages(PRODUCTS, None))
    assert [form["refresh_token"] for path, form in asked if path == REFRESH] == [SECRETS["refresh_token"], "refresh-1"]


def test_a_token_that_was_taken_back_is_renewed_once_and_a_new_authorisation_takes_over() -> None:
    tokens, platform = Remembered(), Platform()
    with scripted(platform) as (url, _):
        list(shop(url, tokens=tokens).pages(PRODUCTS, None))
        platform.valid = "another"
        list(shop(url, tokens=tokens).pages(PRODUCTS, None))
        assert platform.grants == 2
        platform.accepts, platform.valid = {"granted-anew"}, ""
        with pytest.raises(Refused, match="authorise"):
            list(shop(url, tokens=tokens).pages(PRODUCTS, None))
        anew = SECRETS | {"refresh_token": "granted-anew"}
        list(shop(url, tokens=tokens, secrets=anew).pages(PRODUCTS, None))
    assert platform.grants == 3


def test_each_try_has_a_time_and_a_signature_of_its_own_and_a_ban_is_waited_out() -> None:
    clock, tries = [NOW], []
    waits: list[float] = []

    def platform(path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == REFRESH:
            return granted(1)
        tries.append((path, form))
        clock[0] += timedelta(minutes=4)
        message = "The access frequency exceeds the limit. this ban will last 7 more seconds"
        return {"code": "ApiCallLimit", "type": "ISV", "message": message} if len(tries) < 3 else EMPTY

    with scripted(platform) as (url, _):
        found = shop(url, lambda: clock[0])
        found.gateway.transport.sleep = waits.append
        list(found.pages(PRODUCTS, None))
    assert waits == [8, 8]
    assert len({form["timestamp"] for _, form in tries}) == 3
    for path, form in tries:
        assert form["sign"] == signature(SECRETS["app_secret"], path, form)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("ApiCallLimit", Throttled, ""),
        ("SellerCallLimit", Throttled, ""),
        ("IllegalAccessToken", Expired, ""),
        ("IllegalRefreshToken", Refused, "authorise"),
        ("IncompleteSignature", Refused, "app_secret"),
        ("InvalidAppKey", Refused, "app_key"),
        ("InsufficientPermission", Refused, "console"),
        ("AppWhiteIpLimit", Refused, "console"),
        ("IllegalTimestamp", ChannelError, "clock"),
        ("ServiceTimeout", Transient, ""),
        ("MISSING_PARAMETER", ChannelError, "MISSING_PARAMETER"),
    ],
)
def test_errors_mean(code: str, kind: type[Exception], words: str) -> None:
    found = meaning(Fault(code, "ISV", "said"))
    assert type(found) is kind
    assert words in str(found)
    assert type(meaning(Fault("999", "SYSTEM", "said"))) is Transient


def test_a_shop_s_country_follows_from_its_currency() -> None:
    assert shop("", currency="THB").gateway.transport.base_url == HOSTS["THB"]
    assert shop("", currency="THB").gateway.granting.base_url == "https://auth.lazada.com/rest"
    with pytest.raises(Refused, match="url"):
        shop("", currency="CNY")


def test_a_notification_is_signed_over_key_and_body_and_kept() -> None:
    body = (
        b'{"seller_id":"1234567","message_type":0,"data":{"order_status":"unpaid"},"timestamp":1603766859530,"site":"lazada_vn"}'
    )
    secrets = {"push_secret": "helloworld", "push_app_key": "123456"}
    header = {"authorization": hmac.new(b"helloworld", b"123456" + body, "sha256").hexdigest()}
    assert WEBHOOK.verify(secrets, header, body)
    assert not WEBHOOK.verify(secrets, header, body + b" ")
    assert not WEBHOOK.verify(secrets, {}, body)
    assert not WEBHOOK.verify({"push_secret": "helloworld"}, header, body)
    event = WEBHOOK.event({}, body)
    assert (event.topic, event.stream) == ("order", None)
    assert event.occurred_at is not None
    assert event.occurred_at.timestamp() == pytest.approx(1603766859.53)


def lists(path: str, form: dict[str, str]) -> dict[str, Any]:
    return {"data": {"countTotal": 0, "total_products": 0, "orders": [], "products": []}}


@pytest.mark.parametrize(
    ("granted", "currency", "said"),
    [
        ({"refresh_expires_in": 60 * 86_400, "country": "sg"}, "SGD", []),
        ({}, "SGD", []),
        ({"refresh_expires_in": 9 * 86_400, "country": "sg"}, "SGD", ["ends on 2026-11-09"]),
        (
            {"refresh_expires_in": 60 * 86_400, "country": "th"},
            "SGD",
            ["Lazada in th, which sells in THB, and the shop says SGD"],
        ),
        ({"refresh_expires_in": 60 * 86_400, "country": "cb"}, "SGD", []),
        ({"refresh_expires_in": 60 * 86_400, "country": "th"}, "CNY", []),
    ],
)
def test_check_tells_of_the_authorisation(granted: dict[str, Any], currency: str, said: list[str]) -> None:
    def answer(path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == REFRESH:
            return {"access_token": "a", "refresh_token": "r", "expires_in": 604_800, **granted}
        return lists(path, form)

    with scripted(answer) as (url, _):
        found = list(shop(url, currency=currency).check())
    assert [words for words, line in zip(said, found, strict=True) if words in line] == said


def test_check_tells_which_list_can_not_be_read() -> None:
    def answer(path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == REFRESH:
            return {"access_token": "a", "refresh_token": "r", "expires_in": 604_800}
        if path == "/products/get":
            return {"code": "InsufficientPermission", "type": "ISV", "message": "The app has no permission for the API"}
        return lists(path, form)

    with scripted(answer) as (url, _):
        [only] = shop(url).check()
    assert only.startswith("/products/get can't be read: Lazada does not let the app do this")
