"""WooCommerce's webhooks: signed with a secret of the webhook's own, their body the very record that the REST API gives."""

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

import msgspec

from sluice.channels.protocol import Event, Stream, Webhook
from sluice.channels.woocommerce.contract import Order
from sluice.channels.woocommerce.walk import utc

WHOLE_ORDER = ("order.created", "order.updated", "order.restored")
"""Topics whose body is an order. Of a deleted one it is the id alone: that order is read again, and found gone."""
PING = re.compile(rb"webhook_id=\d{1,20}")
"""What WooCommerce sends, unsigned, when a webhook is saved; it must be welcomed, or the webhook stays off."""


class _Head(msgspec.Struct):
    id: int
    date_modified_gmt: str | None = None


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
    """Base64 of HMAC-SHA256 over the raw body. The unsigned greeting says nothing that could be believed, so it may pass."""
    if PING.fullmatch(body) and "x-wc-webhook-signature" not in headers:
        return True
    made = base64.b64encode(hmac.digest(secrets["webhook_secret"].encode(), body, "sha256"))
    return hmac.compare_digest(made, headers.get("x-wc-webhook-signature", "").encode())


def event(headers: Mapping[str, str], body: bytes) -> Event:
    """WooCommerce does not send again what was not taken, so a delivery is an event."""
    topic = headers.get("x-wc-webhook-topic", "")
    name = headers.get("x-wc-webhook-delivery-id") or sha256(body).hexdigest()
    if topic not in WHOLE_ORDER:
        return Event(f"{name} {topic or 'ping'}", topic or "ping")
    try:
        head = msgspec.json.decode(body, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Event(f"{name} {topic}", topic, "orders")
    return Event(f"{name} {topic}", topic, "orders", (str(head.id),), _moment(head.date_modified_gmt))


def _moment(text: str | None) -> datetime | None:
    try:
        return utc(text) if text else None
    except ValueError:
        return None


def record(stream: Stream, body: bytes, whole: Order | None) -> Order:
    """The order. Its refunds are only summed up here: of those that were read before, more is known."""
    order = msgspec.json.decode(body, type=Order, strict=False)
    known = {refund.id: refund for refund in whole.refunds} if whole else {}
    order.refunds = [known.get(refund.id, refund) for refund in order.refunds]
    return order


WEBHOOK = Webhook(secret="webhook_secret", verify=verify, event=event, record=record, bodies={"orders": Order})
