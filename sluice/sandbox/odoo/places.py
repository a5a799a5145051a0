"""Where goods lie and pass: warehouses, shelves, kinds of transfers, tills, and what was counted."""

import polars as pl

from sluice.sandbox.odoo.goods import goods
from sluice.sandbox.state import SandboxState

RESERVE_FROM = 20
"""Pieces of a product at a facility from which on half of them lie in reserve, in a location of their own."""


def warehouses(state: SandboxState) -> pl.DataFrame:
    return state.world.facilities.with_row_index("row").select(
        (pl.col("row").cast(pl.Int64) + 1).alias("id"),
        "name", "kind",
        pl.col("facility_id").alias("code"),
        pl.col("priority").alias("sequence"),
        (pl.col("row").cast(pl.Int64) + 11).alias("partner_id"),
        pl.col("name").alias("partner_id.name"),
    )  # fmt: skip


def locations(state: SandboxState) -> pl.DataFrame:
    places = warehouses(state)
    shelves = [
        places.select(
            (pl.col("id") * 10 + number).alias("id"),
            pl.format(path, "code").alias("complete_name"),
            pl.col("id").alias("warehouse_id"),
            pl.col("name").alias("warehouse_id.name"),
            pl.lit("internal").alias("usage"),
            pl.lit(True).alias("active"),
        )
        for number, path in ((8, "{}/Stock"), (9, "{}/Stock/Reserve"))
    ]
    outside = shelves[0].head(1).with_columns(
        pl.lit(4).cast(pl.Int64).alias("id"), pl.lit("Partners/Vendors").alias("complete_name"),
        pl.lit("supplier").alias("usage"), pl.lit(None, pl.Int64).alias("warehouse_id"),
        pl.lit(None, pl.String).alias("warehouse_id.name"),
    )  # fmt: skip
    return pl.concat([*shelves, outside])


def operation_types(state: SandboxState) -> pl.DataFrame:
    names = ("Receipts", "Delivery Orders", "PoS Orders")
    places = warehouses(state)
    return pl.concat(
        places.select(
            (pl.col("id") * 5 + number).alias("id"),
            pl.lit(name).alias("name"),
            pl.lit(kind).alias("code"),
            pl.col("id").alias("warehouse_id"),
            pl.col("name").alias("warehouse_id.name"),
            pl.lit(True).alias("active"),
        )
        for number, (name, kind) in enumerate(zip(names, ("incoming", "outgoing", "outgoing"), strict=True))
    )


def points_of_sale(state: SandboxState) -> pl.DataFrame:
    stores = warehouses(state).filter(kind="store")
    return stores.select(
        pl.col("id"),
        pl.format("{} till", "name").alias("name"),
        (pl.col("id") * 5 + 2).alias("picking_type_id"),
        pl.format("{}: PoS Orders", "name").alias("picking_type_id.name"),
    )


def quants(state: SandboxState) -> pl.DataFrame:
    """Only what is there: Odoo deletes a quant of zero."""
    places = warehouses(state).select(pl.col("id").alias("warehouse"), pl.col("code").alias("facility_id"))
    known = goods(state).select("sku", "product_no", pl.format("[{}] {} ({})", "sku", "title", "variant").alias("product_name"))
    counted = (
        state.world.stock(state.now)
        .with_row_index("bin")
        .join(places, on="facility_id", how="left", maintain_order="left")
        .join(known, on="sku", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("on_hand") >= RESERVE_FROM).then(pl.col("on_hand") // 2).otherwise(0).alias("reserve"),
            pl.col("bin").cast(pl.Int64),
        )
    )
    shelves = [
        counted.select(
            (pl.col("bin") * 2 + number + 1).alias("id"),
            pl.col("product_no").alias("product_id"),
            pl.col("product_name").alias("product_id.name"),
            (pl.col("warehouse") * 10 + 8 + number).alias("location_id"),
            pl.format(path, "facility_id").alias("location_id.name"),
            pl.lit("internal").alias("location_id.usage"),
            pieces.cast(pl.Float64).alias("quantity"),
            pl.lit(0.0).alias("reserved_quantity"),
        )
        for number, path, pieces in (
            (0, "{}/Stock", pl.col("on_hand") - pl.col("reserve")),
            (1, "{}/Stock/Reserve", pl.col("reserve")),
        )
    ]
    return pl.concat(shelves).filter(pl.col("quantity") > 0)
