"""Shopify's webhooks: signed, of the same orders in REST's spelling."""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Event, Stream, Webhook
from sluice.channels.shopify import contract, told
from sluice.channels.shopify.payload import Order

WHOLE_ORDER = frozenset(
    {
        "orders/create",
        "orders/updated",
        "orders/paid",
        "orders/cancelled",
        "orders/fulfilled",
        "orders/partially_fulfilled",
    }
)
"""Topics whose payload is the whole order. orders/edited is not: it comes beside an orders/updated, which is."""


class Head(Struct, gc=False):
    admin_graphql_api_id: str


_order = msgspec.json.Decoder(Order).decode
_head = msgspec.json.Decoder(Head).decode
_time = msgspec.json.Decoder(datetime).decode


def signed(secret: str, body: bytes, header: str) -> bool:
    """Whether an X-Shopify-Hmac-SHA256 header fits its raw body; compared in constant time."""
    digest = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
    return hmac.compare_digest(digest, header.encode())


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Either secret will do while a new one takes hold: Shopify goes on signing with the old one for up to an hour."""
    given = headers.get("x-shopify-hmac-sha256", "")
    held = [secrets[name] for name in ("webhook_secret", "webhook_secret_before") if secrets.get(name)]
    return any(signed(secret, body, given) for secret in held)


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """One event may be told under several topics, so its id goes with the topic. Without an id the body itself is one."""
    topic = headers.get("x-shopify-topic", "")
    name = headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id") or sha256(body).hexdigest()
    stream = "orders" if topic in WHOLE_ORDER else None
    return Event(f"{name} {topic}", topic, stream, _key(body) if stream else None, _moment(headers.get("x-shopify-triggered-at")))


def _key(body: bytes) -> tuple[str, ...] | None:
    try:
        return (told.number(_head(body).admin_graphql_api_id),)
    except ValueError:
        return None


def _moment(text: str | None) -> datetime | None:
    """A time with its zone. Shopify writes nanoseconds, of which microseconds are kept."""
    try:
        moment = _time(msgspec.json.encode(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def record(stream: Stream, body: bytes, whole: contract.Order | None) -> contract.Order:
    """The order that a payload tells of; what REST does not carry is taken from `whole`. Raises ValueError, msgspec's errors."""
    return told.order(_order(body), whole)


WEBHOOK = Webhook(secret="webhook_secret", verify=verify, event=event, record=record, bodies={"orders": Order})
