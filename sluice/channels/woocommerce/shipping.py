"""Parcels to WooCommerce, whose core knows no parcels: an order is completed once all has left, and that is all it says.

Tracking numbers go where the official Shipment Tracking plugin and others of its kind keep them, so that buyers see them in their
mails and accounts: the order's metadata `_wc_shipment_tracking_items`. A dispatch told again is found there and changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused
from sluice.channels.woocommerce.client import Client, Missing

TRACKING = "_wc_shipment_tracking_items"
DONE = ("cancelled", "refunded", "failed", "trash")


class Line(msgspec.Struct):
    id: int
    quantity: int


class Order(msgspec.Struct):
    id: int
    status: str
    line_items: list[Line]
    meta_data: Any = None


def ship(client: Client, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch. Raises Refused."""
    for dispatch in dispatches:
        try:
            yield Answer(dispatch.dispatch_id, True, _told(client, dispatch))
        except Refused:
            raise
        except Missing:
            yield Answer(dispatch.dispatch_id, False, f"WooCommerce has no order {dispatch.order_id} any more")
        except ChannelError as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


def _told(client: Client, dispatch: Dispatch) -> str:
    order = msgspec.json.decode(client.get(f"orders/{dispatch.order_id}").content, type=Order)
    if order.status in DONE:
        raise ChannelError(f"the order is {order.status} at WooCommerce; nothing was changed")
    items = tracked(order.meta_data)
    if not any(item.get("tracking_id") == dispatch.dispatch_id for item in items):
        items.append(_item(order, items, dispatch))
    elif order.status == "completed" or not _all_left(order, items):
        return "known already"
    change: dict[str, Any] = {"meta_data": [{"key": TRACKING, "value": items}]}
    if _all_left(order, items):
        change["status"] = "completed"
    client.write("PUT", f"orders/{order.id}", change)
    return "completed" if "status" in change else "noted; WooCommerce completes an order only as a whole"


def tracked(meta_data: Any) -> list[dict[str, Any]]:
    """The parcels that an order's metadata tell of. PHP writes a list with gaps as a map."""
    entries = meta_data.values() if isinstance(meta_data, dict) else meta_data or []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("key") == TRACKING:
            value = entry.get("value")
            listed = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
            return [item for item in listed if isinstance(item, dict)]
    return []


def _item(order: Order, items: Sequence[Mapping[str, Any]], dispatch: Dispatch) -> dict[str, Any]:
    """In the plugin's own form; `products_list` says what is in the parcel, as its cousins write it."""
    left = _left(items)
    pieces = dispatch.lines or {str(line.id): line.quantity - left.get(str(line.id), 0) for line in order.line_items}
    return {
        "tracking_provider": "",
        "custom_tracking_provider": dispatch.carrier,
        "custom_tracking_link": dispatch.tracking_url or "",
        "tracking_number": dispatch.tracking_number,
        "date_shipped": str(int(dispatch.shipped_at.timestamp())),
        "tracking_id": dispatch.dispatch_id,
        "products_list": [{"item_id": line, "qty": str(quantity)} for line, quantity in pieces.items() if quantity > 0],
    }


def _left(items: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Pieces by line that are in parcels."""
    left: dict[str, int] = {}
    for item in items:
        for part in item.get("products_list") or []:
            if isinstance(part, dict) and str(part.get("qty", "")).isdigit():
                line = str(part.get("item_id"))
                left[line] = left.get(line, 0) + int(part["qty"])
    return left


def _all_left(order: Order, items: Sequence[Mapping[str, Any]]) -> bool:
    left = _left(items)
    return all(left.get(str(line.id), 0) >= line.quantity for line in order.line_items)
