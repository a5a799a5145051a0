"""stock.picking and stock.move: what leaves for customers and what comes back, beside the receipts of what was bought."""

import polars as pl

from sluice.sandbox.numbers import CARRIERS
from sluice.sandbox.odoo import shop
from sluice.sandbox.odoo.columns import stamp
from sluice.sandbox.odoo.purchases import receipts
from sluice.sandbox.state import SandboxState

REST = 1
"""What a back order's id is more than that of the transfer before it, which is the order's: ids of orders are far apart."""
SOLD = pl.Schema({"sale_line_id": pl.Int64, "sale_line_id.name": pl.String, "sale_line_id.order_id": pl.Int64})
PARTS = 10
"""Moves that a line may be made of: one for goods, one for each component of a kit."""


def pickings(state: SandboxState) -> pl.DataFrame:
    sold = shop.orders(state)
    waiting = pl.when("is_presale").then(pl.lit("confirmed")).otherwise(pl.lit("assigned"))
    first = sold.select(
        "id",
        *_of_order(pl.col("id")),
        pl.when(pl.col("cancelled_at").is_not_null())
        .then(pl.lit("cancel"))
        .when(pl.col("shipped_at").is_not_null())
        .then(pl.lit("done"))
        .otherwise(waiting)
        .alias("state"),
        pl.col("shipped_at").alias("date_done"),
        "tracking_number",
        pl.coalesce("cancelled_at", "shipped_at", "created_at").alias("changed_at"),
    )
    rest = sold.filter("in_two", pl.col("shipped_at").is_not_null()).select(
        pl.col("id") + REST,
        *_of_order(pl.col("id")),
        pl.when(pl.col("rest_at").is_not_null()).then(pl.lit("done")).otherwise(pl.lit("assigned")).alias("state"),
        pl.col("rest_at").alias("date_done"),
        pl.format("{}-2", "tracking_number").alias("tracking_number"),
        pl.coalesce("rest_at", "shipped_at").alias("changed_at"),
    )
    came = shop.refunds(state).filter(pl.col("back") > 0).join(
        sold.select(pl.col("id").alias("order"), "warehouse", "place", "facility_id"), on="order"
    )  # fmt: skip
    back = came.select(
        pl.col("refund_id").alias("id"),
        *_of_order(pl.col("order"), is_back=True),
        pl.lit("done").alias("state"),
        pl.col("returned_at").alias("date_done"),
        pl.lit(None, pl.String).alias("tracking_number"),
        pl.col("returned_at").alias("changed_at"),
    )
    is_done = pl.col("date_done").is_not_null() & pl.col("carrier").is_not_null()
    return (
        pl.concat([first, rest, back])
        .with_columns(
            pl.when(is_done).then(pl.col("carrier").replace_strict(_numbers(), return_dtype=pl.Int64)).alias("carrier_id"),
            pl.when(is_done).then("carrier").alias("carrier_id.name"),
            pl.when(is_done).then("tracking_number").alias("carrier_tracking_ref"),
            stamp(pl.col("changed_at")),
        )
        .drop("carrier", "tracking_number", "changed_at")
    )


def moves(state: SandboxState) -> pl.DataFrame:
    """Receipts alone until somebody asks for sales."""
    bought = receipts(state)
    nothing = pl.DataFrame(schema={**SOLD, "to_refund": pl.Boolean, "location_dest_id.usage": pl.String})
    sold = [_deliveries(state), _returns(state)] if shop.is_open(state) else [nothing]
    return pl.concat([bought, *sold], how="diagonal").with_columns(pl.col("to_refund").fill_null(False))


def _numbers() -> dict[str, int]:
    return {name: number for number, name in enumerate(CARRIERS, 1)}


def _of_order(order: pl.Expr, is_back: bool = False) -> list[pl.Expr]:
    """Whose it is, and by which kind of transfer: the numbers of places.operation_types."""
    kind, name, usage = ("IN", "Receipts", "internal") if is_back else ("OUT", "Delivery Orders", "customer")
    return [
        order.alias("sale_id"),
        pl.format("S{}", pl.col("order_number").str.strip_prefix("#")).alias("sale_id.name"),
        pl.format(f"{{}}/{kind}/{{}}", "facility_id", pl.col("order_number").str.strip_prefix("#")).alias("name"),
        (pl.col("warehouse") * 5 + (0 if is_back else 1)).alias("picking_type_id"),
        pl.format(f"{{}}: {name}", "place").alias("picking_type_id.name"),
        pl.lit(usage).alias("location_dest_id.usage"),
        (pl.lit(None, pl.String) if is_back else pl.col("carrier")).alias("carrier"),
    ]


def _deliveries(state: SandboxState) -> pl.DataFrame:
    is_cancelled = pl.col("cancelled_at").is_not_null()
    done = pl.when(pl.col("left_at").is_not_null()).then(pl.lit("done")).otherwise(pl.lit("assigned"))
    return _in_parts(state, shop.lines(state).with_columns(pl.col("id").alias("line"))).select(
        *_of_line(),
        pl.when(is_cancelled).then(pl.lit("cancel")).otherwise(done).alias("state"),
        pl.coalesce("left_at", "created_at").alias("date"),
        pl.lit(False).alias("to_refund"),
        pl.lit("internal").alias("location_id.usage"),
        pl.lit("customer").alias("location_dest_id.usage"),
        stamp(pl.max_horizontal("created_at", "left_at", "cancelled_at")),
    )


def _returns(state: SandboxState) -> pl.DataFrame:
    sold = shop.lines(state).select(pl.col("id").alias("line"), "sku", "product_no", "label")
    came = shop.refunds(state).filter(pl.col("back") > 0).join(sold, left_on="line_id", right_on="line", coalesce=False)
    return _in_parts(state, came.with_columns(pl.col("refund_id").alias("id"), pl.col("back").alias("quantity"))).select(
        *_of_line(),
        pl.lit("done").alias("state"),
        pl.col("returned_at").alias("date"),
        pl.lit(True).alias("to_refund"),
        pl.lit("customer").alias("location_id.usage"),
        pl.lit("internal").alias("location_dest_id.usage"),
        stamp(pl.col("returned_at")),
    )


def _in_parts(state: SandboxState, pieces: pl.DataFrame) -> pl.DataFrame:
    """Rows of `sku` and `quantity` as they move: a kit as its components."""
    products = state.world.products
    part = products.select(
        pl.col("sku").alias("component_sku"),
        pl.col("product_no").alias("part_no"),
        pl.format("[{}] {}", "sku", "title").alias("part_label"),
    )
    kits = state.world.components.join(part, on="component_sku").select(
        pl.col("bundle_sku").alias("sku"),
        pl.col("quantity").alias("each"),
        "part_no",
        "part_label",
        pl.int_range(1, pl.len() + 1).over("bundle_sku").alias("part"),
    )
    return pieces.join(kits, on="sku", how="left").with_columns(
        pl.col("id") * PARTS + pl.col("part").fill_null(0),
        pl.coalesce("part_no", "product_no").alias("product_no"),
        pl.coalesce("part_label", "label").alias("label"),
        pl.col("quantity") * pl.col("each").fill_null(1),
    )


def _of_line() -> list[pl.Expr]:
    return [
        pl.col("id"),
        pl.col("line").alias("sale_line_id"),
        pl.col("label").alias("sale_line_id.name"),
        pl.col("order").alias("sale_line_id.order_id"),
        pl.col("product_no").alias("product_id"),
        pl.col("label").alias("product_id.name"),
        pl.col("quantity").cast(pl.Float64).alias("product_qty"),
    ]
