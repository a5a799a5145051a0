"""Square's counts of stock: read by variation and location, and counted anew."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from starlette.requests import Request

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.square.index import Index
from sluice.sandbox.square.lists import Body, Keyed, answer, invalid, limit, only, page
from sluice.sandbox.square.records import LOCATIONS, stamp
from sluice.sandbox.state import SandboxState

FACILITIES = {place: facility for facility, place in LOCATIONS.items()}
DAY = timedelta(days=1)


class Inventory:
    """One seller's counts: what the world has lying there, until a count is told."""

    def __init__(self, state: SandboxState, shop: Shop, index: Callable[[], Index]) -> None:
        self.state, self.shop, self._index = state, shop, index
        self.done: dict[str, tuple[bytes, bytes]] = {}
        self.counted: dict[tuple[str, str], int] = {}

    @property
    def index(self) -> Index:
        return self._index()

    def change(self, request: Request, body: Body) -> bytes:
        only(body, ("idempotency_key", "changes", "ignore_unchanged_counts"))
        key, changes = body.get("idempotency_key"), body.get("changes") or []
        if not key:
            raise invalid("MISSING_REQUIRED_PARAMETER", "An idempotency key is required.", "idempotency_key")
        if len(changes) > 100:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "At most 100 changes.", "changes")
        content = msgspec.json.encode(body, order="deterministic")
        if key in self.done:
            if self.done[key][0] != content:
                raise invalid("IDEMPOTENCY_KEY_REUSED", "The key was used for another request.", "idempotency_key")
            return self.done[key][1]
        for number, change in enumerate(changes):
            self._check_change(change, f"changes[{number}].physical_count")
        counts = []
        for change in changes:
            told = change["physical_count"]
            where = (told["catalog_object_id"], told["location_id"])
            quantity = int(Decimal(told["quantity"]))
            # Square drops a count that equals the last count, whatever was sold since, unless it is told not to.
            if self.counted.get(where) != quantity or body.get("ignore_unchanged_counts", True) is False:
                self.counted[where] = quantity
                listing, _ = self.index.listings[where[0]]
                self.state.published[self.shop.channel, self.shop.shop, listing, FACILITIES[where[1]]] = quantity
            counts.append(self._count(*where))
        told_back = msgspec.json.encode({"counts": counts, "changes": changes})
        self.done[key] = (content, told_back)
        return told_back

    def _check_change(self, change: Body, field: str) -> None:
        if change.get("type") != "PHYSICAL_COUNT" or not change.get("physical_count"):
            raise invalid("INVALID_VALUE", "The sandbox knows PHYSICAL_COUNT only.", "changes")
        told = change["physical_count"]
        if told.get("catalog_object_id") not in self.index.listings:
            raise invalid("NOT_FOUND", "No variation with this id.", f"{field}.catalog_object_id", 404)
        if told.get("location_id") not in FACILITIES:
            raise invalid("INVALID_VALUE", "No location with this id.", f"{field}.location_id")
        if told.get("state") != "IN_STOCK":
            raise invalid("INVALID_VALUE", "Only IN_STOCK is counted.", f"{field}.state")
        try:
            if not isinstance(told.get("quantity"), str) or Decimal(told["quantity"]) < 0:
                raise invalid("INVALID_VALUE", "The quantity must be a decimal string, not negative.", f"{field}.quantity")
            at = datetime.fromisoformat(told["occurred_at"])
        except (InvalidOperation, ValueError, KeyError) as fault:
            raise invalid("INVALID_VALUE", "Not a number or time.", field) from fault
        # The shop's clock may be the sandbox's or the machine's.
        if not any(now - DAY <= at <= now for now in (self.state.now, datetime.now(UTC))):
            raise invalid("INVALID_TIME", "occurred_at is in the future or older than 24 hours.", f"{field}.occurred_at")

    def counts(self, request: Request, body: Body) -> bytes:
        only(body, ("catalog_object_ids", "location_ids", "updated_after", "cursor", "states", "limit"))
        places = body.get("location_ids") or list(FACILITIES)
        asked = body.get("catalog_object_ids")
        items = self.index.listings if asked is None else [one for one in asked if one in self.index.listings]
        is_wanted = "IN_STOCK" in (body.get("states") or ["IN_STOCK"])
        wheres = [(item, place) for item in items for place in places if place in FACILITIES and is_wanted]
        rows: list[Keyed] = [({"id": f"{item}{place}"}, msgspec.json.encode(self._count(item, place))) for item, place in wheres]
        shown, cursor = page(rows, limit(body.get("limit") or 100, 1000), body, ("catalog_object_ids", "location_ids", "states"))
        return answer("counts", [one for _, one in shown], cursor)

    def _count(self, item: str, place: str) -> dict[str, Any]:
        listing, sku = self.index.listings[item]
        lying = self.index.stock.get((FACILITIES[place], sku), 0)
        quantity = self.state.published.get((self.shop.channel, self.shop.shop, listing, FACILITIES[place]), lying)
        where = {"catalog_object_id": item, "catalog_object_type": "ITEM_VARIATION", "location_id": place}
        return where | {"state": "IN_STOCK", "quantity": str(quantity), "calculated_at": stamp(self.state.now)}
