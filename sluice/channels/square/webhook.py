"""Square's webhooks: payments, refunds and customers come whole; of an order only its id, so polling fetches it.

The signature is over the subscription's address and the body, so the address must be known letter by letter (`webhook_url`).
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw, Struct

from sluice.channels.protocol import Event, Stream, Webhook
from sluice.channels.square import contract

HEADER = "x-square-hmacsha256-signature"
WHOLE = {
    "payment.created": "payments",
    "payment.updated": "payments",
    "refund.created": "refunds",
    "refund.updated": "refunds",
    "customer.created": "customers",
    "customer.updated": "customers",
}
"""Topics whose body holds the record as the API gives it."""


class _Data(Struct):
    id: str | None = None
    object: dict[str, Raw] | None = None


class _Body(Struct):
    type: str = ""
    event_id: str | None = None
    created_at: str | None = None
    data: _Data | None = None


class _Named(Struct):
    id: str


class _Held(Struct):
    payment: contract.Payment | None = None
    refund: contract.Refund | None = None
    customer: contract.Customer | None = None


class _WholeData(Struct):
    object: _Held | None = None


class Whole(Struct):
    """A body with its record in it."""

    type: str
    data: _WholeData
    event_id: str | None = None
    created_at: str | None = None


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether Square signed it. False where the subscription's address is not known."""
    if not secrets.get("webhook_secret") or not secrets.get("webhook_url"):
        return False
    signed = hmac.new(secrets["webhook_secret"].encode(), secrets["webhook_url"].encode() + body, sha256).digest()
    return hmac.compare_digest(base64.b64encode(signed), headers.get(HEADER, "").encode())


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """What a body says it is; never raises."""
    try:
        told = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Event(sha256(body).hexdigest(), "")
    stream, key = WHOLE.get(told.type), None
    if stream:
        try:
            key = (msgspec.json.decode(_held(stream, told), type=_Named).id,)
        except (ValueError, msgspec.DecodeError):
            stream = None
    return Event(told.event_id or sha256(body).hexdigest(), told.type, stream, key, _moment(told.created_at))


def record(stream: Stream, body: bytes, whole: Any) -> Struct:
    """The record that a body holds. Raises ValueError, msgspec's errors."""
    found: Struct = msgspec.json.decode(_held(stream.name, msgspec.json.decode(body, type=_Body)), type=stream.record)
    return found


def _held(stream: str, told: _Body) -> Raw:
    """The record's own bytes; Square puts it under its singular."""
    name = stream.removesuffix("s")
    if told.data is None or not told.data.object or name not in told.data.object:
        raise ValueError(f"data.object holds no {name}")
    return told.data.object[name]


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


WEBHOOK = Webhook(secret="webhook_secret", verify=verify, event=event, record=record, bodies=dict.fromkeys(WHOLE.values(), Whole))
