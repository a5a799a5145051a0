"""Shopee's push notifications: signed, and telling only that something happened to which order.

An order is told by its number and new status alone, so that events are kept, and the order itself is read anew.
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.named import named
from sluice.channels.protocol import Event, Stream, Webhook

KINDS = {3: "order status", 4: "tracking number", 8: "reserved stock", 12: "authorisation expires"}


def signature(push_key: str, push_url: str, body: bytes) -> str:
    """HMAC-SHA256 over the address that Shopee calls, a bar and the raw body, in lower-case hexadecimal digits."""
    return hmac.new(push_key.encode(), push_url.encode() + b"|" + body, "sha256").hexdigest()


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether Authorization fits; compared in constant time. False where the address is not named."""
    given, url = headers.get("authorization", ""), secrets.get("push_url", "")
    return bool(url) and hmac.compare_digest(signature(secrets["push_key"], url, body).encode(), given.encode())


class _Push(Struct):
    code: int | None = None
    timestamp: int | None = None
    data: Any = None


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """An event bears no number of its own: the body is one."""
    name = sha256(body).hexdigest()
    try:
        push = msgspec.json.decode(body, type=_Push)
    except msgspec.DecodeError:
        return Event(name, "unreadable")
    topic = KINDS.get(push.code or 0, f"code {push.code}")
    moment = datetime.fromtimestamp(push.timestamp, UTC) if push.timestamp else None
    return Event(name, topic, occurred_at=moment, changed=named(push.data, "ordersn"))


def record(stream: Stream, body: bytes, whole: object) -> Struct:
    """No notification carries a record."""
    raise ValueError("Shopee's notifications carry no records")


WEBHOOK = Webhook("push_key", verify, event, record)
