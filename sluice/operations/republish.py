"""Between two plans: whatever moved is decided anew at once, and the numbers that it changes are queued with the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from psycopg import Connection

from sluice.operations import decisions, frames
from sluice.operations.decisions import POSITION_COLUMNS, Run
from sluice.operations.outbox import Outlet, queue
from sluice.planning.replan import Basis, replan
from sluice.planning_policy import Planning

AT_ONCE = 5_000
"""Changes that one decision takes at most; how long it takes stays within a second or two."""
HOLDS_AT_ONCE = 1_000

TAKEN = """
delete from ops.stock_changes where change_id in (select change_id from ops.stock_changes order by change_id limit %s)
returning sku
"""
# Known items that moved after they were last decided: changes that got lost with a database, a facility that is counted again.
BEHIND = """
select distinct a.sku
from ops.available as a
left join planning.decided as d on d.facility_id = a.facility_id and d.sku = a.sku
where a.is_known and a.movement_id > coalesce(d.movement_id, 0)
"""
# All facilities of the SKUs of which a known item moved since it was decided.
POSITIONS = """
select
    a.facility_id, a.sku, a.on_hand, a.committed, a.held, a.presale_reserve, a.movement_id, a.is_known,
    coalesce(d.movement_id, 0) as decided_movement_id
from ops.available as a
left join planning.decided as d on d.facility_id = a.facility_id and d.sku = a.sku
where a.sku = any(%(skus)s)
"""
DECIDED_COLUMNS: frames.Columns = {**POSITION_COLUMNS, "decided_movement_id": pl.Int64}
SAFETY = "select facility_id, sku, safety_stock from planning.safety_stock where run_id = %(run)s and sku = any(%(skus)s)"
SAFETY_COLUMNS: frames.Columns = {"facility_id": pl.String, "sku": pl.String, "safety_stock": pl.Int64}
DEMAND = """
select facility_id, sku, channel, shop, expected, spread from planning.basis where run_id = %(run)s and sku = any(%(skus)s)
"""
DEMAND_COLUMNS: frames.Columns = {
    "facility_id": pl.String,
    "sku": pl.String,
    "channel": pl.String,
    "shop": pl.String,
    "expected": pl.Float64,
    "spread": pl.Float64,
}
# A plan of before there was a ledger decided nothing that could be decided anew.
PLAN = """
select run_id, as_of, policy from planning.runs
where kind = 'plan' and finished_at is not null and exists (select from planning.decided)
order by run_id desc limit 1
"""
SHOPS = "select distinct channel, shop from planning.basis where run_id = %s order by 1, 2"
# Whose orders moved which SKU after it was last decided: the shop's own counter moved with them.
MOVED = """
select distinct m.channel, m.shop, m.sku
from unnest(%s::text[], %s::text[], %s::bigint[]) as i (facility_id, sku, decided)
inner join ops.stock_movements as m on m.facility_id = i.facility_id and m.sku = i.sku and m.movement_id > i.decided
where m.channel is not null
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is reused of the newest plan: its day, its policy and its shops."""

    run_id: int
    as_of: date
    policy: Planning
    raw_policy: Mapping[str, Any]
    shops: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did. `run_id` None: nothing had moved. `changes` are entries of ops.stock_changes that were taken.

    `items`: decided, in rows of SKU and facility. `queued`: messages by outlet, only where there are any.
    """

    run_id: int | None
    changes: int
    items: int
    queued: Mapping[str, int]


class Republisher:
    """Decides on one connection, pass by pass. It keeps the newest plan's policy in mind, which is read once a plan."""

    def __init__(self, db: Connection, outlets: Sequence[Outlet]) -> None:
        self.db = db
        self.outlets = outlets
        self._plan: Plan | None = None

    def expire(self) -> int:
        """End holds whose time is over; how many."""
        ended = 0
        while True:
            with self.db.transaction():
                row = self.db.execute("select ops.expire_holds(%s)", (HOLDS_AT_ONCE,)).fetchone()
            count = int(row[0]) if row else 0
            ended += count
            if count < HOLDS_AT_ONCE:
                return ended

    def has_work(self) -> bool:
        """Whether anything moved that nobody decided about; cheap."""
        with self.db.transaction():
            return self.db.execute("select from ops.stock_changes limit 1").rowcount > 0

    def decide(self, sweep: bool = False) -> Pass:
        """Take what moved, decide it anew and queue what that changes: one transaction, so that nothing is lost or done twice.

        `sweep` also looks for items that moved and are in no queue. Without a plan there is nothing to decide with: all is left.
        """
        with decisions.turn(self.db):
            plan = self._newest_plan()
            if plan is None:
                return Pass(None, 0, 0, {})
            taken = [sku for (sku,) in self.db.execute(TAKEN, (AT_ONCE,))]
            wanted = {*taken, *(sku for (sku,) in (self.db.execute(BEHIND) if sweep else ()))}
            if not wanted:
                return Pass(None, 0, 0, {})
            stock = self._positions(sorted(wanted))
            if stock.is_empty():
                return Pass(None, len(taken), 0, {})
            return self._decide(plan, stock, len(taken))

    def _decide(self, plan: Plan, stock: pl.DataFrame, taken: int) -> Pass:
        skus = stock["sku"].unique().sort().to_list()
        values = {"run": plan.run_id, "skus": skus}
        safety = frames.fetch(self.db, SAFETY, values, SAFETY_COLUMNS)
        demand = frames.fetch(self.db, DEMAND, values, DEMAND_COLUMNS)
        made = replan(stock, Basis(safety, demand, plan.shops), plan.policy)
        moved = self._moved(stock)
        run = Run("event", plan.as_of, plan.raw_policy, plan.run_id)
        run_id = decisions.append(self.db, run, {"stock_plan": made.stock_plan, "quotas": made.quotas}, stock)
        queued = {
            outlet.name: count
            for outlet in self.outlets
            if (count := queue(self.db, outlet, skus, moved.get((outlet.channel, outlet.shop), ())))
        }
        return Pass(run_id, taken, made.stock_plan.height, queued)

    def _positions(self, skus: Sequence[str]) -> pl.DataFrame:
        """All facilities of those of `skus` that there is something new to decide about."""
        stock = frames.fetch(self.db, POSITIONS, {"skus": list(skus)}, DECIDED_COLUMNS)
        news = stock.filter(pl.col("is_known"), pl.col("movement_id") > pl.col("decided_movement_id"))
        return stock.filter(pl.col("sku").is_in(news["sku"].unique().to_list()))

    def _moved(self, stock: pl.DataFrame) -> dict[tuple[str, str], list[str]]:
        """SKUs that each shop's orders moved since the last decision."""
        items = stock.select("facility_id", "sku", "decided_movement_id")
        found: dict[tuple[str, str], list[str]] = {}
        for channel, shop, sku in self.db.execute(MOVED, [items[name].to_list() for name in items.columns]):
            found.setdefault((channel, shop), []).append(sku)
        return found

    def _newest_plan(self) -> Plan | None:
        row = self.db.execute(PLAN).fetchone()
        if row is None:
            return None
        run_id, as_of, policy = row
        if self._plan is None or self._plan.run_id != run_id:
            shops = tuple((channel, shop) for channel, shop in self.db.execute(SHOPS, (run_id,)))
            self._plan = Plan(run_id, as_of, Planning.model_validate(policy), policy, shops)
        return self._plan
