"""The world's orders and listings as the Selling Partner API writes them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

MARKETPLACE = "ATVPDKIKX0DER"
HERE = frozenset((MARKETPLACE,))
PRODUCT_TYPE = "HOME"
SEEN_BY_ROLE = {"BUYER", "RECIPIENT"}
Record = dict[str, Any]


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def order_id(number: str) -> str:
    """Amazon's form of an order's number: three, seven and seven digits."""
    digits = f"1140{number:0>13}"
    return f"{digits[:3]}-{digits[3:10]}-{digits[10:]}"


def number_of(order: str) -> str | None:
    """The world's number of an order; None for what is no number of Amazon's."""
    digits = order.replace("-", "")
    return str(int(digits[4:])) if len(digits) == 17 and digits.isdigit() and order_id(str(int(digits[4:]))) == order else None


def asin(product_id: str) -> str:
    return "B0" + _base36(int(product_id)).rjust(8, "0")[-8:]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + digits
    return digits


def money(minor: int, currency: str = "USD") -> Record:
    return {"amount": f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}", "currencyCode": currency}


def status(order: Mapping[str, Any]) -> str:
    if order["cancelled_at"]:
        return "CANCELLED"
    if order["shipped_at"]:
        return "SHIPPED"
    if order["paid_at"]:
        return "UNSHIPPED"
    return "PENDING_AVAILABILITY" if order["is_presale"] else "PENDING"


def order(one: Mapping[str, Any], stamp: datetime, titles: Mapping[str, str], wanted: set[str], parcel: Record | None) -> Record:
    """An order with the data sets that were asked for. `parcel` is one that we were told of by the seller, as it was told."""
    sent = {line["line_id"]: line["quantity"] if one["shipped_at"] else 0 for line in one["lines"]}
    for piece in parcel["orderItems"] if parcel else ():
        sent[piece["orderItemId"]] = piece["quantity"]
    word = status(one)
    if parcel and word == "UNSHIPPED":
        word = "SHIPPED" if all(sent[line["line_id"]] == line["quantity"] for line in one["lines"]) else "PARTIALLY_SHIPPED"
    shown: Record = {
        "orderId": order_id(one["order_id"]),
        "orderAliases": [{"aliasId": one["order_number"], "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": iso(one["created_at"]),
        "lastUpdatedTime": iso(stamp),
        "programs": ["PREORDER"] if one["is_presale"] else [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": MARKETPLACE, "marketplaceName": "Amazon.com"},
        "orderItems": [_item(one, line, titles, wanted, sent[line["line_id"]]) for line in one["lines"]],
    }
    if "FULFILLMENT" in wanted:
        shown["fulfillment"] = {"fulfillmentStatus": word, "fulfilledBy": "MERCHANT", "fulfillmentServiceLevel": "STANDARD"}
        if one["promised_at"]:
            by = one["promised_at"]
            shown["fulfillment"]["shipByWindow"] = {"earliestDateTime": iso(by - timedelta(days=1)), "latestDateTime": iso(by)}
    if "PROCEEDS" in wanted:
        parts = [("ITEM", one["items_minor"]), ("SHIPPING", one["shipping_minor"]), ("TAX", one["tax_minor"])]
        parts.append(("DISCOUNT", -one["discount_minor"]))
        shown["proceeds"] = {"grandTotal": money(one["total_minor"]), "breakdowns": _breakdowns(parts)}
    if word not in ("PENDING", "PENDING_AVAILABILITY"):
        shown |= _personal(one, wanted)
    if "PACKAGES" in wanted:
        parcels = [_package(one, shipment) for shipment in one["shipments"]]
        parcels += [_told(parcel)] if parcel else []
        shown |= {"packages": parcels} if parcels else {}
    return shown


def _personal(one: Mapping[str, Any], wanted: set[str]) -> Record:
    person, identity = one["person"], one["identity"]
    shown: Record = {}
    if "BUYER" in wanted and identity:
        address = f"{_base36(int(identity['customer_id'])).lower()}@marketplace.amazon.com"
        shown["buyer"] = {"buyerName": identity["name"], "buyerEmail": address}
    if "RECIPIENT" in wanted:
        shown["recipient"] = {
            "deliveryAddress": {
                "name": person["name"],
                "addressLine1": person["address"],
                "city": person["city"],
                "stateOrRegion": person["region"],
                "postalCode": person["postcode"],
                "countryCode": person["country"],
                "phone": person["phone"],
                "addressType": "RESIDENTIAL",
            }
        }
    return shown


def _item(one: Mapping[str, Any], line: Mapping[str, Any], titles: Mapping[str, str], wanted: set[str], sent: int) -> Record:
    shipping = one["shipping_minor"] if line["line_no"] == 1 else 0
    gross = line["unit_price_minor"] * line["quantity"]
    shown: Record = {
        "orderItemId": line["line_id"],
        "quantityOrdered": line["quantity"],
        "product": {
            "asin": asin(line["product_id"]),
            "title": titles[line["sku"]],
            "sellerSku": line["sku"],
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": {"unitPrice": money(line["unit_price_minor"])},
        },
    }
    if "PROCEEDS" in wanted:
        parts = [("ITEM", gross), ("SHIPPING", shipping), ("TAX", line["tax_minor"]), ("DISCOUNT", -line["discount_minor"])]
        shown["proceeds"] = {"proceedsTotal": money(sum(part for _, part in parts)), "breakdowns": _breakdowns(parts)}
    if "CANCELLATION" in wanted and one["cancelled_at"]:
        by = "BUYER" if one["paid_at"] else "AMAZON"
        shown["cancellation"] = {"cancellationExecution": {"cancelledBy": by, "cancelReason": "BUYER_CANCELED"}}
    if "FULFILLMENT" in wanted:
        left = 0 if one["cancelled_at"] else line["quantity"] - sent
        shown["fulfillment"] = {"quantityFulfilled": sent, "quantityUnfulfilled": left}
    return shown


def _breakdowns(parts: list[tuple[str, int]]) -> list[Record]:
    return [{"type": kind, "subtotal": money(minor)} for kind, minor in parts if minor or kind == "ITEM"]


def _package(one: Mapping[str, Any], shipment: Mapping[str, Any]) -> Record:
    arrived = shipment["delivered_at"] is not None
    return {
        "packageReferenceId": shipment["shipment_id"],
        "createdTime": iso(shipment["shipped_at"]),
        "packageStatus": {"status": "DELIVERED", "detailedStatus": "DELIVERED"} if arrived else {"status": "IN_TRANSIT"},
        "carrier": shipment["carrier"],
        "shipTime": iso(shipment["shipped_at"]),
        "trackingNumber": shipment["tracking_number"],
        "packageItems": [{"orderItemId": line["line_id"], "quantity": line["quantity"]} for line in one["lines"]],
    }


def _told(parcel: Record) -> Record:
    return {
        "packageReferenceId": parcel["packageReferenceId"],
        "createdTime": parcel["shipDate"],
        "packageStatus": {"status": "SHIPPED"},
        "carrier": parcel.get("carrierName", parcel["carrierCode"]),
        "shipTime": parcel["shipDate"],
        "trackingNumber": parcel["trackingNumber"],
        "packageItems": parcel["orderItems"],
    }


def listing(one: Mapping[str, Any], quantity: int, wanted: set[str]) -> Record:
    """A SKU as it is listed, with the data sets that were asked for."""
    shown: Record = {"sku": one["sku"]}
    if "summaries" in wanted:
        summary = {
            "marketplaceId": MARKETPLACE,
            "asin": asin(one["product_id"]),
            "productType": PRODUCT_TYPE,
            "conditionType": "new_new",
            "status": ["BUYABLE", "DISCOVERABLE"],
            "itemName": one["title"],
            "createdDate": iso(one["listed_at"]),
            "lastUpdatedDate": iso(one["listed_at"]),
        }
        shown["summaries"] = [summary]
    if "offers" in wanted:
        shown["offers"] = [{"marketplaceId": MARKETPLACE, "offerType": "B2C", "price": money(one["price_minor"])}]
    if "fulfillmentAvailability" in wanted:
        shown["fulfillmentAvailability"] = [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}]
    return shown
