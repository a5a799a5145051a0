"""The world's documents as Shopify's Admin API shows them: its names, global ids, money as strings, sets as connections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sluice.sandbox.catalogue import FACILITIES
from sluice.sandbox.graphql import Field, GraphQLError, Shared

Document = Mapping[str, Any]
Record = dict[str, Any]
MOST = 250
MARKETING = ("SUBSCRIBED", "NOT_SUBSCRIBED", "SUBSCRIBED", "NOT_SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED", "PENDING")
ASKED = ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")


def gid(kind: str, number: str | int) -> str:
    return f"gid://shopify/{kind}/{number}"


def stamp(moment: datetime | None) -> str | None:
    return moment.isoformat()[:19] + "Z" if moment else None


def amount(minor: int) -> str:
    """Cents as Shopify writes them: 12.0, 12.5, 12.34."""
    whole, rest = divmod(abs(minor), 100)
    cents = f"{rest:02d}"
    return f"{'-' if minor < 0 else ''}{whole}.{cents[0] if cents[1] == '0' else cents}"


@lru_cache(maxsize=65_536)
def bag(minor: int) -> Shared:
    """A MoneyBag; the sandbox's shop sells in one currency."""
    money = {"amount": amount(minor), "currencyCode": "USD"}
    return Shared({"shopMoney": money, "presentmentMoney": money})


def connection(nodes: list[Record]) -> Callable[[Field], Record]:
    """A paged set: a function of the field's `first` and `after`. Cursors are positions."""

    def page(field: Field) -> Record:
        first, start = size(field), int(field.argument("after") or 0)
        shown = nodes[start : start + first]
        end = start + len(shown)
        edges = [str(start + 1), str(end)] if shown else []
        return {
            "nodes": shown,
            "edges": lambda _: [{"cursor": str(at), "node": node} for at, node in enumerate(shown, start + 1)],
            "pageInfo": page_info(start > 0, end < len(nodes), edges),
        }

    return page


def listed(records: list[Record]) -> Callable[[Field], list[Record]]:
    """A plain list that can be cut by `first`."""
    return lambda field: records[: field.argument("first") or MOST]


def size(field: Field) -> int:
    """The `first` of a paged field. Raises GraphQLError as Shopify does where it is missing or too large."""
    if any(field.argument(name) for name in ("last", "before", "reverse")):
        raise GraphQLError(f"The sandbox reads '{field.name}' forward only")
    first = field.argument("first")
    if not isinstance(first, int):
        raise GraphQLError("you must provide one of first or last")
    if not 0 <= first <= MOST:
        raise GraphQLError(f"first cannot exceed {MOST}")
    return first


def page_info(has_previous: bool, has_next: bool, cursors: list[str]) -> Record:
    return {
        "hasNextPage": has_next,
        "hasPreviousPage": has_previous,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }


def order(document: Document, titles: Mapping[str, str], home: Document) -> Record:
    """An order; `titles` are variants' by listing, `home` is the person whom it is sent to."""
    refunds = list(_refunds(document))
    given = sum(refund.minor for refund in refunds)
    returned = _returned(refunds)
    at, cancelled, buyer = stamp(document["created_at"]), document["cancelled_at"], document["customer_id"]
    return {
        "__typename": "Order",
        "id": gid("Order", document["order_id"]),
        "legacyResourceId": document["order_id"],
        "name": document["order_number"],
        "createdAt": at,
        "processedAt": at,
        "updatedAt": stamp(document["updated_at"]),
        "cancelledAt": stamp(cancelled),
        "cancelReason": _cancel_reason(document) if cancelled else None,
        "closedAt": stamp(document["completed_at"]),
        "test": False,
        "currencyCode": "USD",
        "presentmentCurrencyCode": "USD",
        "taxesIncluded": False,
        "sourceName": "web",
        "tags": [tag for tag in (document["promo"], "presale" if document["is_presale"] else None) if tag],
        "displayFinancialStatus": _financial(document, given),
        "displayFulfillmentStatus": _fulfilment(document),
        "returnStatus": _return_status(document),
        "subtotalPriceSet": bag(document["items_minor"] - document["discount_minor"]),
        "totalPriceSet": bag(document["total_minor"]),
        "totalDiscountsSet": bag(document["discount_minor"]),
        "totalShippingPriceSet": bag(document["shipping_minor"]),
        "totalTaxSet": bag(document["tax_minor"]),
        "totalRefundedSet": bag(given),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "customer": {"id": gid("Customer", buyer), "legacyResourceId": buyer} if buyer else None,
        "email": document["contact"]["email"],
        "phone": None,
        "billingAddress": _address({**document["person"], **_told(document["contact"])}),
        "retailLocation": None,
        "shippingAddress": _address(home),
        "lineItems": connection([_line(line, titles, returned) for line in document["lines"]]),
        "transactions": listed([_transaction(document)]),
        "refunds": listed([refund.record for refund in refunds]),
        "fulfillments": listed([_fulfillment(document, shipment) for shipment in document["shipments"]]),
        "fulfillmentOrders": connection([_fulfillment_order(document)]),
    }


