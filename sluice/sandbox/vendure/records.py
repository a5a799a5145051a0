"""The world's documents as Vendure shows them: its names, whole cents, and totals that shrink as pieces are cancelled."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sluice.sandbox.catalogue import FACILITIES

Document = Mapping[str, Any]
Record = dict[str, Any]
LOCATIONS = {row[0]: str(position + 1) for position, row in enumerate(FACILITIES)}
"""Ids of stock locations by facility. A location is called by its facility's id."""
CURRENCY = "USD"


def stamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds")[:23] + "Z" if moment else None


def order(document: Document, names: Mapping[str, str], home: Document) -> Record:
    """An order; `names` are variants' by listing, `home` is the person whom it is sent to."""
    cancelled = document["cancelled_at"] is not None
    return {
        "__typename": "Order",
        "id": document["order_id"],
        "code": document["order_number"],
        "type": "Regular",
        "state": _state(document),
        "active": False,
        "createdAt": stamp(document["created_at"]),
        # Neither payments nor parcels nor refunds move it.
        "updatedAt": stamp(document["cancelled_at"] or document["created_at"]),
        "orderPlacedAt": stamp(document["created_at"]),
        "currencyCode": CURRENCY,
        "totalWithTax": 0 if cancelled else document["total_minor"],
        "customer": {"id": document["customer_id"]} if document["customer_id"] else None,
        "shippingAddress": {"city": home["city"], "province": home["region"], "countryCode": home["country"]},
        "lines": [_line(line, names, cancelled) for line in document["lines"]],
        "shippingLines": [_shipping(document, cancelled)] if document["shipping_minor"] else [],
        "surcharges": [],
        "payments": [_payment(document)],
        "fulfillments": [_fulfillment(document, shipment) for shipment in document["shipments"]],
        "history": {"items": list(_history(document))},
    }


def _state(document: Document) -> str:
    if document["cancelled_at"]:
        return "Cancelled"
    if document["delivered_at"]:
        return "Delivered"
    if document["shipped_at"]:
        return "Shipped"
    return "PaymentSettled" if document["paid_at"] else "PaymentAuthorized"


def _line(line: Document, names: Mapping[str, str], cancelled: bool) -> Record:
    """A cancelled line keeps its price a piece and forgets its discounts."""
    placed, unit, net, tax = line["quantity"], line["unit_price_minor"], line["total_minor"], line["tax_minor"]
    rate = round(100 * tax / net, 4) if net else 0
    prorated = unit if cancelled else round(net / placed)
    left = 0 if cancelled else placed
    return {
        "id": line["line_id"],
        "quantity": left,
        "orderPlacedQuantity": placed,
        "unitPrice": unit,
        "unitPriceWithTax": round(unit * (1 + rate / 100)),
        "proratedUnitPrice": prorated,
        "proratedUnitPriceWithTax": round(prorated * (1 + rate / 100)),
        "linePrice": left * unit,
        "linePriceWithTax": round(left * unit * (1 + rate / 100)),
        "proratedLinePrice": 0 if cancelled else net,
        "proratedLinePriceWithTax": 0 if cancelled else net + tax,
        "taxRate": rate,
        "productVariant": {
            "id": line["listing_id"],
            "sku": line["sku"],
            "name": names.get(line["listing_id"], line["sku"]),
            "product": {"id": line["product_id"]},
        },
    }


def _shipping(document: Document, cancelled: bool) -> Record:
    price = document["shipping_minor"]
    off = {"adjustmentSource": "CANCEL_ORDER", "amount": -price, "amountWithTax": -price}
    left = 0 if cancelled else price
    return {
        "id": document["order_id"],
        "price": price,
        "priceWithTax": price,
        "discountedPrice": left,
        "discountedPriceWithTax": left,
        "discounts": [off] if cancelled else [],
    }


def _payment(document: Document) -> Record:
    """The one payment: held when the order is placed, settled when it is paid."""
    return {
        "id": payment_id(document),
        "createdAt": stamp(document["created_at"]),
        "method": "standard-payment",
        "amount": document["total_minor"],
        "state": "Settled" if document["paid_at"] else "Cancelled" if document["cancelled_at"] else "Authorized",
        "refunds": list(_refunds(document)),
    }


def payment_id(document: Document) -> str:
    return str(int(document["order_id"]) + 1_300_000_000_000)


