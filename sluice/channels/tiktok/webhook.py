"""TikTok Shop's notifications: signed in the header Authorization, and telling only which order changed: it is read anew."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.named import named
from sluice.channels.protocol import Event, Stream, Webhook

TOPICS = {
    1: "order status",
    2: "reverse order",
    3: "recipient address",
    4: "package",
    5: "product status",
    6: "seller deauthorised the app",
    7: "authorisation expires soon",
    12: "return",
}


class Notification(Struct):
    type: int
    timestamp: int = 0
    tts_notification_id: str = ""
    shop_id: str = ""
    data: Any = None


def signed(app_key: str, secret: str, body: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256 over the app's key and the raw body."""
    return hmac.new(secret.encode(), app_key.encode() + body, sha256).hexdigest()


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the header fits the raw body; compared in constant time."""
    given = headers.get("authorization", "").encode("utf-8", "replace")
    return hmac.compare_digest(signed(secrets["app_key"], secrets["webhook_secret"], body).encode(), given)


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """The notification's id where it has one; else the body itself is one."""
    try:
        said = msgspec.json.decode(body, type=Notification)
        moment = datetime.fromtimestamp(said.timestamp, UTC) if said.timestamp else None
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return Event(sha256(body).hexdigest(), "unknown")
    topic = TOPICS.get(said.type, f"type {said.type}")
    name = said.tts_notification_id or sha256(body).hexdigest()
    return Event(name, topic, occurred_at=moment, changed=named(said.data, "order_id"))


def record(stream: Stream, body: bytes, whole: Any) -> Struct:
    """No notification carries a record. Raises ValueError."""
    raise ValueError("a notification of TikTok Shop tells only what changed; it is read anew")


WEBHOOK = Webhook(secret="webhook_secret", verify=verify, event=event, record=record, also=("app_key",))
