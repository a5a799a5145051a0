"""What one shop of a sandbox can be asked to do for a proof: orders that come late or go, ties, long orders, long numbers."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from sluice.sandbox.faults import Faults
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import ORDER_EVENTS, REFUND_EVENTS, SHIPMENT_EVENTS, Rows, ShopHistory
from sluice.sandbox.world import World

MANY = 1_000
PAST = 2**53
LATELY, LONG_AGO = AS_OF - timedelta(days=8), AS_OF - timedelta(days=80)
"""The two moments that all ties in: platforms that forget tell of both, one that opened lately of the second."""


@dataclass
class Stage:
    """One shop of `state`. The world it had is given back by `restore`; its clock only goes forward."""

    state: SandboxState
    channel: str
    shop: str
    _before: World | None = field(default=None, init=False)

    @property
    def _faults(self) -> Faults:
        return self.state.faults

    @property
    def _history(self) -> ShopHistory:
        # asking once makes a shop that joins the world on demand
        return self.state.world.shops[self.channel, self.shop]

    def malform(self) -> int:
        self._faults.plan(self.channel, malformed=2)
        return 0

    def move(self) -> int:
        self.state.advance(2)
        return 1

    def throttle(self) -> int:
        self._faults.plan(self.channel, throttle=2)
        return 2

    def refuse(self) -> int:
        self._faults.plan(self.channel, refuse=True)
        return 1

    def hide(self) -> int:
        """Two of the newest orders, but not the very newest, and none with a refund."""
        history = self._history
        told = history.orders.filter(
            pl.col("created_at") <= self.state.now,
            pl.col("paid_at") <= self.state.now,
            ~pl.col("order_id").is_in(history.refunds.frame["order_id"].unique().implode()),
        )
        hidden = told["order_id"][-12:-10]
        self._put(replace(history, orders=history.orders.filter(~pl.col("order_id").is_in(hidden.implode()))))
        return len(hidden)

    def lengthen(self) -> int:
        """The newest paid order that nothing was given back of, with its first line a thousand times more, for nothing."""
        history = self._history
        told = history.orders.filter(
            pl.col("created_at") <= self.state.now,
            pl.col("paid_at") <= self.state.now,
            pl.col("cancelled_at").is_null(),
            ~pl.col("order_id").is_in(history.refunds.frame["order_id"].unique().implode()),
        )
        if told.is_empty():
            return 0
        order = told.row(-1, named=True)
        # a record that was shown before is shown anew once its stamp is another
        later = [
            pl.when(pl.col("order_id") == order["order_id"])
            .then(pl.col(name) + pl.duration(seconds=1))
            .otherwise(name)
            .alias(name)
            for name in ORDER_EVENTS
        ]
        self._put(replace(history, orders=history.orders.with_columns(later), lines=_longer(history.lines, order)))
        return 1

    def tie(self) -> int:
        """What happened by now, in two moments."""
        history = self._history
        self._put(
            replace(
                history,
                orders=self._tied(history.orders, ORDER_EVENTS),
                refunds=Rows(self._tied(history.refunds.frame, REFUND_EVENTS), history.refunds.starts),
                shipments=Rows(self._tied(history.shipments.frame, SHIPMENT_EVENTS), history.shipments.starts),
            )
        )
        return len(history.orders)

    def enlarge(self) -> int:
        """A marketplace's ids are past 2**53 as they are."""
        history = self._history
        if int(history.orders["order_id"].cast(pl.Int64).max() or 0) < PAST:  # type: ignore[arg-type]
            larger = (pl.col("order_id").cast(pl.Int64) + PAST).cast(pl.String)
            lines, refunds, shipments = (
                Rows(rows.frame.with_columns(order_id=larger), rows.starts)
                for rows in (history.lines, history.refunds, history.shipments)
            )
            orders = history.orders.with_columns(order_id=larger)
            self._put(replace(history, orders=orders, lines=lines, refunds=refunds, shipments=shipments))
        return 0

    def restore(self) -> int:
        self._faults.plan(self.channel, refuse=False, malformed=0, throttle=0)
        if self._before:
            self.state.show(self._before)
            self._before = None
        return 0

    def _put(self, history: ShopHistory) -> None:
        world = self.state.world
        self._before = self._before or world
        self.state.show(replace(world, shops={**world.shops, (self.channel, self.shop): history}))

    def _tied(self, frame: pl.DataFrame, events: tuple[str, ...]) -> pl.DataFrame:
        tied = [
            pl.when(pl.col(name) > self.state.now)
            .then(pl.col(name))
            .when(pl.col(name) >= LATELY)
            .then(LATELY)
            .when(pl.col(name).is_not_null())
            .then(LONG_AGO)
            .cast(frame.schema[name])
            .alias(name)
            for name in events
        ]
        return frame.with_columns(tied)


def _longer(lines: Rows, order: dict[str, Any]) -> Rows:
    """The order's first line again and again, each with an id of its own."""
    start, end = (int(at) for at in lines.starts[order["position"] : order["position"] + 2])
    count, last = end - start, lines.frame["line_no"].dtype
    ident = pl.col("line_id")
    numbered = ident.str.replace(r"\d+$", "") + (
        ident.str.extract(r"(\d+)$").cast(pl.Int64) + pl.int_range(1, MANY + 1) * 10_000
    ).cast(pl.String)
    free = [pl.lit(0).cast(lines.frame.schema[name]).alias(name) for name in lines.frame.columns if name.endswith("_minor")]
    more = pl.concat([lines.frame[start]] * MANY).with_columns(
        numbered.alias("line_id"), (count + pl.int_range(1, MANY + 1)).cast(last).alias("line_no"), *free
    )
    starts = lines.starts.copy()
    starts[np.arange(len(starts)) > order["position"]] += MANY
    return Rows(pl.concat([lines.frame[:end], more, lines.frame[end:]]), starts)
