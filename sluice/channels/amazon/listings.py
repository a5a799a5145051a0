"""The shop's listings: read as a whole, and the quantities of those that the seller ships himself written.

A search can be paged through to its 1,000th listing and no further, so the walk starts anew from the date of creation it has
reached.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct

from sluice.channels.amazon.contract import Availability, Listed, Listing
from sluice.channels.amazon.gateway import GET_LISTING, PATCH_LISTING, SEARCH_LISTINGS, Fault, Gateway
from sluice.channels.protocol import Answer, ChannelError, Page, Quota, Refused

PAGE = 20
REACH = 1000
"""Listings that one search can be paged through."""
OWN = "DEFAULT"
"""The code of the seller's own stock."""


class _Submission(Struct):
    status: str
    issues: list[Fault] = []


@dataclass(frozen=True)
class Listings:
    """The listings of one seller in one marketplace."""

    gateway: Gateway
    seller: str
    marketplace: str

    def snapshot(self) -> Iterator[Page]:
        """Every listing, oldest first; one that is edited meanwhile keeps its place."""
        after: datetime | None = None
        while True:
            seen, last = 0, after
            for body in self._walk(after):
                listed = msgspec.json.decode(body, type=Listed)
                seen += len(listed.items)
                last = max(filter(None, (last, *map(_created, listed.items))), default=None)
                is_end = not listed.pagination.nextToken
                yield Page(body, complete=is_end and seen < REACH)
            if seen < REACH:
                return
            if last is None or last == after:
                raise ChannelError(f"Amazon: {REACH} listings were created at {after}; the search shows no others of that moment")
            after = last

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each listing's quantity, then read it back. A listing that is refused keeps none of the others from its number."""
        for quota in quotas:
            try:
                yield self._set(quota)
            except Refused:
                raise
            except ChannelError as fault:
                yield Answer(quota.decision_id, False, str(fault))

    def _walk(self, after: datetime | None) -> Iterator[bytes]:
        token = None
        for _ in range(REACH):  # every page but the last has one listing at least
            body = self.gateway.call(
                SEARCH_LISTINGS,
                {"seller": self.seller},
                marketplaceIds=[self.marketplace],
                includedData=["summaries", "offers", "fulfillmentAvailability"],
                sortBy="createdDate",
                sortOrder="ASC",
                createdAfter=after,
                pageSize=PAGE,
                pageToken=token,
            )
            yield body
            token = msgspec.json.decode(body, type=Listed).pagination.nextToken
            if not token:
                return
        raise ChannelError("Amazon: the pages of the listings do not end; the next run starts again")

    def _set(self, quota: Quota) -> Answer:
        shown = self._get(quota.listing_id, "summaries", "fulfillmentAvailability")
        kept = shown.fulfillmentAvailability or []
        if any(one.fulfillmentChannelCode != OWN for one in kept):
            return Answer(quota.decision_id, False, "Amazon fulfils this listing from its own warehouses and counts it there")
        if _own(kept) == quota.quantity:
            return Answer(quota.decision_id, True, "was right already", quota.quantity)
        product_type = quota.stock_ref or next((one.productType for one in shown.summaries or []), "PRODUCT")
        value = [{"fulfillment_channel_code": OWN, "quantity": quota.quantity}]
        patch = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}
        body = self.gateway.call(
            PATCH_LISTING,
            {"seller": self.seller, "sku": quota.listing_id},
            body={"productType": product_type, "patches": [patch]},
            marketplaceIds=[self.marketplace],
        )
        submission = msgspec.json.decode(body, type=_Submission)
        if submission.status == "INVALID":
            return Answer(quota.decision_id, False, "; ".join(map(str, submission.issues)) or "Amazon found the change invalid")
        now = _own(self._get(quota.listing_id, "fulfillmentAvailability").fulfillmentAvailability or [])
        if now == quota.quantity:
            return Answer(quota.decision_id, True, "set", now)
        # Amazon accepts first and applies later; what it shows until then says nothing about this number.
        return Answer(quota.decision_id, True, f"accepted; Amazon still shows {now}")

    def _get(self, sku: str, *data: str) -> Listing:
        places = {"seller": self.seller, "sku": sku}
        body = self.gateway.call(GET_LISTING, places, marketplaceIds=[self.marketplace], includedData=data)
        return msgspec.json.decode(body, type=Listing)


def _own(kept: Sequence[Availability]) -> int | None:
    return next((one.quantity for one in kept if one.fulfillmentChannelCode == OWN), None)


def _created(item: msgspec.Raw) -> datetime | None:
    """When the listing was created; None where its record is broken, which landing will find."""
    try:
        return min((one.createdDate for one in msgspec.json.decode(item, type=Listing).summaries or []), default=None)
    except msgspec.MsgspecError:
        return None
