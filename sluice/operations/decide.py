"""Plan from the warehouse as it is: read frames, let planning decide, append what it decided and put it in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from psycopg import Connection

from sluice.operations import decisions, frames
from sluice.operations.absorb import absorb
from sluice.operations.as_of import first_day_unknown
from sluice.operations.decisions import POSITION_COLUMNS, Run
from sluice.operations.forecast import believed
from sluice.operations.kept_levels import seen
from sluice.operations.levels import levels_of
from sluice.operations.outbox import Outlet, queue
from sluice.planning.plan import Plan, expected_demand, items_of, plan
from sluice.planning_policy import Planning, policy_as_json

DEMAND = """
select demand_date, channel, shop, facility_id, sku, quantity, returned_quantity from marts.demand_daily
where demand_date >= date '{since}' and demand_date < date '{until}'
"""
DEMAND_COLUMNS: frames.Columns = {
    "demand_date": pl.Date,
    "channel": pl.String,
    "shop": pl.String,
    "facility_id": pl.String,
    "sku": pl.String,
    "quantity": pl.Int64,
    "returned_quantity": pl.Int64,
}
# An item that sold where nothing of it was ever counted is unknown unless the facility is counted at all: then there is none.
POSITION = """
with items as (
    select facility_id, sku from ops.stock_positions
    union
    select facility_id collate "C", sku collate "C" from marts.demand_daily
    where demand_date >= date '{since}' and demand_date < date '{until}'
)
select
    i.facility_id, i.sku, coalesce(p.on_hand, 0) as on_hand, coalesce(p.committed, 0) as committed, coalesce(p.held, 0) as held,
    coalesce(p.presale_reserve, 0) as presale_reserve, coalesce(p.movement_id, 0) as movement_id,
    case when f.counted_at >= now() - o.stale_after then 'true' else 'false' end as is_known
from items as i
cross join ops.stock_policy as o
left join ops.stock_positions as p on p.facility_id = i.facility_id and p.sku = i.sku
left join ops.stock_feeds as f on f.facility_id = i.facility_id
"""
NEWEST = """
select facility_id, sku, channel, shop, published from planning.quotas
where run_id = (select max(run_id) from planning.runs where finished_at is not null and kind = 'plan')
"""
IN_FORCE = """
select facility_id, sku, channel, shop, published
from planning.quotas inner join planning.decided using (run_id, facility_id, sku)
"""
PUBLISHED_COLUMNS: frames.Columns = {
    "facility_id": pl.String,
    "sku": pl.String,
    "channel": pl.String,
    "shop": pl.String,
    "published": pl.Int64,
}
# Of one run, or of every decision in force.
INVARIANT = """
with meant as (
    select run_id, facility_id, sku from planning.stock_plan where run_id = %(run)s
    union all
    select run_id, facility_id, sku from planning.decided where %(run)s::bigint is null
)
select count(*) from meant inner join planning.stock_plan as p using (run_id, facility_id, sku)
where
    least(p.safety_stock, p.presale_reserve, p.committed, p.held, p.quota_total, p.shared_pool, p.oversold) < 0
    or p.on_hand + p.oversold <> p.safety_stock + p.presale_reserve + p.committed + p.held + p.quota_total + p.shared_pool
    or p.quota_total <> (
        select coalesce(sum(q.quota), 0) from planning.quotas as q
        where q.run_id = p.run_id and q.facility_id = p.facility_id and q.sku = p.sku
    )
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """A finished plan: how many rows it has, the pieces promised beyond what is on hand, the numbers queued for shops.

    `items_unknown`: items whose facility wasn't counted lately enough to be believed; nothing is decided about them.
    """

    run_id: int
    as_of: date
    safety_stock_rows: int
    stock_plan_rows: int
    quota_rows: int
    pieces_oversold: int
    items_unknown: int = 0
    queued: int = 0


def decide(db: Connection, policy: Planning, outlets: Sequence[Outlet] = ()) -> Decision:
    """Plan once, append it as a run, put it in force and queue all its numbers for the outlets, all in one transaction.

    What was landed and not taken in yet is taken in first. What the caller left open is committed.
    """
    absorb(db)
    with decisions.turn(db):
        as_of, made, stock, forecast_id = _planned(db, policy)
        run = Run("plan", as_of, policy_as_json(policy), forecast_id=forecast_id, seen=seen(db, as_of))
        run_id = decisions.append(db, run, {table: getattr(made, table) for table in Plan.__slots__}, stock)
        db.execute("delete from ops.stock_changes")  # of this snapshot: all that the plan has seen
        queued = sum(queue(db, outlet, everything=True) for outlet in outlets)
    return Decision(
        run_id=run_id,
        as_of=as_of,
        safety_stock_rows=made.safety_stock.height,
        stock_plan_rows=made.stock_plan.height,
        quota_rows=made.quotas.height,
        pieces_oversold=int(made.stock_plan["oversold"].sum()),
        items_unknown=stock.filter(~pl.col("is_known")).height,
        queued=queued,
    )


def planned(db: Connection, policy: Planning) -> tuple[date, Plan]:
    """The plan that the warehouse as it is gives under `policy`, and the day it looks from. Nothing is written."""
    as_of, made, *_ = _planned(db, policy)
    return as_of, made


def in_force(db: Connection) -> pl.DataFrame:
    """facility_id, sku, channel, shop, published: of every item the newest decision there is."""
    decided = frames.read(db, IN_FORCE, PUBLISHED_COLUMNS)
    return decided if decided.height else frames.read(db, NEWEST, PUBLISHED_COLUMNS)


def newest_run(db: Connection) -> int | None:
    """The newest finished plan."""
    row = db.execute("select max(run_id) from planning.runs where finished_at is not null and kind = 'plan'").fetchone()
    return row[0] if row else None


def invariant_violations(db: Connection, run_id: int | None = None) -> int:
    """Rows of a run in which a piece is missing or counted twice; of all decisions in force where no run is named."""
    row = db.execute(INVARIANT, {"run": run_id}).fetchone()
    return row[0] if row else 0


def _planned(db: Connection, policy: Planning) -> tuple[date, Plan, pl.DataFrame, int | None]:
    """With the positions that it is made from, and the forecast's id."""
    as_of = first_day_unknown(db, policy)
    told = believed(db, policy, as_of)
    forecast_id, forecast = told or (None, None)
    days = {"since": as_of - timedelta(days=policy.history_days), "until": as_of}
    rates = expected_demand(frames.read(db, DEMAND.format(**days), DEMAND_COLUMNS), policy, as_of, forecast)
    stock = frames.read(db, POSITION.format(**days), POSITION_COLUMNS)
    levels = levels_of(db, items_of(stock, rates), policy, as_of, told)
    return as_of, plan(levels, rates.channels, stock, policy), stock, forecast_id
