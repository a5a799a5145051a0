"""The signature, against published examples, and what TOP's errors are taken for."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.taobao.gateway import Fault, meaning, signature
from sluice.channels.transport import Throttled, Transient
from tests.channels.scripted import scripted
from tests.channels.taobao.shop import answered, shop

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures/taobao/signing.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["source"] for vector in VECTORS])
def test_signatures_are_the_published_ones(vector: dict[str, Any]) -> None:
    assert signature(vector["parameters"], vector["secret"], vector["sign_method"]) == vector["sign"]
    signed = vector["parameters"] | {"sign": "whatever was here before"}
    assert signature(signed, vector["secret"], vector["sign_method"]) == vector["sign"]


@pytest.mark.parametrize("sign_method", ["md5", "hmac", "hmac-sha256"])
def test_what_is_sent_is_what_was_signed(sign_method: str) -> None:
    calls: list[dict[str, str]] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(form)
        return answered(form)

    with scripted(script) as url:
        shop(url, sign_method=sign_method).gateway.call("taobao.items.onsale.get", q="春 & 秋 100%+", page_no=1, nothing=None)
    (form,) = calls
    assert form["q"] == "春 & 秋 100%+"
    assert form["sign_method"] == sign_method
    assert "nothing" not in form
    assert form["sign"] == signature(form, "sandbox-taobao-secret", sign_method)


def test_each_try_is_signed_anew() -> None:
    """After a ban of minutes the first try's time would be refused."""
    calls: list[dict[str, str]] = []

    def script(form: dict[str, str]) -> dict[str, Any]:
        calls.append(form)
        if len(calls) == 1:
            return {"error_response": {"code": 7, "msg": "This ban will last for 600 more seconds"}}
        return answered(form)

    with scripted(script) as url:
        now = datetime(2026, 10, 31, 16, tzinfo=UTC)
        moments = iter([now, now + timedelta(seconds=601)])
        gateway = replace(shop(url).gateway, clock=lambda: next(moments))
        gateway.call("taobao.items.onsale.get", page_no=1)
    assert [form["timestamp"] for form in calls] == ["2026-11-01 00:00:00", "2026-11-01 00:10:01"]
    assert all(form["sign"] == signature(form, "sandbox-taobao-secret", "md5") for form in calls)


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(7, "App Call Limited", "accesscontrol.limited-by-app-access-count", "This ban will last for 3 more seconds"),
         Throttled, "wait 4"),
        (Fault(7, "This ban will last for 1 more seconds"), Throttled, "wait 2"),
        (Fault(7, "App Call Limited"), Throttled, "throttled"),
        (Fault(15, "Remote service error", "isp.top-remote-connection-timeout", "late"), Transient, "late"),
        (Fault(10, "Service Currently Unavailable"), Transient, "Unavailable"),
        (Fault(27, "Invalid session"), Refused, "authorise the app again"),
        (Fault(26, "Missing session"), Refused, "authorise the app again"),
        (Fault(15, "Remote service error", "isv.session-expired"), Refused, "authorise the app again"),
        (Fault(25, "Invalid signature"), Refused, "app_secret"),
        (Fault(29, "Invalid app Key"), Refused, "app_key"),
        (Fault(11, "Insufficient isv permissions"), Refused, "apply for it"),
        (Fault(15, "Remote service error", "isv.permission-api-package-limit"), Refused, "apply for it"),
        (Fault(31, "Invalid timestamp"), ChannelError, "clock"),
        (Fault(15, "Remote service error", "isv.item-not-exist:invalid-numIid", "商品已被删除"), ChannelError, "商品已被删除"),
        (Fault(41, "Invalid arguments:page_size"), ChannelError, "page_size"),
    ],
)  # fmt: skip
def test_an_error_becomes_what_can_be_done_about_it(fault: Fault, kind: type[Exception], says: str) -> None:
    found = meaning(fault)
    assert type(found) is kind
    assert says in str(found)


def test_secrets_stay_out_of_what_is_shown() -> None:
    gateway = shop("http://127.0.0.1:9").gateway
    assert "sandbox-taobao-secret" not in repr(gateway)
    assert "sandbox-taobao-session" not in repr(gateway)
