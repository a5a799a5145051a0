"""The world's documents as WooCommerce's REST API shows them: ids as numbers, money as text, times twice and without a zone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Document = Mapping[str, Any]
Record = dict[str, Any]
PRESALE, TRACKING = "_wc_pre_orders_is_pre_order", "_wc_shipment_tracking_items"


def amount(minor: int) -> str:
    sign, (whole, cents) = "-" if minor < 0 else "", divmod(abs(minor), 100)
    return f"{sign}{whole}.{cents:02d}"


def times(zone: ZoneInfo, **moments: datetime | None) -> Record:
    """Each in the site's time and, under its name with _gmt, in UTC."""
    shown: Record = {}
    for name, moment in moments.items():
        shown[name] = moment and moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
        shown[f"{name}_gmt"] = moment and moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return shown


def order(document: Document, zone: ZoneInfo, titles: Mapping[str, str], home: Document, variations: set[str]) -> Record:
    """An order; `variations` are listings that are varieties of a product, `home` is the person whom it is sent to."""
    given = refunds(document, zone, variations)
    tax, shipping = document["tax_minor"], document["shipping_minor"]
    paid = document["paid_at"]
    return {
        "id": int(document["order_id"]),
        "parent_id": 0,
        "status": _status(document, sum(one["minor"] for one in given)),
        "currency": "USD",
        "version": "11.0.0",
        "prices_include_tax": False,
        **times(zone, date_created=document["created_at"], date_modified=document["modified_at"]),
        "discount_total": amount(document["discount_minor"]),
        "discount_tax": "0.00",
        "shipping_total": amount(shipping),
        "shipping_tax": "0.00",
        "cart_tax": amount(tax),
        "total": amount(document["total_minor"]),
        "total_tax": amount(tax),
        "customer_id": int(document["customer_id"] or 0),
        "order_key": f"wc_order_{document['order_id'][-9:]}",
        "billing": address(document["contact"] or document["person"], home),
        "shipping": address(document["contact"] or document["person"], home),
        "payment_method": "stripe",
        "payment_method_title": "Credit card",
        "transaction_id": f"ch_{document['order_id']}" if paid else "",
        "created_via": "checkout",
        "customer_note": "",
        **times(zone, date_completed=document["shipped_at"], date_paid=paid),
        "number": document["order_number"].lstrip("#"),
        "meta_data": _metadata(document),
        "line_items": [_line(line, titles, variations) for line in document["lines"]],
        "tax_lines": [],
        "shipping_lines": [{"id": 1, "method_title": "Flat rate", "method_id": "flat_rate", "total": amount(shipping)}],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [{"id": one["id"], "reason": one["reason"], "total": "-" + one["amount"]} for one in given],
        "currency_symbol": "$",
    }


def _status(document: Document, refunded: int) -> str:
    """Completed means sent. What is refunded whole is `refunded`, whatever it was before."""
    if refunded and refunded >= document["total_minor"]:
        return "refunded"
    if document["cancelled_at"]:
        return "cancelled"
    if document["shipped_at"]:
        return "completed"
    return "processing" if document["paid_at"] else "pending"


def _metadata(document: Document) -> list[Record]:
    found: list[Record] = [{"id": 1, "key": "_wc_order_attribution_source_type", "value": "typein"}]
    if document["is_presale"]:
        found.append({"id": 2, "key": PRESALE, "value": "1"})
    parcels = [
        {
            "tracking_provider": "",
            "custom_tracking_provider": parcel["carrier"],
            "custom_tracking_link": "",
            "tracking_number": parcel["tracking_number"],
            "date_shipped": str(int(parcel["shipped_at"].timestamp())),
            "tracking_id": parcel["shipment_id"],
        }
        for parcel in document["shipments"]
    ]
    return [*found, {"id": 3, "key": TRACKING, "value": parcels}] if parcels else found


def _article(line: Document, variations: set[str]) -> Record:
    variation = int(line["listing_id"]) if line["listing_id"] in variations else 0
    return {"product_id": int(line["product_id"]), "variation_id": variation, "sku": line["sku"]}


