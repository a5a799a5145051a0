"""Signatures against published examples: of what we send, and of what the platform sends us."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sluice.channels.tiktok.gateway import signature
from sluice.channels.tiktok.webhook import WEBHOOK, signed
from sluice.sandbox.tiktok.server import SECRETS
from tests.channels.tiktok.shop import NOW, ORDERS, Call, fault, scripted, shop

FIXTURES = Path(__file__).parents[2] / "fixtures/tiktok"
VECTORS = json.loads((FIXTURES / "signing.json").read_text())
NOTIFIED = json.loads((FIXTURES / "webhook.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["source"] for vector in VECTORS])
def test_signatures_are_the_published_ones(vector: dict[str, Any]) -> None:
    body = vector["body"].encode()
    made = signature(vector["path"], vector["parameters"], body, vector["secret"])
    assert made == vector["sign"]
    assert not made.startswith(vector.get("stale", "none"))
    unsigned = {"sign": "whatever was here before", "access_token": "sent in a header"}
    assert signature(vector["path"], vector["parameters"] | unsigned, body, vector["secret"]) == vector["sign"]
    assert signature(vector["path"], vector["parameters"], b"{}", vector["secret"]) != vector["sign"]


def test_what_is_sent_is_what_was_signed() -> None:
    """Over the wire: the very bytes of the body, the query as it is read, the token in its header and nowhere else."""

    def script(call: Call) -> Any:
        return {} if call.path.startswith("/x") else None

    with scripted(script) as (url, calls):
        shop(url).gateway.search("/x/202309/search", {"name": "春 & 秋 100%+", "at": 1}, page_token="a+b/c==", nothing=None)
    call = calls[-1]
    assert call.asked["sign"] == signature(call.path, dict(call.asked), call.body, SECRETS["app_secret"])
    assert (call.asked["page_token"], call.asked["shop_cipher"]) == ("a+b/c==", "cipher-1")
    assert call.given == {"name": "春 & 秋 100%+", "at": 1}
    assert call.headers["x-tts-access-token"] == "access"
    assert "access_token" not in call.asked
    assert "nothing" not in call.asked


def test_the_call_for_shops_bears_no_cipher() -> None:
    with scripted(lambda call: None) as (url, calls):
        assert shop(url).gateway.cipher() == "cipher-1"
    assert [call.asked.get("shop_cipher") for call in calls] == [None, None]


def test_each_try_is_signed_anew() -> None:
    """After a wait of minutes the first try's time would be refused."""
    tries: list[Call] = []
    moments = iter([NOW + timedelta(minutes=10 * number) for number in range(100)])

    def script(call: Call) -> Any:
        if call.path != "/x":
            return None
        tries.append(call)
        return fault(36009002, "Too many requests", 429) if len(tries) == 1 else {}

    with scripted(script) as (url, _):
        shop(url, now=lambda: next(moments)).gateway.get("/x")
    first, second = (datetime.fromtimestamp(int(call.asked["timestamp"]), UTC) for call in tries)
    assert second - first == timedelta(minutes=10)
    assert all(call.asked["sign"] == signature("/x", dict(call.asked), b"", SECRETS["app_secret"]) for call in tries)


def test_a_notification_is_known_by_the_published_signature() -> None:
    body = NOTIFIED["body"].encode()
    secrets = {"app_key": NOTIFIED["app_key"], "webhook_secret": NOTIFIED["app_secret"]}
    assert signed(NOTIFIED["app_key"], NOTIFIED["app_secret"], body) == NOTIFIED["authorization"]
    assert WEBHOOK.verify(secrets, {"authorization": NOTIFIED["authorization"]}, body)
    assert not WEBHOOK.verify(secrets, {"authorization": NOTIFIED["authorization"]}, body.replace(b"UNPAID", b"CANCEL"))
    assert not WEBHOOK.verify(secrets | {"app_key": "other"}, {"authorization": NOTIFIED["authorization"]}, body)
    assert not WEBHOOK.verify(secrets, {"authorization": "höhö"}, body)
    assert not WEBHOOK.verify(secrets, {}, body)


def test_a_notification_says_what_and_when_and_is_kept() -> None:
    event = WEBHOOK.event({}, NOTIFIED["body"].encode())
    assert (event.event_id, event.topic, event.stream) == ("7380066284010030890", "order status", None)
    assert event.occurred_at == datetime(2024, 6, 13, 19, 6, 25, tzinfo=UTC)
    assert event.changed == "576653688135258178"
    assert WEBHOOK.event({}, b'{"type":77}').topic == "type 77"
    for about in (
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"order_id":null}',
        b'{"order_id":""}',
        b'{"order_id":[1]}',
        b'{"order_id":true}',
    ):
        unnamed = WEBHOOK.event({}, b'{"type":1,"data":' + about + b"}")
        assert (unnamed.topic, unnamed.changed) == ("order status", None)
    for broken in (b"", b"[]", b'{"type":1,"timestamp":99999999999999}'):
        one, same = WEBHOOK.event({}, broken), WEBHOOK.event({}, broken)
        assert (one.event_id, one.topic) == (same.event_id, "unknown")
    with pytest.raises(ValueError, match="read anew"):
        WEBHOOK.record(ORDERS, NOTIFIED["body"].encode(), None)
