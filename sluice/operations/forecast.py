"""Forecast from the warehouse as it is: batches of SKUs in, planning.forecast_* out, in one transaction."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
from psycopg import Connection

from sluice.operations import frames
from sluice.planning.demand_matrix import Known, closed_days, matrix
from sluice.planning.demand_signs import promoted_days, sold_out_days
from sluice.planning.expected import Expected
from sluice.planning.forecast import Forecast, forecast, learned, scores
from sluice.planning.forecasting.project import Learned
from sluice.planning.forecasting.week import WEEK
from sluice.planning_policy import Planning

BATCH = 4000
"""Items (a SKU at a facility) at a time, about: a batch of two years takes 200 MB."""
FRESH = timedelta(days=7)
"""How old a forecast may be that a plan believes."""
# A SKU's facilities are in one batch: they are made to add up. Batches are drawn by hash, so the first stands for all.
IN_BATCH = "mod(hashtext(sku)::bigint + 2147483648, {batches}) = {batch}"
ITEMS = """
select count(*)::integer from (
    select distinct facility_id, sku from marts.demand_daily where demand_date >= %(since)s and demand_date < %(until)s
) as items
"""
DEMAND = f"""
select demand_date, channel, shop, facility_id, sku, quantity, revenue_base as revenue from marts.demand_daily
where demand_date >= date '{{since}}' and demand_date < date '{{until}}' and {IN_BATCH}
"""
LINES = """
select facility_id, demand_date, count(*) as lines from marts.demand_daily
where demand_date >= date '{since}' and demand_date < date '{until}' and quantity > 0 group by 1, 2
"""
# Of items that somebody counts, from their first count or receipt on.
MOVES = f"""
select m.facility_id, m.sku, cast(m.occurred_at at time zone 'UTC' as date) as day,
    sum(m.on_hand - m.committed - m.held - m.presale_reserve) as moved
from ops.stock_movements as m
inner join (
    select facility_id, sku, min(occurred_at) as first_at from ops.stock_movements
    where kind in ('snapshot', 'receipt', 'adjustment', 'transfer_in') and {IN_BATCH} group by 1, 2
) as known on known.facility_id = m.facility_id and known.sku = m.sku and m.occurred_at >= known.first_at
group by 1, 2, 3
"""
DISCOUNTS = f"""
select facility_id, sku, ordered_date as day, sum(discount_amount) / nullif(sum(quantity * unit_price), 0) as share
from marts.fct_order_lines
where ordered_date >= date '{{since}}' and ordered_date < date '{{until}}' and order_kind = 'sale' and line_kind = 'product'
    and not is_cancelled and quantity > 0 and sku is not null and {IN_BATCH}
