"""The world's orders and SKUs as eBay's Sell APIs write them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Record = dict[str, Any]


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def order_id(number: str) -> str:
    """eBay's form of an order's number."""
    return f"{number[:2]}-{number[2:7]}-{number[7:]}"


def money(minor: int) -> Record:
    return {"value": f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}", "currency": "USD"}


def order(one: Mapping[str, Any], stamp: datetime, titles: Mapping[str, str], parcels: list[Record]) -> Record:
    """An order; `parcels` are those that the seller told of, as they were told."""
    sent = {line["line_id"]: line["quantity"] if one["shipped_at"] else 0 for line in one["lines"]}
    for piece in (piece for parcel in parcels for piece in parcel["lineItems"]):
        sent[piece["lineItemId"]] += piece["quantity"]
    asked = [refund for refund in one["refunds"] if refund["approved_at"]]
    lines = [_line(one, line, titles, sent[line["line_id"]], asked) for line in one["lines"]]
    states = {line["lineItemFulfillmentStatus"] for line in lines}
    hrefs = [shipment["tracking_number"] for shipment in one["shipments"]] + [parcel["trackingNumber"] for parcel in parcels]
    place = f"https://api.ebay.com/sell/fulfillment/v1/order/{order_id(one['order_id'])}/shipping_fulfillment"
    person = one["person"]
    contact = {
        "fullName": person["name"],
        "contactAddress": {
            "addressLine1": person["address"],
            "city": person["city"],
            "stateOrProvince": person["region"],
            "postalCode": person["postcode"],
            "countryCode": person["country"],
        },
        "primaryPhone": {"phoneNumber": person["phone"]},
    }
    return {
        "orderId": order_id(one["order_id"]),
        "legacyOrderId": order_id(one["order_id"]),
        "creationDate": iso(one["created_at"]),
        "lastModifiedDate": iso(stamp),
        "orderFulfillmentStatus": states.pop() if len(states) == 1 else "IN_PROGRESS",
        "orderPaymentStatus": _payment_status(one),
        "sellerId": "sandbox_seller",
        "buyer": {"username": f"buyer_{one['identity']['customer_id']}"},
        "pricingSummary": _pricing(one),
        "cancelStatus": _cancelled(one),
        "paymentSummary": {
            "totalDueSeller": money(one["total_minor"]),
            "payments": [_payment(one)],
            # Money alone goes back for the order, what comes back is refunded by its line.
            "refunds": [_refund(refund) for refund in asked if refund["kind"] == "refund"],
        },
        "fulfillmentStartInstructions": [
            {"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": {"shipTo": contact, "shippingServiceCode": "Standard"}}
        ],
        "fulfillmentHrefs": [f"{place}/{number}" for number in hrefs],
        "lineItems": lines,
    }


def _pricing(one: Mapping[str, Any]) -> Record:
    shown = {"priceSubtotal": money(one["items_minor"]), "deliveryCost": money(one["shipping_minor"])}
    if one["discount_minor"]:
        shown["priceDiscount"] = money(-one["discount_minor"])
    if one["tax_minor"]:
        shown["tax"] = money(one["tax_minor"])
    return shown | {"total": money(one["total_minor"])}


def _cancelled(one: Mapping[str, Any]) -> Record:
    if not one["cancelled_at"]:
        return {"cancelState": "NONE_REQUESTED", "cancelRequests": []}
    return {"cancelState": "CANCELED", "cancelledDate": iso(one["cancelled_at"]), "cancelRequests": []}


def _payment_status(one: Mapping[str, Any]) -> str:
    if not one["paid_at"]:
        return "PENDING"
    back = sum(refund["amount_minor"] for refund in one["refunds"] if refund["completed_at"])
    if not back:
        return "PAID"
    return "FULLY_REFUNDED" if back >= one["total_minor"] else "PARTIALLY_REFUNDED"


def _payment(one: Mapping[str, Any]) -> Record:
    shown: Record = {"paymentMethod": "EBAY", "amount": money(one["total_minor"]), "paymentStatus": "PENDING"}
    if one["paid_at"]:
        shown |= {"paymentStatus": "PAID", "paymentDate": iso(one["paid_at"]), "paymentReferenceId": f"P{one['order_id']}"}
    return shown


def _refund(refund: Mapping[str, Any]) -> Record:
    shown: Record = {"amount": money(refund["amount_minor"]), "refundId": refund["refund_id"], "refundStatus": "PENDING"}
    if refund["completed_at"]:
        shown |= {"refundDate": iso(refund["completed_at"]), "refundStatus": "REFUNDED"}
    return shown


def _line(
    one: Mapping[str, Any], line: Mapping[str, Any], titles: Mapping[str, str], sent: int, asked: list[Mapping[str, Any]]
) -> Record:
    gross = line["unit_price_minor"] * line["quantity"]
    shipping = one["shipping_minor"] if line["line_no"] == 1 else 0
    back = [_refund(refund) for refund in asked if refund["kind"] == "return" and refund["line_no"] == line["line_no"]]
    for refund in back:
        del refund["refundStatus"]
    status = "FULFILLED" if sent >= line["quantity"] else "IN_PROGRESS" if sent else "NOT_STARTED"
    shown: Record = {
        "lineItemId": line["line_id"],
        "legacyItemId": line["product_id"][:12],
        "legacyVariationId": line["listing_id"][:12],
        "sku": line["sku"],
        "title": titles[line["sku"]],
        "quantity": line["quantity"],
        "soldFormat": "FIXED_PRICE",
        "listingMarketplaceId": "EBAY_US",
        "lineItemCost": money(gross),
        "deliveryCost": {"shippingCost": money(shipping)},
        "taxes": [{"amount": money(line["tax_minor"])}] if line["tax_minor"] else [],
        "refunds": back,
        "total": money(gross - line["discount_minor"] + shipping + line["tax_minor"]),
        "lineItemFulfillmentStatus": status,
        "lineItemFulfillmentInstructions": {"guaranteedDelivery": False},
    }
    if line["discount_minor"]:
        shown["discountedLineItemCost"] = money(gross - line["discount_minor"])
    if one["promised_at"]:
        shown["lineItemFulfillmentInstructions"]["shipByDate"] = iso(one["promised_at"])
    return shown


def fulfilments(one: Mapping[str, Any], parcels: list[Record]) -> list[Record]:
    """The order's parcels, the world's and those that were told."""
    whole = [{"lineItemId": line["line_id"], "quantity": line["quantity"]} for line in one["lines"]]
    shown = [(shipment["tracking_number"], shipment["carrier"], shipment["shipped_at"], whole) for shipment in one["shipments"]]
    found = [_fulfilment(number, carrier, iso(at), lines) for number, carrier, at, lines in shown]
    for parcel in parcels:
        found.append(
            _fulfilment(parcel["trackingNumber"], parcel["shippingCarrierCode"], parcel["shippedDate"], parcel["lineItems"])
        )
    return found


def _fulfilment(number: str, carrier: str, at: str, lines: list[Record]) -> Record:
    return {
        "fulfillmentId": number,
        "shipmentTrackingNumber": number,
        "shippingCarrierCode": carrier,
        "shippedDate": at,
        "lineItems": lines,
    }


def item(listing: Mapping[str, Any], quantity: int, weight_g: int) -> Record:
    return {
        "sku": listing["sku"],
        "condition": "NEW",
        "product": {"title": listing["title"]},
        "availability": {"shipToLocationAvailability": {"quantity": quantity}},
        "packageWeightAndSize": {"weight": {"unit": "GRAM", "value": weight_g}},
    }
