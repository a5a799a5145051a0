"""The levels that the newest plan set, for whoever asks for the same ones again."""

from datetime import date
from typing import Any, LiteralString

import polars as pl
from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.operations import frames
from sluice.operations.forecast import Told
from sluice.operations.levels import levels_of
from sluice.planning.demand import ITEM
from sluice.planning_policy import Planning, policy_as_json

# What levels are made from, in numbers that change with it.
SEEN: LiteralString = """
select jsonb_build_object(
    'demand', (
        select jsonb_build_array(count(*), sum(quantity), max(loaded_at)) from marts.demand_daily where demand_date < %(as_of)s
    ),
    'products', (select jsonb_build_array(count(*), sum(cost_base), sum(price), max(loaded_at)) from marts.dim_products),
    'purchases', (
        select jsonb_build_array(count(*), count(received_at), max(loaded_at)) from unified.purchase_order_lines
    ),
    'movements', (
        select jsonb_build_array(count(*), max(movement_id)) from ops.stock_movements
        where occurred_at < %(as_of)s::date::timestamp at time zone 'UTC'
    )
)
"""
PLAN: LiteralString = """
select run_id from planning.runs
where
    run_id = (select max(run_id) from planning.runs where finished_at is not null and kind = 'plan')
    and as_of = %(as_of)s and policy = %(policy)s and seen = %(seen)s
    and forecast_id is not distinct from %(forecast_id)s::bigint
"""
LEVELS = "select {columns} from planning.safety_stock where run_id = {run_id}"
COLUMNS: frames.Columns = {
    **dict.fromkeys(ITEM, pl.String),
    **dict.fromkeys(("demand_mean", "demand_sd", "lead_time_mean_days", "lead_time_sd_days"), pl.Float64),
    "lead_time_source": pl.String,
    "review_period_days": pl.Int64,
    "target_kind": pl.String,
    "service_level": pl.Float64,
    "abc": pl.String,
    "method": pl.String,
    **dict.fromkeys(("quantile", "error_shift", "error_spread"), pl.Float64),
    **dict.fromkeys(("safety_stock", "reorder_point", "up_to"), pl.Int64),
    "policy": pl.String,
    "order_quantity": pl.Int64,
    "policy_terms": pl.String,
}


def seen(db: Connection, as_of: date) -> dict[str, Any]:
    """What the warehouse has that levels as of that day are made from."""
    row = db.execute(SEEN, {"as_of": as_of}).fetchone()
    assert row
    return dict(row[0])


def levels(db: Connection, items: pl.DataFrame, policy: Planning, as_of: date, forecast: Told | None) -> pl.DataFrame:
    """As levels_of gives them: those of the newest plan where it was made from the same day, policy, forecast and demand and has
    all of `items`; else worked out anew."""
    values = {
        "as_of": as_of,
        "policy": Jsonb(policy_as_json(policy)),
        "forecast_id": forecast[0] if forecast else None,
        "seen": Jsonb(seen(db, as_of)),
    }
    found = db.execute(PLAN, values).fetchone()
    if found is not None:
        kept = frames.read(db, LEVELS.format(columns=", ".join(COLUMNS), run_id=found[0]), COLUMNS)
        mine = items.select(ITEM).join(kept, on=ITEM, maintain_order="left")
        if mine.height == items.height:
            return mine.sort(ITEM)
    return levels_of(db, items, policy, as_of, forecast)
