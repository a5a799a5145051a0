"""One WooCommerce shop of the world, and what was changed in it by hand: rows to be filtered and sorted, and their records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.state import Built, SandboxState
from sluice.sandbox.view import ShopView
from sluice.sandbox.woocommerce import records
from sluice.sandbox.woocommerce.records import Record

SHOP = Shop("woocommerce", "main", "USD", "America/New_York", "own_shop", 0.3)
ZONE = ZoneInfo(SHOP.timezone)
STAMPS = ("created_at", "paid_at", "shipped_at", "cancelled_at", "refunded_at")
"""What WooCommerce hears of; that a parcel arrived, it does not."""


@dataclass(slots=True)
class Edit:
    """What somebody changed of an order: `at` is when, where that moved its stamp."""

    status: str | None = None
    meta_data: list[Record] | None = None
    at: datetime | None = None
    deleted: bool = False
    refunds_deleted: set[int] = field(default_factory=set)


@dataclass
class Store:
    """`hpos` is where orders are kept: in tables of their own, or as posts, whose stamp metadata does not move."""

    state: SandboxState
    hpos: bool = True
    edits: dict[int, Edit] = field(default_factory=dict)

    @property
    def view(self) -> ShopView:
        self.state.join(SHOP)
        return self.state.view(SHOP.channel, SHOP.shop)

    def orders(self, bin: bool = False) -> pl.DataFrame:
        """Orders with `modified_at` and the number `id`; those in the bin or the others. None that were deleted."""
        rows = self._cached("orders", self._orders)
        if not self.edits:
            return rows.clear() if bin else rows
        moved = {number: edit.at for number, edit in self.edits.items() if edit.at}
        if moved:
            changed = pl.DataFrame({"id": list(moved), "moved": list(moved.values())}, schema_overrides={"id": pl.Int64})
            changed = changed.with_columns(pl.col("moved").cast(rows.schema["modified_at"]))
            rows = rows.join(changed, on="id", how="left", maintain_order="left").with_columns(
                modified_at=pl.max_horizontal("modified_at", "moved")
            )
        trashed = [number for number, edit in self.edits.items() if edit.status == "trash"]
        deleted = [number for number, edit in self.edits.items() if edit.deleted]
        is_in = pl.col("id").is_in(trashed)
        return rows.filter(is_in if bin else ~is_in, ~pl.col("id").is_in(deleted))

    def _orders(self) -> pl.DataFrame:
        view = self.view
        done = view.history.refunds.frame.filter(pl.col("completed_at") <= view.now)
        paid_back = done.group_by("order_id").agg(refunded_at=pl.col("completed_at").max())
        return view.orders.join(paid_back, on="order_id", how="left").with_columns(
            modified_at=pl.max_horizontal(STAMPS), id=pl.col("order_id").cast(pl.Int64)
        )

    def order_records(self, rows: pl.DataFrame) -> list[Record]:
        persons = self.state.world.persons
        homes = persons[persons["person_id"].search_sorted(rows["ship_to_person_id"])].to_dicts()
        titles, variations = self.titles, self.variations
        documents = zip(self.view.documents(rows), homes, strict=True)
        return [self._edited(records.order(one, ZONE, titles, home, variations)) for one, home in documents]

    def _edited(self, record: Record) -> Record:
        edit = self.edits.get(record["id"])
        if edit is None:
            return record
        left = [one for one in record["refunds"] if one["id"] not in edit.refunds_deleted]
        record |= {"refunds": left, "status": edit.status or record["status"]}
        return record | ({"meta_data": edit.meta_data} if edit.meta_data is not None else {})

    def refund_records(self, row: pl.DataFrame) -> list[Record]:
        edit = self.edits.get(row["id"][0], Edit())
        made = self._cached("refunds", self._refunds).get(row["order_id"][0], [])
        return [{k: v for k, v in one.items() if k != "minor"} for one in made if one["id"] not in edit.refunds_deleted]

    def _refunds(self) -> dict[str, list[Record]]:
        """Refunds by order: each is asked for by a call of its own, so all are made at once."""
        refunded = self.view.history.refunds.frame["order_id"].unique()
        rows, variations = self.view.orders.filter(pl.col("order_id").is_in(refunded.implode())), self.variations
        return {one["order_id"]: records.refunds(one, ZONE, variations) for one in self.view.documents(rows)}

    def edit(self, number: int, moves: bool) -> Edit:
        """The order's changes, to be added to; `moves` tells whether this one moves the stamp."""
        edit = self.edits.setdefault(number, Edit())
        edit.at = self.state.now.replace(microsecond=0) if moves else edit.at
        return edit

    def customers(self) -> pl.DataFrame:
        def build() -> pl.DataFrame:
            return self.view.customers().with_columns(id=pl.col("customer_id").cast(pl.Int64))

        return self._cached("customers", build)

    def customer_records(self, rows: pl.DataFrame) -> list[Record]:
        persons = self.state.world.persons
        homes = persons[persons["person_id"].search_sorted(rows["person_id"])].to_dicts()
        return [records.customer(one, ZONE, home) for one, home in zip(rows.to_dicts(), homes, strict=True)]

    @property
    def listings(self) -> pl.DataFrame:
        """What is listed by now, with the number of varieties that its product has."""
        return self._cached("listings", self._listings)

    def _listings(self) -> pl.DataFrame:
        self.state.join(SHOP)
        world = self.state.world
        here = world.listings.filter(pl.col("channel") == SHOP.channel, pl.col("shop") == SHOP.shop)
        known = world.products.select("sku", "variant", "category", "weight_g", "product_no")
        varieties = pl.len().over("product_id").alias("varieties")
        return here.join(known, on="sku").with_columns(varieties).sort("product_id", "product_no")

    @property
    def titles(self) -> Mapping[str, str]:
        return self._cached("titles", lambda: dict(self.listings.select("listing_id", "title").iter_rows()))

    @property
    def variations(self) -> set[str]:
        return self._cached("variations", lambda: set(self.listings.filter(pl.col("varieties") > 1)["listing_id"]))

    def products(self) -> pl.DataFrame:
        shown = self.listings.filter(pl.col("listed_at") <= self.state.now)
        return shown.group_by("product_id", maintain_order=True).agg(
            pl.col("listed_at").min().alias("created_at"), pl.col("listed_at").max().alias("modified_at")
        ).with_columns(id=pl.col("product_id").cast(pl.Int64))  # fmt: skip

    def product_records(self, rows: pl.DataFrame) -> list[Record]:
        return [self._product(number) for number in rows["product_id"]]

    def _product(self, number: str) -> Record:
        shown = self._varieties(number)
        first = shown[0]
        is_simple = first["varieties"] == 1
        own = records.listing(first, ZONE, self.quantity(number) if is_simple else None)
        own |= {} if is_simple else {"sku": "", "weight": ""}
        return {
            "id": int(number),
            "name": first["title"],
            "type": "simple" if is_simple else "variable",
            **own,
            **records.times(ZONE, date_modified=max(row["listed_at"] for row in shown)),
            "categories": [{"id": 1, "name": first["category"], "slug": "c"}],
            "variations": [] if is_simple else [int(row["listing_id"]) for row in shown],
        }

    def _varieties(self, number: str) -> Sequence[Mapping[str, Any]]:
        return self._cached("varieties", self._grouped).get(number, [])

    def _grouped(self) -> dict[Any, list[Record]]:
        shown = self.listings.filter(pl.col("listed_at") <= self.state.now)
        return {key[0]: part.to_dicts() for key, part in shown.group_by("product_id", maintain_order=True)}

    def variation_records(self, product: str) -> list[Record]:
        return [
            {
                "id": int(row["listing_id"]),
                **records.listing(row, ZONE, self.quantity(row["listing_id"])),
                "attributes": [{"id": 0, "name": "Variety", "option": row["variant"] or row["sku"]}],
                "parent_id": int(product),
            }
            for row in self._varieties(product)
            if row["varieties"] > 1
        ]

    def _cached(self, name: str, build: Callable[[], Built]) -> Built:
        return self.state.cached((SHOP.channel, SHOP.shop, name), build)

    def quantity(self, listing: str) -> int | None:
        return self.state.published.get((SHOP.channel, SHOP.shop, listing, None))

    def set_quantity(self, listing: str, quantity: int) -> None:
        self.state.published[SHOP.channel, SHOP.shop, listing, None] = quantity