def _given(document: Document) -> Iterable[Sequence[Document]]:
    """Refunds that the shop agreed to; what ends a whole order is one refund of all its lines."""
    agreed = [refund for refund in document["refunds"] if refund["approved_at"]]
    whole = bool(document["cancelled_at"]) or not document["delivered_at"]
    return [agreed] if whole and agreed else [[refund] for refund in agreed]


def _refunds(document: Document) -> Iterable[Record]:
    lines = {line["line_no"]: line["line_id"] for line in document["lines"]}
    for group in _given(document):
        first = group[0]
        named = group if len(group) > 1 or first["kind"] == "return" or document["cancelled_at"] else []
        yield {
            "id": first["refund_id"],
            "createdAt": stamp(first["approved_at"]),
            "updatedAt": stamp(first["completed_at"] or first["approved_at"]),
            "total": sum(refund["amount_minor"] for refund in group),
            "state": "Settled" if first["completed_at"] else "Pending",
            "reason": None,
            "lines": [{"orderLineId": lines[refund["line_no"]], "quantity": refund["quantity"]} for refund in named],
        }


def _fulfillment(document: Document, shipment: Document) -> Record:
    delivered = shipment["delivered_at"]
    return {
        "id": shipment["shipment_id"],
        "createdAt": stamp(shipment["shipped_at"]),
        "updatedAt": stamp(delivered or shipment["shipped_at"]),
        "state": "Delivered" if delivered else "Shipped",
        "method": shipment["carrier"],
        "trackingCode": shipment["tracking_number"],
        "lines": [{"orderLineId": line["line_id"], "quantity": line["quantity"]} for line in document["lines"]],
    }


def _history(document: Document) -> Iterable[Record]:
    """What happened, in order of kind."""
    payment = {"paymentId": int(payment_id(document))}
    yield _entry("ORDER_PAYMENT_TRANSITION", document["created_at"], payment | {"from": "Created", "to": "Authorized"})
    if document["paid_at"]:
        yield _entry("ORDER_PAYMENT_TRANSITION", document["paid_at"], payment | {"from": "Authorized", "to": "Settled"})
    for shipment in document["shipments"]:
        parcel = {"fulfillmentId": int(shipment["shipment_id"])}
        yield _entry("ORDER_FULFILLMENT_TRANSITION", shipment["shipped_at"], parcel | {"from": "Pending", "to": "Shipped"})
        if shipment["delivered_at"]:
            data = parcel | {"from": "Shipped", "to": "Delivered"}
            yield _entry("ORDER_FULFILLMENT_TRANSITION", shipment["delivered_at"], data)
    for name, state in (("shipped_at", "Shipped"), ("delivered_at", "Delivered"), ("cancelled_at", "Cancelled")):
        if document[name]:
            yield _entry("ORDER_STATE_TRANSITION", document[name], {"to": state})
    for group in _given(document):
        if group[0]["completed_at"]:
            data = {"refundId": int(group[0]["refund_id"]), "from": "Pending", "to": "Settled"}
            yield _entry("ORDER_REFUND_TRANSITION", group[0]["completed_at"], data)


def _entry(kind: str, at: datetime, data: Record) -> Record:
    return {"type": kind, "createdAt": stamp(at), "data": data}


def customer(identity: Document, home: Document) -> Record:
    first, _, last = identity["name"].partition(" ")
    at = stamp(identity["created_at"])
    address = {
        "id": identity["customer_id"],
        "country": {"code": home["country"]},
        "city": home["city"],
        "province": home["region"],
        "defaultShippingAddress": True,
    }
    return {
        "__typename": "Customer",
        "id": identity["customer_id"],
        "createdAt": at,
        "updatedAt": at,
        "firstName": first,
        "lastName": last,
        "emailAddress": identity["email"] or "",
        "phoneNumber": identity["phone"],
        "addresses": [address],
    }


def variant(listing: Document, levels: Sequence[Record]) -> Record:
    """A row of a listing, what the catalogue knows of it, and its stock."""
    at = stamp(listing["listed_at"])
    product = {
        "id": listing["product_id"],
        "name": listing["title"],
        "enabled": True,
        "updatedAt": at,
        "facetValues": [{"name": listing["category"], "facet": {"code": "category"}}],
    }
    return {
        "__typename": "ProductVariant",
        "id": listing["listing_id"],
        "updatedAt": at,
        "name": listing["variant"] or listing["title"],
        "sku": listing["sku"],
        "enabled": True,
        "price": listing["price_minor"],
        "priceWithTax": listing["price_minor"],
        "currencyCode": CURRENCY,
        "product": product,
        "stockLevels": list(levels),
    }
