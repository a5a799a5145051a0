"""Decisions are made one after the other, each from one look at the ledger; the newest of an item is the one in force."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from sluice.operations import frames

ITEM = ["facility_id", "sku"]
POSITION_COLUMNS: frames.Columns = {
    "facility_id": pl.String,
    "sku": pl.String,
    "on_hand": pl.Int64,
    "committed": pl.Int64,
    "held": pl.Int64,
    "presale_reserve": pl.Int64,
    "movement_id": pl.Int64,
    "is_known": pl.Boolean,
}
"""What a decision reads of an item's position."""
IN_FORCE = """
insert into planning.decided (facility_id, sku, run_id, movement_id)
select facility_id, sku, run_id, movement_id from planning.stock_plan where run_id = %s
on conflict (facility_id, sku) do update set run_id = excluded.run_id, movement_id = excluded.movement_id
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a decision is made for: all items by a plan, or a few between two plans with what the plan `base_run_id` found out.

    `forecast_id`: the forecast that a plan's demand is from; `seen`: what its levels were made from (kept_levels.py).
    """

    kind: Literal["plan", "event"]
    as_of: date
    policy: Mapping[str, Any]
    base_run_id: int | None = None
    forecast_id: int | None = None
    seen: Mapping[str, Any] | None = None


@contextmanager
def turn(db: Connection) -> Iterator[None]:
    """A transaction that nobody else decides in, on one snapshot of the ledger. What the caller left open is committed first.

    The lock comes before the snapshot (`lock table` takes none), so whoever decides later knows all that was known before, and
    an older decision is never in force over a newer one.
    """
    if db.info.transaction_status != TransactionStatus.IDLE:
        db.commit()
    with db.transaction():
        db.execute("set transaction isolation level repeatable read")
        db.execute("lock table planning.turn in share row exclusive mode")
        yield


def append(db: Connection, run: Run, tables: Mapping[str, pl.DataFrame], positions: pl.DataFrame) -> int:
    """Append a decision and put it in force; its run_id. `positions` says by movement_id how far of each item it knows."""
    row = db.execute(
        "insert into planning.runs (as_of, policy, kind, base_run_id, forecast_id, seen, started_at)"
        " values (%s, %s, %s, %s, %s, %s, clock_timestamp()) returning run_id",
        (run.as_of, Jsonb(run.policy), run.kind, run.base_run_id, run.forecast_id, Jsonb(run.seen) if run.seen else None),
    ).fetchone()
    assert row
    run_id = int(row[0])
    seen = positions.select(*ITEM, "movement_id")
    for table, frame in tables.items():
        rows = frame.join(seen, on=ITEM, how="left") if table == "stock_plan" else frame
        if rows.height:
            frames.write(db, f"planning.{table}", rows.select(pl.lit(run_id).alias("run_id"), pl.all()))
    db.execute("update planning.runs set finished_at = clock_timestamp() where run_id = %s", (run_id,))
    db.execute(IN_FORCE, (run_id,))
    return run_id