def _line(line: Document, titles: Mapping[str, str], returned: Mapping[str, int]) -> Record:
    given, tax = line["discount_minor"], line["tax_minor"]
    number = gid("LineItem", line["line_id"])
    return {
        "id": number,
        "title": titles.get(line["product_id"], line["sku"]),
        "variantTitle": titles.get(line["listing_id"]),
        "sku": line["sku"],
        "quantity": line["quantity"],
        "currentQuantity": line["quantity"] - returned.get(number, 0),
        "isGiftCard": False,
        "originalUnitPriceSet": bag(line["unit_price_minor"]),
        "discountAllocations": [{"allocatedAmountSet": bag(given)}] if given else [],
        "taxLines": [{"title": "Sales tax", "priceSet": bag(tax)}] if tax else [],
        "product": {"id": gid("Product", line["product_id"]), "legacyResourceId": line["product_id"]},
        "variant": {"id": gid("ProductVariant", line["listing_id"]), "legacyResourceId": line["listing_id"]},
    }


def _transaction(document: Document) -> Record:
    """The one payment: a sale, pending until it is paid, void where the order ends before that."""
    paid, cancelled = document["paid_at"], document["cancelled_at"]
    voided = cancelled and not paid
    return {
        "id": gid("OrderTransaction", int(document["order_id"]) + 1_300_000_000_000),
        "kind": "VOID" if voided else "SALE",
        "status": "SUCCESS" if paid or voided else "PENDING",
        "test": False,
        "gateway": "shopify_payments",
        "formattedGateway": "Shopify Payments",
        "amountSet": bag(document["total_minor"]),
        "createdAt": stamp(document["created_at"]),
        "processedAt": stamp(cancelled if voided else paid),
    }


@dataclass(frozen=True, slots=True)
class Given:
    """A refund, what it gave back in cents, and of which lines how many pieces."""

    record: Record
    minor: int
    pieces: list[tuple[str, int]]


def _refunds(document: Document) -> Iterable[Given]:
    """Refunds that were paid out. What ends a whole order is one refund of all its lines; half a price back is one of none."""
    done = [refund for refund in document["refunds"] if refund["completed_at"]]
    lines = {line["line_no"]: line for line in document["lines"]}
    whole = bool(document["cancelled_at"]) or not document["delivered_at"]
    for group in [done] if whole and done else [[refund] for refund in done]:
        first, minor = group[0], sum(refund["amount_minor"] for refund in group)
        named = group if whole or first["kind"] == "return" else []
        restock = "CANCEL" if document["cancelled_at"] else "RETURN" if first["restock"] else "NO_RESTOCK"
        record = {
            "__typename": "Refund",
            "id": gid("Refund", first["refund_id"]),
            "legacyResourceId": first["refund_id"],
            "createdAt": stamp(first["requested_at"]),
            "processedAt": stamp(first["completed_at"]),
            "updatedAt": stamp(first["completed_at"]),
            "note": None,
            "totalRefundedSet": bag(minor),
            "return": {"id": gid("Return", first["refund_id"])} if first["kind"] == "return" else None,
            "refundLineItems": connection([_refund_line(refund, lines[refund["line_no"]], restock) for refund in named]),
        }
        pieces = [(gid("LineItem", lines[refund["line_no"]]["line_id"]), refund["quantity"]) for refund in named]
        yield Given(record, minor, pieces)


def _refund_line(refund: Document, line: Document, restock: str) -> Record:
    net = line["total_minor"] * refund["quantity"] // line["quantity"]
    tax = min(refund["amount_minor"] - net, line["tax_minor"])
    return {
        "lineItem": {"id": gid("LineItem", line["line_id"])},
        "quantity": refund["quantity"],
        "restockType": restock,
        "restocked": restock != "NO_RESTOCK",
        "subtotalSet": bag(net),
        "totalTaxSet": bag(tax),
    }


def _returned(refunds: Iterable[Given]) -> dict[str, int]:
    pieces: dict[str, int] = {}
    for refund in refunds:
        for line, quantity in refund.pieces:
            pieces[line] = pieces.get(line, 0) + quantity
    return pieces


def _fulfillment(document: Document, shipment: Document) -> Record:
    delivered = shipment["delivered_at"]
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", shipment["shipment_id"]),
        "legacyResourceId": shipment["shipment_id"],
        "status": "SUCCESS",
        "displayStatus": "DELIVERED" if delivered else "IN_TRANSIT",
        "createdAt": stamp(shipment["shipped_at"]),
        "updatedAt": stamp(delivered or shipment["shipped_at"]),
        "inTransitAt": stamp(shipment["shipped_at"]),
        "deliveredAt": stamp(delivered),
        "location": {"id": LOCATIONS[shipment["facility_id"]], "name": shipment["facility_id"]},
        "trackingInfo": listed([{"company": shipment["carrier"], "number": shipment["tracking_number"], "url": None}]),
        "fulfillmentLineItems": connection(
            [{"lineItem": {"id": gid("LineItem", line["line_id"])}, "quantity": line["quantity"]} for line in document["lines"]]
        ),
    }


