"""What the shop shows at one moment of the clock: lists in the platform's order, all records rendered at once for each choice
of fields."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.sandbox.taobao import items as taobao_items
from sluice.sandbox.taobao import records as taobao_records
from sluice.sandbox.view import ShopView

Rows = NDArray[np.int64]

MONTHS = 3
"""How far back trades are told."""
GRACE = timedelta(seconds=30)
"""For a request that was on its way when the limit moved on."""


def earliest(now: datetime) -> datetime:
    """Trades created before this are no longer told: three calendar months, by Beijing's calendar."""
    local = pl.Series([now]).dt.convert_time_zone("Asia/Shanghai").dt.offset_by(f"-{MONTHS}mo")
    return local.dt.convert_time_zone("UTC").item()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Ranked:
    """Records by a time. `seconds` is sorted, `rows` says which row of its frame each one is."""

    seconds: NDArray[np.int64]
    rows: Rows

    def between(self, start: datetime, end: datetime) -> Rows:
        """Rows from `start` to `end`, both included, newest first."""
        low = np.searchsorted(self.seconds, int(start.timestamp()), side="left")
        high = np.searchsorted(self.seconds, int(end.timestamp()), side="right")
        return self.rows[low:high][::-1]


def ranked(moments: pl.Series) -> Ranked:
    seconds = moments.dt.epoch("s").to_numpy()
    order = np.argsort(seconds, kind="stable")
    return Ranked(seconds[order], order)


@dataclass
class Index:
    """The shop at `view.now`. Trades older than three months, and their refunds, are not in it."""

    view: ShopView
    listings: pl.DataFrame
    weights: dict[str, int]
    _rendered: dict[tuple[str, str], pl.Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.trades = self.view.orders.filter(pl.col("created_at") >= earliest(self.view.now))
        self.by_modified = ranked(self.trades["updated_at"])
        self.by_created = ranked(self.trades["created_at"])
        self.is_step = self.trades["is_presale"].to_numpy()
        owner = self.trades.select("order_id", "is_presale").with_row_index("trade")
        self.refunds = taobao_records.given_back(self.view).join(owner, on="order_id", maintain_order="left")
        self.refunds_by_modified = ranked(self.refunds["modified_at"])
        self.refund_is_step = self.refunds["is_presale"].to_numpy()
        listed = self.listings.filter(pl.col("listed_at") <= self.view.now).sort("listed_at", "product_id", "listing_id")
        shown = listed.with_columns(listed_local=taobao_records.local(pl.col("listed_at")))
        self.items = shown.partition_by("product_id", as_dict=True, maintain_order=True)

    @cached_property
    def plain(self) -> set[str]:
        """Items that are sold in one variety only."""
        return set(self._titles.filter("plain").join(self.listings, on="listing_id")["product_id"])

    @cached_property
    def _titles(self) -> pl.DataFrame:
        return self.listings.select("listing_id", "title", plain=pl.len().over("product_id") == 1)

    @cached_property
    def _orders(self) -> pl.DataFrame:
        return taobao_records.orders(self.view, self.trades, self.refunds, self._titles)

    @cached_property
    def _heads(self) -> pl.DataFrame:
        return taobao_records.heads(self.view, self.trades, self._orders)

    @cached_property
    def _given_back(self) -> pl.DataFrame:
        return taobao_records.refunds(self.refunds, self.trades, self.view.history.lines.frame)

    def render_trades(self, rows: Rows, fields: str) -> list[str]:
        """Trades as JSON, with the fields that were asked for."""
        if ("trade", fields) not in self._rendered:
            asked = wishes(fields)
            frame = _chosen(self._heads, asked[""])
            if "orders" in asked:
                orders = _chosen(self._orders.drop("row", "back_minor", "closed_at"), asked["orders"])
                listed = orders.select(self._orders["row"], order=pl.struct(pl.all())).group_by("row", maintain_order=True).all()
                frame = frame.with_columns(listed.select(orders=pl.struct("order")))
            self._rendered["trade", fields] = _as_json(frame)
        return self._rendered["trade", fields].gather(rows).to_list()

    def render_refunds(self, rows: Rows, fields: str) -> list[str]:
        """Refunds as JSON, with the fields that were asked for."""
        if ("refund", fields) not in self._rendered:
            self._rendered["refund", fields] = _as_json(_chosen(self._given_back, wishes(fields)[""]))
        return self._rendered["refund", fields].gather(rows).to_list()

    def render_item(self, product_id: str, quantities: dict[str, int], fields: str) -> str:
        """An item as JSON; its quantities are set from outside, so it is made anew."""
        shown = taobao_items.item(self.items[product_id,].to_dicts(), quantities, self.weights)
        asked = wishes(fields)
        kept = _picked(shown, asked[""] - {"skus"})
        if "skus" in shown and "skus" in asked:
            kept["skus"] = {"sku": [_picked(sku, asked["skus"]) for sku in shown["skus"]]}
        return msgspec.json.encode(kept).decode()


@cache
def wishes(fields: str) -> dict[str, frozenset[str]]:
    """What was asked for: a record's own fields under "", those of a list under its name; an empty set means all of them.

    The list of an item's skus is asked for by its singular, that of a trade's orders by its plural: so the platform has it.
    """
    names = fields.split(",")
    asked = {"": frozenset(name for name in names if "." not in name)}
    for prefix, name in (("orders", "orders"), ("sku", "skus")):
        inner = frozenset(field.removeprefix(prefix + ".") for field in names if field.startswith(prefix + "."))
        if inner or prefix in names:
            asked[name] = inner
    return asked


def _picked(record: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not names or name in names}


def _chosen(frame: pl.DataFrame, names: frozenset[str]) -> pl.DataFrame:
    return frame.select(name for name in frame.columns if not names or name in names)


def _as_json(frame: pl.DataFrame) -> pl.Series:
    """One JSON object a row. What is null is left out, as the platform does; the first field never is."""
    text = frame.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    return text.str.replace_all(r',"\w+":null', "")
