"""What a planner's report tells, of the newest forecast, plan and replenishment."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, LiteralString

import polars as pl
from psycopg import Connection
from psycopg.rows import dict_row

from sluice.operations import frames
from sluice.operations.as_of import first_day_unknown
from sluice.operations.forecast import believed, sold
from sluice.operations.levels import service_curve
from sluice.planning.forecasting.week import WEEK
from sluice.planning_policy import Planning

Row = dict[str, Any]
SHOWN = 52
"""Weeks of history."""
AHEAD = """
select week_start, sum(mean) as mean, sum(q10) as q10, sum(q90) as q90 from planning.forecasts where {of} group by 1 order by 1
"""
AHEAD_COLUMNS: frames.Columns = {"week_start": pl.Date} | dict.fromkeys(("mean", "q10", "q90"), pl.Float64)
BEST: LiteralString = """
select d.facility_id, d.sku, f.demand_class, f.model
from planning.forecast_items as f
inner join (
    select facility_id, sku, sum(revenue_base) as revenue, sum(quantity) as pieces from marts.demand_daily
    where demand_date >= %(since)s and demand_date < %(until)s group by 1, 2
) as d on d.facility_id = f.facility_id and d.sku = f.sku
where f.forecast_id = %(forecast_id)s
order by d.revenue desc nulls last, d.pieces desc, d.facility_id, d.sku limit %(most)s
"""
SOLD = """
select date '{until}' + 7 * floor((demand_date - date '{until}') / 7.0)::integer as week_start, facility_id, sku,
    sum(quantity) as pieces
from marts.demand_daily where demand_date >= date '{since}' and demand_date < date '{until}' group by 1, 2, 3
"""
FALLBACKS: LiteralString = """
select facility_id, sku, model from planning.forecast_items
where forecast_id = %(forecast_id)s and model like 'fallback%%' order by 1, 2 limit 100
"""
METHODS: LiteralString = """
select method, count(*) as items, sum(safety_stock) as safety_stock from planning.safety_stock
where run_id = (select max(run_id) from planning.runs where finished_at is not null and kind = 'plan')
group by 1 order by 2 desc
"""
SUGGESTED: LiteralString = """
select kind, state, coalesce(supplier, supplier_id, '') as supplier, count(*) as rows, sum(quantity) as pieces,
    sum(amount) as amount, min(currency) as currency
from planning.replenishment_suggestions
where replenishment_id = (select max(replenishment_id) from planning.replenishments)
group by 1, 2, 3 order by 1, 6 desc nulls last, 3
"""
SUPPLIERS: LiteralString = """
select coalesce(supplier, supplier_id, '') as supplier, due_line_count, on_time_share, in_full_share, mean_days_late,
    lead_time_mean_days, lead_time_sd_days
from marts.supplier_performance order by due_line_count desc, 1 limit 40
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One of the best sellers: its weeks as `sold` and `ahead`, as plots.forecast takes them."""

    facility_id: str
    sku: str
    demand_class: str
    model: str
    sold: pl.DataFrame
    ahead: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Report:
    """`ahead` and what goes with the forecast is empty where there is no fresh one; `curve` as stock_levels.curve gives it."""

    as_of: date
    forecast_id: int | None
    sold: pl.DataFrame
    ahead: pl.DataFrame
    best: list[Item]
    fallbacks: list[Row]
    curve: list[dict[str, float]]
    methods: list[Row]
    suggested: list[Row]
    suppliers: list[Row]


def gathered(db: Connection, policy: Planning, best: int) -> Report:
    """Of one snapshot; nothing is written. `best`: so many items with a plot of their own."""
    with db.transaction():
        db.execute("set transaction isolation level repeatable read, read only")
        as_of = first_day_unknown(db, policy)
        forecast_id, _ = believed(db, policy, as_of) or (None, None)
        values = {"forecast_id": forecast_id, "since": as_of - timedelta(days=WEEK * SHOWN), "until": as_of, "most": best}
        ahead = frames.read(db, AHEAD.format(of=f"forecast_id = {forecast_id or 0}"), AHEAD_COLUMNS)
        return Report(
            as_of,
            forecast_id,
            sold(db, as_of, SHOWN),
            ahead,
            _best(db, values),
            _rows(db, FALLBACKS, values),
            service_curve(db, policy, as_of),
            _rows(db, METHODS),
            _rows(db, SUGGESTED),
            _rows(db, SUPPLIERS),
        )


def _best(db: Connection, values: Row) -> list[Item]:
    columns: frames.Columns = {"week_start": pl.Date, "facility_id": pl.String, "sku": pl.String, "pieces": pl.Float64}
    known = _rows(db, BEST, values)
    if not known:
        return []
    weeks = frames.read(db, SOLD.format(**values), columns)
    found = []
    for one in known:
        ahead = frames.fetch(db, OF_ITEM, values | one, AHEAD_COLUMNS)
        mine = weeks.filter(pl.col("facility_id") == one["facility_id"], pl.col("sku") == one["sku"])
        found.append(Item(**one, sold=_every_week(mine, values), ahead=ahead))
    return found


OF_ITEM: LiteralString = """
select week_start, mean, q10, q90 from planning.forecasts
where forecast_id = %(forecast_id)s and facility_id = %(facility_id)s and sku = %(sku)s order by 1
"""


def _every_week(sold: pl.DataFrame, values: Row) -> pl.DataFrame:
    """From the first week with a sale on; one without has none sold."""
    starts = pl.DataFrame({"week_start": [values["since"] + timedelta(days=WEEK * week) for week in range(SHOWN)]})
    first = sold["week_start"].min()
    whole = starts.filter(pl.col("week_start") >= first) if first is not None else starts.clear()
    return whole.join(sold.select("week_start", "pieces"), on="week_start", how="left").with_columns(
        pl.col("pieces").fill_null(0)
    )


def _rows(db: Connection, query: LiteralString, values: Row | None = None) -> list[Row]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
