"""The published data set: 2,357 people who first bought from CDNOW in early 1997, with their first 39 weeks."""

from datetime import date
from pathlib import Path

import polars as pl

from sluice.customers.value.bgnbd import Histories

FILE = Path(__file__).parents[2] / "fixtures" / "cdnow" / "CDNOW_sample.txt"
END = date(1997, 9, 30)
"""Last day of the 39 weeks that the papers fit."""


def purchases(*, until: date = date.max) -> pl.DataFrame:
    """customer_key, day, amount: one row a person and day, as in the papers."""
    rows = [line.split() for line in FILE.read_text().splitlines()]
    bought = pl.DataFrame(
        {"customer_key": [row[0] for row in rows], "day": [row[2] for row in rows], "amount": [row[4] for row in rows]}
    )
    return (
        bought.with_columns(pl.col("day").str.to_date("%Y%m%d"), pl.col("amount").cast(pl.Decimal(18, 4)))
        .filter(pl.col("day") <= until)
        .group_by("customer_key", "day")
        .agg(pl.col("amount").sum())
        .sort("customer_key", "day")
    )


def people(bought: pl.DataFrame) -> pl.DataFrame:
    """One row a person, with the columns that `value` reads."""
    return (
        bought.group_by("customer_key")
        .agg(
            first_purchase_date=pl.col("day").min(),
            last_purchase_date=pl.col("day").max(),
            purchase_days=pl.len().cast(pl.Int64),
            order_count=pl.len().cast(pl.Int64),
            net_revenue=pl.col("amount").sum(),
        )
        .sort("customer_key")
    )


def histories(bought: pl.DataFrame, end: date = END) -> Histories:
    of = people(bought).select(
        x=pl.col("purchase_days").cast(pl.Float64) - 1,
        tx=(pl.col("last_purchase_date") - pl.col("first_purchase_date")).dt.total_days() / 7,
        T=(pl.lit(end) - pl.col("first_purchase_date")).dt.total_days() / 7,
    )
    return Histories(*(of[name].to_numpy() for name in ("x", "tx", "T")))


def repeats(bought: pl.DataFrame) -> pl.DataFrame:
    """Number and mean amount of each person's repeat purchases: what the gamma-gamma paper fits."""
    again = bought.filter(pl.col("day") > pl.col("day").min().over("customer_key"))
    return again.group_by("customer_key").agg(number=pl.len().cast(pl.Float64), mean=pl.col("amount").cast(pl.Float64).mean())
