"""`sluice status`: what runs, what the last run came to, what is wrong now, what has been landed."""

import json
import os
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from sluice import config as configuration
from sluice import warehouse

LANDED = """
select channel, shop, stream, count(*) as files, sum(records) as records, max(landed_at) as last_landed_at
from raw.manifest group by 1, 2, 3 order by 1, 2, 3
"""
ALERTS = "select severity, title, detail, opened_at from ops.alerts where closed_at is null order by severity, opened_at"


def status(path: Path | None, as_json: bool) -> None:
    """An embedded server that is stopped is started for the length of the look; one that was never made stays unmade."""
    configuration.load(path)
    found: dict[str, Any] = {"home": str(warehouse.home()), "up": _note("up.json"), "last_run": _note("last_run.json")}
    found |= {"alerts": [], "landed": []}
    if os.environ.get("SLUICE_DATABASE_URL") or (warehouse.home() / "postgres" / "password").exists():
        with warehouse.running() as address, warehouse.connect(address) as db:
            found |= {"alerts": _rows(db, "ops.alerts", ALERTS), "landed": _rows(db, "raw.manifest", LANDED)}
    if as_json:
        print(json.dumps(found, default=str, indent=2))
    else:
        _show(found, Console())


def _note(name: str) -> dict[str, Any] | None:
    file = warehouse.home() / name
    return json.loads(file.read_text()) if file.exists() else None


def _rows(db: Connection, table: str, query: str) -> list[dict[str, Any]]:
    """None where the database was never prepared."""
    if db.execute("select to_regclass(%s)", (table,)).fetchone() == (None,):
        return []
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def _show(found: dict[str, Any], console: Console) -> None:
    running = found["up"]
    console.print(
        f"Running: Dagster UI http://127.0.0.1:{running['ui']}, data service http://127.0.0.1:{running['api']}/docs"
        if running
        else "Nothing is kept running (`sluice up` does).",
        highlight=False,
    )
    last = found["last_run"]
    if last:
        outcome = "[green]everything agreed[/]" if last["success"] else "[red]not everything agreed[/]"
        console.print(f"Last run: {outcome}, {last['seconds']} s; checks {last['checks']}", highlight=False)
    else:
        console.print("No run yet (`sluice run`).")
    for alert in found["alerts"]:
        colour = "red" if alert["severity"] == "critical" else "yellow"
        since = f"{alert['opened_at']:%Y-%m-%d %H:%M} UTC"
        console.print(f"[{colour}]open since {since}[/] {alert['title']}  {alert['detail']}", highlight=False)
    table = Table(title="Landed", title_justify="left")
    for name in ("stream", "lake files", "records", "last"):
        table.add_column(name, justify="left" if name in ("stream", "last") else "right")
    for row in found["landed"]:
        table.add_row(
            f"{row['channel']}/{row['shop']} {row['stream']}",
            f"{row['files']:,}",
            f"{row['records'] or 0:,}",
            f"{row['last_landed_at']:%Y-%m-%d %H:%M} UTC",
        )
    console.print(table)
