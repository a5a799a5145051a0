"""Parcels to Shopify: what left of an order, put on the fulfilment orders that still wait for it."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sluice.channels.protocol import Answer, Dispatch
from sluice.channels.shopify import graphql
from sluice.channels.shopify.client import Client, Reply

SENDABLE = ("OPEN", "IN_PROGRESS")
"""Fulfilment orders that Shopify lets be fulfilled; scheduled ones and ones on hold it refuses."""
UNDONE = ("CANCELLED", "ERROR", "FAILURE")


class Tracking(msgspec.Struct):
    number: str | None = None


class Parcel(msgspec.Struct):
    status: str
    trackingInfo: list[Tracking]


class Identified(msgspec.Struct):
    id: str


class Waiting(msgspec.Struct):
    """Pieces of an order line that a fulfilment order still has to send."""

    id: str
    remainingQuantity: int
    lineItem: Identified


class WaitingLines(msgspec.Struct):
    nodes: list[Waiting]


class Work(msgspec.Struct):
    id: str
    status: str
    lineItems: WaitingLines


class Works(msgspec.Struct):
    nodes: list[Work]


class Order(msgspec.Struct):
    fulfillments: list[Parcel]
    fulfillmentOrders: Works


class Found(msgspec.Struct):
    order: Order | None


class UserError(msgspec.Struct):
    message: str
    field: list[str] | None = None


class Outcome(msgspec.Struct):
    userErrors: list[UserError]


class Created(msgspec.Struct):
    fulfillmentCreate: Outcome


def ship(client: Client, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch. A tracking number that the order has is not told again. Raises Refused and ChannelError."""
    for one in dispatches:
        accepted, message = _ship(client, one)
        yield Answer(one.dispatch_id, accepted, message)


def _ship(client: Client, told: Dispatch) -> tuple[bool, str]:
    body = client.ask(graphql.PARCELS, id=f"gid://shopify/Order/{told.order_id}")
    order = msgspec.json.decode(msgspec.json.decode(body, type=Reply).data, type=Found).order
    if order is None:
        return False, f"Shopify has no order {told.order_id}"
    known = {info.number for parcel in order.fulfillments if parcel.status not in UNDONE for info in parcel.trackingInfo}
    if told.tracking_number in known:
        return True, "already told"
    works = [work for work in order.fulfillmentOrders.nodes if work.status in SENDABLE]
    chosen, short = _chosen(works, told.lines)
    if short:
        return False, "more than is still to be sent: " + ", ".join(f"{line} by {pieces}" for line, pieces in short.items())
    if not chosen:
        return False, "nothing of this order is still to be sent"
    tracking = {"company": told.carrier, "number": told.tracking_number, "url": told.tracking_url}
    parcel = {
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": work, "fulfillmentOrderLineItems": lines} for work, lines in chosen.items()
        ],
        "trackingInfo": {name: value for name, value in tracking.items() if value is not None},
        "notifyCustomer": False,
    }
    answer = msgspec.json.decode(client.ask(graphql.CREATE_FULFILLMENT, fulfillment=parcel), type=Reply).data
    errors = msgspec.json.decode(answer, type=Created).fulfillmentCreate.userErrors
    return (False, "; ".join(error.message for error in errors)) if errors else (True, "told")


def _chosen(works: Sequence[Work], lines: Mapping[str, int]) -> tuple[dict[str, list[dict[str, object]]], dict[str, int]]:
    """Which pieces of which fulfilment order, and what is asked for beyond them, by line. No `lines`: all that waits."""
    left = dict(lines)
    chosen: dict[str, list[dict[str, object]]] = {}
    for work in works:
        for waiting in work.lineItems.nodes:
            line = waiting.lineItem.id.rsplit("/", 1)[-1]
            pieces = min(waiting.remainingQuantity, left.get(line, 0)) if lines else waiting.remainingQuantity
            if pieces > 0:
                chosen.setdefault(work.id, []).append({"id": waiting.id, "quantity": pieces})
                left[line] = left.get(line, 0) - pieces
    return chosen, {line: pieces for line, pieces in left.items() if pieces > 0}
