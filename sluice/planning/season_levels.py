"""Levels of items that are bought once for what is left of a season."""

from datetime import date

import numpy as np
import polars as pl

from sluice.planning.demand import ITEM
from sluice.planning.inventory.choose import Chosen, daily_rate
from sluice.planning.inventory.levels import Floats, mean_and_sd
from sluice.planning.inventory.season import Season, best_stock
from sluice.planning.item_levels import columns, numbers, rate, supply
from sluice.planning.safety_stock import pieces
from sluice.planning.service_targets import targets
from sluice.planning_policy import Planning


def season_levels(items: pl.DataFrame, history: Floats, policy: Planning, name: str) -> pl.DataFrame:
    """As item_levels.columns has them. Filled up to what the rest of the season takes, with nothing held back: there is no next
    order to wait for. An order that would come after the season is none. Where price or cost is not known, the service target
    stands for the ratio of what they earn and lose."""
    supplied, target = supply(items, policy, name), targets(items["sku"], items["abc"].to_numpy(), policy)
    forecast, forecast_sd = rate(items)
    daily = daily_rate(history, forecast)
    sd = np.where(np.isfinite(forecast_sd), forecast_sd, mean_and_sd(history)[1])
    price, cost, salvage = (numbers(items, one) for one in ("price", "unit_cost", "salvage"))
    known = np.isfinite(price) & np.isfinite(cost)
    missing = np.where(known, price - cost, target.level)
    left_over = np.where(known, cost - np.nan_to_num(salvage), 1 - target.level)
    days = np.maximum(0, items["season_days"].fill_null(0).to_numpy())
    told = numbers(items, "season_expected")
    expected = np.where(np.isfinite(told), told, daily * days)
    best = best_stock(history, Season(days, expected, sd, missing, left_over))
    quantile = np.where(np.isfinite(best.errors.shift), best.ratio, np.nan)
    made = Chosen(daily, sd, best.stock, np.zeros(len(days)), best.method, quantile, best.errors)
    up_to = np.where(supplied.lead_time < days, pieces(best.stock), 0)
    terms = pl.struct(
        pl.col("season_ends").cast(pl.String),
        "season_days",
        "price",
        "unit_cost",
        "salvage",
        expected=pl.Series(expected),
        ratio=pl.Series(best.ratio),
        wanted=pl.Series(pieces(best.stock)),
    )
    order = {"order_quantity": pl.lit(None, pl.Int64), "policy_terms": terms.struct.json_encode()}
    return columns(items, (supplied, target), made, (up_to, up_to), order)


def with_season(items: pl.DataFrame, weeks: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`items` (facility_id, sku, season_ends) with SEASON_TERMS. `weeks`: facility_id, sku, week_start and the `mean` that is
    forecast; a season that outlasts them goes on as the last."""
    begins, ends = pl.max_horizontal("week_start", pl.lit(as_of)), pl.col("season_ends") + pl.duration(days=1)
    in_season = (pl.min_horizontal(pl.col("week_start") + pl.duration(days=7), ends) - begins).dt.total_days().clip(0)
    known = items.select(*ITEM, "season_ends").drop_nulls().join(weeks, on=ITEM).sort(*ITEM, "week_start")
    told = known.group_by(ITEM).agg(
        within=(pl.col("mean") * in_season).sum() / 7,
        beyond=(ends - pl.max_horizontal(pl.col("week_start") + pl.duration(days=7), pl.lit(as_of)))
        .last()
        .dt.total_days()
        .clip(0),
        last=pl.col("mean").last() / 7,
    )
    expected = told.select(*ITEM, season_expected=pl.col("within") + pl.col("beyond") * pl.col("last"))
    days = (pl.col("season_ends") - pl.lit(as_of)).dt.total_days() + 1
    return items.with_columns(season_days=days).join(expected, on=ITEM, how="left", maintain_order="left")
