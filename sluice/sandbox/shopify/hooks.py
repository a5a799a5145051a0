"""Webhooks of the sandbox's Shopify: signed requests for orders that changed, sent to whoever asked for them."""

import base64
import hmac
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import requests

from sluice.sandbox.shopify.records import Record, bag, connection, listed
from sluice.sandbox.shopify.rest import ALL, rest_order

DOMAIN = "sandbox.myshopify.com"
AT_ONCE = 8
SECONDS = 5
"""Shopify's patience with who takes a webhook."""
TRIES = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request: headers and raw body."""

    topic: str
    headers: dict[str, str]
    body: bytes


def delivery(order: Record, topic: str, secret: str, at: datetime) -> Delivery:
    """The webhook that tells of an order as it stands; the same order in the same state is the same event."""
    body = msgspec.json.encode(rest_order(order))
    event = uuid.uuid5(uuid.NAMESPACE_URL, f"{order['id']} {order['updatedAt']} {topic}")
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Event-Id": str(event),
        "X-Shopify-Triggered-At": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z",
        "X-Shopify-Hmac-SHA256": signature(secret, body),
    }
    return Delivery(topic, headers, body)


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def as_created(order: Record) -> Record:
    """The order as it was when it came in: paid, nothing sent, nothing given back."""
    lines = [line | {"currentQuantity": line["quantity"]} for line in order["lineItems"](ALL)["nodes"]]
    return order | {
        "updatedAt": order["createdAt"],
        "cancelledAt": None,
        "cancelReason": None,
        "closedAt": None,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "returnStatus": "NO_RETURN",
        "totalRefundedSet": bag(0),
        "lineItems": connection(lines),
        "refunds": listed([]),
        "fulfillments": listed([]),
    }


def topics(order: Record, since: datetime) -> Iterator[str]:
    """What Shopify would tell of an order that changed after `since`."""
    times = {"orders/create": "createdAt", "orders/cancelled": "cancelledAt"}
    found = [topic for topic, name in times.items() if order[name] and datetime.fromisoformat(order[name]) > since]
    yield from found
    if "orders/create" not in found:
        yield "orders/updated"


def send(deliveries: Iterable[Delivery], address: str) -> list[int]:
    """The last status of each, 0 where nobody answered. Each is tried up to three times."""
    with requests.Session() as session, ThreadPoolExecutor(AT_ONCE) as several:

        def one(sent: Delivery) -> int:
            status = 0
            for _ in range(TRIES):
                try:
                    status = session.post(address, sent.body, headers=sent.headers, timeout=SECONDS).status_code
                except requests.RequestException:
                    status = 0
                if 200 <= status < 300:
                    break
            return status

        return list(several.map(one, deliveries))
