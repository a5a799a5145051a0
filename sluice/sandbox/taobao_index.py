"""What the shop shows at one moment of the clock: lists in the platform's order, records rendered once a choice of fields."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from sluice.sandbox import taobao_records
from sluice.sandbox.taobao_records import Shown
from sluice.sandbox.view import REFUND_EVENTS, ShopView, clipped

Rows = NDArray[np.int64]

MONTHS = 3
"""How far back trades are told."""


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
    _rendered: dict[tuple[str, str], dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        now = self.view.now
        self.trades = self.view.orders.filter(pl.col("created_at") >= earliest(now))
        self.by_modified = ranked(self.trades["updated_at"])
        self.by_created = ranked(self.trades["created_at"])
        self.is_step = self.trades["is_presale"].to_numpy()
        self._index_refunds()
        shown = self.listings.filter(pl.col("listed_at") <= now).sort("listed_at", "product_id", "listing_id")
        self.items = shown.partition_by("product_id", as_dict=True, maintain_order=True)
        self.titles = dict(zip(self.listings["listing_id"], self.listings["title"], strict=True))
        varieties = self.listings.group_by("product_id").len()
        self.plain = set(varieties.filter(pl.col("len") == 1)["product_id"])

    def _index_refunds(self) -> None:
        seen = clipped(self.view.history.refunds.frame, REFUND_EVENTS, self.view.now)
        owner = self.trades.select("order_id", "is_presale").with_row_index("trade")
        modified = pl.max_horizontal(REFUND_EVENTS).alias("modified_at")
        self.refunds = seen.join(owner, on="order_id", maintain_order="left").with_columns(modified)
        self.refunds_by_modified = ranked(self.refunds["modified_at"])
        self.refund_is_step = self.refunds["is_presale"].to_numpy()

    def render_trades(self, rows: Rows, fields: str) -> list[bytes]:
        def shown(missing: Rows) -> list[Shown]:
            documents = self.view.documents(self.trades[missing])
            return [taobao_records.trade(document, self.titles, self.plain) for document in documents]

        return self._cached("trade", rows, fields, shown)

    def render_refunds(self, rows: Rows, fields: str) -> list[bytes]:
        def shown(missing: Rows) -> list[Shown]:
            given = self.refunds[missing]
            orders = self.view.documents(self.trades[given["trade"].to_numpy()])
            return [
                taobao_records.refund(refund, order, order["lines"][refund["line_no"] - 1])
                for refund, order in zip(given.to_dicts(), orders, strict=True)
            ]

        return self._cached("refund", rows, fields, shown)

    def render_item(self, product_id: str, quantities: dict[str, int], fields: str) -> bytes:
        """An item as it is now; not cached, because quantities are set from outside."""
        shown = taobao_records.item(self.items[product_id,].to_dicts(), quantities, self.weights)
        return msgspec.json.encode(chosen(shown, fields))

    def _cached(self, kind: str, rows: Rows, fields: str, shown: Callable[[Rows], list[Shown]]) -> list[bytes]:
        known = self._rendered[kind, fields]
        missing = np.array([row for row in rows.tolist() if row not in known], dtype=np.int64)
        if len(missing):
            for row, record in zip(missing.tolist(), shown(missing), strict=True):
                known[row] = msgspec.json.encode(chosen(record, fields))
        return [known[row] for row in rows.tolist()]


LISTS = {"orders": ("orders", "order"), "skus": ("sku", "sku")}
"""Of each list: the name it is asked for by, and the singular that wraps its records."""


def chosen(record: Shown, fields: str) -> dict[str, Any]:
    """The record with the fields that were asked for and have a value; lists wrapped, their fields asked for as list.field."""
    wanted = set(fields.split(","))
    shown = {name: value for name, value in record.items() if name in wanted and value is not None}
    for name, (prefix, singular) in LISTS.items():
        inner = {field.removeprefix(prefix + ".") for field in wanted if field.startswith(prefix + ".")}
        if name in record and (inner or prefix in wanted):
            shown[name] = {singular: [_picked(child, inner) for child in record[name]]}
    return shown


def _picked(child: Shown, inner: set[str]) -> Shown:
    return {name: value for name, value in child.items() if value is not None and (not inner or name in inner)}


def page(rows: Rows, number: int, size: int) -> tuple[Rows, bool]:
    """The rows of one page, counted from 1, and whether more follow."""
    return rows[(number - 1) * size : number * size], number * size < len(rows)


def paged(items: Sequence[str], number: int, size: int) -> Sequence[str]:
    return items[(number - 1) * size : number * size]


def since(now: datetime) -> datetime:
    """Half a minute of grace on the limit, for a request that was on its way."""
    return earliest(now) - timedelta(seconds=30)
