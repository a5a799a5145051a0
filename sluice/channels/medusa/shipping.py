"""Parcels to Medusa: a fulfilment is made of the pieces, then marked as shipped with its label. Told again, nothing changes."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sluice.channels.medusa.client import Client
from sluice.channels.medusa.contract import Fulfillment, Order
from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused

Found = dict[str, msgspec.Raw]


def ship(client: Client, fields: str, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch; `fields` asks for an order as the contract has it. Raises Refused."""
    for dispatch in dispatches:
        try:
            yield Answer(dispatch.dispatch_id, True, _told(client, fields, dispatch))
        except Refused:
            raise
        except ChannelError as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


def _told(client: Client, fields: str, dispatch: Dispatch) -> str:
    order = _order(client.get(f"orders/{dispatch.order_id}", [("fields", fields)]))
    if order.status == "canceled":
        raise ChannelError("the order is canceled at Medusa; nothing was changed")
    standing = [one for one in order.fulfillments if not one.canceled_at]
    if any(label.tracking_number == dispatch.tracking_number for one in standing for label in one.labels):
        return "known already"
    pieces = dict(dispatch.lines) or _unsent(order, standing)
    if not pieces:
        raise ChannelError("all pieces of the order have been sent")
    # One that was made before, by hand or by a call whose answer was lost.
    packed = next((one for one in standing if not one.shipped_at and _pieces(one) == pieces), None)
    path, items = f"orders/{order.id}/fulfillments", [{"id": line, "quantity": quantity} for line, quantity in pieces.items()]
    if packed is None:
        before = {one.id for one in order.fulfillments}
        made = _order(client.post(path, {"items": items}, [("fields", fields)]))
        packed = next((one for one in made.fulfillments if one.id not in before), None)
        if packed is None:
            raise ChannelError("Medusa took the fulfilment but does not show it")
    label = {"tracking_number": dispatch.tracking_number, "tracking_url": dispatch.tracking_url or "#", "label_url": "#"}
    client.post(f"{path}/{packed.id}/shipments", {"items": items, "labels": [label]})
    return "shipped"


def _order(body: bytes) -> Order:
    return msgspec.json.decode(msgspec.json.decode(body, type=Found)["order"], type=Order, strict=False)


def _pieces(fulfillment: Fulfillment) -> dict[str, int]:
    return {str(item.line_item_id): int(item.raw_quantity.value) for item in fulfillment.items}


def _unsent(order: Order, standing: Sequence[Fulfillment]) -> Mapping[str, int]:
    """Pieces by line that are in no parcel that left."""
    left: dict[str, int] = {}
    for one in standing:
        if one.shipped_at:
            for line, quantity in _pieces(one).items():
                left[line] = left.get(line, 0) + quantity
    open_pieces = {item.id: int(item.detail.raw_quantity.value) - left.get(item.id, 0) for item in order.items}
    return {line: quantity for line, quantity in open_pieces.items() if quantity > 0}
