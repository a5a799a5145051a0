"""What becomes of an order in Tryton, by order and by refund: states, and the moments that its records are written at.

An order is a sale that is confirmed when it is placed and processed when it is paid: then it has an invoice, paid at once, a
shipment and moves. Some of several lines leave in two parts. An order that is cancelled unpaid is a cancelled sale; of one that
was paid the shipment is cancelled and let go, and the invoice is credited. What is given back of a line that came back is a sale
of its own, below zero; else it is a credit note.
"""

from datetime import timedelta

import numpy as np
import polars as pl

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton.shop import SHOP
from sluice.sandbox.view import REFUND_EVENTS, clipped

PARTED = 5
"""Every fifth order of several lines leaves in two parts."""
REST_AFTER, TRACKED_AFTER = timedelta(hours=20), timedelta(hours=2)
"""When the rest of a parted order leaves; when the carrier tells a parcel's number."""


def is_here(state: SandboxState) -> bool:
    """Whether the shop was asked for already: till then the world has no orders of it."""
    return (SHOP.channel, SHOP.shop) in state.world.shops


def orders(state: SandboxState) -> pl.DataFrame:
    """Orders of now, by position, with `id` as a number and what Tryton makes of them."""
    return state.cached((SHOP.channel, "sold"), lambda: _orders(state))


def _orders(state: SandboxState) -> pl.DataFrame:
    view = state.view(SHOP.channel, SHOP.shop)

    def by_now(moment: pl.Expr) -> pl.Expr:
        return pl.when(moment <= state.now).then(moment)

    shipped, paid, cancelled = pl.col("shipped_at"), pl.col("paid_at"), pl.col("cancelled_at")
    known = view.orders.sort("position")
    lines = np.diff(view.history.lines.starts)[known["position"].to_numpy()]
    parted = (pl.Series(lines) > 1) & (known["position"] % PARTED == 0)
    found = known.with_columns(pl.col("order_id").cast(pl.Int64).alias("id"), is_parted=parted).with_columns(
        rest_at=pl.when("is_parted").then(by_now(shipped + REST_AFTER)),
        tracked_at=by_now(shipped + TRACKED_AFTER),
        rest_tracked_at=pl.when("is_parted").then(by_now(shipped + REST_AFTER + TRACKED_AFTER)),
    )
    is_sent = pl.when("is_parted").then(pl.col("rest_at").is_not_null()).otherwise(shipped.is_not_null())
    return found.with_columns(
        sale_state=pl.when(cancelled.is_not_null() & paid.is_null()).then(pl.lit("cancelled"))
        .when(is_sent | cancelled.is_not_null()).then(pl.lit("done"))
        .when(paid.is_not_null()).then(pl.lit("processing"))
        .otherwise(pl.lit("confirmed")),
        shipment_state=pl.when(paid.is_null()).then(pl.lit("none"))
        .when(is_sent | cancelled.is_not_null()).then(pl.lit("sent"))
        .when(shipped.is_not_null()).then(pl.lit("partially shipped"))
        .otherwise(pl.lit("waiting")),
    )  # fmt: skip


def given_back(state: SandboxState) -> pl.DataFrame:
    """Refunds that were agreed to by now, with `id` as a number and the `order`'s; `kind` is return or refund."""
    return state.cached((SHOP.channel, "given back"), lambda: _given_back(state))


def _given_back(state: SandboxState) -> pl.DataFrame:
    rows = state.view(SHOP.channel, SHOP.shop).history.refunds
    position = np.repeat(np.arange(len(rows.starts) - 1), np.diff(rows.starts))
    placed = rows.frame.with_columns(pl.Series("position", position), pl.col("refund_id").cast(pl.Int64).alias("id"))
    agreed = clipped(placed, REFUND_EVENTS, state.now).filter(pl.col("approved_at").is_not_null())
    return agreed.join(orders(state).select("position", pl.col("id").alias("order")), on="position", maintain_order="left")


def returns(state: SandboxState) -> pl.DataFrame:
    """What comes back, a sale each."""
    return given_back(state).filter(pl.col("kind") == "return")


def credit_notes(state: SandboxState) -> pl.DataFrame:
    """What is only paid back: one note an order."""
    only_paid = given_back(state).filter(pl.col("kind") == "refund")
    first = pl.col("id", "order", "approved_at", "completed_at").first()
    return only_paid.group_by("position", maintain_order=True).agg(first)
