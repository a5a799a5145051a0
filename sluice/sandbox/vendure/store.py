"""The shop's records by page and by id, and the stock of its locations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.paged import matching, ordered
from sluice.sandbox.state import SandboxState
from sluice.sandbox.vendure import records
from sluice.sandbox.vendure.records import LOCATIONS, Record

MOST = 1000
TIMES = ("createdAt", "updatedAt", "orderPlacedAt")
NUMBER = "id as a number"
_OPERATORS: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "eq": lambda column, value: column == value,
    "in": lambda column, value: column.is_in(value),
    "after": lambda column, value: column > value,
    "before": lambda column, value: column < value,
    "between": lambda column, value: column.is_between(value["start"], value["end"]),
    "isNull": lambda column, value: column.is_null() if value else column.is_not_null(),
}


class UserInputError(Exception):
    """Vendure's USER_INPUT_ERROR."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Records of one kind as rows that have an `id` and times in Vendure's names, and how they become records."""

    frame: pl.DataFrame
    render: Callable[[pl.DataFrame], list[Record]]


@dataclass
class Store:
    """One shop of the world."""

    state: SandboxState
    shop: Shop

    def page(self, root: str, options: Mapping[str, Any]) -> tuple[int, list[Record]]:
        """(how many match, those that were asked for). Raises UserInputError."""
        if unknown := set(options) - {"take", "skip", "sort", "filter"}:
            raise UserInputError(f"Field {unknown} is not defined by the type of options")
        take, skip = options.get("take", 100), options.get("skip", 0)
        if take > MOST:
            raise UserInputError(f"Cannot take more than {MOST} results from a list query")
        rows = self._rows(root)
        asked = []
        for name, operators in (options.get("filter") or {}).items():
            for operator, value in operators.items():
                if name not in rows.frame.columns or operator not in _OPERATORS:
                    raise UserInputError(f"can't filter by {name} {operator}")
                asked.append(_OPERATORS[operator](pl.col(name), _value(name, value)))
        sort = options.get("sort") or {"id": "ASC"}
        # In the order of the schema's fields, whatever the client wrote; ids are numbers in the database.
        named = [name for name in ("id", *TIMES) if name in sort]
        keys = [NUMBER if name == "id" else name for name in named]
        key = (self.shop.channel, root)
        shown = ordered(self.state, key, rows.frame, keys, [sort[name] == "DESC" for name in named])
        found = matching(shown, *asked)
        return len(found), rows.render(shown[found.slice(skip, take)])

    def set_levels(self, variant: str, levels: list[Mapping[str, Any]]) -> bool:
        """Stock on hand, by location; False where there is no such variant."""
        known: dict[str, str] = self._cached("skus", self._skus)
        if variant not in known:
            return False
        places = {place: facility for facility, place in LOCATIONS.items()}
        for level in levels:
            facility = places[level["stockLocationId"]]
            free = level["stockOnHand"] - self._allocated().get((facility, known[variant]), 0)
            self.state.published[self.shop.channel, self.shop.shop, variant, facility] = free
        return True

    def _rows(self, root: str) -> Rows:
        makers = {"orders": self._orders, "customers": self._customers, "productVariants": self._variants}
        rows: Rows = self._cached(root, makers[root])
        return rows

    def _orders(self) -> Rows:
        view, persons = self.state.view(self.shop.channel, self.shop.shop), self.state.world.persons
        names = dict(self._listings().select("listing_id", "title").iter_rows())
        frame = _numbered(view.orders, "order_id").with_columns(
            createdAt=_told("created_at"),
            orderPlacedAt=_told("created_at"),
            updatedAt=pl.coalesce(_told("cancelled_at"), _told("created_at")),
        )

        def render(rows: pl.DataFrame) -> list[Record]:
            homes = persons[persons["person_id"].search_sorted(rows["ship_to_person_id"])].to_dicts()
            documents = view.documents(rows.drop("id", NUMBER, *TIMES))
            return [records.order(one, names, home) for one, home in zip(documents, homes, strict=True)]

        return Rows(frame, render)

    def _customers(self) -> Rows:
        known, persons = self.state.view(self.shop.channel, self.shop.shop).customers(), self.state.world.persons
        frame = _numbered(known, "customer_id").with_columns(createdAt=_told("created_at"), updatedAt=_told("created_at"))

        def render(rows: pl.DataFrame) -> list[Record]:
            homes = persons[persons["person_id"].search_sorted(rows["person_id"])].to_dicts()
            return [records.customer(one, home) for one, home in zip(rows.to_dicts(), homes, strict=True)]

        return Rows(frame, render)

    def _variants(self) -> Rows:
        listed = self._listings().filter(pl.col("listed_at") <= self.state.now)
        frame = _numbered(listed, "listing_id").with_columns(updatedAt=_told("listed_at"))

        def render(rows: pl.DataFrame) -> list[Record]:
            return [records.variant(one, self._levels(one["listing_id"], one["sku"])) for one in rows.to_dicts()]

        return Rows(frame, render)

    def _levels(self, variant: str, sku: str) -> list[Record]:
        """What was set stays what can be sold; what is allocated to orders lies there besides."""
        stock: dict[tuple[str, str], int] = self._cached("stock", self._stock)
        levels = []
        for facility, place in LOCATIONS.items():
            allocated = self._allocated().get((facility, sku), 0)
            key = (self.shop.channel, self.shop.shop, variant, facility)
            free = self.state.published.get(key, stock.get((facility, sku), 0))
            levels.append({"stockLocationId": place, "stockOnHand": free + allocated, "stockAllocated": allocated})
        return levels

    def _listings(self) -> pl.DataFrame:
        world = self.state.world
        here = world.listings.filter(pl.col("channel") == self.shop.channel, pl.col("shop") == self.shop.shop)
        return here.join(world.products.select("sku", "variant", "category"), on="sku")

    def _skus(self) -> dict[str, str]:
        return dict(self._listings().select("listing_id", "sku").iter_rows())

    def _stock(self) -> dict[tuple[str, str], int]:
        return {(facility, sku): pieces for facility, sku, pieces in self.state.world.stock(self.state.now).iter_rows()}

    def _allocated(self) -> dict[tuple[str, str], int]:
        """Pieces of orders that have not left, by facility and SKU."""
        found: dict[tuple[str, str], int] = self._cached("allocated", self._open)
        return found

    def _open(self) -> dict[tuple[str, str], int]:
        view = self.state.view(self.shop.channel, self.shop.shop)
        waiting = view.orders.filter(pl.col("shipped_at").is_null(), pl.col("cancelled_at").is_null())
        lines, counts = view.history.lines.of(waiting["position"].to_numpy())
        places = waiting["facility_id"].gather(pl.int_range(len(waiting), eager=True).repeat_by(pl.Series(counts)).explode())
        sums = lines.select("sku", "quantity").with_columns(place=places).group_by("place", "sku").agg(pl.col("quantity").sum())
        return {(place, sku): pieces for place, sku, pieces in sums.iter_rows()}

    def _cached(self, name: str, build: Callable[[], Any]) -> Any:
        return self.state.cached((self.shop.channel, name), build)


def _numbered(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """With `id`, and the number that it is in the database."""
    return frame.with_columns(pl.col(column).cast(pl.Int64).alias(NUMBER), id=column)


def _told(column: str) -> pl.Expr:
    """A time as its record shows it."""
    return pl.col(column).dt.truncate("1ms")


def _value(name: str, value: Any) -> Any:
    if name not in TIMES or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {bound: datetime.fromisoformat(text) for bound, text in value.items()}
    return datetime.fromisoformat(value)
