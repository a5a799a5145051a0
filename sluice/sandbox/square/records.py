"""The world's documents as Square shows them: opaque ids, whole cents with a currency, quantities as text.

Money given back is a payment refund, and beside it an order of its own that only gives back, as Square makes one.
"""

import hashlib
from base64 import b32encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sluice.sandbox.catalogue import FACILITIES

Document = Mapping[str, Any]
Record = dict[str, Any]

CHANGES = ("created_at", "paid_at", "shipped_at", "cancelled_at")


def opaque(kind: str, number: object) -> str:
    """An id that tells nothing, 24 capital letters and digits, the same for the same number."""
    return b32encode(hashlib.blake2b(f"{kind}{number}".encode(), digest_size=15).digest()).decode()


LOCATIONS = {row[0]: "L" + opaque("location", row[0])[:12] for row in FACILITIES}
"""By facility. A location is called by its facility's id."""


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def money(minor: int) -> Record:
    return {"amount": minor, "currency": "USD"}


def locations() -> list[Record]:
    return [
        {
            "id": LOCATIONS[row[0]],
            "name": row[0],
            "status": "ACTIVE",
            "type": "PHYSICAL",
            "currency": "USD",
            "country": "US",
            "timezone": "America/New_York",
            "created_at": "2025-01-01T00:00:00Z",
            "merchant_id": "MLSANDBOX0001",
        }
        for row in FACILITIES
    ]


def moved(document: Document) -> datetime:
    """When the order itself last changed: Square knows nothing of what happens to a parcel once it has left."""
    changes: list[datetime] = [document[name] for name in CHANGES if document[name]]
    return max(changes)


def state(document: Document) -> str:
    return "CANCELED" if document["cancelled_at"] else "COMPLETED" if document["shipped_at"] else "OPEN"


def order(document: Document, titles: Mapping[str, tuple[str, str]]) -> Record:
    """A sale. `titles` are names of item and variation by listing."""
    done = document["cancelled_at"] or document["shipped_at"]
    taxed = any(line["tax_minor"] for line in document["lines"])
    given = sum(line["discount_minor"] for line in document["lines"])
    record: Record = {
        "id": opaque("order", document["order_id"]),
        "location_id": LOCATIONS[document["facility_id"]],
        "reference_id": document["order_number"],
        "source": {"name": "Square Online"},
        "line_items": [_line(line, titles) for line in document["lines"]],
        "fulfillments": [_fulfillment(document)],
        "created_at": stamp(document["created_at"]),
        "updated_at": stamp(moved(document)),
        "state": state(document),
        "version": sum(1 for name in CHANGES if document[name]),
        "total_money": money(document["total_minor"]),
        "total_tax_money": money(document["tax_minor"]),
        "total_discount_money": money(given),
        "total_tip_money": money(0),
        "total_service_charge_money": money(document["shipping_minor"]),
    }
    if document["customer_id"]:
        record["customer_id"] = opaque("customer", document["customer_id"])
    if done:
        record["closed_at"] = stamp(done)
    if document["paid_at"]:
        record["tenders"] = [_tender(document)]
    if taxed:
        tax = {"uid": "sales-tax", "name": "Sales tax", "type": "ADDITIVE", "scope": "ORDER"}
        record["taxes"] = [tax | {"applied_money": money(document["tax_minor"])}]
    if given:
        off = {"uid": "discount", "name": document["promo"] or "Discount", "type": "FIXED_AMOUNT", "scope": "LINE_ITEM"}
        record["discounts"] = [off | {"amount_money": money(given), "applied_money": money(given)}]
    if document["shipping_minor"]:
        record["service_charges"] = [_shipping(document["shipping_minor"])]
    return record


