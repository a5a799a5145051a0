"""Messages that Douyin pushes: taken where the signature fits, and kept once each."""

import json
from hashlib import md5
from typing import Any

import httpx
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.douyin.connector import CONNECTOR
from sluice.channels.douyin.push import event, verify
from sluice.sandbox.douyin import SECRETS as APP
from sluice.service.intake import Hook
from tests.service.webhook_shop import serving

SECRETS = {"app_key": APP["app_key"], "push_secret": APP["app_secret"]}
PATH = "/webhooks/douyin/main"


def headers(body: bytes, secret: str = SECRETS["push_secret"], key: str = SECRETS["app_key"]) -> dict[str, str]:
    """As the platform makes them, by the public rule: key, body and secret glued, MD5."""
    whole = f"{key}{body.decode()}{secret}"
    return {"app-id": key, "event-sign": md5(whole.encode()).hexdigest(), "content-type": "application/json"}


def message(number: int, tag: str = "101", **data: Any) -> dict[str, Any]:
    return {"tag": tag, "msg_id": str(number), "data": json.dumps({"p_id": 4811, "note": "春 🎏", **data}, ensure_ascii=False)}


def encoded(*messages: dict[str, Any]) -> bytes:
    return json.dumps(list(messages), ensure_ascii=False).encode()


def test_the_signature_is_over_key_body_and_secret() -> None:
    """The value is what md5sum makes of the three, glued."""
    secrets = {"app_key": "KEY", "push_secret": "SECRET"}
    fits = {"app-id": "KEY", "event-sign": "42d8c650469c5e8902abf6803a550da4"}
    body = b'[{"tag":"0","msg_id":"0","data":"x"}]'
    assert verify(secrets, fits, body)
    assert verify(secrets, {"event-sign": fits["event-sign"].upper()}, body)
    assert not verify(secrets, fits, body + b" ")
    assert not verify({**secrets, "push_secret": "other"}, fits, body)
    assert not verify({**secrets, "app_key": "OTHER"}, fits, body)
    assert not verify(secrets, {**fits, "app-id": "OTHER"}, body)
    assert not verify(secrets, {"app-id": "KEY"}, body)
    assert not verify(secrets, {**fits, "event-sign": "\udcff…"}, body)


@pytest.mark.parametrize(
    ("body", "name", "topic"),
    [
        (encoded(message(7)), "7", "tag 101"),
        (json.dumps(message(7)).encode(), "7", "tag 101"),
        (b'[{"tag":102,"msg_id":70000000000000000001,"data":{}}]', None, None),
        (encoded(message(7, "0")), "7", "test of the address"),
        (encoded(message(7), message(8)), None, "2 messages"),
        (b"[]", None, "0 messages"),
        (b"no JSON", None, "unreadable"),
        (b"[1]", None, "unreadable"),
    ],
)
def test_any_body_is_an_event(body: bytes, name: str | None, topic: str | None) -> None:
    found = event({}, body)
    assert found.event_id == name if name else found.event_id
    assert topic is None or found.topic == topic
    assert event({}, body) == found


@pytest.fixture
def client(prepared_url: str) -> Any:
    with serving(prepared_url, [Hook(CONNECTOR, "main", SECRETS)]) as address, httpx.Client(base_url=address) as client:
        yield client


def test_it_is_kept_once_and_answered_as_the_platform_wants(client: httpx.Client, prepared_url: str) -> None:
    first, again, other = encoded(message(1)), encoded(message(1)), encoded(message(2), message(3))
    for body in (first, again, other, encoded(message(0, "0"))):
        answer = client.post(PATH, content=body, headers=headers(body), timeout=30)
        assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "success"})
    forged = client.post(PATH, content=first, headers=headers(first, secret="guessed"), timeout=30)
    assert forged.status_code == 401
    with warehouse.connect(prepared_url) as db:
        assert topics(db) == ["2 messages", "tag 101", "test of the address"]


def topics(db: psycopg.Connection) -> list[str]:
    return [topic for (topic,) in db.execute("select topic from raw.events where channel = 'douyin' order by topic")]
