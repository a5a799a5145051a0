"""`sluice status`: what runs, what the last run came to, what has been landed."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sluice import config as configuration
from sluice import warehouse

LANDED = """
select channel, shop, stream, count(*) as files, sum(records) as records, max(landed_at) as last_landed_at
from raw.manifest group by 1, 2, 3 order by 1, 2, 3
"""


def status(path: Path | None, as_json: bool) -> None:
    """Works without starting anything; what can only be known from a running server is left out."""
    configuration.load(path)
    found = {"home": str(warehouse.home()), "up": _note("up.json"), "last_run": _note("last_run.json"), "landed": _landed()}
    if as_json:
        print(json.dumps(found, default=str, indent=2))
        return
    _show(found, Console())


def _note(name: str) -> dict[str, Any] | None:
    file = warehouse.home() / name
    return json.loads(file.read_text()) if file.exists() else None


def _landed() -> list[dict[str, Any]] | None:
    try:
        address = warehouse.url()
    except configuration.ConfigError:
        return None
    with warehouse.connect(address) as db:
        if db.execute("select to_regclass('raw.manifest')").fetchone() == (None,):
            return []
        cursor = db.execute(LANDED)
        names = [column.name for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor]


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
    if found["landed"] is None:
        console.print("PostgreSQL is stopped, so what was landed can't be read now.")
        return
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
