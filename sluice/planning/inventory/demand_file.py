"""Demand from a file of one's own, CSV or Parquet: a row a day and item with a sale, or more."""

from pathlib import Path

import polars as pl

NAMES = {
    "demand_date": ("demand_date", "date", "day", "ds"),
    "sku": ("sku", "item", "item_id", "unique_id", "article"),
    "quantity": ("quantity", "qty", "demand", "pieces", "y", "sales"),
    "facility_id": ("facility_id", "facility", "store", "store_id", "warehouse"),
}
"""Our name, then what others call it; the case does not matter."""


class DemandFileFault(ValueError):
    """The file is no table of demand. The message says what is missing."""


def read(path: Path) -> pl.DataFrame:
    """demand_date, facility_id ('default' where the file has none), sku, quantity. Raises DemandFileFault."""
    try:
        table = (
            pl.read_parquet(path)
            if path.suffix == ".parquet"
            else pl.read_csv(path, infer_schema_length=None, encoding="utf8-lossy")
        )
    except FileNotFoundError as fault:
        raise DemandFileFault(f"{path} does not exist") from fault
    except pl.exceptions.PolarsError as fault:
        raise DemandFileFault(f"{path} is no CSV or Parquet table: {fault}") from fault
    found = {name.strip().lower().lstrip("\ufeff"): name for name in table.columns}
    chosen = {ours: next((found[name] for name in theirs if name in found), None) for ours, theirs in NAMES.items()}
    missing = [
        f"{ours} (or {', '.join(NAMES[ours][1:])})" for ours, column in chosen.items() if not column and ours != "facility_id"
    ]
    if missing:
        raise DemandFileFault(f"{path} has no column {' and no '.join(missing)}; it has {', '.join(table.columns) or 'none'}")
    place = chosen["facility_id"]
    made = table.select(
        demand_date=_dates(table[chosen["demand_date"]]),  # type: ignore[index]
        facility_id=pl.col(place).cast(pl.String) if place else pl.lit("default"),
        sku=pl.col(chosen["sku"]).cast(pl.String),  # type: ignore[arg-type]
        quantity=pl.col(chosen["quantity"]).cast(pl.Float64, strict=False),  # type: ignore[arg-type]
    ).drop_nulls(["demand_date", "sku", "quantity"])
    if made.is_empty():
        raise DemandFileFault(f"{path} has no row with a day, an item and a quantity; days are written as 2026-03-01")
    return made


def _dates(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String:
        return column.str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return column.cast(pl.Date, strict=False)
