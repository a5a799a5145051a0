"""A level of every item as a row: what it is read from, and the columns that are kept of it."""

import numpy as np
import polars as pl

from sluice.planning import item_policies
from sluice.planning.demand import ITEM
from sluice.planning.inventory import policies
from sluice.planning.inventory.choose import Chosen
from sluice.planning.inventory.levels import CYCLE_SERVICE_LEVEL, FILL_RATE, Floats, Integers, Supply, Target
from sluice.planning.safety_stock import pieces
from sluice.planning_policy import Planning

ORDER_TERMS = {"order_cost": pl.Float64, "unit_cost": pl.Float64, "minimum_pieces": pl.Int64, "multiple": pl.Int64}
"""Of buying an item, null where not known; money in the base currency."""
SEASON_TERMS = {"season_days": pl.Int64, "season_expected": pl.Float64}
"""Whole days left of an item's season, 0 or less where it is over, and pieces expected in them where a forecast tells."""


def with_all_terms(items: pl.DataFrame) -> pl.DataFrame:
    """With every column that a policy may ask for, null where nobody said; periodic where no policy is."""
    wanted = {**ORDER_TERMS, **SEASON_TERMS, **item_policies.COLUMNS}
    missing = (pl.lit(None, dtype).alias(name) for name, dtype in wanted.items() if name not in items.columns)
    return items.with_columns(missing).with_columns(pl.col("policy").fill_null(policies.PERIODIC))


def numbers(items: pl.DataFrame, name: str) -> Floats:
    """NaN where null."""
    return items[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def rate(items: pl.DataFrame) -> tuple[Floats, Floats]:
    """Mean and standard deviation of a day's demand as forecast, NaN where no forecast has the item."""
    return numbers(items, "forecast_mean"), numbers(items, "forecast_sd")


def supply(items: pl.DataFrame, policy: Planning, name: str = policies.PERIODIC) -> Supply:
    mean, sd = numbers(items, "lead_time_mean_days"), numbers(items, "lead_time_sd_days")
    return Supply(mean, sd, policies.review(name, max(1, policy.review_period_days)))


def columns(
    items: pl.DataFrame, of: tuple[Supply, Target], made: Chosen, levels: tuple[Integers, Integers], terms: dict[str, pl.Expr]
) -> pl.DataFrame:
    """A row of planning.safety_stock without run_id; `levels`: reorder point and what an item is filled up to; `terms`: what is
    ordered at a time, and what the policy weighed."""
    (supply, target), (point, up_to) = of, levels
    return items.select(
        *ITEM,
        demand_mean=pl.Series(made.mean),
        demand_sd=pl.Series(made.sd),
        lead_time_mean_days=pl.Series(supply.lead_time),
        lead_time_sd_days=pl.Series(supply.lead_time_sd),
        lead_time_source=pl.col("lead_time_source"),
        review_period_days=pl.lit(supply.review, pl.Int64),
        target_kind=pl.Series(np.where(target.is_fill_rate, FILL_RATE, CYCLE_SERVICE_LEVEL), dtype=pl.String),
        service_level=pl.Series(target.level),
        abc=pl.col("abc"),
        method=pl.Series(made.method.astype(str), dtype=pl.String),
        quantile=pl.Series(made.quantile).fill_nan(None),
        error_shift=pl.Series(made.errors.shift).fill_nan(None),
        error_spread=pl.Series(made.errors.spread).fill_nan(None),
        safety_stock=pl.Series(pieces(made.safety), dtype=pl.Int64),
        reorder_point=pl.Series(point, dtype=pl.Int64),
        up_to=pl.Series(up_to, dtype=pl.Int64),
        policy=pl.col("policy"),
        **terms,
    )
