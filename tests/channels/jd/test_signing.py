"""The signature, against the published example and a foreign client's; what errors are taken for."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sluice.channels.jd.gateway import Fault, found, meaning
from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.signing import glued, wrapped_md5
from sluice.channels.transport import Throttled, Transient
from sluice.sandbox.jd import SECRETS
from tests.channels.jd.shop import NOW, answered, asked, shop
from tests.channels.scripted import scripted

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/jd/signing.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["source"] for vector in VECTORS])
def test_signatures_are_the_published_ones(vector: dict[str, Any]) -> None:
    assert wrapped_md5(vector["parameters"], vector["secret"]) == vector["sign"]
    assert glued(vector["parameters"]).startswith("360buy_param_json")


@pytest.mark.parametrize("nested", [False, True])
def test_what_is_sent_is_what_was_signed(nested: bool) -> None:
    """Chinese text too, at which a public client fails; in the container or not, as the shop's option says."""
    calls: list[dict[str, str]] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(form)
        return answered(form)

    with scripted(script) as url:
        gateway = shop(url, parameters="nested" if nested else "flat").gateway
        gateway.call(
            "jingdong.pop.order.search", "paramOrderJSFQuery", remark="春 & 秋 100%+", start_date=NOW, page="1", nothing=None
        )
    (form,) = calls
    plain = {"remark": "春 & 秋 100%+", "start_date": "2026-11-01 00:00:00", "page": "1"}
    assert asked(form) == ({"paramOrderJSFQuery": plain} if nested else plain)
    assert set(form) == {"360buy_param_json", "access_token", "app_key", "method", "timestamp", "v", "sign"}
    assert form["sign"] == wrapped_md5(form, SECRETS["app_secret"])


def test_each_try_is_signed_anew() -> None:
    calls: list[dict[str, str]] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(form)
        if len(calls) == 1:
            return {"error_response": {"code": "22", "zh_desc": "API调用频率超过限制", "en_desc": "call limit"}}
        return answered(form)

    with scripted(script) as url:
        moments = iter([NOW, NOW + timedelta(seconds=601)])
        replace(shop(url).gateway, clock=lambda: next(moments)).call("jingdong.sku.read.searchSkuList")
    assert [form["timestamp"] for form in calls] == ["2026-11-01 00:00:00", "2026-11-01 00:10:01"]
    assert all(form["sign"] == wrapped_md5(form, SECRETS["app_secret"]) for form in calls)


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault("22", "API调用频率超过限制", "call limit reached"), Throttled, "throttled"),
        (Fault(65, "平台连接后端服务超时，请稍后重试", "service timeout"), Transient, "65"),
        (Fault("19", "access_token已过期", "access_token expired"), Refused, "authorise the app again"),
        (Fault("25", "无效签名", "Invalid signature"), Refused, "app_secret"),
        (Fault("21", "无效的app_key", "Invalid app_key"), Refused, "app_key"),
        (Fault("12", "没有权限访问", None), Refused, "apply for it"),
        (Fault("31", "timestamp时间戳超出有效期", "Invalid timestamp"), ChannelError, "clock"),
        (Fault("99", None, "something new"), ChannelError, "something new"),
    ],
)
def test_an_error_becomes_what_can_be_done_about_it(fault: Fault, kind: type[Exception], says: str) -> None:
    said = meaning(fault)
    assert type(said) is kind
    assert says in str(said)


@pytest.mark.parametrize("spelling", ["_responce", "_response"])
@pytest.mark.parametrize(
    ("inside", "is_fault"),
    [
        ({"searchorderinfo_result": {"apiResult": {"success": False, "chineseErrCode": "时间跨度"}}}, True),
        ({"searchorderinfo_result": {"apiResult": {"success": "false"}}}, True),
        ({"searchorderinfo_result": {"apiResult": {"success": "true"}, "orderTotal": 0}}, False),
        ({"pageResult": {"success": False, "code": "10001", "message": "no"}}, True),
        ({"page": {"data": []}}, False),
        ({"code": "10100014", "zh_desc": "no"}, True),
        ({"success": True}, False),
        ({"success": False, "message": "no"}, True),
    ],
)
def test_an_answer_that_is_no_success_is_a_fault(spelling: str, inside: dict[str, Any], is_fault: bool) -> None:
    body = json.dumps({"jingdong_x" + spelling: {"code": "0"} | inside}).encode()
    assert (found(msgspec.json.decode(body, type=dict[str, msgspec.Raw])) is not None) == is_fault


def test_secrets_stay_out_of_what_is_shown() -> None:
    gateway = shop("http://127.0.0.1:9").gateway
    assert SECRETS["app_secret"] not in repr(gateway)
    assert SECRETS["access_token"] not in repr(gateway)
