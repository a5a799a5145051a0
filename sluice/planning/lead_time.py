"""How long supply takes: days from order to receipt, as deliveries show it, shrunk where they are few.

A SKU with many receipts speaks for itself; one with few leans on its supplier's, that on everybody's, those on the policy. Each
step is the posterior of a normal mean and variance under the conjugate prior that the step above gives, worth PRIOR receipts
(A. Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 3.3).
"""

import polars as pl

from sluice.planning.replenishment.terms import with_terms
from sluice.planning_policy import Planning

PRIOR = 3.0
"""Receipts that the step above counts for."""
SHORTEST = 0.01
"""Days; a lead time of none has no distribution."""
SECONDS_A_DAY = 86400
SUPPLIER = ["channel", "shop", "supplier_id"]
WHO = ["policy", "all suppliers", "supplier", "sku"]
"""Who speaks, the nearest that has a receipt."""


def supply(items: pl.DataFrame, purchase_order_lines: pl.DataFrame, policy: Planning) -> pl.DataFrame:
    """`items` (with sku; a row an item), supplier_id and supplier, the newest, and lead_time_mean_days, lead_time_sd_days,
    lead_time_source.

    A lead time that the policy's terms of the newest supplier say goes before what was seen; its spread stays.
    """
    known, everybody = lead_times(purchase_order_lines, policy)
    found = items.join(known, on="sku", how="left", maintain_order="left")
    said = with_terms(found.select("sku", "supplier_id", "supplier"), policy.replenishment.suppliers)["lead_time_days"]
    mean = pl.coalesce(said, pl.col("mean"), pl.lit(everybody[0])).clip(SHORTEST)
    source = pl.when(pl.Series(said.is_not_null())).then(pl.lit("terms"))
    return found.select(
        *items.columns,
        "supplier_id",
        "supplier",
        lead_time_mean_days=mean,
        lead_time_sd_days=pl.col("sd").fill_null(everybody[1]),
        lead_time_source=source.otherwise(pl.col("source").fill_null(everybody[2])),
    )


def lead_times(purchase_order_lines: pl.DataFrame, policy: Planning) -> tuple[pl.DataFrame, tuple[float, float, str]]:
    """Of every SKU that was ever ordered: sku, its newest supplier_id and supplier, mean, sd (days) and source; and mean, sd and
    source of a SKU that never was.

    `purchase_order_lines` has the columns of the unified view of that name. Lines of one purchase order that arrived together are
    one observation.
    """
    lines = purchase_order_lines.select(
        *(pl.col(name).cast(pl.String) for name in (*SUPPLIER, "supplier", "po_id", "sku")),
        *(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("ordered_at", "received_at")),
    ).filter(pl.col("sku").is_not_null())
    receipts = _receipts(lines)
    of_policy = pl.DataFrame({"mean": [policy.lead_time_days], "variance": [policy.lead_time_sd_days**2], "step": [0]}).cast(
        {"mean": pl.Float64, "variance": pl.Float64, "step": pl.Int32}
    )
    one_each = receipts.unique([*SUPPLIER, "po_id", "days"])
    everybody = _shrunk(of_policy.with_columns(all=1), one_each.with_columns(all=1), ["all"], 1)
    bought = lines.sort("ordered_at", "po_id", nulls_last=False).unique("sku", keep="last", maintain_order=True)
    suppliers = _shrunk(bought.select(SUPPLIER).unique().join(everybody.drop("all"), how="cross"), one_each, SUPPLIER, 2)
    named = bought.select("sku", *SUPPLIER, "supplier").join(suppliers, on=SUPPLIER, nulls_equal=True)
    own = _shrunk(named, receipts.unique(["channel", "shop", "po_id", "sku", "days"]), ["sku"], 3)
    source = pl.col("step").replace_strict(dict(enumerate(WHO)), return_dtype=pl.String)
    told = own.select("sku", "supplier_id", "supplier", "mean", pl.col("variance").sqrt().alias("sd"), source.alias("source"))
    mean, variance, step = everybody.select("mean", "variance", "step").row(0)
    return told.sort("sku"), (mean, variance**0.5, WHO[step])


def _shrunk(prior: pl.DataFrame, receipts: pl.DataFrame, keys: list[str], step: int) -> pl.DataFrame:
    """`prior` (keys, mean, variance, step) after the receipts of each key; where there are none it stays."""
    days = pl.col("days")
    seen = receipts.group_by(keys).agg(n=pl.len().cast(pl.Float64), seen=days.mean(), squares=((days - days.mean()) ** 2).sum())
    n, mean, m = pl.col("n"), pl.col("mean"), pl.col("seen")
    off = PRIOR * n / (PRIOR + n) * (m - mean) ** 2
    spoke = pl.col("n").is_not_null()
    return (
        prior.join(seen, on=keys, how="left", nulls_equal=True)
        .with_columns(
            variance=pl.when(spoke)
            .then((PRIOR * pl.col("variance") + pl.col("squares") + off) / (PRIOR + n))
            .otherwise("variance"),
            mean=pl.when(spoke).then((PRIOR * mean + n * m) / (PRIOR + n)).otherwise("mean"),
            step=pl.when(spoke).then(pl.lit(step, pl.Int32)).otherwise("step"),
        )
        .drop("n", "seen", "squares")
    )


def _receipts(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that arrived, with the days they took. A receipt before its order is a typing error and says nothing."""
    days = (pl.col("received_at") - pl.col("ordered_at")).dt.total_seconds() / SECONDS_A_DAY
    return lines.with_columns(days=days).filter(pl.col("days") >= 0)