def _line(line: Document, titles: Mapping[str, tuple[str, str]]) -> Record:
    gross = line["unit_price_minor"] * line["quantity"]
    name, variation = titles[line["listing_id"]]
    record: Record = {
        "uid": opaque("line", line["line_id"]),
        "name": name,
        "variation_name": variation,
        "quantity": str(line["quantity"]),
        "item_type": "ITEM",
        "catalog_object_id": opaque("variation", line["listing_id"]),
        "base_price_money": money(line["unit_price_minor"]),
        "variation_total_price_money": money(gross),
        "gross_sales_money": money(gross),
        "total_discount_money": money(line["discount_minor"]),
        "total_tax_money": money(line["tax_minor"]),
        "total_money": money(gross - line["discount_minor"] + line["tax_minor"]),
    }
    if line["tax_minor"]:
        record["applied_taxes"] = [{"uid": "t", "tax_uid": "sales-tax", "applied_money": money(line["tax_minor"])}]
    if line["discount_minor"]:
        record["applied_discounts"] = [{"uid": "d", "discount_uid": "discount", "applied_money": money(line["discount_minor"])}]
    return record


def _shipping(minor: int) -> Record:
    charge = {"uid": "shipping", "name": "Shipping", "calculation_phase": "SUBTOTAL_PHASE", "taxable": False}
    return charge | {"amount_money": money(minor), "applied_money": money(minor), "total_money": money(minor)}


def _tender(document: Document) -> Record:
    payment = opaque("payment", document["order_id"])
    return {
        "id": payment,
        "type": "CARD",
        "amount_money": money(document["total_minor"]),
        "created_at": stamp(document["created_at"]),
        "payment_id": payment,
    }


def _fulfillment(document: Document) -> Record:
    person = document["person"]
    address = {"address_line_1": person["address"], "locality": person["city"], "postal_code": person["postcode"]}
    recipient = {
        "display_name": person["name"],
        "address": address | {"administrative_district_level_1": person["region"], "country": person["country"]},
    }
    details: Record = {"recipient": recipient, "placed_at": stamp(document["created_at"])}
    if document["promised_at"]:
        details["expected_shipped_at"] = stamp(document["promised_at"])
    for shipment in document["shipments"]:
        details |= {"carrier": shipment["carrier"], "tracking_number": shipment["tracking_number"]}
        details["shipped_at"] = stamp(shipment["shipped_at"])
    ended = "CANCELED" if document["cancelled_at"] else "COMPLETED" if document["shipped_at"] else "PROPOSED"
    uid = opaque("fulfillment", document["order_id"])
    return {"uid": uid, "type": "SHIPMENT", "state": ended, "line_item_application": "ALL", "shipment_details": details}


def payment(document: Document) -> Record:
    """The order's one card payment: authorised when it is placed, captured when it is paid."""
    paid, cancelled = document["paid_at"], document["cancelled_at"]
    done = [one for one in given_back(document) if one["completed_at"]]
    moments = [document["created_at"], paid, None if paid else cancelled, *(refund["completed_at"] for refund in done)]
    timeline = {"authorized_at": stamp(document["created_at"])}
    if paid:
        timeline["captured_at"] = stamp(paid)
    elif cancelled:
        timeline["voided_at"] = stamp(cancelled)
    record: Record = {
        "id": opaque("payment", document["order_id"]),
        "created_at": stamp(document["created_at"]),
        "updated_at": stamp(max(moment for moment in moments if moment)),
        "amount_money": money(document["total_minor"]),
        "total_money": money(document["total_minor"]),
        "status": "COMPLETED" if paid else "CANCELED" if cancelled else "APPROVED",
        "source_type": "CARD",
        "card_details": {"status": "CAPTURED" if paid else "AUTHORIZED", "card_payment_timeline": timeline},
        "location_id": LOCATIONS[document["facility_id"]],
        "order_id": opaque("order", document["order_id"]),
    }
    if done:
        record["refunded_money"] = money(sum(refund["amount_minor"] for refund in done))
        record["refund_ids"] = [opaque("refund", refund["refund_id"]) for refund in done]
    if document["customer_id"]:
        record["customer_id"] = opaque("customer", document["customer_id"])
    return record