WORK = 1_100_000_000_000
"""Between the number of an order and that of its fulfilment order."""


def _fulfillment_order(document: Document) -> Record:
    done = "CLOSED" if document["shipped_at"] else "CANCELLED" if document["cancelled_at"] else None
    return {
        "id": gid("FulfillmentOrder", int(document["order_id"]) + WORK),
        "status": done or ("SCHEDULED" if document["is_presale"] else "OPEN"),
        "assignedLocation": {"name": document["facility_id"]},
        "fulfillBy": stamp(document["promised_at"]),
    }


def order_of(work: str) -> int:
    """The legacy id of a fulfilment order's order."""
    return int(work.rsplit("/", 1)[-1]) - WORK


LOCATIONS = {row[0]: gid("Location", 71_000_000_001 + position) for position, row in enumerate(FACILITIES)}
"""By facility. A location is called by its facility's id."""


def _told(contact: Document) -> Record:
    """Name and number as the buyer typed them."""
    return {"name": contact["name"], "phone": contact["phone"]}


def _address(person: Document) -> Record:
    return {
        "name": person["name"],
        "address1": person["address"],
        "address2": None,
        "city": person["city"],
        "province": person["region"],
        "zip": person["postcode"],
        "countryCodeV2": person["country"],
        "phone": person["phone"],
    }


def _cancel_reason(document: Document) -> str:
    return "FRAUD" if document["is_fraud"] else "CUSTOMER" if document["paid_at"] else "DECLINED"


def _financial(document: Document, given: int) -> str:
    if not document["paid_at"]:
        return "VOIDED" if document["cancelled_at"] else "PENDING"
    if not given:
        return "PAID"
    return "REFUNDED" if given >= document["total_minor"] else "PARTIALLY_REFUNDED"


def _fulfilment(document: Document) -> str:
    if document["shipped_at"]:
        return "FULFILLED"
    return "SCHEDULED" if document["is_presale"] and not document["cancelled_at"] else "UNFULFILLED"


def _return_status(document: Document) -> str:
    returns = [refund for refund in document["refunds"] if refund["kind"] == "return"]
    if not returns:
        return "NO_RETURN"
    last = returns[-1]
    if last["completed_at"]:
        return "RETURNED"
    if last["rejected_at"]:
        return "RETURN_FAILED"
    return "IN_PROGRESS" if last["approved_at"] else "RETURN_REQUESTED"


def customer(identity: Document, home: Document) -> Record:
    first, _, last = identity["name"].partition(" ")
    at = stamp(identity["created_at"])
    return {
        "__typename": "Customer",
        "id": gid("Customer", identity["customer_id"]),
        "legacyResourceId": identity["customer_id"],
        "createdAt": at,
        "updatedAt": at,
        "firstName": first,
        "lastName": last or None,
        "displayName": identity["name"],
        "defaultEmailAddress": _address_of(identity, at) if identity["email"] else None,
        "defaultPhoneNumber": {"phoneNumber": identity["phone"]} if identity["phone"] else None,
        "defaultAddress": _address(home),
    }


def _address_of(identity: Document, at: str | None) -> Record:
    """An address, and whether news may be sent to it: told by the customer's number, so that it stays."""
    state = MARKETING[int(identity["customer_id"]) % len(MARKETING)]
    return {"emailAddress": identity["email"], "marketingState": state, "marketingUpdatedAt": at if state in ASKED else None}


def product(variants: Sequence[Document]) -> Record:
    """A product of its variants: rows of a listing and what the catalogue knows of it."""
    first = variants[0]
    return {
        "__typename": "Product",
        "id": gid("Product", first["product_id"]),
        "legacyResourceId": first["product_id"],
        "title": first["title"],
        "status": "ACTIVE",
        "productType": first["category"],
        "category": None,
        "createdAt": stamp(min(variant["listed_at"] for variant in variants)),
        "updatedAt": stamp(max(variant["listed_at"] for variant in variants)),
        "variants": connection([_variant(variant) for variant in variants]),
    }


def _variant(variant: Document) -> Record:
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", variant["listing_id"]),
        "legacyResourceId": variant["listing_id"],
        "title": variant["variant"],
        "sku": variant["sku"],
        "price": f"{variant['price_minor'] // 100}.{variant['price_minor'] % 100:02d}",
        "updatedAt": stamp(variant["listed_at"]),
        "inventoryItem": {
            "id": gid("InventoryItem", variant["stock_ref"]),
            "tracked": True,
            "measurement": {"weight": {"value": variant["weight_g"] / 1000, "unit": "KILOGRAMS"}},
            "unitCost": {"amount": amount(variant["cost_usd_minor"]), "currencyCode": "USD"},
        },
    }
