"""What the shop holds at one moment of the clock: orders and returns by time, items by number."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from sluice.sandbox.shopee import records as shopee_records
from sluice.sandbox.view import REFUND_EVENTS, ShopView, clipped, records


@dataclass(frozen=True)
class Timed:
    """Rows of a frame by a time of theirs."""

    seconds: np.ndarray[Any, np.dtype[np.int64]]
    rows: np.ndarray[Any, np.dtype[np.int64]]

    def between(self, first: int, last: int) -> list[int]:
        """Rows from `first` to `last`, both included, oldest first."""
        low, high = np.searchsorted(self.seconds, first, "left"), np.searchsorted(self.seconds, last, "right")
        return [int(row) for row in self.rows[low:high]]


def timed(moments: pl.Series) -> Timed:
    seconds = moments.dt.epoch("s").to_numpy()
    order = np.argsort(seconds, kind="stable")
    return Timed(seconds[order], order)


@dataclass
class Store:
    """The shop at `view.now`."""

    view: ShopView
    listings: pl.DataFrame
    weights: dict[str, int]

    def __post_init__(self) -> None:
        self.orders = self.view.orders
        self.by_update, self.by_creation = timed(self.orders["updated_at"]), timed(self.orders["created_at"])
        whole = self.listings.with_columns(plain=pl.len().over("product_id") == 1)
        self.plain: dict[str, bool] = dict(zip(whole["listing_id"], whole["plain"], strict=True))
        self.titles: dict[str, str] = dict(zip(whole["listing_id"], whole["title"], strict=True))
        shown = self.listings.filter(pl.col("listed_at") <= self.view.now).sort("listed_at", "listing_id")
        self.items: dict[int, list[dict[str, Any]]] = {}
        for listing in records(shown):
            self.items.setdefault(int(listing["product_id"]), []).append(listing)

    @cached_property
    def numbers(self) -> list[str]:
        """Order numbers, row by row."""
        pairs = zip(self.orders["position"], self.orders["created_at"], strict=True)
        return [shopee_records.order_sn(position, created) for position, created in pairs]

    @cached_property
    def rows(self) -> dict[str, int]:
        return {number: row for row, number in enumerate(self.numbers)}

    def documents(self, rows: list[int]) -> list[dict[str, Any]]:
        return self.view.documents(self.orders[rows]) if rows else []

    @cached_property
    def refunds(self) -> pl.DataFrame:
        """Refunds that were asked for by now."""
        seen = clipped(self.view.history.refunds.frame, REFUND_EVENTS, self.view.now)
        return seen.with_columns(updated_at=pl.max_horizontal(REFUND_EVENTS))

    @cached_property
    def refunds_by_update(self) -> Timed:
        return timed(self.refunds["updated_at"])

    def returns(self, rows: list[int]) -> list[dict[str, Any]]:
        """Returns as Shopee shows them."""
        heads = {head["order_id"]: head for head in self._heads(rows)}
        return [self._returned(refund, heads[refund["order_id"]]) for refund in records(self.refunds[rows])] if rows else []

    def _heads(self, rows: list[int]) -> list[dict[str, Any]]:
        wanted = self.refunds[rows]["order_id"].unique()
        return self.view.documents(self.orders.filter(pl.col("order_id").is_in(wanted.implode())))

    def _returned(self, refund: dict[str, Any], head: dict[str, Any]) -> dict[str, Any]:
        line = next(line for line in head["lines"] if line["line_no"] == refund["line_no"])
        return shopee_records.returned(refund, head, line, self.plain[line["listing_id"]])

    def updated(self, item: int) -> int:
        """Seconds of the item's last change."""
        moments: list[datetime] = [listing["listed_at"] for listing in self.items[item]]
        return int(max(moments).timestamp())
