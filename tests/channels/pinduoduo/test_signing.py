"""The signature, against the published example and a foreign client's; tokens; what errors are taken for."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sluice.channels.pinduoduo.gateway import Fault, meaning
from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.signing import wrapped_md5
from sluice.channels.transport import Throttled, Transient
from sluice.sandbox.pinduoduo import SECRETS
from tests.channels.pinduoduo.shop import NOW, answered, refused, shop
from tests.channels.scripted import scripted

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/pinduoduo/signing.json").read_text())
TIME = "2026-11-01 00:00:00"


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["source"] for vector in VECTORS])
def test_signatures_are_the_published_ones(vector: dict[str, Any]) -> None:
    assert wrapped_md5(vector["parameters"], vector["secret"]) == vector["sign"]


def test_what_is_sent_is_what_was_signed() -> None:
    calls: list[dict[str, str]] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(form)
        return answered(form)

    with scripted(script) as url:
        shop(url).gateway.call("pdd.goods.list.get", goods_name="春 & 秋 100%+", page=1, nothing=None, use=True, start=NOW)
    (form,) = calls
    assert form["goods_name"] == "春 & 秋 100%+"
    assert (form["timestamp"], form["start"], form["use"]) == ("1793462400", "1793462400", "true")
    assert "nothing" not in form
    assert form["access_token"] == SECRETS["access_token"]
    assert form["sign"] == wrapped_md5(form, SECRETS["client_secret"])


def test_each_try_is_signed_anew() -> None:
    calls: list[dict[str, str]] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(form)
        return refused(70031, "调用过于频繁，请调整调用频率") if len(calls) == 1 else answered(form)

    with scripted(script) as url:
        moments = iter([NOW, NOW + timedelta(seconds=601)])
        replace(shop(url).gateway, clock=lambda: next(moments)).call("pdd.goods.list.get")
    assert [form["timestamp"] for form in calls] == ["1793462400", "1793463001"]
    assert all(form["sign"] == wrapped_md5(form, SECRETS["client_secret"]) for form in calls)


def test_a_token_is_renewed_before_it_ends_and_the_new_refresh_token_is_kept() -> None:
    used: list[str] = []
    refreshed: list[str] = []
    now = NOW

    def script(form: dict[str, str]) -> dict[str, Any]:
        if form["type"] == "pdd.pop.auth.token.refresh":
            refreshed.append(form["refresh_token"])
            assert "access_token" not in form
            number = len(refreshed)
            return answered(form, access_token=f"access-{number}", refresh_token=f"refresh-{number}", expires_in=86_400)
        used.append(form["access_token"])
        return answered(form)

    with scripted(script) as url:
        gateway = replace(shop(url).gateway, refresh_token="refresh-0", clock=lambda: now)
        for hours in (0, 22, 23.95, 24):
            now = NOW + timedelta(hours=hours)
            gateway.call("pdd.goods.list.get")
    assert used == ["access-1", "access-1", "access-2", "access-2"]
    assert refreshed == ["refresh-0", "refresh-1"]


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(52101, "当前接口被限流，请稍后重试"), Throttled, "throttled"),
        (Fault(70031, "调用过于频繁，请调整调用频率"), Throttled, "throttled"),
        (Fault(52102, "当前接口暂时不可用，请稍后重试"), Transient, "52102"),
        (Fault(52103, "服务暂时不可用，请稍后重试"), Transient, "52103"),
        (Fault(70033, "当前接口因系统维护，暂时下线，请稍后再试！"), Transient, "70033"),
        (Fault(50000, "系统内部错误"), Transient, "50000"),
        (Fault(50001, "业务服务错误", None, "系统繁忙，请稍后重试"), Transient, "稍后重试"),
        (Fault(50001, "业务服务错误", "50001", "sku不存在"), ChannelError, "sku不存在"),
        (Fault(10019, "access_token已过期"), Refused, "authorise the app again"),
        (Fault(20004, "签名sign校验失败"), Refused, "client_secret"),
        (Fault(10001, "公共参数错误:client_id"), Refused, "client_id"),
        (Fault(20005, "ip无权访问接口"), Refused, "IP list"),
        (Fault(20031, "用户没有授权访问此接口"), Refused, "apply for the package"),
        (Fault(70036, "应用处于测试状态"), Refused, "put into service"),
        (Fault(10002, "公共参数错误:timestamp"), ChannelError, "clock"),
        (Fault(99999, "something new"), ChannelError, "something new"),
    ],
)  # fmt: skip
def test_an_error_becomes_what_can_be_done_about_it(fault: Fault, kind: type[Exception], says: str) -> None:
    found = meaning(fault)
    assert type(found) is kind
    assert says in str(found)


def test_the_platform_s_time_is_read_in_both_of_its_notations() -> None:
    for told in (TIME, "1793462400", 1793462400):
        with scripted(lambda form, told=told: answered(form, time=told)) as url:  # type: ignore[misc]
            assert shop(url).gateway.now() == NOW


def test_an_answer_under_another_name_is_no_answer() -> None:
    with scripted(lambda form: {"other_response": {}}) as url, pytest.raises(ChannelError, match="time_get_response"):
        shop(url).gateway.now()


def test_secrets_stay_out_of_what_is_shown() -> None:
    gateway = replace(shop("http://127.0.0.1:9").gateway, refresh_token=SECRETS["refresh_token"])
    for name in ("client_secret", "access_token", "refresh_token"):
        assert SECRETS[name] not in repr(gateway)
