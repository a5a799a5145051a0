"""`sluice plan`, `sluice quotas` and `sluice quotas preview`."""

import json
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.tables import wide
from sluice.config import ConfigError, load_policy
from sluice.operations.decide import decide, in_force, newest_run, planned
from sluice.operations.outbox import outlets
from sluice.planning.preview import Preview, preview
from sluice.planning_policy import Planning

QUOTAS = """
select
    p.sku, p.facility_id, p.on_hand, p.safety_stock, p.presale_reserve, p.committed, p.shared_pool, p.oversold,
    coalesce(string_agg(
        format('%%s/%%s %%s (%%s)', q.channel, q.shop, q.quota, q.published), ', ' order by q.channel, q.shop
    ), '') as channels
from planning.stock_plan as p
left join planning.quotas as q using (run_id, sku, facility_id)
where p.run_id = %(run)s and (%(sku)s::text is null or p.sku = %(sku)s)
    and (%(channel)s::text is null or q.channel || '/' || q.shop = %(channel)s)
group by 1, 2, 3, 4, 5, 6, 7, 8
order by p.on_hand desc, p.sku, p.facility_id
limit %(limit)s
"""


def plan(path: Path | None, as_json: bool) -> None:
    """Plan, and say what came of it."""
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        has_marts(db)
        decision = decide(db, ready.config.planning, list(outlets(ready.config)))
    if as_json:
        print(json.dumps({name: getattr(decision, name) for name in decision.__slots__}, default=str))
        return
    Console().print(
        f"Plan {decision.run_id}, as of {decision.as_of}: safety stock for {decision.safety_stock_rows:,} items, quotas in "
        f"{decision.quota_rows:,} rows, {decision.pieces_oversold:,} pieces oversold. "
        f"{decision.queued:,} numbers are queued for the shops. `sluice quotas` shows it."
    )


def show_quotas(path: Path | None, sku: str | None, channel: str | None, limit: int, as_json: bool) -> None:
    """The newest plan's rows; quota, and in brackets the number published with what the channel may take of the pool."""
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        run_id = newest_run(db)
        if run_id is None:
            raise ConfigError("nothing is planned yet: `sluice run` or `sluice plan` does it")
        with db.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(QUOTAS, {"run": run_id, "sku": sku, "channel": channel, "limit": limit}).fetchall()
    if as_json:
        print(json.dumps(rows, default=str, indent=2))
    else:
        wide().print(_table(run_id, rows))


def show_preview(path: Path | None, policy: Path, limit: int, as_json: bool) -> None:
    """What the policy would publish instead of the numbers in force. Nothing is written."""
    rules = load_policy(policy, path)
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        made = previewed(db, rules)
    if as_json:
        print(json.dumps({"channels": made.channels.to_dicts(), "changes": made.changes.head(limit).to_dicts()}, indent=2))
        return
    console = wide()
    console.print(_channels_table(made))
    if made.changes.height:
        console.print(_changes_table(made, limit))


def previewed(db: Connection, policy: Planning) -> Preview:
    """The plan under `policy` beside the decision in force, read in one transaction that can't write."""
    has_marts(db)
    with db.transaction():
        db.execute("set transaction isolation level repeatable read, read only")
        return preview(in_force(db), planned(db, policy)[1].quotas)


def has_marts(db: Connection) -> None:
    """ConfigError where there is nothing to plan from."""
    with db.transaction():
        if db.execute("select to_regclass('marts.demand_daily')").fetchone() == (None,):
            raise ConfigError("there is nothing to plan from yet: `sluice run` lands orders and builds the marts first")


def _channels_table(made: Preview) -> Table:
    table = Table(title="What would change against the numbers in force", title_justify="left")
    for name in ("channel", "SKUs up", "down", "unchanged", "pieces before", "after"):
        table.add_column(name, justify="left" if name == "channel" else "right")
    for channel, shop, *numbers in made.channels.iter_rows():
        table.add_row(f"{channel}/{shop}", *(f"{number:,}" for number in numbers))
    return table


def _changes_table(made: Preview, limit: int) -> Table:
    shown = made.changes.head(limit)
    table = Table(title=f"The largest {shown.height} of {made.changes.height:,} changes: pieces", title_justify="left")
    for name in ("channel", "sku", "before", "after", "because"):
        table.add_column(name, justify="right" if name in ("before", "after") else "left")
    for row in shown.iter_rows(named=True):
        pieces = (f"{row[name]:,}" for name in ("before", "after"))
        table.add_row(f"{row['channel']}/{row['shop']}", row["sku"], *pieces, escape(row["rule"]))
    return table


def _table(run_id: int, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=f"Plan {run_id}: pieces", title_justify="left")
    for name in ("sku", "facility", "on hand", "safety", "presale", "committed", "pool", "oversold", "quota (published)"):
        table.add_column(name, justify="left" if name in ("sku", "facility", "quota (published)") else "right")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
    return table
