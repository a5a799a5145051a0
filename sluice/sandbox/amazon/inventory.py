"""What lies in Amazon's own warehouses (FBA inventory v1).

The world has none there: each third listing does here, by its id and the day.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sluice.sandbox.amazon.account import Account
from sluice.sandbox.amazon.asked import Query, invalid, known, moment, some, words
from sluice.sandbox.amazon.pages import Pages
from sluice.sandbox.amazon.records import HERE, MARKETPLACE, Record, asin, iso
from sluice.sandbox.seasons import START

SIZE = 10
"""Summaries a page."""
PAGE_TOKEN_SECONDS = 30
INVENTORY = words("details granularityType granularityId startDateTime sellerSkus nextToken marketplaceIds")


class Inventory:
    """An account's pieces in Amazon's warehouses."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.pages = Pages(account.state, timedelta(seconds=PAGE_TOKEN_SECONDS))

    def summaries(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known(query, INVENTORY)
        some(query, "marketplaceIds", HERE)
        if query.get("granularityType") != "Marketplace" or query.get("granularityId") != MARKETPLACE:
            raise invalid("granularityType and granularityId")
        found = [one for one in self.account.shown.to_dicts() if int(one["listing_id"]) % 3 == 0]
        if "startDateTime" in query:
            found = [one for one in found if one["listed_at"] >= moment(query["startDateTime"])]
        pinned = {name: value for name, value in query.items() if name != "nextToken"}
        start = self.pages.kept(query["nextToken"], pinned)["start"] if "nextToken" in query else 0
        day = (self.account.state.now - START).days
        shown = [summary(one, day, query.get("details") == "true") for one in found[start : start + SIZE]]
        granularity = {"granularityType": "Marketplace", "granularityId": MARKETPLACE}
        answer: Record = {"payload": {"granularity": granularity, "inventorySummaries": shown}}
        if start + SIZE < len(found):
            answer["pagination"] = {"nextToken": self.pages.token({"start": start + SIZE}, pinned)}
        return answer


def summary(listing: Mapping[str, Any], day: int, has_details: bool) -> Record:
    """A listing's pieces on a day."""
    number = int(listing["listing_id"]) + day
    here, promised, moving, inbound, broken = number % 40, number % 4, number % 3, number % 5 * 10, number % 2
    record: Record = {
        "asin": asin(listing["product_id"]),
        "fnSku": f"X00{int(listing['listing_id']):07d}",
        "sellerSku": listing["sku"],
        "condition": "NewItem",
        "lastUpdatedTime": iso(listing["listed_at"]),
        "productName": listing["title"],
        "totalQuantity": here + promised + moving + inbound + broken,
    }
    if has_details:
        record["inventoryDetails"] = {
            "fulfillableQuantity": here,
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": inbound,
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": promised + moving,
                "pendingCustomerOrderQuantity": promised,
                "pendingTransshipmentQuantity": moving,
                "fcProcessingQuantity": 0,
            },
            "unfulfillableQuantity": {"totalUnfulfillableQuantity": broken},
        }
    return record