group by 1, 2, 3
"""
PRODUCTS = "select sku, category, price from marts.dim_products"
ITEM: frames.Columns = {"facility_id": pl.String, "sku": pl.String}
DEMAND_COLUMNS: frames.Columns = {
    "demand_date": pl.Date,
    "channel": pl.String,
    "shop": pl.String,
    **ITEM,
    "quantity": pl.Int64,
    "revenue": pl.Float64,
}
RATES: frames.Columns = {"demand_mean": pl.Float64, "demand_sd": pl.Float64}
NEWEST = """
select max(forecast_id) from planning.forecast_runs
where finished_at is not null and as_of <= %(as_of)s and as_of >= %(oldest)s
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished forecast. `planned_days`: days of promotions to come, of all items. `total` has week_start, mean, q10, q90 of
    everything together, to be shown."""

    forecast_id: int
    as_of: date
    items: int
    sold_out_days: int
    fallbacks: int
    planned_days: int
    models: pl.DataFrame
    total: pl.DataFrame


def make(db: Connection, policy: Planning, as_of: date, countries: Collection[str] = (), batch_items: int = BATCH) -> Made:
    """Forecast every item that sold within the policy's forecast_history_days. `countries`: whose festivals may matter."""
    with db.transaction():
        days = {"since": as_of - timedelta(days=policy.forecast_history_days), "until": as_of}
        found = db.execute(ITEMS, days).fetchone()
        items = int(found[0]) if found else 0
        row = db.execute(
            "insert into planning.forecast_runs (as_of, weeks) values (%s, %s) returning forecast_id",
            (as_of, policy.forecast_weeks),
        ).fetchone()
        assert row
        forecast_id, batches = int(row[0]), max(1, -(-items // batch_items))
        shared = _shared(db, policy, as_of, countries)
        known: Learned | None = None
        done: list[Forecast] = []
        for batch in range(batches):
            one, known = _batch(db, policy, as_of, shared, known, {**days, "batch": batch, "batches": batches})
            _write(db, forecast_id, one)
            done.append(_small(one))
        assert known
        models = scores(known.selection)
        frames.write(db, "planning.forecast_models", models.select(pl.lit(forecast_id).alias("forecast_id"), pl.all()))
        db.execute("update planning.forecast_runs set finished_at = clock_timestamp() where forecast_id = %s", (forecast_id,))
    told = pl.concat([one.items for one in done])
    return Made(
        forecast_id,
        as_of,
        told.height,
        int(told["sold_out_days"].sum()),
        int(told["model"].str.starts_with("fallback").sum()),
        int(sum(one.promotions["planned_days"].sum() for one in done)),
        models,
        pl.concat([one.weeks for one in done]).group_by("week_start").agg(pl.all().sum()).sort("week_start"),
    )


def sold(db: Connection, as_of: date, weeks: int) -> pl.DataFrame:
    """week_start, pieces: what was sold in each of the whole weeks before `as_of`."""
    query = f"""
    select date '{as_of}' + 7 * floor((demand_date - date '{as_of}') / 7.0)::integer as week_start, sum(quantity) as pieces
    from marts.demand_daily where demand_date >= date '{as_of}' - {WEEK * weeks} and demand_date < date '{as_of}'
    group by 1 order by 1
    """
    return frames.read(db, query, {"week_start": pl.Date, "pieces": pl.Float64})


Told = tuple[int, Expected]
"""A forecast's id, and its rates."""


def believed(db: Connection, policy: Planning, as_of: date) -> Told | None:
    """The forecast that decisions as of that day take their demand from; None where there is none, or the policy wants none."""
    return expected(db, as_of) if policy.demand == "forecast" else None


def expected(db: Connection, as_of: date) -> Told | None:
    """The newest forecast that a plan as of that day may believe, and its rates; None where there is none so fresh."""
    row = db.execute(NEWEST, {"as_of": as_of, "oldest": as_of - FRESH}).fetchone()
    if row is None or row[0] is None:
        return None
    forecast_id = int(row[0])
    of_run = f"from planning.{{}} where forecast_id = {forecast_id}"
    items = frames.read(db, f"select * {of_run.format('forecast_items')}", {**ITEM, **RATES})
    shops: frames.Columns = {"channel": pl.String, "shop": pl.String}
    channels = frames.read(db, f"select * {of_run.format('forecast_channels')}", {**ITEM, **shops, **RATES})
    return forecast_id, Expected(items, channels)


def _shared(db: Connection, policy: Planning, as_of: date, countries: Collection[str]) -> Known:
    """What all batches need; sold_out and promoted are each batch's own."""
    from sluice.planning.calendar import calendar
    from sluice.planning.festivals import COUNTRIES

    since, until = as_of - timedelta(days=policy.forecast_history_days), as_of + timedelta(days=WEEK * policy.forecast_weeks)
    lines = frames.read(
        db,
        LINES.format(since=since, until=as_of),
        {"facility_id": pl.String, "demand_date": pl.Date, "lines": pl.Int64},
    )
    days = calendar(since, until, set(countries) & set(COUNTRIES) or COUNTRIES)
    festive = days.filter(pl.col("kind").is_in(["public", "festival", "shopping", "closure"]))
    products: frames.Columns = {"sku": pl.String, "category": pl.String, "price": pl.Float64}
    nothing = pl.DataFrame(schema={**ITEM, "day": pl.Date})
    return Known(
        nothing,
        nothing,
        closed_days(lines, since, as_of),
        festive.select("name", day="date_day").unique().sort("name", "day"),
        frames.read(db, PRODUCTS, products),
        policy.promotions,
    )


def _batch(
    db: Connection, policy: Planning, as_of: date, shared: Known, known: Learned | None, where: dict[str, object]
) -> tuple[Forecast, Learned]:
    moves = frames.read(db, MOVES.format(**where), {**ITEM, "day": pl.Date, "moved": pl.Int64})
    discounts = frames.read(db, DISCOUNTS.format(**where), {**ITEM, "day": pl.Date, "share": pl.Float64})
    own = replace(shared, sold_out=sold_out_days(moves, as_of - timedelta(days=1)), promoted=promoted_days(discounts))
    demand = frames.read(db, DEMAND.format(**where), DEMAND_COLUMNS)
    found = matrix(demand, own, as_of, policy.forecast_history_days, WEEK * policy.forecast_weeks)
    known = known or learned(found, policy, as_of)
    return forecast(found, known, policy, as_of), known


def _write(db: Connection, forecast_id: int, made: Forecast) -> None:
    tables = {
        "forecast_items": made.items,
        "forecast_channels": made.channels,
        "forecasts": made.weeks,
        "forecast_promotions": made.promotions,
    }
    for table, frame in tables.items():
        if frame.height:
            frames.write(db, f"planning.{table}", frame.select(pl.lit(forecast_id).alias("forecast_id"), pl.all()))


def _small(made: Forecast) -> Forecast:
    """What is told of a batch once it is written: memory does not grow with batches."""
    sums = made.weeks.group_by("week_start").agg(pl.col("mean", "q10", "q90").sum())
    planned = made.promotions.select("planned_days")
    return Forecast(made.items.select("model", "sold_out_days"), made.channels.clear(), sums, planned)
