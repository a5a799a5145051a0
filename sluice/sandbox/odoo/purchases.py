"""What is bought: suppliers, purchases, their lines and receipts."""

import polars as pl

from sluice.sandbox.odoo.columns import YUAN, constant, money, stamp
from sluice.sandbox.odoo.places import warehouses
from sluice.sandbox.state import SandboxState


def suppliers(state: SandboxState) -> pl.DataFrame:
    named = state.world.purchase_orders.select("supplier_id", "supplier").unique().sort("supplier_id")
    return named.with_row_index("row").select(
        "supplier_id", (pl.col("row").cast(pl.Int64) + 101).alias("partner_id"), pl.col("supplier").alias("partner_id.name")
    )


def _purchases(state: SandboxState) -> pl.DataFrame:
    """Lines of purchases by now. Their ids are their places among all lines ever, so that they never change."""
    world = state.world
    number = pl.struct("po_id", "line_no")
    ids = world.purchase_orders.select(number.alias("key")).with_row_index("row")
    places = warehouses(state).select(
        pl.col("id").alias("warehouse"), pl.col("code").alias("facility_id"), pl.col("name").alias("place")
    )
    return (
        world.purchase_orders_at(state.now)
        .with_columns(number.alias("key"), pl.col("po_id").str.extract(r"(\d+)$").cast(pl.Int64).alias("order_id"))
        .join(ids.select("key", (pl.col("row").cast(pl.Int64) + 1).alias("line_id")), on="key", how="left")
        .join(suppliers(state).drop("partner_id.name"), on="supplier_id", how="left")
        .join(places, on="facility_id", how="left")
        .join(world.products.select("sku", "product_no", "title"), on="sku", how="left")
    )


def purchase_orders(state: SandboxState) -> pl.DataFrame:
    orders = _purchases(state).sort("line_id").group_by("order_id", maintain_order=True).agg(
        pl.col("po_id", "partner_id", "supplier", "warehouse", "place", "ordered_at").first(),
        pl.col("expected_at").max(),
        pl.col("line_id").alias("order_line"),
    )  # fmt: skip
    return orders.select(
        pl.col("order_id").alias("id"),
        pl.col("po_id").alias("name"),
        pl.lit("purchase").alias("state"),
        "partner_id",
        pl.col("supplier").alias("partner_id.name"),
        *constant(*YUAN, "currency_id"),
        (pl.col("warehouse") * 5).alias("picking_type_id"),
        pl.format("{}: Receipts", "place").alias("picking_type_id.name"),
        (pl.col("ordered_at") - pl.duration(hours=2)).alias("date_order"),
        pl.col("ordered_at").alias("date_approve"),
        pl.col("expected_at").alias("date_planned"),
        "order_line",
        stamp(pl.col("ordered_at")),
    )


def purchase_order_lines(state: SandboxState) -> pl.DataFrame:
    is_received = pl.col("received_at").is_not_null()
    return _purchases(state).select(
        pl.col("line_id").alias("id"),
        "order_id",
        pl.col("po_id").alias("order_id.name"),
        pl.col("product_no").alias("product_id"),
        pl.format("[{}] {}", "sku", "title").alias("product_id.name"),
        pl.col("quantity").cast(pl.Float64).alias("product_uom_qty"),
        pl.col("quantity").cast(pl.Float64).alias("product_qty"),
        pl.when(is_received).then(pl.col("quantity")).otherwise(0).cast(pl.Float64).alias("qty_received"),
        money(pl.col("unit_cost_minor")).alias("price_unit"),
        pl.col("expected_at").alias("date_planned"),
        stamp(pl.col("ordered_at")),
    )


def receipts(state: SandboxState) -> pl.DataFrame:
    is_received = pl.col("received_at").is_not_null()
    return _purchases(state).select(
        (pl.col("line_id") + 100_000).alias("id"),
        pl.col("line_id").alias("purchase_line_id"),
        pl.format("{}: {}", "po_id", "title").alias("purchase_line_id.name"),
        pl.col("product_no").alias("product_id"),
        pl.format("[{}] {}", "sku", "title").alias("product_id.name"),
        pl.when(is_received).then(pl.lit("done")).otherwise(pl.lit("assigned")).alias("state"),
        pl.col("quantity").cast(pl.Float64).alias("product_qty"),
        pl.coalesce("received_at", "expected_at").alias("date"),
        pl.lit("supplier").alias("location_id.usage"),
        stamp(pl.coalesce("received_at", "ordered_at")),
    )
