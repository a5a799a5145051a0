"""Each chat gets what it accepts, and its refusal counts as one although HTTP says 200. No secret reaches a log."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from sluice.alerts.message import Event, Message
from sluice.alerts.send import DeliveryError, redacted, send, targets
from sluice.config import ConfigError
from tests.alerts.receivers import SECRET, TOKEN, dingtalk, feishu, receiving, webhook, wecom


def event(alert_id: int = 1, title: str = "orders are late", detail: str = "三个订单") -> Event:
    return Event(alert_id, "opened", "critical", title, detail, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), None)


ONE = Message([event()])
CHATS = [("dingtalk", dingtalk), ("feishu", feishu), ("lark", feishu), ("wecom", wecom)]


def address(scheme: str, base: str, secret: str = SECRET, token: str = TOKEN) -> str:
    return f"{scheme}://{token}?secret={quote(secret, safe='')}&base={base}"


@pytest.mark.parametrize(("scheme", "robot"), CHATS)
def test_message_is_accepted(scheme: str, robot: Callable) -> None:
    with receiving(robot) as receiver:
        # The signature holds + and / by chance only: enough tries that both occur.
        for _ in range(12):
            send(address(scheme, receiver.base), ONE)
        assert len(receiver.taken) == 12
        assert "orders are late" in receiver.said()
        assert "三个订单" in receiver.said()


@pytest.mark.parametrize(
    ("scheme", "robot", "token", "secret", "code"),
    [
        ("dingtalk", dingtalk, TOKEN, "wrong", "310000"),
        ("dingtalk", dingtalk, "wrong", SECRET, "300001"),
        ("feishu", feishu, TOKEN, "wrong", "19021"),
        ("feishu", feishu, "wrong", SECRET, "19001"),
        ("wecom", wecom, "wrong", SECRET, "93000"),
    ],
)
def test_refusal_in_the_body_is_a_failure(scheme: str, robot: Callable, token: str, secret: str, code: str) -> None:
    with receiving(robot) as receiver:
        with pytest.raises(DeliveryError, match=code):
            send(address(scheme, receiver.base, secret, token), ONE)
        assert receiver.requests == 1
        assert receiver.taken == []


@pytest.mark.parametrize(
    ("scheme", "robot", "limited"),
    [
        ("dingtalk", dingtalk, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
        ("feishu", feishu, {"code": 11232, "msg": "frequency limited", "data": {}}),
        ("wecom", wecom, {"errcode": 45009, "errmsg": "api freq out of limit"}),
    ],
)
def test_rate_limit_is_left_for_the_next_run(scheme: str, robot: Callable, limited: dict) -> None:
    with receiving(robot) as receiver:
        receiver.faults = [(200, limited)]
        with pytest.raises(DeliveryError, match=r"130101|11232|45009"):
            send(address(scheme, receiver.base), ONE)
        assert receiver.requests == 1
        send(address(scheme, receiver.base), ONE)
        assert len(receiver.taken) == 1


def test_short_fault_is_tried_again() -> None:
    with receiving(dingtalk) as receiver:
        receiver.faults = [(502, {}), (200, {"errcode": -1, "errmsg": "系统繁忙"})]
        send(address("dingtalk", receiver.base), ONE)
        assert (receiver.requests, len(receiver.taken)) == (3, 1)


def test_tries_are_bounded() -> None:
    with receiving(wecom) as receiver:
        receiver.faults = [(500, {})] * 9
        with pytest.raises(DeliveryError, match="500"):
            send(address("wecom", receiver.base), ONE)
        assert receiver.requests == 3


@pytest.mark.parametrize("answer", [b"<html>gateway</html>", [1, 2], {"neither": "code"}])
def test_answer_that_is_no_verdict_is_a_failure(answer: object) -> None:
    with receiving(dingtalk) as receiver:
        receiver.faults = [(200, answer)]
        with pytest.raises(DeliveryError):
            send(address("dingtalk", receiver.base), ONE)


def test_long_night_fits_one_message() -> None:
    many = Message([event(number, f"check {number}", "订单" * 100) for number in range(400)])
    for scheme, robot in CHATS:
        with receiving(robot) as receiver:
            send(address(scheme, receiver.base), many)
            assert len(receiver.taken) == 1
            assert "more" in receiver.said()


def test_one_huge_detail_fits_too() -> None:
    with receiving(wecom) as receiver:
        send(address("wecom", receiver.base), Message([event(detail="订" * 10_000)]))
        assert len(receiver.taken) == 1


def test_other_addresses_go_through_apprise() -> None:
    with receiving(webhook) as receiver:
        send(receiver.base.replace("http", "json") + "/hook", ONE)
        assert "orders are late" in receiver.said()
        receiver.faults = [(500, {})] * 9
        with pytest.raises(DeliveryError):
            send(receiver.base.replace("http", "json") + "/hook", ONE)


def test_address_that_nobody_knows() -> None:
    with pytest.raises(DeliveryError, match="no address"):
        send("nonsense://somewhere", ONE)


@pytest.mark.parametrize("scheme", ["dingtalk", "feishu", "wecom", "json"])
def test_secrets_stay_out_of_logs_and_errors(scheme: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    closed = "http://127.0.0.1:9"
    target = f"json://user:{TOKEN}@127.0.0.1:9/hook" if scheme == "json" else address(scheme, closed)
    with pytest.raises(DeliveryError) as fault:
        send(target, ONE)
    for secret in (SECRET, quote(SECRET, safe=""), TOKEN):
        assert secret not in str(fault.value)
        assert secret not in caplog.text


def test_a_platform_that_echoes_the_token_does_not_leak_it() -> None:
    text = redacted(f"bad token {TOKEN} and sign {quote(SECRET, safe='')}", address("dingtalk", "http://127.0.0.1:1"))
    assert text == "bad token *** and sign ***"


def test_targets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHT_SHIFT", "wecom://key")
    assert targets(["NIGHT_SHIFT"]) == {"NIGHT_SHIFT": "wecom://key"}
    with pytest.raises(ConfigError, match="DAY_SHIFT is not set"):
        targets(["NIGHT_SHIFT", "DAY_SHIFT"])
