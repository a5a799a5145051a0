"""Orders, after-sales services and skus as JD shows them: the world's documents under its names, in its notation."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

BEIJING = timezone(timedelta(hours=8))
NEVER = "0001-01-01 00:00:00"
Document = Mapping[str, Any]
CARRIERS = {"SF Express": 467, "YTO Express": 463, "ZTO Express": 1499}
DONE, FAILED = 13, 14
"""A service's refund that was paid, and one that was not."""


def yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def local(moment: datetime | None) -> str:
    """Beijing time without a zone; the year 1 where there is none."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if moment else NEVER


def state(document: Document) -> str:
    if document["cancelled_at"]:
        return "TRADE_CANCELED"
    if document["completed_at"]:
        return "FINISHED_L"
    if document["shipped_at"]:
        return "WAIT_GOODS_RECEIVE_CONFIRM"
    return "WAIT_SELLER_STOCK_OUT" if document["paid_at"] else "NOT_PAY"


def order(document: Document, titles: Mapping[str, str]) -> dict[str, Any]:
    """An order. Who gets it is enciphered."""
    worth = document["total_minor"] - document["shipping_minor"]
    parcel = document["shipments"][0] if document["shipments"] else None
    person = document["person"]
    return {
        "orderId": document["order_id"],
        "venderId": "10622317",
        "orderState": state(document),
        "orderType": "22",
        "orderStartTime": local(document["created_at"]),
        "paymentConfirmTime": local(document["paid_at"]),
        "orderEndTime": local(document["completed_at"]),
        "modified": local(document["updated_at"]),
        "orderTotalPrice": yuan(document["items_minor"]),
        "orderSellerPrice": yuan(worth),
        "orderPayment": yuan(document["total_minor"]),
        "freightPrice": yuan(document["shipping_minor"]),
        "sellerDiscount": yuan(document["items_minor"] - worth),
        "balanceUsed": "0.00",
        "payType": "4-在线支付",
        "parentOrderId": "0",
        "storeId": "0",
        "logisticsId": str(CARRIERS[parcel["carrier"]]) if parcel else "",
        "waybill": parcel["tracking_number"] if parcel else "",
        "pin": "jd_masked",
        "consigneeInfo": {
            "province": person["region_zh"] or person["region"],
            "city": person["city_zh"] or person["city"],
            "county": "",
            "fullname": f"AAS/ZFJF{document['position']}=",
            "mobile": "136*******5",
        },
        "itemInfoList": [
            {
                "skuId": line["listing_id"],
                "wareId": line["product_id"],
                "outerSkuId": line["sku"],
                "productNo": "",
                "skuName": titles[line["listing_id"]],
                "jdPrice": yuan(line["unit_price_minor"]),
                "itemTotal": str(line["quantity"]),
                "giftPoint": "0",
            }
            for line in document["lines"]
        ],
    }


def service(document: Document, refund: Document) -> dict[str, Any]:
    """A service with its refund. Until that is decided it has no status."""
    line = next(one for one in document["lines"] if one["line_no"] == refund["line_no"])
    status = DONE if refund["completed_at"] else FAILED if refund["rejected_at"] else None
    shown: dict[str, Any] = {
        "sameOrderServiceBill": {
            "serviceId": int(refund["refund_id"]),
            "orderId": int(document["order_id"]),
            "wareId": int(line["listing_id"]),
            "serviceCount": refund["quantity"],
            "afsApplyTime": local(refund["requested_at"]),
            "applyReason": "七天无理由退货",
        },
        "refoundAmount": yuan(refund["amount_minor"]),
    }
    if status is not None:
        shown |= {"status": status, "afsRefundId": refund["refund_id"]}
        shown["completeTime"] = local(refund["completed_at"] or refund["rejected_at"])
    return shown


def sku(listing: Document, quantity: int) -> dict[str, Any]:
    return {
        "skuId": int(listing["listing_id"]),
        "wareId": int(listing["product_id"]),
        "status": 1,
        "skuName": listing["title"],
        "wareTitle": listing["title"],
        "outerId": listing["sku"],
        "jdPrice": yuan(listing["price_minor"]),
        "stockNum": quantity,
        "modified": int(listing["listed_at"].timestamp() * 1000),
    }
