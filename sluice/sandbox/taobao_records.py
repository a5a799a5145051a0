"""Trades, refunds and items as TOP shows them, made from the world's documents. Only what happened by the clock is in those."""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Document = Mapping[str, Any]
Shown = dict[str, Any]

BEIJING = timedelta(hours=8)


def yuan(minor: int) -> str:
    """Amounts in fen, never negative, as TOP writes them."""
    return f"{minor // 100}.{minor % 100:02d}"


def local(moment: datetime | None) -> str | None:
    """Beijing time without a zone."""
    return (moment + BEIJING).strftime("%Y-%m-%d %H:%M:%S") if moment else None


def refund_status(refund: Document) -> str:
    if refund["completed_at"]:
        return "SUCCESS"
    if refund["rejected_at"]:
        return "SELLER_REFUSE_BUYER"
    if refund["returned_at"]:
        return "WAIT_SELLER_CONFIRM_GOODS"
    # Money alone is paid out as soon as the seller agrees, so that no state lies between.
    return "WAIT_BUYER_RETURN_GOODS" if refund["approved_at"] and refund["kind"] == "return" else "WAIT_SELLER_AGREE"


def _status(order: Document) -> str:
    if order["cancelled_at"]:
        return "TRADE_CLOSED" if order["paid_at"] else "TRADE_CLOSED_BY_TAOBAO"
    if order["completed_at"]:
        return "TRADE_FINISHED"
    if order["shipped_at"]:
        return "WAIT_BUYER_CONFIRM_GOODS"
    return "WAIT_SELLER_SEND_GOODS" if order["paid_at"] else "WAIT_BUYER_PAY"


def trade(order: Document, titles: Mapping[str, str], plain: Container[str]) -> Shown:
    """A trade with its orders. `titles` are by listing, `plain` holds the items sold in one variety only: those have no sku."""
    refunds = {refund["line_no"]: refund for refund in order["refunds"]}
    given_back = sum(refund["amount_minor"] for refund in order["refunds"] if refund["completed_at"])
    status = _status(order)
    lines = [_order(order, line, refunds.get(line["line_no"]), status, titles, plain) for line in order["lines"]]
    closed = max((refund["completed_at"] for refund in refunds.values() if refund["completed_at"]), default=None)
    if all(line["status"] == "TRADE_CLOSED" for line in lines):
        status = "TRADE_CLOSED"
    ended = order["cancelled_at"] or order["completed_at"] or (closed if status == "TRADE_CLOSED" else None)
    payment = yuan(order["total_minor"] - given_back)
    if len(lines) == 1:
        lines[0]["payment"] = payment
    person, identity = order["person"], order["identity"] or {}
    shown = {
        "tid": int(order["order_id"]),
        "type": "step" if order["is_presale"] else "fixed",
        "status": status,
        "created": local(order["created_at"]),
        "modified": local(order["updated_at"]),
        "pay_time": local(order["paid_at"]),
        "consign_time": local(order["shipped_at"]),
        "end_time": local(ended),
        "payment": payment,
        "total_fee": yuan(order["items_minor"]),
        "discount_fee": yuan(order["discount_minor"] if order["promo"] else 0),
        "adjust_fee": "0.00",
        "post_fee": yuan(order["shipping_minor"]),
        "received_payment": payment if status == "TRADE_FINISHED" else "0.00",
        "shipping_type": "express" if order["shipping_minor"] else "free",
        "buyer_open_uid": order["customer_id"],
        "buyer_nick": identity.get("name"),
        "receiver_name": identity.get("name"),
        "receiver_mobile": identity.get("phone"),
        "receiver_country": "中国" if person["country"] == "CN" else person["country"],
        "receiver_state": person["region_zh"] or person["region"],
        "receiver_city": person["city_zh"] or person["city"],
        "receiver_zip": person["postcode"],
        "orders": lines,
    }
    if order["is_presale"]:
        shown["step_trade_status"] = "FRONT_PAID_FINAL_PAID" if order["paid_at"] else "FRONT_NOPAID_FINAL_NOPAID"
    return shown


