"""Recency, frequency, monetary value: quintiles, the segment that they put somebody in, and the tier of what they brought.

Quintiles as SQL's ntile(5) gives them, but equal people score equally: ntile cuts through equal values by the order that rows
happen to have, and most people of a shop have bought exactly once.
"""

import polars as pl

QUINTILES = 5
# Of recency (rows, 1 to 5) by frequency (columns): the usual grid of ten segments. Each pair has one, so nobody is left over.
GRID = (
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    ("about_to_sleep", "about_to_sleep", "needs_attention", "loyal", "loyal"),
    ("promising", "potential_loyalist", "potential_loyalist", "loyal", "loyal"),
    ("new", "potential_loyalist", "potential_loyalist", "champion", "champion"),
)
SEGMENTS = tuple(dict.fromkeys(segment for row in GRID for segment in row))
TIER_A, TIER_B = 0.80, 0.95
"""ABC analysis: A brings the first 80 % of net revenue, B the next 15 %, C the rest. Who brought nothing, or less, is D."""


def rfm(people: pl.DataFrame) -> pl.DataFrame:
    """`people` with recency_score, frequency_score, monetary_score (1 to 5, 5 the best), segment and value_tier beside.

    Reads recency_days, frequency (both whole numbers) and net_revenue, none of them null.
    """
    scored = people.with_columns(
        recency_score=_quintile(-pl.col("recency_days")),
        frequency_score=_quintile(pl.col("frequency")),
        monetary_score=_quintile(pl.col("net_revenue")),
    )
    return scored.with_columns(segment=_segment(), value_tier=_tier())


def _quintile(value: pl.Expr) -> pl.Expr:
    """1 for the least fifth to 5 for the greatest; of equal values, that of the least among them."""
    people, place = pl.len(), value.rank("min").cast(pl.Int64) - 1
    size, longer = people // QUINTILES, people % QUINTILES
    # as ntile does: where people can't be divided by five, the first groups are one longer
    in_longer = longer * (size + 1)
    tile = (
        pl.when(place < in_longer).then(place // (size + 1)).otherwise(longer + (place - in_longer) // pl.max_horizontal(size, 1))
    )
    return (tile + 1).cast(pl.Int16)


def _segment() -> pl.Expr:
    at = (pl.col("recency_score").cast(pl.Int64) - 1) * QUINTILES + pl.col("frequency_score") - 1
    return at.replace_strict(dict(enumerate(segment for row in GRID for segment in row)), return_dtype=pl.String)


def _tier() -> pl.Expr:
    """By the share of all net revenue that those who brought more have brought before."""
    brought = pl.col("net_revenue").clip(0).cast(pl.Float64)
    order = brought.rank("min", descending=True)
    before = (brought.sort(descending=True).cum_sum() - brought.sort(descending=True)).gather((order - 1).cast(pl.UInt32))
    share = before / brought.sum()
    return (
        pl.when(brought <= 0)
        .then(pl.lit("D"))
        .when(share < TIER_A)
        .then(pl.lit("A"))
        .when(share < TIER_B)
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )
