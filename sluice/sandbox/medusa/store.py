"""One Medusa shop of the world: rows that can be filtered and sorted, their records, stock, and parcels that were told of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.medusa import records
from sluice.sandbox.medusa.records import LOCATIONS, Record
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import ShopView

SHOP = Shop("medusa", "main", "USD", "America/Chicago", "own_shop", 0.3)
STAMPS = ("created_at", "shipped_at", "delivered_at", "cancelled_at", "refunded_at")
"""What moves an order's `updated_at`. That its payment was captured does not."""
RESERVED = 3
"""Pieces of every inventory item, at every location, that orders have reserved."""
LYING = 100


@dataclass
class Store:
    state: SandboxState
    parcels: dict[str, list[Record]] = field(default_factory=dict)
    moved: dict[str, datetime] = field(default_factory=dict)

    @property
    def view(self) -> ShopView:
        self.state.join(SHOP)
        return self.state.view(SHOP.channel, SHOP.shop)

    def rows(self, name: str) -> pl.DataFrame:
        """Rows with `id`, `created_at` and `updated_at`; orders as they were changed."""
        makers: dict[str, Callable[[], pl.DataFrame]] = {
            "orders": self._orders,
            "customers": self._customers,
            "product-variants": self._variants,
            "stock-locations": _locations,
        }
        found: pl.DataFrame = self.state.cached((SHOP.channel, SHOP.shop, name), makers[name])
        if name == "orders" and self.moved:
            later = pl.col("id").replace_strict(self.moved, default=None, return_dtype=found.schema["updated_at"])
            found = found.with_columns(updated_at=pl.max_horizontal("updated_at", later))
        return found

    def render(self, name: str, rows: pl.DataFrame) -> list[Record]:
        if name == "orders":
            return self._order_records(rows)
        if name == "customers":
            homes = self._homes(rows["person_id"])
            return [records.customer(one, home) for one, home in zip(rows.to_dicts(), homes, strict=True)]
        if name == "product-variants":
            return [records.variant(one) for one in rows.to_dicts()]
        return [{"id": row["id"], "name": row["name"]} for row in rows.to_dicts()]

    def _orders(self) -> pl.DataFrame:
        view = self.view
        done = view.history.refunds.frame.filter(pl.col("completed_at") <= view.now)
        given = done.group_by("order_id").agg(refunded_at=pl.col("completed_at").max())
        known = view.orders.join(given, on="order_id", how="left")
        return known.with_columns(updated_at=pl.max_horizontal(STAMPS), id="order_" + pl.col("order_id"))

    def _customers(self) -> pl.DataFrame:
        return self.view.customers().with_columns(id="cus_" + pl.col("customer_id"), updated_at=pl.col("created_at"))

    def _variants(self) -> pl.DataFrame:
        self.state.join(SHOP)
        world = self.state.world
        here = world.listings.filter(
            pl.col("channel") == SHOP.channel, pl.col("shop") == SHOP.shop, pl.col("listed_at") <= self.state.now
        )
        known = world.products.select("sku", "variant", "weight_g")
        at = pl.col("listed_at")
        return here.join(known, on="sku").with_columns(id="variant_" + pl.col("listing_id"), created_at=at, updated_at=at)

    def _homes(self, persons: pl.Series) -> list[Record]:
        known = self.state.world.persons
        return known[known["person_id"].search_sorted(persons)].to_dicts()

    def _order_records(self, rows: pl.DataFrame) -> list[Record]:
        titles: Mapping[str, str] = dict(self.rows("product-variants").select("listing_id", "title").iter_rows())
        made = []
        stamps = rows["updated_at"].to_list()
        for document, home, stamp in zip(self.view.documents(rows), self._homes(rows["ship_to_person_id"]), stamps, strict=True):
            told = self.parcels.get(f"order_{document['order_id']}", [])
            for line in document["lines"]:
                line["shipped"] = line["quantity"] if document["shipped_at"] else _sent(told, f"ordli_{line['line_id']}")
            record = records.order({**document, "stamp": stamp}, titles, home)
            made.append(record | {"fulfillments": [*record["fulfillments"], *told]})
        return made

    def tell(self, order: str, fulfillment: Record) -> None:
        """A fulfilment that was made; it moves the order's stamp."""
        self.parcels.setdefault(order, []).append(fulfillment)
        self.moved[order] = self.state.now

    def levels(self, item: str) -> list[Record] | None:
        """Of an inventory item by location; None where there is no such item."""
        listing = self._listing(item)
        if listing is None:
            return None
        return [self._level(item, listing, facility, place) for facility, place in LOCATIONS.items()]

    def _level(self, item: str, listing: str, facility: str, place: str) -> Record:
        stocked = self.state.published.get((SHOP.channel, SHOP.shop, listing, facility), LYING) + RESERVED
        return {
            "id": f"ilev_{item}_{place}",
            "location_id": place,
            "inventory_item_id": item,
            "stocked_quantity": stocked,
            "reserved_quantity": RESERVED,
            "available_quantity": stocked - RESERVED,
        }

    def set_stocked(self, item: str, place: str, stocked: int) -> bool:
        """Whether there are such an item and location."""
        listing = self._listing(item)
        facility = {place: facility for facility, place in LOCATIONS.items()}.get(place)
        if listing is None or facility is None:
            return False
        self.state.published[SHOP.channel, SHOP.shop, listing, facility] = stocked - RESERVED
        return True

    def _listing(self, item: str) -> str | None:
        known: dict[str, str] = self.state.cached((SHOP.channel, SHOP.shop, "items"), self._items)
        return known.get(item)

    def _items(self) -> dict[str, str]:
        rows = self.rows("product-variants").select("stock_ref", "listing_id").iter_rows()
        return {f"iitem_{stock_ref}": listing for stock_ref, listing in rows}


def _sent(parcels: list[Record], line: str) -> int:
    items: list[Any] = [item for parcel in parcels if parcel["shipped_at"] for item in parcel["items"]]
    return sum(int(item["quantity"]) for item in items if item["line_item_id"] == line)


def _locations() -> pl.DataFrame:
    return pl.DataFrame({"id": list(LOCATIONS.values()), "name": list(LOCATIONS)})
