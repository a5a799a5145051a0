"""`sluice replenish sheet`: what a supplier is told of the weeks to come."""

from pathlib import Path

from rich.console import Console

from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.tables import print_json, print_table, write_csv
from sluice.config import ConfigError
from sluice.operations.replenish import newest
from sluice.operations.supplier_sheet import SHEET_COLUMNS, sheet, suppliers

SHOWN = ("sku", "facility_id", "week_start", "forecast", "due", "planned_order", "planned_receipt", "projected_stock")


def show(path: Path | None, supplier: str, csv: Path | None, as_json: bool) -> None:
    """The newest run's sheet. Raises ConfigError where there is no run, or none of its items is that supplier's."""
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        run = newest(db)
        rows = sheet(db, supplier)
        known = suppliers(db) if not rows else []
    if run is None:
        raise ConfigError("nothing is suggested yet: `sluice run` or `sluice replenish --new` does it")
    if not rows:
        others = f"it has {', '.join(known)}" if known else "it knows no supplier: no purchase order of the ERP says one"
        raise ConfigError(f"replenishment {run} has no sheet for {supplier!r}; {others}")
    if csv is not None:
        write_csv(csv, SHEET_COLUMNS, rows)
    if as_json:
        print_json(rows)
    elif csv is not None:
        Console().print(f"{len(rows):,} rows are in {csv}.", highlight=False)
    else:
        cells = [[round(row[name], 1) if isinstance(row[name], float) else row[name] for name in SHOWN] for row in rows]
        name = rows[0]["supplier"] or rows[0]["supplier_id"]
        print_table(f"{name}, replenishment {run}: pieces by week", [one.replace("_", " ") for one in SHOWN], cells)
