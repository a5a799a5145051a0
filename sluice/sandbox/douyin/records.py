"""Shop orders, after-sales cases and products as Douyin shows them. Money is fen, times are unix seconds."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Record = dict[str, Any]
COMPANIES = {"SF Express": "shunfeng", "YTO Express": "yuantong", "ZTO Express": "zhongtong"}

Told = Mapping[str, list[Record]]
"""Parcels that the seller told of, by order."""


def seconds(moment: datetime | None) -> int:
    """Unix seconds; 0 where it has not happened."""
    return 0 if moment is None else int(moment.timestamp())


def order(document: Record, titles: Mapping[str, str], told: Told) -> Record:
    """One shop order with its sku orders."""
    status = _status(document)
    parcels = [_parcel(one, document) for one in document["shipments"]] + told.get(document["order_id"], [])
    person, identity = document["person"], document["identity"] or {}
    return {
        "shop_id": 4463798,
        "order_id": document["order_id"],
        "order_level": 2,
        "order_status": status,
        "create_time": seconds(document["created_at"]),
        "update_time": seconds(document["stamped_at"]),
        "pay_time": seconds(document["paid_at"]),
        "ship_time": seconds(document["shipped_at"]),
        "exp_ship_time": seconds(document["promised_at"]),
        "finish_time": seconds(document["completed_at"]),
        "cancel_reason": "不想要了" if status == 4 else "",
        "pay_type": 2,
        "order_amount": document["items_minor"] + document["shipping_minor"],
        "pay_amount": document["total_minor"],
        "post_amount": document["shipping_minor"],
        "promotion_amount": document["discount_minor"],
        "tax_amount": document["tax_minor"],
        "modify_amount": 0,
        "doudian_open_id": document["customer_id"] or "",
        "mask_post_receiver": identity.get("name") or "",
        "mask_post_tel": identity.get("phone") or "",
        "mask_post_addr": {
            "province": {"name": person["region_zh"] or person["region"], "id": "31"},
            "city": {"name": person["city_zh"] or person["city"], "id": "3101"},
        },
        "logistics_info": parcels,
        "sku_order_list": [_sku_order(line, document, status, titles) for line in document["lines"]],
    }


def _status(document: Record) -> int:
    steps = {"cancelled_at": 4, "completed_at": 5, "shipped_at": 3, "paid_at": 2}
    return next((status for event, status in steps.items() if document[event]), 1)


def _sku_order(line: Record, document: Record, status: int, titles: Mapping[str, str]) -> Record:
    gross = line["unit_price_minor"] * line["quantity"]
    return {
        "order_id": line["line_id"],
        "parent_order_id": document["order_id"],
        "order_status": status,
        "item_num": line["quantity"],
        "origin_amount": line["unit_price_minor"],
        "sum_amount": gross,
        "promotion_amount": line["discount_minor"],
        "modify_amount": 0,
        "pay_amount": line["total_minor"],
        "product_id": int(line["product_id"]),
        "product_id_str": line["product_id"],
        "sku_id": int(line["listing_id"]),
        "product_name": titles[line["listing_id"]],
        "code": line["sku"],
        "out_sku_id": "",
        "pre_sale_type": 1 if document["is_presale"] else 0,
        "given_product_type": "",
        "exp_ship_time": seconds(document["promised_at"]),
        "ship_time": seconds(document["shipped_at"]),
        "logistics_receipt_time": seconds(document["delivered_at"]),
        "confirm_receipt_time": seconds(document["completed_at"]),
        "inventory_list": [{"out_warehouse_id": document["facility_id"], "count": line["quantity"], "inventory_type": 1}],
    }


def _parcel(shipment: Record, document: Record) -> Record:
    return {
        "tracking_no": shipment["tracking_number"],
        "company": COMPANIES[shipment["carrier"]],
        "company_name": shipment["carrier"],
        "delivery_id": shipment["shipment_id"],
        "ship_time": seconds(shipment["shipped_at"]),
        "product_info": [{"sku_order_id": line["line_id"], "product_count": line["quantity"]} for line in document["lines"]],
    }


def case(refund: Record) -> Record:
    """An after-sales case of one sku order, in the parts that the platform keeps apart."""
    status, paid_back = _case_status(refund)
    has_left = refund["shipped_at"] is not None
    return {
        "aftersale_info": {
            "aftersale_id": refund["refund_id"],
            "aftersale_order_type": 1,
            "aftersale_type": 0 if refund["kind"] == "return" else 1 if has_left else 2,
            "aftersale_status": status,
            "refund_status": 3 if paid_back else 4 if status == 27 else 1,
            "related_id": refund["line_id"],
            "apply_time": seconds(refund["requested_at"]),
            "update_time": seconds(refund["stamped_at"]),
            "refund_amount": refund["amount_minor"],
            "refund_post_amount": 0,
            "aftersale_num": refund["quantity"],
        },
        "order_info": {
            "shop_order_id": refund["order_id"],
            "related_order_info": [
                {
                    "sku_order_id": refund["line_id"],
                    "aftersale_item_num": refund["quantity"],
                    "aftersale_pay_amount": refund["amount_minor"],
                    "shop_sku_code": refund["sku"],
                }
            ],
        },
        "text_part": {"reason_text": "七天无理由退货", "aftersale_status_text": ""},
    }


def _case_status(refund: Record) -> tuple[int, bool]:
    if refund["completed_at"]:
        return 12, True
    if refund["rejected_at"]:
        return 27, False
    if refund["returned_at"]:
        return 11, False
    if refund["approved_at"]:
        return (7 if refund["kind"] == "return" else 12), False
    return 6, False


def product(listings: Iterable[Record]) -> Record:
    """A product, without its skus."""
    varieties = list(listings)
    return {
        "product_id": int(varieties[0]["product_id"]),
        "name": varieties[0]["title"],
        "status": 0,
        "check_status": 3,
        "create_time": seconds(min(one["listed_at"] for one in varieties)),
        "update_time": seconds(max(one["listed_at"] for one in varieties)),
        "outer_product_id": "",
    }


def sku(listing: Record, quantity: int) -> Record:
    return {
        "id": int(listing["listing_id"]),
        "product_id": int(listing["product_id"]),
        "code": listing["sku"],
        "price": listing["price_minor"],
        "sku_type": 0,
        "stock_num": quantity,
        "spec_detail_name1": "默认",
        "spec_detail_name2": "",
        "spec_detail_name3": "",
    }
