"""Orders, returns and items as Shopee shows them, made from the world's documents. Money is a number, times are seconds."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Document = Mapping[str, Any]

REGION = "SG"
STEP, FIRST = 7_919, 36**7
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST_BUYER = 880_000_000
DEFAULT = {
    "order_sn",
    "region",
    "currency",
    "cod",
    "order_status",
    "message_to_seller",
    "create_time",
    "update_time",
    "days_to_ship",
    "ship_by_date",
}
"""Fields of an order that come without being asked for."""


def order_sn(position: int, created: datetime) -> str:
    """The day and eight letters and digits."""
    number, text = FIRST + position * STEP, ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return f"{created:%y%m%d}{text}"


def return_sn(refund: Document) -> str:
    """The day and nine digits."""
    return f"{refund['requested_at']:%y%m%d}{int(refund['refund_id']) % 10**9:09d}"


def amount(minor: int) -> float:
    """A number of whole units, as Shopee's JSON has it."""
    return minor / 100


def seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def status(order: Document, arranged: bool) -> str:
    if order["cancelled_at"]:
        return "CANCELLED"
    if order["completed_at"]:
        return "COMPLETED"
    if order["shipped_at"]:
        return "SHIPPED"
    if order["paid_at"]:
        return "PROCESSED" if arranged else "READY_TO_SHIP"
    return "UNPAID"


def logistics(order: Document, arranged: bool) -> str:
    if order["delivered_at"]:
        return "LOGISTICS_DELIVERY_DONE"
    if order["shipped_at"]:
        return "LOGISTICS_PICKUP_DONE"
    if order["cancelled_at"]:
        return "LOGISTICS_INVALID"
    return "LOGISTICS_REQUEST_CREATED" if arranged else "LOGISTICS_READY" if order["paid_at"] else "LOGISTICS_NOT_START"


def order(found: Document, plain: Mapping[str, bool], titles: Mapping[str, str], arranged: bool) -> dict[str, Any]:
    """An order with all fields that it may be asked for. `plain` says of each listing whether its item has no models.

    Discounts are told by the piece; what that rounds up is in the estimated freight, so that the buyer owes the same.
    """
    lines = [_line(line, plain[line["listing_id"]], titles[line["listing_id"]]) for line in found["lines"]]
    rounded = sum(_piece(line) * line["quantity"] - line["discount_minor"] for line in found["lines"])
    person, identity = found["person"], found["identity"]
    parcels = found["shipments"]
    cancelled = found["cancelled_at"] is not None
    package = {
        "package_number": f"OFG{parcels[0]['shipment_id'] if parcels else 10**14 + found['position']}",
        "logistics_status": logistics(found, arranged),
        "logistics_channel_id": 18080,
        "shipping_carrier": parcels[0]["carrier"] if parcels else "Standard Delivery",
        "allow_self_design_awb": False,
        "item_list": [
            {
                "item_id": line["item_id"],
                "model_id": line["model_id"],
                "model_quantity": line["model_quantity_purchased"],
                "order_item_id": line["order_item_id"],
                "promotion_group_id": 0,
                "product_location_id": "SGZ",
            }
            for line in lines
        ],
    }
    shown = {
        "order_sn": order_sn(found["position"], found["created_at"]),
        "region": REGION,
        "currency": found["currency"],
        "cod": False,
        "order_status": status(found, arranged),
        "message_to_seller": "",
        "create_time": seconds(found["created_at"]),
        "update_time": seconds(found["updated_at"]),
        "days_to_ship": 3,
        "ship_by_date": seconds(found["promised_at"]) or 0,
        "estimated_shipping_fee": amount(found["shipping_minor"] + rounded),
        "buyer_user_id": FIRST_BUYER + found["identity_no"],
        "buyer_username": f"buyer{found['identity_no']:06d}",
        "recipient_address": {
            "name": identity["name"] if identity else "****",
            "phone": identity["phone"] if identity else "****",
            "town": "",
            "district": "",
            "city": person["city"],
            "state": person["region"],
            "region": person["country"],
            "zipcode": person["postcode"],
            "full_address": "****",
        },
        "pay_time": seconds(found["paid_at"]),
        "pickup_done_time": seconds(found["shipped_at"]) or 0,
        "payment_method": "Online Payment",
        "cancel_by": "buyer" if cancelled else "",
        "cancel_reason": "CHANGE_MIND" if cancelled else "",
        "fulfillment_flag": "fulfilled_by_local_seller",
        "item_list": lines,
        "package_list": [package],
    }
    return shown | ({"total_amount": amount(found["total_minor"])} if found["paid_at"] else {})


