"""Plan from the warehouse as it is: read frames, let planning decide, append what it decided."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl
from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.config import Planning
from sluice.operations import frames
from sluice.planning.lead_time import lead_times
from sluice.planning.plan import Plan, plan

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
POSITION = "select facility_id, sku, on_hand, committed, presale_reserved, incoming_quantity from marts.stock_position"
POSITION_COLUMNS: frames.Columns = {
    "facility_id": pl.String,
    "sku": pl.String,
    "on_hand": pl.Int64,
    "committed": pl.Int64,
    "presale_reserved": pl.Int64,
    "incoming_quantity": pl.Int64,
}
PURCHASES = """
select channel, shop, po_id, supplier_id, sku, to_char(ordered_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as ordered_at,
    to_char(received_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as received_at
from unified.purchase_order_lines
"""
PURCHASE_COLUMNS: frames.Columns = {
    "channel": pl.String,
    "shop": pl.String,
    "po_id": pl.String,
    "supplier_id": pl.String,
    "sku": pl.String,
    "ordered_at": pl.Datetime("us", "UTC"),
    "received_at": pl.Datetime("us", "UTC"),
}
NEWEST = """
select facility_id, sku, channel, shop, published from planning.quotas
where run_id = (select max(run_id) from planning.runs where finished_at is not null)
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
INVARIANT = """
select count(*) from planning.stock_plan
where run_id = %s and (
    least(safety_stock, presale_reserve, committed, quota_total, shared_pool, oversold) < 0
    or on_hand + oversold <> safety_stock + presale_reserve + committed + quota_total + shared_pool
    or quota_total <> (
        select coalesce(sum(q.quota), 0) from planning.quotas as q
        where q.run_id = stock_plan.run_id and q.facility_id = stock_plan.facility_id and q.sku = stock_plan.sku
    )
)
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """A finished plan: how many rows it has, and the pieces promised beyond what is on hand."""

    run_id: int
    as_of: date
    safety_stock_rows: int
    stock_plan_rows: int
    quota_rows: int
    pieces_oversold: int


def decide(db: Connection, policy: Planning) -> Decision:
    """Plan once and append it as a run, all in one transaction."""
    with db.transaction():
        db.execute("set transaction isolation level repeatable read")
        as_of, made = planned(db, policy)
        run_id = _open(db, policy, as_of)
        for table in Plan.__slots__:
            _append(db, table, getattr(made, table).select(pl.lit(run_id).alias("run_id"), pl.all()))
        db.execute("update planning.runs set finished_at = clock_timestamp() where run_id = %s", (run_id,))
    return Decision(
        run_id=run_id,
        as_of=as_of,
        safety_stock_rows=made.safety_stock.height,
        stock_plan_rows=made.stock_plan.height,
        quota_rows=made.quotas.height,
        pieces_oversold=int(made.stock_plan["oversold"].sum()),
    )


def planned(db: Connection, policy: Planning) -> tuple[date, Plan]:
    """The plan that the warehouse as it is gives under `policy`, and the day it looks from. Nothing is written."""
    as_of = _as_of(db, policy)
    since = as_of - timedelta(days=policy.history_days)
    purchases = frames.read(db, PURCHASES, PURCHASE_COLUMNS)
    return as_of, plan(
        frames.read(db, DEMAND.format(since=since, until=as_of), DEMAND_COLUMNS),
        lead_times(purchases, policy),
        frames.read(db, POSITION, POSITION_COLUMNS),
        policy,
        as_of,
    )


def in_force(db: Connection) -> pl.DataFrame:
    """facility_id, sku, channel, shop, published: the newest decision there is."""
    if db.execute("select to_regclass('planning.decided')").fetchone() != (None,):
        decided = frames.read(db, IN_FORCE, PUBLISHED_COLUMNS)
        if decided.height:
            return decided
    return frames.read(db, NEWEST, PUBLISHED_COLUMNS)


def newest_run(db: Connection) -> int | None:
    """The newest finished plan."""
    row = db.execute("select max(run_id) from planning.runs where finished_at is not null").fetchone()
    return row[0] if row else None


def invariant_violations(db: Connection, run_id: int) -> int:
    """Rows of a run in which a piece is missing or counted twice."""
    row = db.execute(INVARIANT, (run_id,)).fetchone()
    return row[0] if row else 0


def _as_of(db: Connection, policy: Planning) -> date:
    """The first day the plan does not know yet: the day after the newest demand for `last_order`."""
    if isinstance(policy.as_of, date):
        return policy.as_of
    today = datetime.now(UTC).date()
    if policy.as_of == "today":
        return today
    row = db.execute("select max(demand_date) from marts.demand_daily").fetchone()
    return row[0] + timedelta(days=1) if row and row[0] else today


def _open(db: Connection, policy: Planning, as_of: date) -> int:
    row = db.execute(
        "insert into planning.runs (as_of, policy, started_at) values (%s, %s, clock_timestamp()) returning run_id",
        (as_of, Jsonb(policy.model_dump(mode="json", by_alias=True))),
    ).fetchone()
    assert row
    return int(row[0])


def _append(db: Connection, table: str, frame: pl.DataFrame) -> None:
    """Append the columns that the table has; a table that is not there yet is left out."""
    rows = db.execute(
        "select column_name from information_schema.columns where table_schema = 'planning' and table_name = %s", (table,)
    ).fetchall()
    if rows:
        frames.write(db, f"planning.{table}", frame.select([name for (name,) in rows if name in frame.columns]))
