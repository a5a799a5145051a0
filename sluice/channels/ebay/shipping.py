"""Telling eBay of parcels: a shipping fulfilment of the order, whose id eBay makes of the tracking number."""

import re
from urllib.parse import quote

import msgspec
from msgspec import Struct

from sluice.channels.ebay.contract import Order
from sluice.channels.ebay.gateway import Gateway
from sluice.channels.ebay.orders import PATH, iso
from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused


class _Piece(Struct):
    lineItemId: str
    quantity: int = 0


class _Fulfilment(Struct):
    fulfillmentId: str = ""
    shipmentTrackingNumber: str = ""
    lineItems: list[_Piece] = []


class _Fulfilments(Struct):
    fulfillments: list[_Fulfilment] = []


def confirm(gateway: Gateway, dispatch: Dispatch) -> Answer:
    """Confirm one parcel, unless eBay knows its number already. Raises Refused."""
    try:
        return _confirm(gateway, dispatch)
    except Refused:
        raise
    except ChannelError as fault:
        return Answer(dispatch.dispatch_id, False, str(fault))


def _confirm(gateway: Gateway, dispatch: Dispatch) -> Answer:
    # eBay takes letters and digits only.
    number = re.sub(r"[^0-9A-Za-z]", "", dispatch.tracking_number)
    place = f"{PATH}/{quote(dispatch.order_id, safe='')}"
    body = gateway.call("GET", f"{place}/shipping_fulfillment")
    told = msgspec.json.decode(body, type=_Fulfilments).fulfillments
    if number in {one.shipmentTrackingNumber or one.fulfillmentId for one in told}:
        return Answer(dispatch.dispatch_id, True, "eBay knows this parcel already")
    pieces = dispatch.lines or _unsent(gateway, place, told)
    if not pieces:
        return Answer(dispatch.dispatch_id, False, "nothing of this order is still to be sent")
    fulfilment = {
        "lineItems": [{"lineItemId": line, "quantity": quantity} for line, quantity in pieces.items()],
        "shippedDate": iso(dispatch.shipped_at),
        "shippingCarrierCode": dispatch.carrier,
        "trackingNumber": number,
    }
    gateway.call("POST", f"{place}/shipping_fulfillment", body=fulfilment)
    return Answer(dispatch.dispatch_id, True, "confirmed")


def _unsent(gateway: Gateway, place: str, told: list[_Fulfilment]) -> dict[str, int]:
    """Pieces that no parcel has; a parcel may name a line without saying how many."""
    order = msgspec.json.decode(gateway.call("GET", place), type=Order)
    left = {line.lineItemId: line.quantity for line in order.lineItems if line.lineItemFulfillmentStatus != "FULFILLED"}
    for piece in (piece for one in told for piece in one.lineItems if piece.lineItemId in left):
        left[piece.lineItemId] -= piece.quantity
    return {line: quantity for line, quantity in left.items() if quantity > 0}
