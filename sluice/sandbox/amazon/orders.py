"""Orders of version 2026-01-01, and parcels that the seller confirms (v0).

Searches have no order that Amazon promises; here orders come by their stamp.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from sluice.sandbox.amazon import records
from sluice.sandbox.amazon.account import CHANNEL, LAG, Account
from sluice.sandbox.amazon.asked import Fault, Query, invalid, known, moment, number, some, words
from sluice.sandbox.amazon.pages import Pages
from sluice.sandbox.amazon.records import HERE, MARKETPLACE, Record
from sluice.sandbox.paged import matching, ordered

DATA_SETS = words(
    "BUYER RECIPIENT PROCEEDS EXPENSE PROMOTION CANCELLATION FULFILLMENT PACKAGES TAX PAYMENT FULFILLMENT_ORDERS",
)
STATUSES = words("PENDING_AVAILABILITY PENDING UNSHIPPED PARTIALLY_SHIPPED SHIPPED CANCELLED UNFULFILLABLE")
MAKERS = words("MERCHANT AMAZON")
SEARCH = words(
    "createdAfter createdBefore lastUpdatedAfter lastUpdatedBefore fulfillmentStatuses marketplaceIds fulfilledBy"
    " maxResultsPerPage paginationToken includedData"
)


class Orders:
    """The orders of an account."""

    def __init__(self, account: Account) -> None:
        self.account, self.state, self.pages = account, account.state, Pages(account.state)
        self.parcels: dict[str, tuple[datetime, Record]] = {}

    @property
    def stamped(self) -> pl.DataFrame:
        """Orders with the time of their last update: refunds leave it alone, since orders do not tell of them."""
        view = self.account.view

        def build() -> pl.DataFrame:
            moments = ("created_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at")
            told = {number: at for number, (at, _) in self.parcels.items()}
            later = pl.col("order_id").replace_strict(told, default=None, return_dtype=pl.Datetime("us", "UTC"))
            return view.orders.with_columns(stamp=pl.max_horizontal(*moments, later).dt.truncate("1s"))

        return self.state.cached((CHANNEL, "stamped", len(self.parcels)), build)

    def search(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known(query, SEARCH)
        kinds = [name for name in ("created", "lastUpdated") if f"{name}After" in query]
        if len(kinds) != 1 or (f"{'lastUpdated' if kinds == ['created'] else 'created'}Before" in query):
            raise invalid("exactly one of createdAfter and lastUpdatedAfter, and no bound of the other kind")
        (kind,) = kinds
        after, latest = moment(query[f"{kind}After"]), self.state.now - LAG
        before = moment(query[f"{kind}Before"]) if f"{kind}Before" in query else None
        if before and (before < after or before > max(self.state.now, datetime.now(UTC)) - LAG):
            raise invalid(f"{kind}Before must not be before {kind}After, nor less than two minutes ago")
        some(query, "marketplaceIds", HERE, required=False)
        statuses = some(query, "fulfillmentStatuses", STATUSES, required=False)
        makers = some(query, "fulfilledBy", MAKERS, required=False)
        wanted = some(query, "includedData", DATA_SETS, required=False)
        size = number(query, "maxResultsPerPage", 100, 1, 100)
        until = min(before or latest, latest)
        column = "created_at" if kind == "created" else "stamp"
        orders = ordered(self.state, (CHANNEL, "orders"), self.stamped, (column, "order_id"))
        asked = [pl.col(column).is_between(after, until)]
        pinned = {name: value for name, value in query.items() if name != "paginationToken"}
        if "paginationToken" in query:
            kept = self.pages.kept(query["paginationToken"], pinned)
            until = datetime.fromisoformat(kept["until"])
            at = datetime.fromisoformat(kept["at"])
            asked += [pl.col(column).is_between(at, until), (pl.col(column) > at) | (pl.col("order_id") > kept["order"])]
        found = matching(orders, *asked)
        shown = [one for one in self._rendered(orders[found.head(size)], wanted) if _passes(one, statuses, makers)]
        answer: Record = {"orders": self._spoiled(shown) if kind == "lastUpdated" else shown, f"{kind}Before": records.iso(until)}
        if len(found) > size:
            last = orders.row(found[size - 1], named=True)
            kept = {"at": last[column].isoformat(), "order": last["order_id"], "until": until.isoformat()}
            answer["pagination"] = {"nextToken": self.pages.token(kept, pinned)}
        return answer

    def order(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known(query, frozenset(("includedData",)))
        wanted = some(query, "includedData", DATA_SETS, required=False)
        (found,) = self._rendered(self._one(places["order"]), wanted)
        return {"order": found}

    def confirm(self, places: Mapping[str, str], query: Query, body: Any) -> None:
        found = self._one(places["order"])
        (document,) = self.account.view.documents(found.drop("stamp"))
        detail = body.get("packageDetail") or {}
        missing = [
            name
            for name in ("packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems")
            if not detail.get(name)
        ]
        if missing or body.get("marketplaceId") != MARKETPLACE:
            raise invalid(f"missing or wrong: {', '.join(missing) or 'marketplaceId'}")
        if not detail["packageReferenceId"].isdigit() or (detail["carrierCode"] == "Other" and not detail.get("carrierName")):
            raise invalid("packageReferenceId must be a positive number, and carrierCode Other needs a carrierName")
        moment(detail["shipDate"])
        left = {line["line_id"]: line["quantity"] for line in document["lines"]}
        if records.status(document) != "UNSHIPPED" or document["order_id"] in self.parcels:
            raise invalid("the order has no items to ship")
        if any(not 0 < piece["quantity"] <= left.get(piece["orderItemId"], 0) for piece in detail["orderItems"]):
            raise invalid("an order item is not of this order, or its quantity is more than is left")
        self.parcels[document["order_id"]] = (self.state.now, detail)

    def _one(self, order: str) -> pl.DataFrame:
        found = self.stamped.filter(order_id=records.number_of(order) or "")
        if found.is_empty():
            raise Fault(404, "NotFound", "The requested resource doesn't exist.")
        return found

    def _rendered(self, orders: pl.DataFrame, wanted: set[str]) -> list[Record]:
        titles = dict(zip(self.account.shown["sku"], self.account.shown["title"], strict=True))
        documents = self.account.view.documents(orders.drop("stamp"))
        told = {number: parcel for number, (_, parcel) in self.parcels.items()}
        stamps = [moment.replace(tzinfo=UTC) for moment in orders["stamp"].dt.replace_time_zone(None)]
        return [
            records.order(one, stamp, titles, wanted, told.get(one["order_id"]))
            for one, stamp in zip(documents, stamps, strict=True)
        ]

    def _spoiled(self, shown: list[Record]) -> list[Record]:
        """As many as are planned with words for an amount."""
        for one in shown[: self.state.faults.take_all(CHANNEL, "malformed") if shown else 0]:
            one["proceeds"] = {"grandTotal": {"amount": "to be agreed", "currencyCode": "USD"}}
        return shown


def _passes(one: Record, statuses: set[str], makers: set[str]) -> bool:
    kept = one.get("fulfillment", {})
    return (not statuses or kept.get("fulfillmentStatus") in statuses) and (not makers or kept.get("fulfilledBy") in makers)
