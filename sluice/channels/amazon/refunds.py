"""What Amazon gave back to buyers: transactions of the finances API, 2024-06-19, made into records of one order each.

A transaction names its order in a list of identifiers and its amounts in a tree; here the order is a field, and of the tree there
are the leaves, each with the way to it ("ProductCharges/OurPricePrincipal"). What is broken goes on as it came: the contract says
why.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

KINDS = frozenset(("Refund", "GuaranteeClaim", "Chargeback"))
"""Types of transactions that give money back to a buyer. All others (shipments, fees, transfers) are left out."""


class Currency(Struct, kw_only=True):
    """`currencyAmount` is a number there: its digits are taken as they stand. What leaves the seller is negative."""

    currencyAmount: Decimal
    currencyCode: str


class Charge(Struct, kw_only=True):
    """A leaf of the amounts; `breakdownType` is the way to it."""

    breakdownType: str
    breakdownAmount: Currency


class RefundItem(Struct, kw_only=True):
    """`totalAmount` has Amazon's fees in it, the buyer's part is made of the charges. `quantityShipped` is pieces refunded."""

    sku: str | None = None
    asin: str | None = None
    quantityShipped: int | None = None
    totalAmount: Currency | None = None
    charges: list[Charge]


class Refund(Struct, kw_only=True):
    """A transaction that gives back. `deferredTransactionId` names the one that this only releases to the seller's account."""

    transactionId: str
    orderId: str
    transactionType: str
    postedDate: Annotated[datetime, Meta(tz=True)]
    totalAmount: Currency
    transactionStatus: str | None = None
    description: str | None = None
    refundId: str | None = None
    deferredTransactionId: str | None = None
    items: list[RefundItem]


class Payload(Struct):
    transactions: list[Raw] = []
    nextToken: str | None = None


class Told(Struct):
    """An answer of `listTransactions`."""

    payload: Payload


NULL = Raw(b"null")


class _Node(Struct):
    breakdownType: str = ""
    breakdownAmount: Raw = NULL
    breakdowns: list["_Node"] | None = None


class _Identifier(Struct):
    relatedIdentifierName: str = ""
    relatedIdentifierValue: Raw = NULL


class _Context(Struct):
    contextType: str = ""
    sku: Raw = NULL
    asin: Raw = NULL
    quantityShipped: Raw = NULL


class _Item(Struct):
    totalAmount: Raw = NULL
    breakdowns: list[_Node] | None = None
    contexts: list[_Context] | None = None


class _Marketplace(Struct):
    marketplaceId: str | None = None


class _Transaction(Struct):
    transactionType: str | None = None
    transactionId: Raw = NULL
    transactionStatus: Raw = NULL
    description: Raw = NULL
    postedDate: Raw = NULL
    totalAmount: Raw = NULL
    relatedIdentifiers: list[_Identifier] | None = None
    marketplaceDetails: _Marketplace | None = None
    items: list[_Item] | None = None
    breakdowns: list[_Node] | None = None


def refunds(body: bytes, marketplace: str) -> Iterator[bytes]:
    """The refunds in an answer, but those that name another marketplace; one account sells in several."""
    for record in msgspec.json.decode(body, type=Told).payload.transactions:
        try:
            one = msgspec.json.decode(record, type=_Transaction)
        except msgspec.ValidationError:
            yield bytes(record)
            continue
        place = one.marketplaceDetails.marketplaceId if one.marketplaceDetails else None
        if one.transactionType in KINDS and place in (None, "", marketplace):
            yield _record(one)


def _record(one: _Transaction) -> bytes:
    named = {identifier.relatedIdentifierName: identifier.relatedIdentifierValue for identifier in one.relatedIdentifiers or []}
    items = one.items or []
    if not any(item.breakdowns for item in items):
        # Some transactions tell their amounts as a whole only; then they are of an item where there is no more than one.
        items = [_Item(one.totalAmount, one.breakdowns, items[0].contexts if len(items) == 1 else None)]
    record = {
        "transactionId": one.transactionId,
        "orderId": named.get("ORDER_ID", NULL),
        "transactionType": one.transactionType,
        "postedDate": one.postedDate,
        "totalAmount": one.totalAmount,
        "transactionStatus": one.transactionStatus,
        "description": one.description,
        "refundId": named.get("REFUND_ID", NULL),
        "deferredTransactionId": named.get("DEFERRED_TRANSACTION_ID", NULL),
        "items": [_item(item) for item in items],
    }
    return msgspec.json.encode(record)


def _item(item: _Item) -> dict[str, object]:
    product = next((one for one in item.contexts or [] if one.contextType == "ProductContext"), _Context())
    return {
        "sku": product.sku,
        "asin": product.asin,
        "quantityShipped": product.quantityShipped,
        "totalAmount": item.totalAmount,
        "charges": [
            {"breakdownType": path, "breakdownAmount": amount} for node in item.breakdowns or [] for path, amount in _leaves(node)
        ],
    }


def _leaves(node: _Node, above: str = "") -> Iterator[tuple[str, Raw]]:
    path = above + node.breakdownType
    if not node.breakdowns:
        yield path, node.breakdownAmount
    for inner in node.breakdowns or []:
        yield from _leaves(inner, f"{path}/")
