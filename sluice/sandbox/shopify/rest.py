"""An order in the spelling of Shopify's webhooks: the same record as GraphQL shows, in REST's names, numbers and times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sluice.sandbox.graphql import Field
from sluice.sandbox.shopify.records import MOST, Record, amount, gid

ZONE = ZoneInfo("America/Los_Angeles")
"""REST writes times in the shop's zone."""
ALL = Field("all", "all", (("first", MOST),), ())
FULFILMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}
"""What REST says of the others is null."""


def rest_order(order: Record) -> Record:
    """The payload of orders/create, orders/updated and their like. No transactions but refunds', no fulfilment orders."""
    lines = order["lineItems"](ALL)["nodes"]
    by_id = {line["id"]: _line(line) for line in lines}
    total, subtotal = order["totalPriceSet"], order["subtotalPriceSet"]
    name = order["name"].lstrip("#")
    return _ids(order) | {
        "app_id": 580111,
        "billing_address": _address(order["billingAddress"]),
        "browser_ip": None,
        "buyer_accepts_marketing": False,
        "cancel_reason": _lower(order["cancelReason"]),
        "cancelled_at": _time(order["cancelledAt"]),
        "cart_token": None,
        "checkout_token": None,
        "client_details": None,
        "closed_at": _time(order["closedAt"]),
        "confirmation_number": None,
        "confirmed": True,
        "contact_email": order["email"],
        "created_at": _time(order["createdAt"]),
        "currency": order["currencyCode"],
        "customer": _customer(order["customer"], order["shippingAddress"]),
        "customer_locale": "en",
        "device_id": None,
        "discount_applications": [],
        "discount_codes": [],
        "duties_included": False,
        "email": order["email"],
        "estimated_taxes": False,
        "financial_status": _lower(order["displayFinancialStatus"]),
        "fulfillment_status": FULFILMENT.get(order["displayFulfillmentStatus"]),
        "fulfillments": [_fulfillment(one, order, by_id) for one in order["fulfillments"](ALL)],
        "landing_site": None,
        "landing_site_ref": None,
        "line_item_groups": [],
        "line_items": list(by_id.values()),
        "location_id": None,
        "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
        "merchant_of_record_app_id": None,
        "name": order["name"],
        "note": None,
        "note_attributes": [],
        "number": int(name),
        "order_number": int(name),
        "order_status_url": f"https://sandbox.myshopify.com/1/orders/{name}/authenticate",
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
        "payment_gateway_names": ["shopify_payments"],
        "payment_terms": None,
        "phone": None,
        "po_number": None,
        "presentment_currency": order["presentmentCurrencyCode"],
        "processed_at": _time(order["processedAt"]),
        "reference": None,
        "referring_site": None,
        "refunds": [_refund(one, order, by_id) for one in order["refunds"](ALL)],
        "returns": [],
        "shipping_address": _address(order["shippingAddress"]),
        "shipping_lines": [],
        "source_identifier": None,
        "source_name": order["sourceName"],
        "source_url": None,
        "tags": ", ".join(order["tags"]),
        "tax_exempt": False,
        "tax_lines": [],
        "taxes_included": order["taxesIncluded"],
        "test": order["test"],
        "token": f"sandbox{name}",
        "total_tip_received": "0.00",
        "total_weight": 0,
        "updated_at": _time(order["updatedAt"]),
        "user_id": None,
        **_money("current_shipping_price", order["totalShippingPriceSet"], plain=False),
        **_money("current_subtotal_price", subtotal),
        "current_total_additional_fees_set": None,
        **_money("current_total_discounts", order["totalDiscountsSet"]),
        "current_total_duties_set": None,
        **_money("current_total_price", total),
        **_money("current_total_tax", order["totalTaxSet"]),
        **_money("subtotal_price", subtotal),
        **_money("total_cash_rounding_payment_adjustment", _nothing(), plain=False),
        **_money("total_cash_rounding_refund_adjustment", _nothing(), plain=False),
        **_money("total_discounts", order["totalDiscountsSet"]),
        **_money("total_line_items_price", subtotal),
        "total_outstanding": "0.00",
        **_money("total_price", total),
        **_money("total_shipping_price", order["totalShippingPriceSet"], plain=False),
        **_money("total_tax", order["totalTaxSet"]),
    }


def _line(line: Record) -> Record:
    return _ids(line) | {
        "attributed_staffs": [],
        "current_quantity": line["currentQuantity"],
        "discount_allocations": [
            {**_money("amount", one["allocatedAmountSet"]), "discount_application_index": 0}
            for one in line["discountAllocations"]
        ],
        "duties": [],
        "fulfillable_quantity": line["currentQuantity"],
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": line["isGiftCard"],
        "grams": 0,
        "name": line["title"],
        **_money("price", line["originalUnitPriceSet"]),
        "product_exists": True,
        "product_id": int(line["product"]["legacyResourceId"]),
        "properties": [],
        "quantity": line["quantity"],
        "requires_shipping": True,
        "sales_line_item_group_id": None,
        "sku": line["sku"],
        "tax_lines": [
            {"channel_liable": False, "rate": 0.0725, "title": one["title"], **_money("price", one["priceSet"])}
            for one in line["taxLines"]
        ],
        "taxable": True,
        "title": line["title"],
        **_money("total_discount", _nothing()),
        "variant_id": int(line["variant"]["legacyResourceId"]),
        "variant_inventory_management": "shopify",
        "variant_title": line["variantTitle"],
        "vendor": None,
    }


