"""From rows of demand to a matrix of days."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl

from sluice.planning.demand import ITEM
from sluice.planning.forecasting.classes import classify
from sluice.planning.forecasting.week import WEEK
from sluice.planning.inventory.levels import Floats


def daily(demand: pl.DataFrame, as_of: date, days: int) -> tuple[pl.DataFrame, Floats]:
    """Items (facility_id, sku), sorted, that sold in the `days` before `as_of`, and their demand (items, days).

    NaN before the first sale. `demand` has demand_date, facility_id, sku, quantity. A negative quantity counts as none; rows
    without day or SKU are left out.
    """
    since = as_of - timedelta(days=days)
    sales = (
        demand.select(
            pl.col("facility_id").cast(pl.String).fill_null("default"),
            pl.col("sku").cast(pl.String),
            pl.col("quantity").cast(pl.Float64),
            day=(pl.col("demand_date").cast(pl.Date) - pl.lit(since)).dt.total_days(),
        )
        .drop_nulls(["sku", "day"])
        .filter(pl.col("day").is_between(0, days - 1), pl.col("quantity") > 0, pl.col("quantity").is_finite())
    )
    items = sales.select(ITEM).unique().sort(ITEM)
    placed = sales.join(items.with_row_index("row"), on=ITEM)
    cells = placed["row"].cast(pl.Int64) * days + placed["day"]
    found = np.bincount(cells.to_numpy(), placed["quantity"].to_numpy(), items.height * days).reshape(items.height, days)
    began = np.cumsum(found, axis=1) > 0
    return items, np.where(began, found, np.nan)


def history_of(items: pl.DataFrame, demand: pl.DataFrame, as_of: date, days: int, sold_out: pl.DataFrame | None = None) -> Floats:
    """Demand (items, days) of `items` (facility_id, sku), from the first day on that any of them sold; NaN of one that never did.

    NaN too on the days of `sold_out` (facility_id, sku, day): nobody knows what would have been asked for.
    """
    sold, found = daily(demand, as_of, days)
    at = items.select(ITEM).join(sold.with_row_index("row"), on=ITEM, how="left", maintain_order="left")["row"]
    history = np.full((items.height, days), np.nan)
    history[at.is_not_null().to_numpy()] = found[at.drop_nulls().to_numpy()]
    if sold_out is not None and sold_out.height:
        since = as_of - timedelta(days=days)
        row = items.select(ITEM).with_row_index("row")
        gone = sold_out.select(*ITEM, at=(pl.col("day") - pl.lit(since)).dt.total_days()).join(row, on=ITEM)
        gone = gone.filter(pl.col("at").is_between(0, days - 1))
        history[gone["row"].to_numpy(), gone["at"].to_numpy()] = np.nan
    known = np.isfinite(history).any(axis=0)
    return history[:, int(known.argmax()) :] if known.any() else history[:, :0]


def demand_classes(history: Floats, days: float) -> list[str]:
    """The class of each item on buckets of as many whole weeks as hold `days`; 'new' where it was known for no two of them."""
    weeks = max(1, math.ceil(days / WEEK))
    cut = history.shape[1] % WEEK
    weekly = np.nan_to_num(history[:, cut:]).reshape(len(history), -1, WEEK).sum(axis=2)
    known = np.isfinite(history).sum(axis=1)
    start = np.maximum(history.shape[1] - known - cut, 0) // WEEK
    names = classify(weekly, np.minimum(start, max(weekly.shape[1] - 1, 0)), weeks).name
    return [str(name) for name in np.where(known < 2 * weeks * WEEK, "new", names)]
