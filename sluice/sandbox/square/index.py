"""What Square shows at one moment of the clock: every list rendered once, sorted by each of its times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.square import records
from sluice.sandbox.square.records import Record
from sluice.sandbox.view import ShopView
from sluice.sandbox.world import World


@dataclass(frozen=True)
class Listed:
    """Records of one kind as JSON, with what they are asked for by."""

    rows: list[tuple[Mapping[str, str], bytes]]
    _sorted: dict[str, list[tuple[Mapping[str, str], bytes]]] = field(default_factory=dict)

    def by(self, name: str) -> list[tuple[Mapping[str, str], bytes]]:
        """By a time, then by id."""
        if name not in self._sorted:
            self._sorted[name] = sorted(self.rows, key=lambda row: (row[0][name], row[0]["id"]))
        return self._sorted[name]


KEYS = ("id", "created_at", "updated_at", "closed_at", "location_id", "state", "customer_id", "status")


def listed(found: list[Record]) -> Listed:
    return Listed([({name: one[name] for name in KEYS if name in one}, msgspec.json.encode(one)) for one in found])


@dataclass
class Index:
    """The shop at `view.now`."""

    view: ShopView
    world: World
    shop: Shop

    @cached_property
    def documents(self) -> list[Mapping[str, Any]]:
        return list(self.view.documents(self.view.orders))

    @cached_property
    def orders(self) -> Listed:
        """Sales, and the orders that only give back."""
        names = self.goods.select("listing_id", "title", "variant").iter_rows()
        titles = {listing: (title, variant) for listing, title, variant in names}
        sold = [records.order(one, titles) for one in self.documents]
        back = [records.returned(one, given) for one in self.documents for given in records.given_back(one)]
        return listed(sold + back)

    @cached_property
    def order_by_id(self) -> dict[str, bytes]:
        return {keys["id"]: body for keys, body in self.orders.rows}

    @cached_property
    def payments(self) -> Listed:
        return listed([records.payment(one) for one in self.documents])

    @cached_property
    def refunds(self) -> Listed:
        return listed([records.refund(one, given) for one in self.documents for given in records.given_back(one)])

    @cached_property
    def customers(self) -> Listed:
        known = self.view.customers()
        persons = self.world.persons
        homes = persons[persons["person_id"].search_sorted(known["person_id"])].to_dicts()
        return listed([records.customer(one, home) for one, home in zip(known.to_dicts(), homes, strict=True)])

    @cached_property
    def goods(self) -> pl.DataFrame:
        """This shop's listings with what the catalogue knows of their SKU."""
        here = self.world.listings.filter(channel=self.shop.channel, shop=self.shop.shop)
        return here.join(self.world.products.select("sku", "variant", "product_no"), on="sku").sort("product_id", "product_no")

    @cached_property
    def catalog(self) -> dict[str, list[tuple[str, bytes]]]:
        """(id, object) by type, as far as it has been listed by now."""
        shown = self.goods.filter(pl.col("listed_at") <= self.view.now)
        items = [records.item(part.to_dicts()) for part in shown.partition_by("product_id", maintain_order=True)]
        variations = [records.variation(one) for one in shown.to_dicts()]
        kinds: dict[str, list[Record]] = {"ITEM": items, "ITEM_VARIATION": variations}
        return {kind: sorted((one["id"], msgspec.json.encode(one)) for one in found) for kind, found in kinds.items()}

    @cached_property
    def listings(self) -> dict[str, tuple[str, str]]:
        """Listing and SKU by variation."""
        rows = self.goods.select("listing_id", "sku").iter_rows()
        return {records.opaque("variation", listing): (listing, sku) for listing, sku in rows}

    @cached_property
    def stock(self) -> dict[tuple[str, str], int]:
        """Pieces that lie at (facility, SKU)."""
        return {(facility, sku): pieces for facility, sku, pieces in self.world.stock(self.view.now).iter_rows()}