def _piece(line: Document) -> int:
    """The discount of one piece, rounded up to the cent."""
    return -(-int(line["discount_minor"]) // int(line["quantity"]))


def _line(line: Document, plain: bool, title: str) -> dict[str, Any]:
    item = int(line["product_id"])
    return {
        "item_id": item,
        "item_name": title,
        "item_sku": line["sku"] if plain else "",
        "model_id": 0 if plain else int(line["listing_id"]),
        "model_name": "" if plain else line["sku"],
        "model_sku": "" if plain else line["sku"],
        "model_quantity_purchased": line["quantity"],
        "model_original_price": amount(line["unit_price_minor"]),
        "model_discounted_price": amount(line["unit_price_minor"] - _piece(line)),
        "wholesale": False,
        "weight": 0.5,
        "add_on_deal": False,
        "main_item": False,
        "add_on_deal_id": 0,
        "promotion_type": "product_promotion" if line["discount_minor"] else "",
        "promotion_id": 0,
        "order_item_id": item,
        "promotion_group_id": 0,
        "image_info": {"image_url": ""},
        "product_location_id": ["SGZ"],
    }


def returned(refund: Document, head: Document, line: Document, plain: bool) -> dict[str, Any]:
    """A return of some pieces of one line."""
    goods = refund["kind"] == "return"
    return {
        "return_sn": return_sn(refund),
        "order_sn": order_sn(head["position"], head["created_at"]),
        "status": _return_status(refund),
        "reason": "CHANGE_MIND" if goods else "NOT_RECEIPT",
        "text_reason": "",
        "refund_amount": amount(refund["amount_minor"]),
        "amount_before_discount": amount(line["unit_price_minor"] * refund["quantity"]),
        "currency": head["currency"],
        "create_time": seconds(refund["requested_at"]),
        "update_time": seconds(refund["updated_at"]),
        "due_date": int(refund["requested_at"].timestamp()) + 5 * 86_400,
        "needs_logistics": goods,
        "return_solution": 0 if goods else 1,
        "tracking_number": f"RNSHS{int(refund['refund_id']) % 10**8:08d}" if refund["returned_at"] else "",
        "item": [
            {
                "item_id": int(line["product_id"]),
                "model_id": 0 if plain else int(line["listing_id"]),
                "name": "",
                "amount": refund["quantity"],
                "item_price": amount(line["unit_price_minor"]),
                "item_sku": line["sku"] if plain else "",
                "variation_sku": "" if plain else line["sku"],
                "is_add_on_deal": False,
                "is_main_item": False,
                "add_on_deal_id": 0,
            }
        ],
    }


def _return_status(refund: Document) -> str:
    if refund["completed_at"]:
        return "COMPLETED"
    if refund["rejected_at"]:
        return "CLOSED"
    if refund["returned_at"]:
        return "PROCESSING"
    return "ACCEPTED" if refund["approved_at"] else "REQUESTED"


def item(listings: Iterable[Document], weights: Mapping[str, int], stock: Mapping[str, int]) -> dict[str, Any]:
    """An item from its varieties; one that is the only one is no model."""
    varieties = list(listings)
    first, plain = varieties[0], len(varieties) == 1
    listed = max(one["listed_at"] for one in varieties)
    shown = {
        "item_id": int(first["product_id"]),
        "category_id": 100_629,
        "item_name": first["title"],
        "item_sku": first["sku"] if plain else "",
        "create_time": seconds(min(one["listed_at"] for one in varieties)),
        "update_time": seconds(listed),
        "weight": f"{weights[first['sku']] / 1000:.3f}",
        "item_status": "NORMAL",
        "has_model": not plain,
    }
    if plain:
        shown |= {"price_info": [_price(first)], "stock_info_v2": _stock(stock[first["listing_id"]])}
    return shown


def model(listing: Document, weights: Mapping[str, int], stock: int) -> dict[str, Any]:
    """A variety of an item that has several."""
    return {
        "model_id": int(listing["listing_id"]),
        "model_sku": listing["sku"],
        "model_status": "MODEL_NORMAL",
        "has_promotion": False,
        "promotion_id": 0,
        "tier_index": [0],
        "weight": f"{weights[listing['sku']] / 1000:.3f}",
        "price_info": [_price(listing)],
        "stock_info_v2": _stock(stock),
    }


def _price(listing: Document) -> dict[str, Any]:
    price = amount(listing["price_minor"])
    return {"currency": listing["currency"], "original_price": price, "current_price": price}


def _stock(quantity: int) -> dict[str, Any]:
    return {
        "summary_info": {"total_reserved_stock": 0, "total_available_stock": quantity},
        "seller_stock": [{"location_id": "SGZ", "stock": quantity, "if_saleable": True}],
    }
