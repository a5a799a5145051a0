"""What the shop has at one moment of the clock: orders, returns and cancellations by the stamps that they are searched by."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from sluice.sandbox.ranked import Ranked, Rows, ranked
from sluice.sandbox.view import ORDER_EVENTS, REFUND_EVENTS, ShopView, clipped, records


@dataclass(frozen=True)
class Index:
    """The shop at `view.now`. A refund moves no order's stamp."""

    view: ShopView

    @cached_property
    def orders(self) -> pl.DataFrame:
        return self.view.orders.with_columns(stamped_at=pl.max_horizontal(ORDER_EVENTS))

    @cached_property
    def positions(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.orders["order_id"].to_list())}

    @cached_property
    def ranks(self) -> dict[tuple[str, str], Ranked]:
        """By (list, stamp)."""
        return {
            ("orders", "update_time"): ranked(self.orders, "stamped_at"),
            ("orders", "create_time"): ranked(self.orders, "created_at"),
            ("returns", "update_time"): ranked(self._returns, "stamped_at"),
            ("returns", "create_time"): ranked(self._returns, "requested_at"),
            ("cancellations", "update_time"): ranked(self._cancellations, "stamped_at"),
            ("cancellations", "create_time"): ranked(self._cancellations, "requested_at"),
        }

    def documents(self, rows: Rows) -> list[dict[str, Any]]:
        """Orders by their rows, whole."""
        return self.view.documents(self.orders[rows])

    def found(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Orders by their ids, those that there are."""
        return self.documents(np.array([self.positions[one] for one in ids if one in self.positions], dtype=np.int64))

    def refunds(self, name: str, rows: Rows) -> list[dict[str, Any]]:
        """Returns by their rows; of cancellations all refunds of each order, under `parts`."""
        if name == "returns":
            return records(self._returns[rows])
        chosen = records(self._cancellations[rows])
        parts: dict[str, list[dict[str, Any]]] = {one["order_id"]: [] for one in chosen}
        for part in records(self._before_dispatch.filter(pl.col("order_id").is_in(list(parts)))):
            parts[part["order_id"]].append(part)
        return [{**one, "parts": parts[one["order_id"]]} for one in chosen]

    @cached_property
    def _refunds(self) -> pl.DataFrame:
        seen = clipped(self.view.history.refunds.frame, REFUND_EVENTS, self.view.now)
        lines = self.view.history.lines.frame.select("order_id", "line_no", "line_id", "sku", "listing_id")
        return (
            seen.with_columns(stamped_at=pl.max_horizontal(REFUND_EVENTS))
            .join(lines, on=["order_id", "line_no"], how="left", maintain_order="left")
            .join(self.orders.select("order_id", "cancelled_at"), on="order_id", how="inner", maintain_order="left")
        )

    @cached_property
    def _before_dispatch(self) -> pl.DataFrame:
        return self._refunds.filter(pl.col("cancelled_at").is_not_null())

    @cached_property
    def _returns(self) -> pl.DataFrame:
        return self._refunds.filter(pl.col("cancelled_at").is_null())

    @cached_property
    def _cancellations(self) -> pl.DataFrame:
        return self._before_dispatch.group_by("order_id", maintain_order=True).agg(
            pl.col("refund_id").first(), pl.col("requested_at").min(), pl.col("stamped_at").max()
        )
