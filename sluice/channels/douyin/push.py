"""Douyin shop's message push: signed in the header event-sign, and telling of what happened; landing reads it.

The rule is that of op.jinritemai.com, document 153/99, as the clients that are public apply it: no example is published.
"""

import hmac
from collections.abc import Mapping
from hashlib import md5, sha256
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Event, Stream, Webhook

ADDRESS_CHECK = "0"
"""The tag of the message by which the platform tries an address."""
SUCCESS = b'{"code":0,"msg":"success"}'
"""What it wants to hear within five seconds; anything else, and it sends the message again."""


class Message(Struct):
    tag: str | int = ""
    msg_id: str | int = ""
    data: Any = None


def signed(app_key: str, secret: str, body: bytes) -> str:
    """Lower-case hexadecimal MD5 over the app's key, the raw body and the app's secret."""
    return md5(app_key.encode() + body + secret.encode(), usedforsecurity=False).hexdigest()


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the message is for this app and the header fits the raw body; compared in constant time."""
    key, given = secrets["app_key"], headers.get("event-sign", "").lower().encode("utf-8", "replace")
    fits = hmac.compare_digest(signed(key, secrets["push_secret"], body).encode(), given)
    return fits and headers.get("app-id", key) == key


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """The message's id where the body holds one that has one; else the body itself is one."""
    name = sha256(body).hexdigest()
    try:
        said = msgspec.json.decode(body, type=Message | list[Message])
    except msgspec.MsgspecError:
        return Event(name, "unreadable")
    messages = said if isinstance(said, list) else [said]
    if len(messages) != 1:
        return Event(name, f"{len(messages)} messages")
    (message,) = messages
    topic = "test of the address" if str(message.tag) == ADDRESS_CHECK else f"tag {message.tag}"
    return Event(str(message.msg_id) or name, topic)


def record(stream: Stream, body: bytes, whole: Any) -> Struct:
    """No message carries a record. Raises ValueError."""
    raise ValueError("Douyin's messages tell only that something changed; the next reading brings it")


WEBHOOK = Webhook("push_secret", verify, event, record, also=("app_key",), taken=SUCCESS)
