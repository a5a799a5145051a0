"""How fast each item sells: mean and standard deviation a day over the calendar, not over the days that had a sale."""

from datetime import date, timedelta

import polars as pl

ITEM = ["facility_id", "sku"]
CHANNEL = ["channel", "shop"]


def demand_rates(demand: pl.DataFrame, as_of: date, history_days: int) -> pl.DataFrame:
    """Pieces a day of every (facility_id, sku) that sold in the `history_days` before `as_of`, which itself is not over yet.

    `demand` has the columns of the mart demand_daily. Days without a sale count as zeros from the item's first sale in the
    window on, so that a new item is not diluted by the time before it existed. Returns facility_id, sku, days, demand_mean,
    demand_sd. Demand is what was asked for: a later return does not take it back, and a negative quantity counts as none.
    """
    sales = _window(demand, as_of, history_days)
    return _rates(sales, ITEM, as_of)


def channel_rates(demand: pl.DataFrame, as_of: date, history_days: int) -> pl.DataFrame:
    """The same for every (facility_id, sku, channel, shop), over the item's days: the channels' means add up to the item's."""
    sales = _window(demand, as_of, history_days)
    return _rates(sales, ITEM + CHANNEL, as_of)


def _window(demand: pl.DataFrame, as_of: date, history_days: int) -> pl.DataFrame:
    columns = [pl.col(name).cast(pl.String) for name in ITEM + CHANNEL]
    return demand.select(*columns, pl.col("demand_date").cast(pl.Date), pl.col("quantity").cast(pl.Int64)).filter(
        pl.col("demand_date").is_between(as_of - timedelta(days=history_days), as_of, closed="left"), pl.col("quantity") > 0
    )


def _rates(sales: pl.DataFrame, keys: list[str], as_of: date) -> pl.DataFrame:
    first_sale = sales.group_by(ITEM).agg(first=pl.col("demand_date").min())
    totals = (
        sales.group_by(*keys, "demand_date")
        .agg(pl.col("quantity").sum())
        .group_by(keys)
        .agg(total=pl.col("quantity").sum(), squares=(pl.col("quantity") ** 2).sum())
    )
    days = (pl.lit(as_of) - pl.col("first")).dt.total_days()
    return (
        totals.join(first_sale, on=ITEM)
        .with_columns(days=days)
        .select(*keys, "days", demand_mean=pl.col("total") / pl.col("days"), demand_sd=_sd())
        .sort(keys)
    )


def _sd() -> pl.Expr:
    """Sample standard deviation with the zeros in; of a single day, where there is none, that of a Poisson count."""
    total, days = pl.col("total"), pl.col("days")
    spread = (pl.col("squares") - total * total / days) / (days - 1)
    return pl.when(days > 1).then(spread.clip(0)).otherwise(total.cast(pl.Float64)).sqrt()