def given_back(document: Document) -> Iterable[Document]:
    """Refunds that Square knows of: goods are paid back when they are there, money alone once it is agreed."""
    for refund in document["refunds"]:
        begun = refund["returned_at"] if refund["kind"] == "return" else refund["approved_at"]
        if begun and not refund["rejected_at"]:
            yield {**refund, "begun_at": begun}


def refund(document: Document, given: Document) -> Record:
    return {
        "id": opaque("refund", given["refund_id"]),
        "status": "COMPLETED" if given["completed_at"] else "PENDING",
        "location_id": LOCATIONS[document["facility_id"]],
        "amount_money": money(given["amount_minor"]),
        "payment_id": opaque("payment", document["order_id"]),
        "order_id": opaque("return", given["refund_id"]),
        "reason": "Returned goods" if given["kind"] == "return" else "Goodwill",
        "created_at": stamp(given["begun_at"]),
        "updated_at": stamp(given["completed_at"] or given["begun_at"]),
    }


def returned(document: Document, given: Document) -> Record:
    """The order that Square makes for a refund: nothing sold, something given back."""
    line = next(line for line in document["lines"] if line["line_no"] == given["line_no"])
    item: Record = {"uid": "r1", "quantity": str(max(1, given["quantity"])), "total_money": money(given["amount_minor"])}
    whole = document["cancelled_at"] or given["kind"] == "return"
    if whole:
        item |= {"source_line_item_uid": opaque("line", line["line_id"]), "item_type": "ITEM"}
        item["catalog_object_id"] = opaque("variation", line["listing_id"])
    else:
        item |= {"item_type": "CUSTOM_AMOUNT", "quantity": "1"}
    at = stamp(given["begun_at"])
    return {
        "id": opaque("return", given["refund_id"]),
        "location_id": LOCATIONS[document["facility_id"]],
        "state": "COMPLETED",
        "created_at": at,
        "updated_at": stamp(given["completed_at"] or given["begun_at"]),
        "closed_at": at,
        "returns": [
            {"uid": "r", "source_order_id": opaque("order", document["order_id"]), "return_line_items": [item]},
        ],
        "return_amounts": {"total_money": money(given["amount_minor"])},
        "total_money": money(0),
        "total_tax_money": money(0),
        "total_discount_money": money(0),
    }


def customer(identity: Document, home: Document) -> Record:
    first, _, last = identity["name"].partition(" ")
    at = stamp(identity["created_at"])
    record: Record = {"id": opaque("customer", identity["customer_id"]), "created_at": at, "updated_at": at, "version": 0}
    record |= {"given_name": first, "creation_source": "THIRD_PARTY"}
    record["preferences"] = {"email_unsubscribed": int(identity["customer_id"]) % 7 == 4}
    record["address"] = {
        "locality": home["city"],
        "administrative_district_level_1": home["region"],
        "country": home["country"],
    }
    for name, value in (("family_name", last), ("email_address", identity["email"]), ("phone_number", identity["phone"])):
        if value:
            record[name] = value
    return record


def item(listings: Sequence[Document]) -> Record:
    first = listings[0]
    return {
        "type": "ITEM",
        "id": opaque("item", first["product_id"]),
        "updated_at": stamp(max(one["listed_at"] for one in listings)),
        "version": 1,
        "is_deleted": False,
        "present_at_all_locations": True,
        "item_data": {
            "name": first["title"],
            "product_type": "REGULAR",
            "is_archived": False,
            "variations": [variation(one) for one in listings],
        },
    }


def variation(listing: Document) -> Record:
    return {
        "type": "ITEM_VARIATION",
        "id": opaque("variation", listing["listing_id"]),
        "updated_at": stamp(listing["listed_at"]),
        "version": 1,
        "is_deleted": False,
        "present_at_all_locations": True,
        "item_variation_data": {
            "item_id": opaque("item", listing["product_id"]),
            "name": listing["variant"],
            "sku": listing["sku"],
            "pricing_type": "FIXED_PRICING",
            "price_money": money(listing["price_minor"]),
            "track_inventory": True,
        },
    }
