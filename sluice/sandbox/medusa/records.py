"""The world's documents as Medusa's Admin API shows them: money as a number and, exact, as text; times to the millisecond."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sluice.sandbox.catalogue import FACILITIES

Document = Mapping[str, Any]
Record = dict[str, Any]
LOCATIONS = {row[0]: f"sloc_{row[0].replace('-', '')}" for row in FACILITIES}


def shown(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z" if moment else None


def exact(name: str, value: float | str) -> Record:
    """A number and its exact text."""
    return {name: float(value), f"raw_{name}": {"value": str(value), "precision": 20}}


def money(name: str, minor: int) -> Record:
    return exact(name, f"{minor / 100:.2f}")


def times(at: datetime) -> Record:
    return {"created_at": shown(at), "updated_at": shown(at)}


def order(document: Document, titles: Mapping[str, str], home: Document) -> Record:
    buyer = document["contact"] or document["person"]
    number, at, paid = document["order_id"], document["created_at"], document["paid_at"]
    refunds = [one for one in document["refunds"] if one["completed_at"]]
    given = sum(one["amount_minor"] for one in refunds)
    total = document["total_minor"]
    rates = [{"id": f"tax_{number}", "code": "sales", **exact("rate", home["tax_basis_points"] / 100)}]
    return {
        "id": f"order_{number}",
        "display_id": int(document["order_number"].lstrip("#")),
        "status": "canceled" if document["cancelled_at"] else "pending",
        "version": 1,
        "summary": {**money("original_order_total", total), **money("current_order_total", total - given)},
        "total": (total - given) / 100,
        "metadata": None,
        "created_at": shown(at),
        "updated_at": shown(document["stamp"]),
        "canceled_at": shown(document["cancelled_at"]),
        "currency_code": "usd",
        "customer": {"id": f"cus_{document['customer_id']}"} if document["customer_id"] else None,
        "email": buyer["email"],
        "items": [_item(line, refunds, titles, rates, at) for line in document["lines"]],
        "shipping_methods": [
            {
                "id": f"ordsm_{number}",
                "is_tax_inclusive": False,
                **money("amount", document["shipping_minor"]),
                "tax_lines": [],
                "adjustments": [],
            }
        ],
        "shipping_address": {"country_code": home["country"].lower(), "province": home["region"], "city": home["city"]},
        "billing_address": _billing(buyer, document["person"]),
        "payment_collections": [
            {
                "id": f"pay_col_{number}",
                "status": "completed" if paid else "authorized",
                "payments": [_payment(document, refunds)],
            }
        ],
        "payment_status": _payment_status(document, given),
        "fulfillments": [_fulfillment(document, parcel) for parcel in document["shipments"]],
        "fulfillment_status": _fulfilment_status(document),
    }


def _billing(buyer: Document, person: Document) -> Record:
    first, _, last = buyer["name"].partition(" ")
    place = {"country_code": person["country"].lower(), "province": person["region"], "city": person["city"]}
    return {"first_name": first, "last_name": last, "phone": buyer["phone"], **place}


def _payment_status(document: Document, given: int) -> str:
    if not document["paid_at"]:
        return "canceled" if document["cancelled_at"] else "authorized"
    if given >= document["total_minor"]:
        return "refunded"
    return "partially_refunded" if given else "captured"


def _fulfilment_status(document: Document) -> str:
    if document["delivered_at"]:
        return "delivered"
    return "shipped" if document["shipped_at"] else "not_fulfilled"


def _item(line: Document, refunds: list[Record], titles: Mapping[str, str], rates: list[Record], at: datetime) -> Record:
    back = sum(one["quantity"] for one in refunds if one["line_no"] == line["line_no"] and one["kind"] == "return")
    discount = {"id": f"adj_{line['line_id']}", **money("amount", line["discount_minor"])}
    return {
        "id": f"ordli_{line['line_id']}",
        "title": titles.get(line["listing_id"], line["sku"]),
        "product_title": titles.get(line["listing_id"], line["sku"]),
        "product_id": f"prod_{line['product_id']}",
        "variant_id": f"variant_{line['listing_id']}",
        "variant_sku": line["sku"],
        "is_giftcard": False,
        "is_tax_inclusive": False,
        **money("unit_price", line["unit_price_minor"]),
        **exact("quantity", line["quantity"]),
        "detail": {
            **exact("quantity", line["quantity"]),
            **exact("shipped_quantity", line["shipped"]),
            **exact("return_received_quantity", back),
            **exact("return_dismissed_quantity", 0),
        },
        "tax_lines": rates,
        "adjustments": [discount] if line["discount_minor"] else [],
        **times(at),
    }


def _payment(document: Document, refunds: list[Record]) -> Record:
    number, paid = document["order_id"], document["paid_at"]
    captured = [{"id": f"capt_{number}", **money("amount", document["total_minor"]), "created_at": shown(paid)}] if paid else []
    return {
        "id": f"pay_{number}",
        "currency_code": "usd",
        "provider_id": "pp_stripe_stripe",
        **money("amount", document["total_minor"]),
        "created_at": shown(document["created_at"]),
        "captured_at": shown(paid),
        "canceled_at": None if paid else shown(document["cancelled_at"]),
        "captures": captured,
        "refunds": [
            {
                "id": f"ref_{one['refund_id']}",
                "note": one["kind"],
                **money("amount", one["amount_minor"]),
                "created_at": shown(one["completed_at"]),
            }
            for one in refunds
        ],
    }


def _fulfillment(document: Document, parcel: Document) -> Record:
    return {
        "id": f"ful_{parcel['shipment_id']}",
        "location_id": LOCATIONS[parcel["facility_id"]],
        "provider_id": "manual_manual",
        "created_at": shown(parcel["shipped_at"]),
        "packed_at": shown(parcel["shipped_at"]),
        "shipped_at": shown(parcel["shipped_at"]),
        "delivered_at": shown(parcel["delivered_at"]),
        "canceled_at": None,
        "items": [pieces(f"ordli_{line['line_id']}", line["quantity"]) for line in document["lines"]],
        "labels": [{"id": f"fulla_{parcel['shipment_id']}", "tracking_number": parcel["tracking_number"], "tracking_url": "#"}],
    }


def pieces(line: str, quantity: int) -> Record:
    return {"id": f"fulit_{line}", "line_item_id": line, **exact("quantity", quantity)}


def customer(identity: Document, home: Document) -> Record:
    first, _, last = identity["name"].partition(" ")
    return {
        "id": f"cus_{identity['customer_id']}",
        "email": identity["email"],
        "first_name": first,
        "last_name": last,
        "phone": identity["phone"],
        "has_account": True,
        **times(identity["created_at"]),
        "addresses": [{"country_code": home["country"].lower(), "province": home["region"], "city": home["city"]}],
    }


def variant(row: Document) -> Record:
    number = row["listing_id"]
    return {
        "id": f"variant_{number}",
        "title": row["variant"] or "Default",
        "sku": row["sku"],
        "weight": None,
        "manage_inventory": True,
        "product": {
            "id": f"prod_{row['product_id']}",
            "title": row["title"],
            "status": "published",
            "weight": row["weight_g"],
        },
        "prices": [
            {
                "id": f"price_{number}",
                "amount": row["price_minor"] / 100,
                "currency_code": "usd",
                "min_quantity": None,
                "rules": {},
            },
            {"id": f"price_{number}e", "amount": 1.5, "currency_code": "eur", "min_quantity": None, "rules": {}},
        ],
        "inventory_items": [{"inventory_item_id": f"iitem_{row['stock_ref']}", "required_quantity": 1}],
        **times(row["listed_at"]),
    }
