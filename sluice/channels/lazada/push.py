"""Lazada's push notifications: signed, and telling only that something happened to which order. Landing reads it."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Event, Stream, Webhook


def signature(push_app_key: str, push_secret: str, body: bytes) -> str:
    """HMAC-SHA256 over the app's key and the raw body, in lower-case hexadecimal digits."""
    return hmac.new(push_secret.encode(), push_app_key.encode() + body, "sha256").hexdigest()


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether Authorization fits; compared in constant time. False where the app's key is not named."""
    key, given = secrets.get("push_app_key", ""), headers.get("authorization", "").lower()
    return bool(key) and hmac.compare_digest(signature(key, secrets["push_secret"], body).encode(), given.encode())


class _Push(Struct):
    message_type: int | None = None
    timestamp: int | None = None


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """An event bears no number of its own: the body is one. Its time is milliseconds, of some messages seconds."""
    name = sha256(body).hexdigest()
    try:
        push = msgspec.json.decode(body, type=_Push)
    except msgspec.DecodeError:
        return Event(name, "unreadable")
    stamp = push.timestamp or 0
    seconds = stamp / 1000 if stamp > 10**11 else stamp
    topic = "order" if push.message_type == 0 else f"message type {push.message_type}"
    return Event(name, topic, occurred_at=datetime.fromtimestamp(seconds, UTC) if seconds else None)


def record(stream: Stream, body: bytes, whole: object) -> Struct:
    """No notification carries a record."""
    raise ValueError("Lazada's notifications carry no records")


WEBHOOK = Webhook("push_secret", verify, event, record)
