"""The company's own shop in Odoo: orders, lines and refunds as they stand, which every model of sales starts from."""

from datetime import timedelta

import polars as pl

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.odoo.places import warehouses
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import REFUND_EVENTS, ShopView, clipped

SHOP = Shop("odoo", "main", "USD", "America/New_York", "own_shop", 0.3)
IN_TWO, REST_AFTER = 5, timedelta(hours=20)
"""Of every fifth order that has several lines the last is sent on later, as a back order."""


def is_open(state: SandboxState) -> bool:
    """Whether somebody asked for sales: the shop joins the company then."""
    return (SHOP.channel, SHOP.shop) in state.world.shops


def orders(state: SandboxState) -> pl.DataFrame:
    """Orders by now. `shipped_at` is when the first parcel left, `rest_at` when nothing was left to send."""
    return state.cached(("odoo", "orders"), lambda: _orders(state))


def lines(state: SandboxState) -> pl.DataFrame:
    """Lines of goods, with when they left and what came back."""
    return state.cached(("odoo", "lines"), lambda: _lines(state))


def refunds(state: SandboxState) -> pl.DataFrame:
    """What the shop agreed to give back. `is_whole`: of an order that was cancelled or lost, all that was paid for."""
    return state.cached(("odoo", "refunds"), lambda: _refunds(state))


def view(state: SandboxState) -> ShopView:
    return state.view(SHOP.channel, SHOP.shop)


def _orders(state: SandboxState) -> pl.DataFrame:
    shown = view(state)
    sizes = shown.history.lines.frame.group_by("order_id").agg(pl.len().alias("size"))
    places = warehouses(state).select(
        pl.col("id").alias("warehouse"), pl.col("code").alias("facility_id"), pl.col("name").alias("place")
    )
    parcels = shown.history.shipments.frame.select("order_id", "carrier", "tracking_number")
    in_two = (pl.col("size") > 1) & (pl.col("position") % IN_TWO == 0)
    rest_at = pl.when(in_two).then(pl.col("shipped_at") + REST_AFTER).otherwise("shipped_at")
    return (
        shown.orders.join(sizes, on="order_id")
        .join(places, on="facility_id")
        .join(parcels, on="order_id", how="left")
        .with_columns(pl.col("order_id").cast(pl.Int64).alias("id"), in_two.alias("in_two"), rest_at.alias("rest_at"))
        .with_columns(pl.when(pl.col("rest_at") <= state.now).then("rest_at").alias("rest_at"))
    )


def _lines(state: SandboxState) -> pl.DataFrame:
    heads = ("order_id", "id", "order_number", "in_two", "created_at", "shipped_at", "rest_at", "cancelled_at", "warehouse")
    known = state.world.products.select("sku", "product_no", "title", pl.format("[{}] {}", "sku", "title").alias("label"))
    of_line = refunds(state).filter("is_linked").group_by("order_id", "line_no").agg(
        pl.col("back").sum(), pl.col("returned_at").max(), pl.col("approved_at").max().alias("credited_at")
    )  # fmt: skip
    is_last = pl.col("line_no") == pl.col("line_no").max().over("order_id")
    return (
        view(state)
        .history.lines.frame.join(orders(state).select(heads).rename({"id": "order"}), on="order_id")
        .join(known, on="sku")
        .join(of_line, on=["order_id", "line_no"], how="left")
        .with_columns(
            pl.col("line_id").cast(pl.Int64).alias("id"),
            pl.col("back").fill_null(0),
            (pl.col("in_two") & is_last).alias("is_rest"),
        )
        .with_columns(pl.when("is_rest").then("rest_at").otherwise("shipped_at").alias("left_at"))
    )


def _refunds(state: SandboxState) -> pl.DataFrame:
    """`is_linked`: it names the lines of the sale; what is given for goodwill names none. `back`: pieces that came back."""
    shown = view(state)
    heads = orders(state).select("order_id", pl.col("id").alias("order"), "order_number", "delivered_at", "shipping_minor")
    sold = shown.history.lines.frame.select(
        "order_id", "line_no", "line_id", pl.col("tax_minor").alias("line_tax_minor"), pl.col("quantity").alias("bought")
    )
    is_back = (pl.col("kind") == "return") & pl.col("returned_at").is_not_null()
    return (
        clipped(shown.history.refunds.frame, REFUND_EVENTS, state.now)
        .filter(pl.col("approved_at").is_not_null())
        .join(heads, on="order_id")
        .join(sold, on=["order_id", "line_no"])
        .with_columns(
            pl.col("refund_id", "line_id").cast(pl.Int64),
            pl.col("delivered_at").is_null().alias("is_whole"),
            pl.when(is_back).then("quantity").otherwise(0).alias("back"),
        )
        .with_columns((pl.col("is_whole") | (pl.col("kind") == "return")).alias("is_linked"))
    )
