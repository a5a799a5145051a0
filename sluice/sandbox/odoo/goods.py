"""What is bought and sold: variants, the templates that they are of, kits, units."""

import polars as pl

from sluice.sandbox.odoo.columns import SET_UP, YUAN, at, constant, money, stamp
from sluice.sandbox.state import SandboxState


def goods(state: SandboxState) -> pl.DataFrame:
    """Products with the template that they are a variant of. Sets and single goods of one style are templates apart."""
    template = (pl.col("style_no") * 2 + pl.col("is_bundle").cast(pl.Int64)).alias("product_tmpl_id")
    return state.world.products.with_columns(
        template, pl.col("title").alias("product_tmpl_id.name"), (pl.col("launched_at") <= state.now).alias("active")
    )


def _sold_from(state: SandboxState) -> pl.Expr:
    """When what the ERP says of a product was last written: at its launch it becomes active."""
    return pl.when(pl.col("launched_at") <= state.now).then(pl.col("launched_at").clip(SET_UP)).otherwise(at(SET_UP))


def products(state: SandboxState) -> pl.DataFrame:
    base = pl.col("price_minor").min().over("product_tmpl_id")
    return goods(state).select(
        pl.col("product_no").alias("id"),
        pl.col("sku").alias("default_code"),
        pl.format("[{}] {} ({})", "sku", "title", "variant").alias("display_name"),
        "product_tmpl_id", "product_tmpl_id.name", "active",
        money(pl.col("cost_minor")).alias("standard_price"),
        money(pl.col("price_minor") - base).alias("price_extra"),
        (pl.col("weight_g") / 1000).alias("weight"),
        pl.lit(None, pl.String).alias("barcode"),
        *constant(1, "Units", "uom_id"),
        stamp(_sold_from(state)),
    )  # fmt: skip


def templates(state: SandboxState) -> pl.DataFrame:
    first = (
        goods(state)
        .with_columns(_sold_from(state).alias("sold_from"))
        .group_by("product_tmpl_id")
        .agg(pl.col("title", "category").first(), pl.col("price_minor").min(), pl.col("active").any(), pl.col("sold_from").max())
    )
    return first.select(
        pl.col("product_tmpl_id").alias("id"),
        pl.col("title").alias("name"),
        money(pl.col("price_minor")).alias("list_price"),
        *constant(*YUAN, "currency_id"),
        pl.col("category").rank("dense").cast(pl.Int64).alias("categ_id"),
        pl.format("All / {}", "category").alias("categ_id.name"),
        "active",
        stamp(pl.col("sold_from")),
    )


def _kits(state: SandboxState) -> pl.DataFrame:
    sold = goods(state)
    label = pl.format("[{}] {}", "sku", "title").alias("part_name")
    part = sold.select(pl.col("sku").alias("component_sku"), pl.col("product_no").alias("part"), label)
    kit = sold.select(pl.col("sku").alias("bundle_sku"), "product_no", "product_tmpl_id", "product_tmpl_id.name")
    return state.world.components.with_row_index("row").join(kit, on="bundle_sku").join(part, on="component_sku")


def boms(state: SandboxState) -> pl.DataFrame:
    return _kits(state).unique("bundle_sku", keep="first").select(
        pl.col("product_no").alias("id"),
        "product_tmpl_id", "product_tmpl_id.name",
        pl.col("product_no").alias("product_id"),
        pl.format("[{}] {}", "bundle_sku", "product_tmpl_id.name").alias("product_id.name"),
        pl.lit(1.0).alias("product_qty"),
        pl.lit(1).cast(pl.Int64).alias("sequence"),
        pl.lit("phantom").alias("type"),
        pl.lit(True).alias("active"),
    )  # fmt: skip


def bom_lines(state: SandboxState) -> pl.DataFrame:
    return _kits(state).select(
        (pl.col("row").cast(pl.Int64) + 1).alias("id"),
        pl.col("product_no").alias("bom_id"),
        pl.col("product_tmpl_id.name").alias("bom_id.name"),
        pl.col("part").alias("product_id"),
        pl.col("part_name").alias("product_id.name"),
        pl.col("quantity").cast(pl.Float64).alias("product_qty"),
        pl.lit("phantom").alias("bom_id.type"),
    )


def units(state: SandboxState) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [1, 2], "name": ["Units", "Dozens"], "factor": [1.0, 1 / 12], "factor_inv": [1.0, 12.0], "active": [True, True]}
    )
