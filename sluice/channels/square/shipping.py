"""Parcels told to Square: the order's shipment is completed, with carrier and tracking number.

Square keeps one shipment an order (or one for each list of lines that the order was made with) and can't divide it. An update
names the version it is for; where the order changed meanwhile, Square refuses it and we look again.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, Dispatch
from sluice.channels.square.client import Client, Fault

AT_ONCE = 100
"""Orders that Square gives in one call."""
ROUNDS = 5
OPEN = ("PROPOSED", "RESERVED", "PREPARED")
STALE = ("VERSION_MISMATCH", "CONFLICT")


class _Details(Struct):
    carrier: str | None = None
    tracking_number: str | None = None


class _Entry(Struct):
    line_item_uid: str
    quantity: Decimal


class _Fulfillment(Struct):
    uid: str
    type: str
    state: str
    line_item_application: str | None = None
    entries: list[_Entry] = []
    shipment_details: _Details | None = None


class _Line(Struct):
    uid: str
    quantity: Decimal


class _Order(Struct):
    id: str
    location_id: str
    version: int | None = None
    line_items: list[_Line] = []
    fulfillments: list[_Fulfillment] = []

    def pieces(self, shipment: _Fulfillment) -> dict[str, Decimal]:
        """What a shipment holds, by line."""
        if shipment.line_item_application == "ENTRY_LIST":
            return {entry.line_item_uid: entry.quantity for entry in shipment.entries}
        return {line.uid: line.quantity for line in self.line_items}


class _Orders(Struct):
    orders: list[_Order] = []


def ship(client: Client, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch. Raises Refused, ChannelError."""
    for at in range(0, len(dispatches), AT_ONCE):
        batch = dispatches[at : at + AT_ONCE]
        orders = _read(client, [dispatch.order_id for dispatch in batch])
        for dispatch in batch:
            accepted, words = _ship(client, dispatch, orders.get(dispatch.order_id))
            yield Answer(dispatch.dispatch_id, accepted, words)


def _ship(client: Client, dispatch: Dispatch, order: _Order | None) -> tuple[bool, str]:
    for _ in range(ROUNDS):
        if order is None:
            return False, "Square has no such order"
        chosen = _chosen(dispatch, order)
        if isinstance(chosen, tuple):
            return chosen
        try:
            _complete(client, dispatch, order, chosen)
        except Fault as fault:
            if fault.code not in STALE:
                return False, str(fault)
            order = _read(client, [dispatch.order_id]).get(dispatch.order_id)
        else:
            return True, "shipped"
    return False, f"the order changed at Square {ROUNDS} times while it was being shipped; it is left as it is"


def _chosen(dispatch: Dispatch, order: _Order) -> list[_Fulfillment] | tuple[bool, str]:
    """The shipments to complete, or the answer that needs no request."""
    shipments = [one for one in order.fulfillments if one.type == "SHIPMENT"]
    told = [one for one in shipments if one.state == "COMPLETED" and _number(one) == dispatch.tracking_number]
    ready = [one for one in shipments if one.state in OPEN]
    wanted = {line: Decimal(quantity) for line, quantity in dispatch.lines.items()}
    if wanted:
        told, ready = ([one for one in found if order.pieces(one) == wanted] for found in (told, ready))
    if told:
        return True, "already so"
    if not shipments:
        return False, "the order has no shipment at Square: it was sold over the counter or is picked up"
    if not ready:
        of = "for just these pieces" if wanted else "that is still to be sent"
        return False, f"Square has no shipment of this order {of}, and can't divide one"
    if order.version is None:
        return False, "Square lets no app change an order that was not made through its API: ship it in Square's dashboard"
    return ready


def _complete(client: Client, dispatch: Dispatch, order: _Order, chosen: Sequence[_Fulfillment]) -> None:
    details = {"carrier": dispatch.carrier[:50], "tracking_number": dispatch.tracking_number[:100]}
    if dispatch.tracking_url:
        details["tracking_url"] = dispatch.tracking_url[:2000]
    changed = [{"uid": one.uid, "type": one.type, "state": "COMPLETED", "shipment_details": details} for one in chosen]
    asked = {
        "idempotency_key": str(uuid5(NAMESPACE_URL, f"{dispatch.dispatch_id}|{order.version}")),
        "order": {"location_id": order.location_id, "version": order.version, "fulfillments": changed},
    }
    client.ask("PUT", f"/v2/orders/{order.id}", asked)


def _number(shipment: _Fulfillment) -> str | None:
    return shipment.shipment_details.tracking_number if shipment.shipment_details else None


def _read(client: Client, ids: Sequence[str]) -> dict[str, _Order]:
    body = client.ask("POST", "/v2/orders/batch-retrieve", {"order_ids": list(dict.fromkeys(ids))})
    return {order.id: order for order in msgspec.json.decode(body, type=_Orders).orders}
