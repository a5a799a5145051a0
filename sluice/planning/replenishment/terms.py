"""On what terms each item is bought: the policy's, where it says some, else what purchases told."""

from decimal import Decimal

import polars as pl

from sluice.globs import matcher
from sluice.planning.replenishment.suggest import UNIT
from sluice.supply_policy import SupplierTerms

COLUMNS = {
    "minimum_pieces": pl.Int64,
    "multiple": pl.Int64,
    "shelf_pieces": pl.Int64,
    "unit_cost": pl.Int64,
    "order_cost": pl.Int64,
    "minimum_order_value": pl.Int64,
    "lead_time_days": pl.Float64,
}
MONEY = ("unit_cost", "order_cost", "minimum_order_value")


def with_terms(items: pl.DataFrame, terms: list[SupplierTerms]) -> pl.DataFrame:
    """`items` (supplier_id, supplier, sku; unit_cost in ten-thousandths where known) with COLUMNS, null where nobody said."""
    known = items.select("supplier_id", "supplier", "sku").unique(maintain_order=True)
    said: list[dict[str, float | None]] = [dict.fromkeys(COLUMNS) for _ in range(known.height)]
    for one in terms:
        supplier, sku = matcher(one.supplier), matcher(one.sku)
        words = {name: _number(name, getattr(one, name)) for name in COLUMNS if getattr(one, name) is not None}
        for row, (code, name, article) in zip(said, known.iter_rows(), strict=True):
            if (supplier(code or "") or supplier(name or "")) and sku(article):
                row.update(words)
    spoken = pl.concat([known, pl.DataFrame(said, schema=dict.fromkeys(COLUMNS, pl.Float64)).cast(COLUMNS)], how="horizontal")  # type: ignore[arg-type]
    cost = pl.col("unit_cost") if "unit_cost" in items.columns else pl.lit(None, pl.Int64)
    told = items.with_columns(told=cost).drop("unit_cost", strict=False)
    joined = told.join(spoken, on=["supplier_id", "supplier", "sku"], how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(unit_cost=pl.coalesce("unit_cost", "told")).drop("told")


def _number(name: str, value: Decimal | float) -> float:
    return int((Decimal(value) * UNIT).to_integral_value()) if name in MONEY else float(value)
