"""One Shopify shop of the world: its records by page and by id, and the stock that its locations show."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from sluice.sandbox.graphql import Field, GraphQLError, Selection, select
from sluice.sandbox.shopify import records
from sluice.sandbox.shopify.records import LOCATIONS, Record, gid
from sluice.sandbox.state import SandboxState

CHANNEL = "shopify"
FACILITIES = {place: facility for facility, place in LOCATIONS.items()}
"""By location."""
MEMBERS = ("refund", "fulfillment")
"""Records that hang on orders."""
KEPT = 50_000
"""Rendered records that are kept, some 3 KB each."""
_TERM = re.compile(r"(\w+):(>=|<=|>|<)?'?([^'\s]+)'?")
_COMPARED: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
    "": lambda column, value: column == value,
}


@dataclass(frozen=True, slots=True)
class Collection:
    """Records of one kind: rows that can be sorted and filtered by their times, and how rows become records."""

    rows: pl.DataFrame
    ident: str
    times: Mapping[str, str]
    render: Callable[[pl.DataFrame], list[Record]]

    def sorted(self, by: str) -> pl.DataFrame:
        return self.rows.sort(by, self.ident)


@dataclass
class Store:
    """The shop called `name`."""

    state: SandboxState
    name: str
    _rendered: dict[tuple[Selection, ...], dict[tuple[str, datetime], bytes]] = field(default_factory=dict)

    def page(self, root: str, asked: Field, spoil: Callable[[], bool]) -> Record:
        """A page of `root`, sorted, filtered and cut as asked. A record for which `spoil` says so breaks its contract."""
        collection = self._collection(root)
        by = collection.times.get(str(asked.argument("sortKey", "CREATED_AT")).lower(), collection.ident)
        rows = self._searched(root, collection, by, asked.argument("query") or "")
        first, start = records.size(asked), _after(rows, by, collection.ident, asked.argument("after"))
        shown = rows[start : start + first]
        cursors = [_cursor(*row) for row in shown.select(by, collection.ident).iter_rows()]
        info = records.page_info(start > 0, start + first < len(rows), cursors)
        page: Record = {}
        for part in asked.fields:
            if not isinstance(part, Field) or part.name not in ("nodes", "edges", "pageInfo"):
                raise GraphQLError(f"The sandbox reads nodes, edges and pageInfo of '{root}'")
            if part.name == "nodes":
                page[part.alias] = list(self._nodes(collection, shown, part.fields, spoil))
            elif part.name == "edges":
                page[part.alias] = self._edges(collection, shown, part, cursors, spoil)
            else:
                page[part.alias] = select(info, part.fields)
        return page

    def _searched(self, root: str, collection: Collection, by: str, query: str) -> pl.DataFrame:
        """Sorted and filtered rows; the last search is kept, for a walk asks for it page by page."""
        rows = self.state.cached((CHANNEL, self.name, root, by), lambda: collection.sorted(by))
        last: dict[str, pl.DataFrame] = self.state.cached((CHANNEL, self.name, root, by, "search"), dict)
        if query not in last:
            found = _filtered(rows, collection, query)
            last.clear()
            last[query] = found
        return last[query]

    def find(self, root: str, number: str) -> Record | None:
        """One record by its legacy id, with what hangs on it."""
        if root in MEMBERS:
            return self.members(root, [number]).get(number)
        collection = self._collection(f"{root}s")
        rows = collection.rows.filter(pl.col(collection.ident) == number)
        return collection.render(rows)[0] if len(rows) else None

    def changed(self, since: datetime) -> list[Record]:
        """Orders that changed after `since`, oldest change first."""
        collection = self._collection("orders")
        return collection.render(collection.rows.filter(pl.col("updated_at") > since).sort("updated_at", "order_id"))

    def count(self, root: str, query: str) -> int:
        collection = self._collection(root)
        return len(_filtered(collection.rows, collection, query))

    def rows(self, asked: Field) -> Iterator[Record]:
        """Every record of a root field as it stands now, as a bulk operation reads them: beside whatever else is asked."""
        collection = self._collection(asked.name)
        found = self._searched(asked.name, collection, collection.ident, asked.argument("query") or "")
        kept = self._kept_members() if asked.name == "orders" else None

        def rendered() -> Iterator[Record]:
            for some in found.iter_slices(1000):
                records = collection.render(some)
                if kept is not None and len(kept) < KEPT:
                    kept.update(_members(records))
                yield from records

        return rendered()

    def members(self, root: str, numbers: Sequence[str]) -> dict[str, Record]:
        """Refunds or fulfilments by their legacy id, those that there are."""
        kept, fresh = self._kept_members(), {}
        if missing := [number for number in numbers if (root, number) not in kept]:
            history = self.state.view(CHANNEL, self.name).history
            rows, ident = (history.refunds, "refund_id") if root == "refund" else (history.shipments, "shipment_id")
            owners = rows.frame.filter(pl.col(ident).is_in(missing))["order_id"].unique().to_list()
            collection = self._collection("orders")
            orders = collection.render(collection.rows.filter(pl.col(collection.ident).is_in(owners))) if owners else []
            fresh = _members(orders)
        found = {number: kept.get((root, number)) or fresh.get((root, number)) for number in numbers}
        return {number: one for number, one in found.items() if one is not None}

    def _kept_members(self) -> dict[tuple[str, str], Record]:
        """Members of orders that were exported, which their reader asks for next."""
        return self.state.cached((CHANNEL, self.name, "members"), dict)

    def _nodes(
        self, collection: Collection, rows: pl.DataFrame, fields: tuple[Selection, ...], spoil: Callable[[], bool]
    ) -> Iterator[msgspec.Raw]:
        known = self._rendered.setdefault(fields, {})
        keys = list(rows.select(collection.ident, collection.times["updated_at"]).iter_rows())
        missing = [position for position, key in enumerate(keys) if key not in known]
        made = collection.render(rows[missing]) if missing else []
        fresh = {keys[at]: msgspec.json.encode(select(record, fields)) for at, record in zip(missing, made, strict=True)}
        for key in keys:
            body = known.get(key) or fresh[key]
            yield msgspec.Raw(_spoiled(body) if spoil() else body)
        if len(known) < KEPT:
            known |= fresh

    def _edges(
        self, collection: Collection, rows: pl.DataFrame, part: Field, cursors: list[str], spoil: Callable[[], bool]
    ) -> list[Record]:
        node = next((inner for inner in part.fields if isinstance(inner, Field) and inner.name == "node"), None)
        nodes = list(self._nodes(collection, rows, node.fields, spoil)) if node else [msgspec.Raw(b"null")] * len(rows)
        edges = [{"cursor": cursor, "node": body} for cursor, body in zip(cursors, nodes, strict=True)]
        return [{inner.alias: edge[inner.name] for inner in part.fields if isinstance(inner, Field)} for edge in edges]

    def _collection(self, root: str) -> Collection:
        makers = {"orders": self._orders, "customers": self._customers, "products": self._products}
        return self.state.cached((CHANNEL, self.name, root), makers[root])

    def _orders(self) -> Collection:
        view, world = self.state.view(CHANNEL, self.name), self.state.world
        titles = dict(self._listings().select("product_id", "title").iter_rows())
        titles |= dict(self._listings().select("listing_id", "variant").iter_rows())

        def render(rows: pl.DataFrame) -> list[Record]:
            homes = _persons(world.persons, rows["ship_to_person_id"])
            return [records.order(one, titles, home) for one, home in zip(view.documents(rows), homes, strict=True)]

        times = {"updated_at": "updated_at", "created_at": "created_at", "processed_at": "created_at"}
        return Collection(view.orders, "order_id", times, render)

    def _customers(self) -> Collection:
        def render(rows: pl.DataFrame) -> list[Record]:
            homes = _persons(self.state.world.persons, rows["person_id"])
            return [records.customer(one, home) for one, home in zip(rows.to_dicts(), homes, strict=True)]

        times = {"updated_at": "created_at", "created_at": "created_at"}
        return Collection(self.state.view(CHANNEL, self.name).customers(), "customer_id", times, render)

    def _products(self) -> Collection:
        listings = self._listings().filter(pl.col("listed_at") <= self.state.now)
        variants = {key[0]: part.to_dicts() for key, part in listings.group_by("product_id", maintain_order=True)}
        rows = listings.group_by("product_id").agg(created_at=pl.col("listed_at").min(), updated_at=pl.col("listed_at").max())

        def render(rows: pl.DataFrame) -> list[Record]:
            return [records.product(variants[number]) for number in rows["product_id"]]

        return Collection(rows, "product_id", {"updated_at": "updated_at", "created_at": "created_at"}, render)

    def _listings(self) -> pl.DataFrame:
        """This shop's listings with what the catalogue knows of their SKU; costs in the shop's currency."""
        world = self.state.world
        here = world.listings.filter(pl.col("channel") == CHANNEL, pl.col("shop") == self.name)
        cost = (pl.col("cost_minor") * pl.col("price_usd_minor") / pl.col("price_minor")).round().cast(pl.Int64)
        known = world.products.select("sku", "variant", "category", "weight_g", "product_no", cost_usd_minor=cost)
        return here.join(known, on="sku").sort("product_id", "product_no")

    def level(self, item: str, place: str) -> int | None:
        """Pieces that the shop shows at a location: what was set, else what lies there. None where there is no such item."""
        kept: dict[str, tuple[str, str]] = self.state.cached((CHANNEL, self.name, "items"), self._items)
        stock: dict[tuple[str, str], int] = self.state.cached((CHANNEL, self.name, "stock"), self._stock)
        if item not in kept or place not in FACILITIES:
            return None
        listing, sku = kept[item]
        lying = stock.get((FACILITIES[place], sku), 0)
        return self.state.published.get((CHANNEL, self.name, listing, FACILITIES[place]), lying)

    def set_level(self, item: str, place: str, quantity: int) -> None:
        kept: dict[str, tuple[str, str]] = self.state.cached((CHANNEL, self.name, "items"), self._items)
        listing, _ = kept[item]
        self.state.published[CHANNEL, self.name, listing, FACILITIES[place]] = quantity

    def _items(self) -> dict[str, tuple[str, str]]:
        """Listing and SKU by inventory item."""
        rows = self._listings().select("stock_ref", "listing_id", "sku").iter_rows()
        return {gid("InventoryItem", stock_ref): (listing, sku) for stock_ref, listing, sku in rows}

    def _stock(self) -> dict[tuple[str, str], int]:
        return {(facility, sku): pieces for facility, sku, pieces in self.state.world.stock(self.state.now).iter_rows()}


def _members(orders: list[Record]) -> dict[tuple[str, str], Record]:
    """Refunds and fulfilments by kind and legacy id."""
    everything = {root: Field(f"{root}s", f"{root}s", (), ()) for root in MEMBERS}
    return {
        (root, one["legacyResourceId"]): one
        for order in orders
        for root in MEMBERS
        for one in order[f"{root}s"](everything[root])
    }


def _persons(persons: pl.DataFrame, numbers: pl.Series) -> list[Record]:
    """By person_id, which persons are sorted by."""
    return persons[persons["person_id"].search_sorted(numbers)].to_dicts()


def _filtered(rows: pl.DataFrame, collection: Collection, query: str) -> pl.DataFrame:
    """Rows that Shopify's search would find: terms like updated_at:>='2026-01-01T00:00:00Z', all of which must hold."""
    for name, operator, value in _TERM.findall(query):
        if name not in collection.times:
            raise GraphQLError(f"The sandbox can't search by {name}; it can by {', '.join(collection.times)}")
        moment = datetime.fromisoformat(value)
        # Shopify's search knows whole seconds.
        rows = rows.filter(_COMPARED[operator](pl.col(collection.times[name]).dt.truncate("1s"), moment))
    return rows


def _cursor(value: datetime | str, ident: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([value, ident])).decode()


def _after(rows: pl.DataFrame, by: str, ident: str, cursor: str | None) -> int:
    """Position of the first row behind the cursor, whether or not its own row is still there."""
    if cursor is None:
        return 0
    try:
        value, last = msgspec.json.decode(base64.urlsafe_b64decode(cursor))
    except (ValueError, msgspec.DecodeError) as fault:
        raise GraphQLError(f"Invalid cursor for current pagination sort: {cursor}") from fault
    reached = datetime.fromisoformat(value) if by != ident else value
    passed = (pl.col(by) < reached) | ((pl.col(by) == reached) & (pl.col(ident) <= last))
    return int(rows.select(passed.sum()).item())


def _spoiled(body: bytes) -> bytes:
    """The record without what Shopify promises never to leave out."""
    record = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode(record | {name: msgspec.Raw(b"null") for name in ("totalPriceSet", "createdAt") if name in record})