def _order(
    order: Document,
    line: Document,
    refund: Document | None,
    status: str,
    titles: Mapping[str, str],
    plain: Container[str],
) -> Shown:
    gross = line["unit_price_minor"] * line["quantity"]
    given_back = refund["amount_minor"] if refund and refund["completed_at"] else 0
    own = 0 if order["promo"] else line["discount_minor"]
    closed = given_back >= line["total_minor"] and given_back and not order["completed_at"]
    parcel = order["shipments"][0] if order["shipments"] else {}
    has_sku = line["product_id"] not in plain
    return {
        "oid": int(line["line_id"]),
        "status": "TRADE_CLOSED" if closed else status,
        "title": titles[line["listing_id"]],
        "num": line["quantity"],
        "num_iid": int(line["product_id"]),
        "sku_id": line["listing_id"] if has_sku else None,
        "outer_iid": None if has_sku else line["sku"],
        "outer_sku_id": line["sku"] if has_sku else None,
        "price": yuan(line["unit_price_minor"]),
        "total_fee": yuan(gross - own),
        "payment": yuan(max(0, gross - own - given_back)),
        "discount_fee": yuan(own),
        "adjust_fee": "0.00",
        "part_mjz_discount": yuan(line["discount_minor"]) if order["promo"] else None,
        "divide_order_fee": yuan(line["total_minor"]),
        "refund_status": refund_status(refund) if refund else "NO_REFUND",
        "refund_id": refund["refund_id"] if refund else None,
        "consign_time": local(order["shipped_at"]),
        "end_time": local(order["completed_at"]),
        "logistics_company": parcel.get("carrier"),
        "invoice_no": parcel.get("tracking_number"),
        "store_code": parcel.get("facility_id"),
    }


def refund(given: Document, order: Document, line: Document) -> Shown:
    """A refund of one line of `order`."""
    sent = bool(order["shipped_at"])
    received = "BUYER_RECEIVED" if order["delivered_at"] else "BUYER_NOT_RECEIVED"
    paid = line["total_minor"] + (order["shipping_minor"] if line["line_no"] == 1 else 0)
    return {
        "refund_id": given["refund_id"],
        "tid": int(given["order_id"]),
        "oid": int(line["line_id"]),
        "status": refund_status(given),
        "created": local(given["requested_at"]),
        "modified": local(given["modified_at"]),
        "refund_fee": yuan(given["amount_minor"]),
        "total_fee": yuan(paid),
        "payment": yuan(paid - given["amount_minor"]),
        "order_status": _status(order),
        "good_status": "BUYER_RETURNED_GOODS" if given["returned_at"] else received,
        "has_good_return": given["kind"] == "return",
        "reason": "七天无理由退换货" if given["kind"] == "return" else "协商一致退款" if sent else "我不想要了",
        "refund_phase": "aftersale" if order["completed_at"] else "onsale",
        "company_name": "SF Express" if given["returned_at"] else None,
        "sid": f"SF{given['refund_id']}" if given["returned_at"] else None,
    }


def item(listings: Iterable[Document], quantities: Mapping[str, int], weights: Mapping[str, int]) -> Shown:
    """An item from its varieties. `quantities` are what was published, by listing; `weights` grams by sku."""
    varieties = list(listings)
    first = varieties[0]
    numbers = [quantities.get(one["listing_id"], 0) for one in varieties]
    shown: Shown = {
        "num_iid": int(first["product_id"]),
        "title": first["title"],
        "num": sum(numbers),
        "price": yuan(min(one["price_minor"] for one in varieties)),
        "approve_status": "onsale",
        "item_weight": f"{weights[first['sku']] / 1000:.3f}",
        "modified": local(first["listed_at"]),
    }
    if len(varieties) == 1:
        return shown | {"outer_id": first["sku"]}
    skus = [
        {
            "sku_id": int(one["listing_id"]),
            "outer_id": one["sku"],
            "quantity": quantity,
            "price": yuan(one["price_minor"]),
            "modified": local(one["listed_at"]),
        }
        for one, quantity in zip(varieties, numbers, strict=True)
    ]
    return shown | {"skus": skus}
