"""Orders, after-sales cases and goods as Pinduoduo shows them: the world's documents under its names, in its notation."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

BEIJING = timezone(timedelta(hours=8))
Document = Mapping[str, Any]
CARRIERS = {"SF Express": (44, "顺丰快递", "SF"), "YTO Express": (85, "圆通快递", "YTO"), "ZTO Express": (115, "中通快递", "ZTO")}
"""The platform's number, name and code of each carrier."""
REFUND_MOMENTS = ("requested_at", "approved_at", "returned_at", "completed_at", "rejected_at")


def yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def local(moment: datetime | None) -> str | None:
    """Beijing time without a zone."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if moment else None


def number(document: Document) -> str:
    """An order's number: the day it was placed and fifteen digits."""
    return f"{document['created_at'].astimezone(BEIJING):%y%m%d}-{document['order_id'][-15:]}"


def case_status(refund: Document) -> int:
    """Money alone is paid out as soon as the seller agrees."""
    if refund["completed_at"]:
        return 10
    if refund["rejected_at"]:
        return 6
    if refund["returned_at"] or (refund["approved_at"] and refund["kind"] == "refund"):
        return 4
    if refund["approved_at"]:
        return 7
    return 3 if refund["kind"] == "return" else 2


def order(document: Document, titles: Mapping[str, str]) -> dict[str, Any]:
    """An order. Who gets it is enciphered while it waits to be shipped, and empty afterwards."""
    shipped = document["shipped_at"] is not None
    cancelled = document["cancelled_at"] is not None
    cases = [case_status(refund) for refund in document["refunds"]]
    parcel = document["shipments"][0] if document["shipments"] else None
    is_shown = not shipped and not cancelled
    person = document["person"]
    is_step = document["is_presale"]
    return {
        "order_sn": number(document),
        "order_status": 3 if document["delivered_at"] else 2 if shipped else 1,
        "confirm_status": 2 if cancelled else 1,
        "group_status": 1,
        "refund_status": _refund_status(cases, cancelled),
        "after_sales_status": cases[-1] if cases else 10 if cancelled else 0,
        "risk_control_status": 0,
        "created_time": local(document["created_at"]),
        "pay_time": local(document["paid_at"]),
        "confirm_time": local(document["paid_at"]),
        "shipping_time": local(document["shipped_at"]),
        "receive_time": local(document["delivered_at"]),
        "last_ship_time": local(document["promised_at"]),
        "updated_at": local(document["updated_at"]),
        "goods_amount": yuan(document["items_minor"]),
        "discount_amount": yuan(document["discount_minor"]),
        "platform_discount": "0.00",
        "seller_discount": yuan(document["discount_minor"]),
        "capital_free_discount": "0.00",
        "postage": yuan(document["shipping_minor"]),
        "pay_amount": yuan(document["total_minor"]),
        "pay_type": "WEIXIN",
        "trade_type": int(is_step),
        "is_pre_sale": int(is_step),
        "step_order_info": _step(document) if is_step else None,
        "order_depot_info": {"depot_code": parcel["facility_id"], "depot_type": 1} if parcel else None,
        "logistics_id": CARRIERS[parcel["carrier"]][0] if parcel else 0,
        "tracking_number": parcel["tracking_number"] if parcel else "",
        "receiver_name": f"~AgAAAA{document['position']}==~0~" if is_shown else "",
        "receiver_phone": f"$AgAAAA{document['position']}==$0$" if is_shown else "",
        "country": "中国" if person["country"] == "CN" else person["country"],
        "province": person["region_zh"] or person["region"],
        "city": person["city_zh"] or person["city"],
        "town": "",
        "item_list": [_item(line, titles) for line in document["lines"]],
    }


def _refund_status(cases: list[int], cancelled: bool) -> int:
    """1 none or closed, 2 under way, 3 being paid, 4 paid."""
    if cancelled or 10 in cases:
        return 4
    if 4 in cases:
        return 3
    return 2 if any(case in (2, 3, 7) for case in cases) else 1


def _step(document: Document) -> dict[str, Any]:
    paid = yuan(document["total_minor"])
    return {"step_trade_status": 2, "step_paid_fee": paid, "advanced_paid_fee": paid, "step_discount_amount": "0.00"}


def _item(line: Document, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "goods_id": int(line["product_id"]),
        "sku_id": int(line["listing_id"]),
        "outer_id": line["sku"],
        "outer_goods_id": "",
        "goods_name": titles[line["listing_id"]],
        "goods_spec": line["sku"],
        "goods_price": yuan(line["unit_price_minor"]),
        "goods_count": line["quantity"],
    }


def case(document: Document, refund: Document) -> dict[str, Any]:
    """An after-sales case of one line."""
    line = next(one for one in document["lines"] if one["line_no"] == refund["line_no"])
    back = refund["returned_at"] is not None
    return {
        "id": int(refund["refund_id"]),
        "order_sn": number(document),
        "after_sales_status": case_status(refund),
        "after_sales_type": 3 if refund["kind"] == "return" else 2,
        "after_sale_reason": "不想要了" if refund["kind"] == "return" else "其他原因",
        "goods_id": int(line["product_id"]),
        "sku_id": line["listing_id"],
        "outer_id": line["sku"],
        "goods_number": str(refund["quantity"]),
        "goods_price": yuan(line["unit_price_minor"]),
        "order_amount": yuan(document["total_minor"]),
        "discount_amount": yuan(document["discount_minor"]),
        "refund_amount": yuan(refund["amount_minor"]),
        "confirm_time": local(document["paid_at"]),
        "created_time": local(refund["requested_at"]),
        "updated_time": local(changed(refund)),
        "tracking_number": f"SF{refund['refund_id']}" if back else "",
        "user_shipping_status": "2" if document["delivered_at"] else "1",
        "dispute_refund_status": 0,
        "speed_refund_flag": 0,
    }


def changed(refund: Document) -> datetime:
    """The last thing that happened to a case."""
    moments: list[datetime] = [refund[name] for name in REFUND_MOMENTS if refund[name]]
    return max(moments)


def page(listings: Iterable[Document], quantities: Mapping[str, int]) -> dict[str, Any]:
    """A product page from its skus. `quantities` are what was published, by listing."""
    skus = list(listings)
    shown = [
        {
            "sku_id": int(one["listing_id"]),
            "outer_id": one["sku"],
            "outer_goods_id": "",
            "spec": one["sku"],
            "sku_quantity": quantities.get(one["listing_id"], 0),
            "reserve_quantity": 0,
            "is_sku_onsale": 1,
        }
        for one in skus
    ]
    return {
        "goods_id": int(skus[0]["product_id"]),
        "goods_name": skus[0]["title"],
        "is_onsale": 1,
        "is_more_sku": int(len(skus) > 1),
        "goods_quantity": sum(sku["sku_quantity"] for sku in shown),
        "goods_reserve_quantity": 0,
        "sku_list": shown,
    }