def _line(line: Document, titles: Mapping[str, str], variations: set[str]) -> Record:
    net, tax = line["total_minor"], line["tax_minor"]
    return {
        "id": int(line["line_id"]),
        "name": titles.get(line["listing_id"], line["sku"]),
        **_article(line, variations),
        "quantity": line["quantity"],
        "tax_class": "",
        "subtotal": amount(line["unit_price_minor"] * line["quantity"]),
        "subtotal_tax": amount(tax),
        "total": amount(net),
        "total_tax": amount(tax),
        "taxes": [],
        "meta_data": [],
        "price": round(net / line["quantity"] / 100, 2),
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def refunds(document: Document, zone: ZoneInfo, variations: set[str]) -> list[Record]:
    """Refunds as their own address tells them, newest first. What ends a whole order is one refund of all its lines.

    `minor` is for us: the amount in cents.
    """
    done = [refund for refund in document["refunds"] if refund["completed_at"]]
    lines = {line["line_no"]: line for line in document["lines"]}
    whole = bool(document["cancelled_at"]) or not document["delivered_at"]
    made = []
    for group in [done] if whole and done else [[refund] for refund in done]:
        first, minor = group[0], sum(refund["amount_minor"] for refund in group)
        parts = [_part(refund, lines[refund["line_no"]], whole, variations) for refund in group]
        made.append(
            {
                "id": int(first["refund_id"]),
                "parent_id": int(document["order_id"]),
                **times(zone, date_created=max(refund["completed_at"] for refund in group)),
                "amount": amount(minor),
                "minor": minor,
                "reason": "",
                "refunded_by": 1,
                "refunded_payment": True,
                "meta_data": [],
                "line_items": parts,
            }
        )
    return made[::-1]


def _part(refund: Document, line: Document, whole: bool, variations: set[str]) -> Record:
    """A line of a refund: all that was paid for it, some of its pieces, or money of it and no piece."""
    pieces = refund["quantity"] if whole or refund["kind"] == "return" else 0
    tax = line["tax_minor"] if whole else line["tax_minor"] * refund["amount_minor"] // (line["total_minor"] + line["tax_minor"])
    net = line["total_minor"] if whole else refund["amount_minor"] - tax
    return {
        "id": int(refund["refund_id"]) * 10 + refund["line_no"],
        "name": line["sku"],
        **_article(line, variations),
        "quantity": -pieces,
        "subtotal": amount(-net),
        "subtotal_tax": amount(-tax),
        "total": amount(-net),
        "total_tax": amount(-tax),
        "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": line["line_id"]}],
    }


def address(person: Document, home: Document) -> Record:
    first, _, last = person["name"].partition(" ")
    return {
        "first_name": first,
        "last_name": last,
        "company": "",
        "address_1": home["address"],
        "address_2": "",
        "city": home["city"],
        "state": home["region"],
        "postcode": home["postcode"],
        "country": home["country"],
        "email": person["email"] or "",
        "phone": person["phone"] or "",
    }


def customer(identity: Document, zone: ZoneInfo, home: Document) -> Record:
    first, _, last = identity["name"].partition(" ")
    return {
        "id": int(identity["customer_id"]),
        **times(zone, date_created=identity["created_at"], date_modified=None),
        "email": identity["email"] or "",
        "first_name": first,
        "last_name": last,
        "role": "customer",
        "username": identity["email"] or "",
        "billing": address(identity, home),
        "shipping": address(identity, home),
        "is_paying_customer": True,
        "meta_data": [],
    }


def listing(row: Document, zone: ZoneInfo, quantity: int | None) -> Record:
    """What a product of one variety and a variation have in common. `quantity` is None while nobody counts it."""
    counted = quantity is not None
    return {
        **times(zone, date_created=row["listed_at"], date_modified=row["listed_at"]),
        "sku": row["sku"],
        "price": amount(row["price_minor"]),
        "regular_price": amount(row["price_minor"]),
        "sale_price": "",
        "status": "publish",
        "manage_stock": counted,
        "stock_quantity": quantity,
        "stock_status": "outofstock" if counted and not quantity else "instock",
        "weight": f"{row['weight_g'] / 1000:g}",
        "meta_data": [],
    }
