"""Orders, returns and cancellations as TikTok Shop shows them. A line item is one piece: lines of several are taken apart."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Record = dict[str, Any]
WAREHOUSE = "7068517275539719942"
PROVIDERS = {"SF Express": "6841743441349706241", "YTO Express": "6841743441349706242", "ZTO Express": "6841743441349706243"}
DELIVERY_OPTION = "7091146663229654785"
CURRENCY = "USD"

Parcels = Mapping[str, tuple[str, str]]
"""What the seller told of by piece: (tracking number, provider's id)."""


def money(minor: int) -> str:
    """An amount in cents, never negative, as text."""
    return f"{minor // 100}.{minor % 100:02d}"


def seconds(moment: datetime | None) -> int:
    """Unix seconds; 0 where it has not happened."""
    return 0 if moment is None else int(moment.timestamp())


def shares(amount: int, pieces: int) -> list[int]:
    """`amount` over `pieces`, the first ones taking what does not divide."""
    each, rest = divmod(amount, pieces)
    return [each + (number < rest) for number in range(pieces)]


def pieces(line: Record) -> list[str]:
    """Ids of a line's pieces."""
    return [f"{line['line_id']}{number:02d}" for number in range(line["quantity"])]


def order(document: Record, titles: Mapping[str, str], told: Parcels) -> Record:
    """One order with its line items. What has not happened is left out, an unpaid order has no address."""
    status = _status(document)
    parcel = document["shipments"][0] if document["shipments"] else None
    items = [item for line in document["lines"] for item in _items(line, status, parcel, titles, told)]
    if status == "AWAITING_SHIPMENT" and all(item.get("tracking_number") for item in items):
        status = "AWAITING_COLLECTION"
    shown = {
        "id": document["order_id"],
        "status": status,
        "create_time": seconds(document["created_at"]),
        "update_time": seconds(document["stamped_at"]),
        "paid_time": seconds(document["paid_at"]),
        "rts_time": seconds(document["shipped_at"]),
        "rts_sla_time": seconds(document["promised_at"]),
        "collection_time": seconds(document["shipped_at"]),
        "delivery_time": seconds(document["delivered_at"]),
        "cancel_time": seconds(document["cancelled_at"]),
        "user_id": document["customer_id"],
        "buyer_email": f"{document['customer_id']}@scs.tiktok.com",
        "payment": _payment(document),
        "line_items": items,
        "packages": [{"id": parcel["shipment_id"]}] if parcel else [],
        "warehouse_id": WAREHOUSE,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "shipping_type": "SELLER",
        "delivery_option_id": DELIVERY_OPTION,
        "payment_method_name": "Credit card",
        "is_cod": False,
        "is_sample_order": False,
    }
    if document["paid_at"] and document["identity"]:
        shown["recipient_address"] = _address(document["person"], document["identity"])
    return shown


def _status(document: Record) -> str:
    steps = {
        "cancelled_at": "CANCELLED",
        "completed_at": "COMPLETED",
        "delivered_at": "DELIVERED",
        "shipped_at": "IN_TRANSIT",
        "paid_at": "AWAITING_SHIPMENT",
    }
    return next((status for event, status in steps.items() if document[event]), "UNPAID")


def _payment(document: Record) -> Record:
    return {
        "currency": CURRENCY,
        "original_total_product_price": money(document["items_minor"]),
        "seller_discount": money(document["discount_minor"]),
        "platform_discount": "0.00",
        "sub_total": money(document["items_minor"] - document["discount_minor"]),
        "shipping_fee": money(document["shipping_minor"]),
        "original_shipping_fee": money(document["shipping_minor"]),
        "tax": money(document["tax_minor"]),
        "total_amount": money(document["total_minor"]),
    }


def _address(person: Record, identity: Record) -> Record:
    return {
        "name": identity["name"],
        "phone_number": identity["phone"],
        "region_code": person["country"],
        "postal_code": person["postcode"],
        "district_info": [
            {"address_level": "L0", "address_level_name": "Country", "address_name": person["country"]},
            {"address_level": "L1", "address_level_name": "State", "address_name": person["region"]},
            {"address_level": "L2", "address_level_name": "City", "address_name": person["city"]},
        ],
    }


def _items(line: Record, status: str, parcel: Record | None, titles: Mapping[str, str], told: Parcels) -> Iterable[Record]:
    for name, discount in zip(pieces(line), shares(line["discount_minor"], line["quantity"]), strict=True):
        item: Record = {
            "id": name,
            "sku_id": line["listing_id"],
            "product_id": line["product_id"],
            "product_name": titles[line["listing_id"]],
            "sku_name": "Default",
            "seller_sku": line["sku"],
            "sku_type": "NORMAL",
            "original_price": money(line["unit_price_minor"]),
            "sale_price": money(line["unit_price_minor"] - discount),
            "seller_discount": money(discount),
            "platform_discount": "0.00",
            "currency": CURRENCY,
            "display_status": status,
            "is_gift": False,
        }
        if parcel:
            item |= {
                "package_id": parcel["shipment_id"],
                "package_status": "COMPLETED" if parcel["delivered_at"] else "FULFILLING",
                "tracking_number": parcel["tracking_number"],
                "shipping_provider_name": parcel["carrier"],
                "rts_time": seconds(parcel["shipped_at"]),
            }
        elif name in told:
            item |= {
                "tracking_number": told[name][0],
                "shipping_provider_id": told[name][1],
                "display_status": "AWAITING_COLLECTION",
            }
        yield item


def given_back(refund: Record) -> Record:
    """A return."""
    lines, total = _refunded(refund, "return_line_item_id")
    return {
        "return_id": refund["refund_id"],
        "order_id": refund["order_id"],
        "return_type": "RETURN_AND_REFUND" if refund["kind"] == "return" else "REFUND",
        "return_status": _return_status(refund),
        "return_reason": "ecom_order_delivered_refund_and_return_reason_no_need",
        "return_reason_text": "No longer needed",
        "create_time": seconds(refund["requested_at"]),
        "update_time": seconds(refund["stamped_at"]),
        "refund_amount": {"currency": CURRENCY, "refund_total": money(total)},
        "return_line_items": lines,
    }


def _return_status(refund: Record) -> str:
    if refund["completed_at"]:
        return "RETURN_OR_REFUND_REQUEST_COMPLETE"
    if refund["rejected_at"]:
        return "REFUND_OR_RETURN_REQUEST_REJECT"
    if refund["returned_at"]:
        return "BUYER_SHIPPED_ITEM"
    if refund["approved_at"] and refund["kind"] == "return":
        return "AWAITING_BUYER_SHIP"
    return "RETURN_OR_REFUND_REQUEST_PENDING"


def cancellation(head: Record) -> Record:
    """All that is given back of an order that was cancelled before dispatch."""
    parts = [_refunded(part, "cancel_line_item_id") for part in head["parts"]]
    is_paid_back = all(part["completed_at"] for part in head["parts"])
    return {
        "cancel_id": head["refund_id"],
        "order_id": head["order_id"],
        "cancel_type": "BUYER_CANCEL",
        "cancel_status": "CANCELLATION_REQUEST_COMPLETE" if is_paid_back else "CANCELLATION_REQUEST_PENDING",
        "cancel_reason": "ecom_order_to_ship_canceled_reason_no_need",
        "cancel_reason_text": "No longer needed",
        "create_time": seconds(head["requested_at"]),
        "update_time": seconds(head["stamped_at"]),
        "refund_amount": {"currency": CURRENCY, "refund_total": money(sum(total for _, total in parts))},
        "cancel_line_items": [line for lines, _ in parts for line in lines],
    }


def _refunded(refund: Record, key: str) -> tuple[list[Record], int]:
    amounts = shares(refund["amount_minor"], refund["quantity"])
    lines = [
        {
            key: f"{refund['refund_id']}{number:02d}",
            "order_line_item_id": name,
            "sku_id": refund["listing_id"],
            "seller_sku": refund["sku"],
            "refund_amount": {"currency": CURRENCY, "refund_total": money(amount)},
        }
        for number, (name, amount) in enumerate(zip(pieces(refund), amounts, strict=True))
    ]
    return lines, refund["amount_minor"]


def product(listings: Iterable[Record], quantities: Mapping[str, int]) -> Record:
    """A product from its varieties; `quantities` are what was published."""
    varieties = list(listings)
    return {
        "id": varieties[0]["product_id"],
        "title": varieties[0]["title"],
        "status": "ACTIVATE",
        "create_time": seconds(min(one["listed_at"] for one in varieties)),
        "update_time": seconds(max(one["listed_at"] for one in varieties)),
        "sales_regions": ["US"],
        "skus": [
            {
                "id": one["listing_id"],
                "seller_sku": one["sku"],
                "price": {"currency": CURRENCY, "tax_exclusive_price": money(one["price_minor"])},
                "inventory": [{"warehouse_id": WAREHOUSE, "quantity": quantities.get(one["listing_id"], 0)}],
            }
            for one in varieties
        ],
    }
