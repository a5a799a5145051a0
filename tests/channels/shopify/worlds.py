"""Worlds with orders longer than the seeded ones: a thousand lines, dozens of refunds."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from sluice.sandbox.view import Rows, ShopHistory
from sluice.sandbox.world import World

HERE = ("shopify", "main")


def pick(world: World, condition: pl.Expr) -> dict[str, Any]:
    """The first order of the shop for which the condition holds."""
    return world.shops[HERE].orders.filter(condition).row(0, named=True)


def lengthened(world: World, order: dict[str, Any], lines: int, refunds: int = 0) -> World:
    """The world where this order has more lines like its first, each with an id of its own; and more refunds, one a line."""
    history = world.shops[HERE]
    more = {"lines": _more(history.lines, order["position"], lines, "line_id")}
    if refunds:
        more["refunds"] = _more(history.refunds, order["position"], refunds, "refund_id")
    longer: ShopHistory = replace(history, **more)
    return replace(world, shops={**world.shops, HERE: longer})


def _more(rows: Rows, position: int, count: int, ident: str) -> Rows:
    """The order's first row `count` times, numbered on; its other rows go."""
    start, end = int(rows.starts[position]), int(rows.starts[position + 1])
    first = rows.frame[start]
    numbered = pl.concat([first] * count).with_columns(
        (pl.col(ident).cast(pl.Int64) + pl.int_range(count) * 10**6).cast(pl.String).alias(ident),
        pl.int_range(1, count + 1).cast(first.schema["line_no"]).alias("line_no"),
    )
    starts = rows.starts.copy()
    starts[np.arange(len(starts)) > position] += count - (end - start)
    return Rows(pl.concat([rows.frame[:start], numbered, rows.frame[end:]]), starts)
