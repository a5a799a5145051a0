"""Telling Shopee of parcels: by its own carriers a parcel is arranged, by the seller's own it gets the tracking number.

Shopee sends orders, or the packages that an order was split into. Pieces of a package it can't be told of.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused
from sluice.channels.shopee.gateway import Gateway

TO_SEND = {"READY_TO_SHIP", "RETRY_SHIP"}
SENT = {"PROCESSED", "SHIPPED", "TO_CONFIRM_RECEIVE", "COMPLETED", "TO_RETURN"}
OPEN_PACKAGE = {"", "LOGISTICS_READY", "LOGISTICS_NOT_START", "LOGISTICS_PENDING_ARRANGE", "LOGISTICS_PICKUP_RETRY"}


def ship(gateway: Gateway, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch. Raises Refused."""
    for dispatch in dispatches:
        try:
            yield Answer(dispatch.dispatch_id, True, _ship(gateway, dispatch))
        except Refused:
            raise
        except ChannelError as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


def _ship(gateway: Gateway, dispatch: Dispatch) -> str:
    order = _order(gateway, dispatch.order_id)
    if order.order_status in SENT:
        return f"Shopee has it as {order.order_status} already"
    if order.order_status not in TO_SEND:
        raise ChannelError(f"Shopee has this order as {order.order_status}: it can't be sent now")
    pieces = sum(line.model_quantity_purchased - (line.cancelled_qty or 0) for line in order.item_list)
    if dispatch.lines and sum(dispatch.lines.values()) < pieces:
        raise ChannelError("Shopee sends whole orders: split this one in the Seller Centre, then tell of what is left")
    for number in _open_packages(order):
        gateway.post("/api/v2/logistics/ship_order", _told(gateway, dispatch, number))
    return "arranged"


def _open_packages(order: "_Order") -> list[str | None]:
    """Numbers of the packages that are still to be sent; an order that was not split is told without one."""
    packages = order.package_list or []
    if len(packages) < 2:
        return [None]
    return [one.package_number for one in packages if (one.logistics_status or "") in OPEN_PACKAGE]


def _told(gateway: Gateway, dispatch: Dispatch, package_number: str | None) -> Mapping[str, Any]:
    """The body of ship_order: what get_shipping_parameter says is needed, taken from the dispatch."""
    body = gateway.get("/api/v2/logistics/get_shipping_parameter", order_sn=dispatch.order_id, package_number=package_number)
    parameter = msgspec.json.decode(body, type=_Parameter).response
    needed = parameter.info_needed
    told: dict[str, Any] = {"order_sn": dispatch.order_id} | ({"package_number": package_number} if package_number else {})
    number = {"tracking_number": dispatch.tracking_number}
    if needed.non_integrated is not None:
        return told | {"non_integrated": number}
    if needed.dropoff is not None:
        if set(needed.dropoff) - {"tracking_no", "tracking_number"}:
            raise ChannelError(
                f"Shopee asks for {', '.join(needed.dropoff)} at the drop-off: arrange this one in the Seller Centre"
            )
        return told | {"dropoff": number if needed.dropoff else {}}
    if needed.pickup is not None:
        return told | {"pickup": _pickup(needed.pickup, parameter.pickup, number)}
    raise ChannelError("Shopee names no way to send this order: look at it in the Seller Centre")


def _pickup(needed: Sequence[str], offered: "_Pickup | None", number: Mapping[str, str]) -> Mapping[str, Any]:
    """The pickup at the seller's own pickup address, at the time that Shopee recommends or else the first."""
    told: dict[str, Any] = dict(number) if {"tracking_no", "tracking_number"} & set(needed) else {}
    if "address_id" not in needed:
        return told
    addresses = (offered.address_list if offered else None) or []
    if not addresses:
        raise ChannelError("Shopee offers no pickup address: add one in the Seller Centre")
    address = next((one for one in addresses if "pickup_address" in (one.address_flag or [])), addresses[0])
    told["address_id"] = address.address_id
    slots = address.time_slot_list or []
    if "pickup_time_id" in needed and slots:
        slot = next((one for one in slots if "recommended" in (one.flags or [])), slots[0])
        told["pickup_time_id"] = slot.pickup_time_id
    return told


def _order(gateway: Gateway, number: str) -> "_Order":
    body = gateway.get("/api/v2/order/get_order_detail", order_sn_list=number, response_optional_fields="item_list,package_list")
    found = msgspec.json.decode(body, type=_Detail).response.order_list
    if not found:
        raise ChannelError(f"Shopee has no order {number}")
    return found[0]


class _Line(Struct):
    model_quantity_purchased: int
    cancelled_qty: int | None = None


class _Package(Struct):
    package_number: str
    logistics_status: str | None = None


class _Order(Struct):
    order_status: str
    item_list: list[_Line] = []
    package_list: list[_Package] | None = None


class _Orders(Struct):
    order_list: list[_Order] = []


class _Detail(Struct):
    response: _Orders = msgspec.field(default_factory=_Orders)


class _Slot(Struct):
    pickup_time_id: str | None = None
    flags: list[str] | None = None


class _Address(Struct):
    address_id: int
    address_flag: list[str] | None = None
    time_slot_list: list[_Slot] | None = None


class _Pickup(Struct):
    address_list: list[_Address] | None = None


class _Needed(Struct):
    dropoff: list[str] | None = None
    pickup: list[str] | None = None
    non_integrated: list[str] | None = None


class _Ways(Struct):
    info_needed: _Needed
    pickup: _Pickup | None = None


class _Parameter(Struct):
    response: _Ways
