"""Orders, their items and products as Lazada shows them, made from the world's documents.

Money is mixed, as there: the price of an order is text, fees and vouchers are numbers. Each piece is an item of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sluice.sandbox.view import REFUND_EVENTS

Document = Mapping[str, Any]

SINGAPORE = timezone(timedelta(hours=8))
FIRST, STEP = 260_000_000_000_000, 100_003
FIRST_BUYER = 100_200_000_000


def order_id(position: int) -> int:
    return FIRST + position * STEP


def local(moment: datetime) -> str:
    """As Lazada writes a time: a blank before the offset."""
    return moment.astimezone(SINGAPORE).strftime("%Y-%m-%d %H:%M:%S %z")


def shop_sku(item_id: str, listing_id: str) -> str:
    return f"{item_id}_SG-{listing_id}"


def order(found: Document) -> dict[str, Any]:
    """The head of an order; its statuses are those of its pieces, each once."""
    person, identity = found["person"], found["identity"]
    pieces = list(items(found))
    return {
        "order_id": order_id(found["position"]),
        "order_number": order_id(found["position"]),
        "created_at": local(found["created_at"]),
        "updated_at": local(found["updated_at"]),
        "price": f"{found['items_minor'] / 100:.2f}",
        "voucher": found["discount_minor"] / 100,
        "voucher_seller": found["discount_minor"] / 100,
        "voucher_platform": 0,
        "voucher_code": found["promo"] or "",
        "shipping_fee": found["shipping_minor"] / 100,
        "payment_method": "MIXEDCARD",
        "items_count": len(pieces),
        "statuses": sorted({piece["status"] for piece in pieces}),
        "customer_first_name": identity["name"] if identity else "",
        "customer_last_name": "",
        "warehouse_code": "dropshipping",
        "gift_option": False,
        "remarks": "",
        "address_shipping": {
            "country": person["country"],
            "address1": "****",
            "address3": person["region"],
            "address4": person["city"],
            "address5": person["postcode"],
            "city": person["city"],
            "post_code": person["postcode"],
            "phone": identity["phone"] if identity else "",
            "first_name": identity["name"] if identity else "",
            "last_name": "",
        },
    }


def items(found: Document) -> Iterator[dict[str, Any]]:
    """The pieces of an order."""
    parcel = found["shipments"][0] if found["shipments"] else None
    for line in found["lines"]:
        back = sum(one["quantity"] for one in found["refunds"] if one["line_no"] == line["line_no"] and _came_back(one))
        share, rest = divmod(line["discount_minor"], line["quantity"])
        for number in range(line["quantity"]):
            voucher = share + (number < rest)
            yield {
                "order_item_id": order_id(found["position"]) + line["line_no"] * 100 + number + 1,
                "order_id": order_id(found["position"]),
                "status": "returned" if number < back else _status(found),
                "name": line["title"],
                "sku": line["sku"],
                "shop_sku": shop_sku(line["product_id"], line["listing_id"]),
                "item_price": line["unit_price_minor"] / 100,
                "paid_price": (line["unit_price_minor"] - voucher) / 100,
                "voucher_amount": voucher / 100,
                "tax_amount": 0,
                "shipping_amount": 0,
                "currency": found["currency"],
                "buyer_id": FIRST_BUYER + found["identity_no"],
                "package_id": f"FP{parcel['shipment_id']}" if parcel else "",
                "tracking_code": parcel["tracking_number"] if parcel else "",
                "shipment_provider": parcel["carrier"] if parcel else "",
                "reason": "",
                "return_status": "",
                "is_digital": 0,
                "created_at": local(found["created_at"]),
                "updated_at": local(found["updated_at"]),
            }


def reverse_order(found: Document, refund: Document) -> dict[str, Any]:
    """A refund of an order as a reverse order, with a line a piece."""
    line = next(one for one in found["lines"] if one["line_no"] == refund["line_no"])
    kind = "CANCEL" if found["cancelled_at"] else "RETURN" if refund["kind"] == "return" else "ONLY_REFUND"
    share, rest = divmod(refund["amount_minor"], refund["quantity"])
    number = int(refund["refund_id"])
    return {
        "reverse_order_id": str(number),
        "trade_order_id": str(order_id(found["position"])),
        "request_type": kind,
        "is_rtm": "true",
        "shipping_type": "PICK_UP" if kind == "RETURN" else "DEFAULT",
        "reverse_order_lines": [
            {
                "reverse_order_line_id": str(number * 100 + piece),
                "trade_order_line_id": str(order_id(found["position"]) + line["line_no"] * 100 + piece + 1),
                "reverse_status": _reverse_status(kind, refund),
                "ofc_status": "RETURN_RTM_DELIVERED" if refund["returned_at"] else "INITIAL",
                "refund_amount": str(share + (piece < rest)),
                "is_need_refund": "true",
                "reason_text": "Item is defective or not working",
                "reason_code": "10010025",
                "seller_sku_id": line["sku"],
                "platform_sku_id": shop_sku(line["product_id"], line["listing_id"]),
                "product": {"product_id": line["product_id"], "product_sku": line["sku"]},
                "buyer": {"buyer_id": str(FIRST_BUYER + found["identity_no"])},
                "item_unit_price": str(line["unit_price_minor"]),
                "whqc_decision": "return_to_merchant" if refund["returned_at"] and refund["restock"] else "",
                "is_dispute": "false",
                "return_order_line_gmt_create": str(int(refund["requested_at"].timestamp())),
                "return_order_line_gmt_modified": str(int(max(filter(None, map(refund.get, REFUND_EVENTS))).timestamp())),
            }
            for piece in range(refund["quantity"])
        ],
    }


def _reverse_status(kind: str, refund: Document) -> str:
    if refund["rejected_at"]:
        return "REQUEST_REJECT"
    if refund["completed_at"]:
        return "CANCEL_SUCCESS" if kind == "CANCEL" else "REFUND_SUCCESS"
    if kind == "RETURN" and refund["approved_at"]:
        return "REFUND_PENDING" if refund["returned_at"] else "SELLER_AGREE_RETURN"
    return "REFUND_PENDING" if refund["approved_at"] else "REQUEST_INITIATE"


def _came_back(refund: Document) -> bool:
    return refund["kind"] == "return" and refund["completed_at"] is not None


def _status(found: Document) -> str:
    if found["cancelled_at"]:
        return "canceled"
    if found["delivered_at"]:
        return "delivered"
    if found["shipped_at"]:
        return "shipped"
    return "pending" if found["paid_at"] else "unpaid"


def product(listings: Iterable[Document], weights: Mapping[str, int], stock: Mapping[str, int]) -> dict[str, Any]:
    """A product with its skus."""
    varieties = list(listings)
    first = varieties[0]
    return {
        "item_id": int(first["product_id"]),
        "status": "Active",
        "primary_category": 10_000_211,
        "created_time": str(int(min(one["listed_at"] for one in varieties).timestamp() * 1000)),
        "updated_time": str(int(max(one["listed_at"] for one in varieties).timestamp() * 1000)),
        "attributes": {"name": first["title"], "brand": "No Brand"},
        "skus": [
            {
                "SkuId": int(one["listing_id"]),
                "SellerSku": one["sku"],
                "ShopSku": shop_sku(one["product_id"], one["listing_id"]),
                "Status": "active",
                "price": one["price_minor"] / 100,
                "quantity": stock[one["listing_id"]],
                "Available": stock[one["listing_id"]],
                "package_weight": f"{weights[one['sku']] / 1000:.3f}",
                "multiWarehouseInventories": [
                    {"warehouseCode": "dropshipping", "sellableQuantity": stock[one["listing_id"]], "occupyQuantity": 0}
                ],
            }
            for one in varieties
        ],
    }
