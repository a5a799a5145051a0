"""How long supply takes: days from order to receipt, as each item's and each supplier's own history shows."""

import polars as pl

from sluice.config import Planning

ENOUGH = 3
"""Receipts. Fewer say too little about a spread; then the supplier's whole history speaks, and failing that the policy."""

SECONDS_A_DAY = 86400


def lead_times(purchase_order_lines: pl.DataFrame, policy: Planning) -> pl.DataFrame:
    """Mean and standard deviation of the lead time of every sku that was ever ordered.

    `purchase_order_lines` has the columns of the unified view of that name. Returns sku, lead_time_mean_days,
    lead_time_sd_days and lead_time_source ('sku', 'supplier' or 'policy'). Lines of one purchase order that arrived together
    are one observation.
    """
    lines = purchase_order_lines.select(
        *(pl.col(name).cast(pl.String) for name in ("channel", "shop", "po_id", "supplier_id", "sku")),
        *(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("ordered_at", "received_at")),
    ).filter(pl.col("sku").is_not_null())
    receipts = _receipts(lines)
    by_sku = _spread(receipts.unique(["channel", "shop", "po_id", "sku", "days"]), ["sku"])
    supplier = ["channel", "shop", "supplier_id"]
    by_supplier = _spread(receipts.unique([*supplier, "po_id", "days"]), supplier)
    newest_supplier = lines.sort("ordered_at", "po_id", nulls_last=False).unique("sku", keep="last", maintain_order=True)
    return (
        newest_supplier.select("sku", *supplier)
        .join(by_sku, on="sku", how="left")
        .join(by_supplier, on=supplier, how="left", suffix="_of_supplier")
        .select(
            "sku",
            lead_time_mean_days=pl.coalesce("mean", "mean_of_supplier", pl.lit(policy.lead_time_days, pl.Float64)),
            lead_time_sd_days=pl.coalesce("sd", "sd_of_supplier", pl.lit(policy.lead_time_sd_days, pl.Float64)),
            lead_time_source=pl.when(pl.col("mean").is_not_null())
            .then(pl.lit("sku"))
            .when(pl.col("mean_of_supplier").is_not_null())
            .then(pl.lit("supplier"))
            .otherwise(pl.lit("policy")),
        )
        .sort("sku")
    )


def _receipts(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that arrived, with the days they took. A receipt before its order is a typing error and says nothing."""
    days = (pl.col("received_at") - pl.col("ordered_at")).dt.total_seconds() / SECONDS_A_DAY
    return lines.with_columns(days=days).filter(pl.col("days") >= 0)


def _spread(receipts: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return (
        receipts.group_by(keys)
        .agg(pl.len().alias("receipts"), pl.col("days").mean().alias("mean"), pl.col("days").std().alias("sd"))
        .filter(pl.col("receipts") >= ENOUGH)
        .drop("receipts")
    )
