"""Listings: searched, shown and patched (2021-08-01)."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from sluice.sandbox.amazon import records
from sluice.sandbox.amazon.account import CHANNEL, SECRETS, SHOP, Account
from sluice.sandbox.amazon.asked import Fault, Query, invalid, known, moment, number, some, words
from sluice.sandbox.amazon.pages import Pages
from sluice.sandbox.amazon.records import HERE, MARKETPLACE, PRODUCT_TYPE, Record

REACH = 1000
"""Listings that one search can be paged through."""
LISTED = words("summaries attributes issues offers fulfillmentAvailability procurement relationships productTypes")
FIND = words("marketplaceIds issueLocale includedData createdAfter sortBy sortOrder pageSize pageToken")
"""Of the search for listings: those that the sandbox heeds."""
ONE = words("marketplaceIds issueLocale includedData")


class Listings:
    """The listings of an account."""

    def __init__(self, account: Account) -> None:
        self.account, self.state, self.pages = account, account.state, Pages(account.state)

    def search(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        self._own(places)
        known(query, FIND)
        some(query, "marketplaceIds", HERE)
        wanted = some(query, "includedData", LISTED, required=False) or {"summaries"}
        if query.get("sortBy", "lastUpdatedDate") not in ("sku", "createdDate", "lastUpdatedDate"):
            raise invalid("sortBy")
        size = number(query, "pageSize", 10, 1, 20)
        found = self.account.shown
        if "createdAfter" in query:
            found = found.filter(pl.col("listed_at").dt.truncate("1s") >= moment(query["createdAfter"]))
        pinned = {name: value for name, value in query.items() if name != "pageToken"}
        start = self.pages.kept(query["pageToken"], pinned)["start"] if "pageToken" in query else 0
        ordered = found.sort("sku") if query.get("sortBy") == "sku" else found
        ordered = ordered if query.get("sortOrder", "ASC") == "ASC" else ordered.reverse()
        items = [self._listing(one, wanted) for one in ordered.slice(start, size).to_dicts()]
        answer: Record = {"numberOfResults": len(found), "items": items}
        if start + size < min(len(found), REACH):
            answer["pagination"] = {"nextToken": self.pages.token({"start": start + size}, pinned)}
        return answer

    def one(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known(query, ONE)
        some(query, "marketplaceIds", HERE)
        return self._listing(self._sku(places), some(query, "includedData", LISTED, required=False) or {"summaries"})

    def patch(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known(query, ONE | {"mode"})
        some(query, "marketplaceIds", HERE)
        one = self._sku(places)
        if not body or not body.get("patches") or "productType" not in body:
            raise invalid("productType and at least one patch")
        answer: Record = {
            "sku": one["sku"],
            "submissionId": f"sandbox-{len(self.state.published)}",
            "status": "ACCEPTED",
            "issues": [],
        }
        problem = None if body["productType"] == PRODUCT_TYPE else "The product type is not the listing's."
        for patch in body["patches"]:
            (value, *more) = patch.get("value") or [{}]
            quantity = value.get("quantity")
            fits = isinstance(quantity, int) and quantity >= 0 and value.get("fulfillment_channel_code") == "DEFAULT"
            if patch.get("op") != "replace" or patch.get("path") != "/attributes/fulfillment_availability" or more or not fits:
                problem = "'fulfillment_availability' is not valid."
            elif not problem and query.get("mode") != "VALIDATION_PREVIEW":
                self.state.published[CHANNEL, SHOP.shop, one["sku"], None] = quantity
        if problem:
            issue = {"code": "90220", "message": problem, "severity": "ERROR", "categories": ["INVALID_ATTRIBUTE"]}
            answer |= {"status": "INVALID", "issues": [issue]}
        return answer

    def _own(self, places: Mapping[str, str]) -> None:
        if places["seller"] != SECRETS["seller_id"]:
            raise Fault(403, "Unauthorized", "Access to requested resource is denied.", "This is not the seller's id.")

    def _sku(self, places: Mapping[str, str]) -> Record:
        self._own(places)
        found = self.account.shown.filter(sku=places["sku"]).to_dicts()
        if not found:
            raise Fault(404, "NOT_FOUND", f"SKU '{places['sku']}' not found in marketplace {MARKETPLACE}")
        return found[0]

    def _listing(self, one: Mapping[str, Any], wanted: set[str]) -> Record:
        return records.listing(one, self.state.published.get((CHANNEL, SHOP.shop, one["sku"], None), 0), wanted)
