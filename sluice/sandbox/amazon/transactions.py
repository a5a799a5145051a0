"""The account's transactions as the finances API tells them: one for each order that left, one for each refund of such an order.

A transaction shows up to two days after its date. The money of some refunds is deferred: a week later a second transaction
releases it, with the same amounts.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from sluice.sandbox.amazon.records import MARKETPLACE, Record, asin, iso, order_id
from sluice.sandbox.view import ShopView

LATEST = 48 * 3600
"""Seconds after its date that a transaction shows at the latest."""
DEFERRED = timedelta(days=7)
FEE, KEPT = 15, 3
"""Of the products' price in percent: Amazon's commission, and what Amazon keeps of it where money is given back."""


def shown(view: ShopView) -> pl.DataFrame:
    """What is told by now, by date: `order_id`, `refund_id` (null: the order left), `is_release`, `posted_at`."""
    left = view.orders.filter(pl.col("shipped_at").is_not_null())
    sent = left.select("order_id", refund_id=pl.lit(None, pl.String), posted_at="shipped_at", is_release=pl.lit(False))
    given = view.history.refunds.frame.join(left.select("order_id"), on="order_id", how="semi").filter(
        pl.col("completed_at") <= view.now
    )
    given = given.select("order_id", "refund_id", posted_at="completed_at", is_release=pl.lit(False))
    later = given.filter(_is_deferred("refund_id")).with_columns(pl.col("posted_at") + DEFERRED, is_release=pl.lit(True))
    named = pl.coalesce("refund_id", "order_id").cast(pl.Int64, strict=False).fill_null(0)
    appears = pl.col("posted_at") + pl.duration(seconds=(named * 7919) % LATEST)
    return pl.concat([sent, given, later]).filter(appears <= view.now).sort("posted_at", "order_id", "refund_id", "is_release")


def _is_deferred(column: str) -> pl.Expr:
    return pl.col(column).str.slice(-1).is_in(["0", "5"])


def transaction(told: Mapping[str, Any], one: Mapping[str, Any], titles: Mapping[str, str], is_released: bool) -> Record:
    """One row of `shown` with its order's document. `is_released` says that a deferred one has been released by now."""
    if told["refund_id"] is None:
        items = [_item(line, titles, _sold(one, line)) for line in one["lines"]]
        return _whole(f"T{one['order_id']}", "Shipment", "Order Payment", told, items, [("SHIPMENT_ID", one["order_id"])])
    refund = next(refund for refund in one["refunds"] if refund["refund_id"] == told["refund_id"])
    line = next(line for line in one["lines"] if line["line_no"] == refund["line_no"])
    items = [_item(line | {"quantity": refund["quantity"]}, titles, _given_back(line, refund))]
    original, release = f"R{refund['refund_id']}", f"R{refund['refund_id']}-released"
    more = [("REFUND_ID", refund["refund_id"])]
    if told["is_release"]:
        return _whole(release, "Refund", "Refund Order", told, items, [*more, ("DEFERRED_TRANSACTION_ID", original)])
    if not refund["refund_id"].endswith(("0", "5")):
        return _whole(original, "Refund", "Refund Order", told, items, more)
    more += [("RELEASE_TRANSACTION_ID", release)] if is_released else []
    status = "DEFERRED_RELEASED" if is_released else "DEFERRED"
    return _whole(original, "Refund", "Refund Order", told, items, more, status)


def _sold(one: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, int]:
    shipping = one["shipping_minor"] if line["line_no"] == 1 else 0
    product = line["unit_price_minor"] * line["quantity"] - line["discount_minor"]
    return _tree(product, line["tax_minor"], shipping, -product * FEE // 100, 0)


def _given_back(line: Mapping[str, Any], refund: Mapping[str, Any]) -> dict[str, int]:
    """The buyer gets exactly the refund's amount: tax and products' price first, of shipping what is left."""
    product = min(refund["amount_minor"], line["unit_price_minor"] * line["quantity"] - line["discount_minor"])
    tax = min(refund["amount_minor"] - product, line["tax_minor"])
    return _tree(-product, -tax, product + tax - refund["amount_minor"], product * FEE // 100, -product * KEPT // 100)


def _tree(product: int, tax: int, shipping: int, commission: int, kept: int) -> dict[str, int]:
    """Amounts by the way to their leaf; what Amazon collects as tax it withholds."""
    parts = {
        "ProductCharges/OurPricePrincipal": product,
        "Tax/OurPriceTax": tax,
        "Tax/MarketplaceFacilitatorTax-Principal": -tax,
        "Shipping/ShippingPrincipal": shipping,
        "AmazonFees/Commission/Base": commission,
        "AmazonFees/RefundCommission/Base": kept,
    }
    return {path: minor for path, minor in parts.items() if minor}


def _item(line: Mapping[str, Any], titles: Mapping[str, str], amounts: Mapping[str, int]) -> Record:
    product = {"contextType": "ProductContext", "asin": asin(line["product_id"]), "sku": line["sku"]}
    return {
        "description": titles[line["sku"]],
        "relatedIdentifiers": [
            {"itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID", "itemRelatedIdentifierValue": line["line_id"]}
        ],
        "totalAmount": _currency(sum(amounts.values())),
        "breakdowns": _grown(amounts),
        "contexts": [product | {"quantityShipped": line["quantity"], "fulfillmentNetwork": "MFN"}],
    }


def _grown(amounts: Mapping[str, int]) -> list[Record]:
    """The tree of these leaves."""
    heads: dict[str, dict[str, int]] = {}
    for path, minor in amounts.items():
        head, _, rest = path.partition("/")
        heads.setdefault(head, {})[rest] = minor
    return [
        {
            "breakdownType": head,
            "breakdownAmount": _currency(sum(inner.values())),
            "breakdowns": [] if "" in inner else _grown(inner),
        }
        for head, inner in heads.items()
    ]


def _currency(minor: int) -> Record:
    return {"currencyAmount": minor / 100, "currencyCode": "USD"}


def _whole(
    name: str,
    kind: str,
    description: str,
    told: Mapping[str, Any],
    items: list[Record],
    more: list[tuple[str, str]],
    status: str = "RELEASED",
) -> Record:
    total = _currency(round(sum(item["totalAmount"]["currencyAmount"] for item in items) * 100))
    named = [("ORDER_ID", order_id(told["order_id"])), *more]
    return {
        "sellingPartnerMetadata": {"sellingPartnerId": "A1SANDBOXSELLER", "accountType": "Standard Orders"},
        "relatedIdentifiers": [{"relatedIdentifierName": key, "relatedIdentifierValue": value} for key, value in named],
        "transactionType": kind,
        "transactionId": name,
        "transactionStatus": status,
        "description": description,
        "postedDate": iso(told["posted_at"]),
        "totalAmount": total,
        "marketplaceDetails": {"marketplaceId": MARKETPLACE, "marketplaceName": "Amazon.com"},
        "items": items,
        "contexts": [],
        "breakdowns": [{"breakdownType": "Sales", "breakdownAmount": total, "breakdowns": []}],
    }
