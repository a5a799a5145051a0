"""The signature against two clients that are not ours, and what Douyin's errors are taken for."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.channels.douyin.gateway import Envelope, canonical, meaning, signature
from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.transport import Throttled, Transient
from sluice.sandbox.douyin.server import SECRETS
from tests.channels.douyin.shop import ORDERS, SECOND, TOKEN, Call, fault, scripted, shop

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/douyin/signing.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_two_other_clients_sign_as_we_do(vector: dict[str, Any]) -> None:
    assert canonical(vector["parameters"]) == vector["param_json"]
    made = signature(vector["app_key"], vector["secret"], vector["method"], vector["param_json"], vector["timestamp"])
    assert made == vector["mcp-cn-commerce"] == vector["doudian"]


def test_parameters_are_written_as_they_are_signed() -> None:
    assert canonical({"b": [{"d": 1.0, "c": None}], "a": "<春>&/", "z": 1.5}) == '{"a":"<春>&/","b":[{"c":null,"d":1}],"z":1.5}'


def test_what_is_sent_is_what_was_signed() -> None:
    with scripted(lambda call: {} if call.method == "order.searchList" else None) as (url, calls):
        shop(url).gateway.call("order.searchList", product="春 & 秋 100%+", page=0, nothing=None)
    renewal, call = calls
    assert (renewal.path, "access_token" in renewal.asked) == ("/token/refresh", False)
    assert renewal.given == {"grant_type": "refresh_token", "refresh_token": "sandbox-douyin-refresh"}
    assert (call.path, call.asked["access_token"], call.asked["timestamp"]) == ("/order/searchList", "access", str(SECOND))
    assert call.body == '{"page":0,"product":"春 & 秋 100%+"}'.encode()
    for one in calls:
        signed = signature(SECRETS["app_key"], SECRETS["app_secret"], one.method, one.body.decode(), one.asked["timestamp"])
        assert one.asked["sign"] == signed


@pytest.mark.parametrize(
    ("said", "kind", "says"),
    [
        (Envelope(60000, "触发限流"), Throttled, "throttled"),
        (Envelope(50002, "", "isv.business-limit"), Throttled, "throttled"),
        (Envelope(20000, "服务不可用", "isp.service-error"), Transient, "服务不可用"),
        (Envelope(70000, "", "isp.api-busy"), Transient, "isp.api-busy"),
        (Envelope(40003, "", "isv.access-token-expired"), Refused, "authorise the app again"),
        (Envelope(50001, "", "dop.token-generate-failed:token-expired"), Refused, "refresh token"),
        (Envelope(30001, "", "dop.authorization-closed"), Refused, "authorise the app again"),
        (Envelope(30001, "", "isv.app-permissions-insufficient"), Refused, "apply for it"),
        (Envelope(30002), Refused, "address"),
        (Envelope(40003, "", "isv.signature-invalid"), Refused, "app_secret"),
        (Envelope(40003, "", "isv.app-id-invalid"), Refused, "app_key"),
        (Envelope(40003, "", "isv.timestamp-invalid"), ChannelError, "clock"),
        (Envelope(50002, "商品不存在", "isv.business-failed:1"), ChannelError, "商品不存在"),
        (Envelope(None, err_no=7, message="old"), ChannelError, "old"),
    ],
)  # fmt: skip
def test_what_an_error_means(said: Envelope, kind: type[Exception], says: str) -> None:
    made = meaning(said)
    assert isinstance(made, kind)
    assert says in str(made)
    if kind is ChannelError:
        assert not isinstance(made, Refused)


@pytest.mark.parametrize("spoiled", [b'{"code":10000,"data":{', b"<html>", fault(60000), fault(20000, "isp.x")])
def test_what_passes_is_tried_again(spoiled: bytes) -> None:
    waits: list[float] = []
    answers = iter([spoiled, {"total": 0}])
    with scripted(lambda call: next(answers) if call.method == "order.searchList" else None) as (url, _):
        shop(url, sleep=waits.append).gateway.call("order.searchList", page=0)
    assert len(waits) == 1


def test_a_token_that_ends_before_its_time_is_renewed_once() -> None:
    given: list[str] = []

    def script(call: Call) -> Any:
        if call.method == "token.refresh":
            given.append(call.given["refresh_token"])
            return TOKEN | {"access_token": f"access-{len(given)}", "refresh_token": f"refresh-{len(given)}"}
        return fault(40003, "isv.access-token-expired") if call.asked["access_token"] == "access-1" else {"total": 0}

    with scripted(script) as (url, _):
        shop(url).gateway.call("order.searchList", page=0)
    assert given == ["sandbox-douyin-refresh", "refresh-1"]


@pytest.mark.parametrize("expires_in", [604_800, SECOND + 604_800])
def test_the_end_of_a_token_is_a_moment_or_a_time_from_now(expires_in: int) -> None:
    script = {"token.refresh": TOKEN | {"expires_in": expires_in}, "order.searchList": {}}
    with scripted(lambda call: script[call.method]) as (url, _):
        opened = shop(url)
        opened.gateway.call("order.searchList", page=0)
    assert opened.gateway.tokens.fresh(lambda token: True, lambda token: {})["ends"] == SECOND + 604_800


def test_secrets_are_in_no_message() -> None:
    with scripted(lambda call: fault(50001, "dop.token-generate-failed:token-invalid")) as (url, _):
        opened = shop(url)
        with pytest.raises(Refused) as said:
            list(opened.pages(ORDERS, None))
    for text in (str(said.value), repr(opened.gateway)):
        assert "sandbox-douyin-secret" not in text
        assert "sandbox-douyin-refresh" not in text
