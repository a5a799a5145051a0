"""Columns that many of Odoo's models have: stamps, references, constants."""

from datetime import datetime, timedelta

import polars as pl

from sluice.sandbox.seasons import START

SET_UP = START - timedelta(days=40)
"""When the company filled in its master data."""
COMPANY = 1
YUAN, DOLLAR = (7, "CNY"), (2, "USD")
"""res.currency: what the company counts in, and what its own shop sells in."""


def stamp(moment: pl.Expr) -> pl.Expr:
    """A write_date as the database keeps it: with microseconds, the same for all that one transaction wrote."""
    seconds = moment.dt.epoch("s")
    return (moment.dt.truncate("1s") + pl.duration(microseconds=(seconds * 7_919) % 1_000_000)).alias("write_date")


def at(moment: datetime) -> pl.Expr:
    return pl.lit(moment).dt.cast_time_unit("us").dt.convert_time_zone("UTC")


def money(minor: pl.Expr) -> pl.Expr:
    """Rounded, since dividing by a constant is done by multiplying, and leaves crumbs."""
    return (minor / 100).round(2)


def constant(id: int, name: str, as_name: str) -> list[pl.Expr]:
    return [pl.lit(id).alias(as_name), pl.lit(name).alias(f"{as_name}.name")]
