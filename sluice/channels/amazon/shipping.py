"""Telling Amazon of parcels: `confirmShipment` of orders v0, the one call for it that Amazon has not put an end to."""

import zlib

import msgspec

from sluice.channels.amazon.contract import Order
from sluice.channels.amazon.gateway import CONFIRM_SHIPMENT, GET_ORDER, Gateway, iso
from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused

CARRIERS = {name.lower(): name for name in ("UPS", "USPS", "FedEx", "DHL", "DHL eCommerce", "DPD", "GLS", "Royal Mail", "Yamato")}
"""Carriers that Amazon knows by a code of their own, which is their name; all others are "Other" with a name."""


class _Whole(msgspec.Struct):
    order: Order


def confirm(gateway: Gateway, marketplace: str, dispatch: Dispatch) -> Answer:
    """Confirm one parcel, unless Amazon knows its number already. Raises Refused."""
    try:
        return _confirm(gateway, marketplace, dispatch)
    except Refused:
        raise
    except ChannelError as fault:
        return Answer(dispatch.dispatch_id, False, str(fault))


def _confirm(gateway: Gateway, marketplace: str, dispatch: Dispatch) -> Answer:
    places = {"order": dispatch.order_id}
    body = gateway.call(GET_ORDER, places, includedData=["FULFILLMENT", "PACKAGES"])
    order = msgspec.json.decode(body, type=_Whole).order
    if any(package.trackingNumber == dispatch.tracking_number for package in order.packages or []):
        return Answer(dispatch.dispatch_id, True, "Amazon knows this parcel already")
    if order.fulfillment.fulfilledBy == "AMAZON":
        return Answer(dispatch.dispatch_id, False, "Amazon ships this order itself")
    pieces = dispatch.lines or _unsent(order)
    if not pieces:
        return Answer(dispatch.dispatch_id, False, "nothing of this order is still to be sent")
    carrier = CARRIERS.get(dispatch.carrier.lower())
    detail = {
        # A positive number is asked for; the same parcel has the same one.
        "packageReferenceId": str(zlib.crc32(dispatch.dispatch_id.encode()) + 1),
        "carrierCode": carrier or "Other",
        "carrierName": dispatch.carrier,
        "trackingNumber": dispatch.tracking_number,
        "shipDate": iso(dispatch.shipped_at),
        "orderItems": [{"orderItemId": item, "quantity": quantity} for item, quantity in pieces.items()],
    }
    gateway.call(CONFIRM_SHIPMENT, places, body={"marketplaceId": marketplace, "packageDetail": detail})
    return Answer(dispatch.dispatch_id, True, "confirmed")


def _unsent(order: Order) -> dict[str, int]:
    left = {item.orderItemId: item.fulfillment.quantityUnfulfilled for item in order.orderItems if item.fulfillment}
    return {item: quantity for item, quantity in left.items() if quantity}
