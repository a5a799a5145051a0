"""Which days of an item say less than they seem to: it was sold out, or sold at an unusual discount."""

from datetime import date

import polars as pl

from sluice.planning.demand import ITEM

LONGEST = 56
"""Days in a row that an item can be sold out and still be wanted; after them it is taken for given up, and zeros are zeros."""
UNUSUAL = 0.1
"""Discount above the item's middle one, as a share of the price, that makes a promotion."""


def sold_out_days(moves: pl.DataFrame, until: date) -> pl.DataFrame:
    """(facility_id, sku, day) on which nothing was left at the beginning or at the end.

    `moves`: facility_id, sku, day, moved: by how much what may be sold changed that day (on hand less what is promised), from the
    first count on; days without a movement are missing. Nothing is known of the days before.
    """
    steps = (
        moves.select(*(pl.col(name).cast(pl.String) for name in ITEM), pl.col("day").cast(pl.Date), "moved")
        .sort(*ITEM, "day")
        .with_columns(left=pl.col("moved").cum_sum().over(ITEM), next=pl.col("day").shift(-1).over(ITEM))
    )
    ends = pl.min_horizontal(pl.col("next").fill_null(pl.lit(until)), pl.lit(until), pl.col("day") + pl.duration(days=LONGEST))
    empty = steps.filter(pl.col("left") <= 0, pl.col("day") <= pl.lit(until)).with_columns(last=ends)
    return empty.select(*ITEM, day=pl.date_ranges("day", "last")).explode("day").unique().sort(*ITEM, "day")


def promoted_days(discounts: pl.DataFrame) -> pl.DataFrame:
    """(facility_id, sku, day) with a larger discount than the item's usual.

    `discounts`: facility_id, sku, day, share: discount over list price of what was sold that day, 0..1. An item that is always
    sold at a discount is not promoted.
    """
    share = pl.col("share").cast(pl.Float64)
    return (
        discounts.filter(share.is_finite())
        .with_columns(usual=share.median().over("sku"))
        .filter(share >= pl.col("usual") + UNUSUAL)
        .select(*(pl.col(name).cast(pl.String) for name in ITEM), pl.col("day").cast(pl.Date))
        .unique()
        .sort(*ITEM, "day")
    )