def _fulfillment(sent: Record, order: Record, lines: Mapping[str, Record]) -> Record:
    items = sent["fulfillmentLineItems"](ALL)["nodes"]
    tracking = sent["trackingInfo"](ALL)
    return _ids(sent) | {
        "created_at": _time(sent["createdAt"]),
        "line_items": [lines[one["lineItem"]["id"]] | {"quantity": one["quantity"]} for one in items],
        "location_id": _number(sent["location"]["id"]),
        "name": f"{order['name']}.1",
        "order_id": _number(order["id"]),
        "origin_address": {},
        "receipt": {},
        "service": "manual",
        "shipment_status": _lower(sent["displayStatus"]),
        "status": sent["status"].lower(),
        "tracking_company": tracking[0]["company"],
        "tracking_number": tracking[0]["number"],
        "tracking_numbers": [one["number"] for one in tracking],
        "tracking_url": None,
        "tracking_urls": [],
        "updated_at": _time(sent["updatedAt"]),
    }


def _refund(refund: Record, order: Record, lines: Mapping[str, Record]) -> Record:
    """Its money is in its transactions."""
    returned = refund["return"]
    total = refund["totalRefundedSet"]["shopMoney"]
    return _ids(refund) | {
        "created_at": _time(refund["createdAt"]),
        "duties": [],
        "note": refund["note"],
        "order_adjustments": [],
        "order_id": _number(order["id"]),
        "processed_at": _time(refund["processedAt"]),
        "refund_line_items": [_refund_line(one, lines) for one in refund["refundLineItems"](ALL)["nodes"]],
        "refund_shipping_lines": [],
        "restock": False,
        "return": {"admin_graphql_api_id": returned["id"], "id": _number(returned["id"])} if returned else None,
        "transactions": [
            {
                **_ids({"id": gid("OrderTransaction", _number(refund["id"]) + 1)}),
                "amount": total["amount"],
                "currency": total["currencyCode"],
                "gateway": "shopify_payments",
                "kind": "refund",
                "processed_at": _time(refund["processedAt"]),
                "status": "success",
                "test": False,
            }
        ],
        "user_id": None,
    }


def _refund_line(line: Record, lines: Mapping[str, Record]) -> Record:
    number = _number(line["lineItem"]["id"])
    return {
        "id": number + 1,
        "line_item": lines[line["lineItem"]["id"]],
        "line_item_id": number,
        "location_id": None,
        "quantity": line["quantity"],
        "restock_type": line["restockType"].lower(),
        **_money("subtotal", line["subtotalSet"]),
        **_money("total_tax", line["totalTaxSet"]),
    }


def _customer(customer: Record | None, address: Record) -> Record | None:
    """Who the customer is, the customers' own records tell."""
    if customer is None:
        return None
    number = _number(customer["id"])
    more = {"id": number + 1, "customer_id": number, "country_name": address["countryCodeV2"], "default": True}
    return _ids(customer) | {
        "created_at": None,
        "currency": "USD",
        "default_address": _address(address) | more,
        "email": None,
        "first_name": None,
        "last_name": None,
        "multipass_identifier": None,
        "note": None,
        "phone": None,
        "state": "disabled",
        "tax_exempt": False,
        "tax_exemptions": [],
        "updated_at": None,
        "verified_email": True,
    }


def _address(address: Record) -> Record:
    first, _, last = str(address["name"]).partition(" ")
    return {
        "address1": address["address1"],
        "address2": address["address2"],
        "city": address["city"],
        "company": None,
        "country": address["countryCodeV2"],
        "country_code": address["countryCodeV2"],
        "first_name": first,
        "last_name": last,
        "latitude": None,
        "longitude": None,
        "name": address["name"],
        "phone": address["phone"],
        "province": address["province"],
        "province_code": address["province"],
        "zip": address["zip"],
    }


def _ids(record: Mapping[str, Any]) -> Record:
    return {"id": _number(record["id"]), "admin_graphql_api_id": record["id"]}


def _number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def _money(name: str, bag: Mapping[str, Any], *, plain: bool = True) -> Record:
    """`name` in the shop's money and `name`_set in both."""
    both = {f"{name}_set": {"shop_money": _currency(bag["shopMoney"]), "presentment_money": _currency(bag["presentmentMoney"])}}
    return {name: bag["shopMoney"]["amount"], **both} if plain else both


def _currency(money: Mapping[str, str]) -> Record:
    return {"amount": money["amount"], "currency_code": money["currencyCode"]}


def _nothing() -> Record:
    money = {"amount": amount(0), "currencyCode": "USD"}
    return {"shopMoney": money, "presentmentMoney": money}


def _time(text: str | None) -> str | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(ZONE).isoformat()


def _lower(word: str | None) -> str | None:
    return None if word is None else word.lower()
