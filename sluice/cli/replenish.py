"""`sluice replenish`: suggestions for people, for a program, for a spreadsheet."""

from pathlib import Path
from typing import LiteralString

from psycopg.rows import dict_row
from rich.console import Console

from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.plan import has_marts
from sluice.cli.tables import print_json, print_table, write_csv
from sluice.config import ConfigError
from sluice.operations.replenish import newest, replenish

COLUMNS: LiteralString = """
    replenishment_id, kind, state, supplier_id, supplier, from_facility_id, facility_id, sku, quantity, wanted, pegged, unit_cost,
    amount, currency, po_id, line_id, expected_on, needed_on, reason
"""
SUGGESTIONS: LiteralString = f"""
select {COLUMNS}
from planning.replenishment_suggestions
where
    replenishment_id = %(run)s and (%(kind)s::text is null or kind = %(kind)s)
    and (%(supplier)s::text is null or %(supplier)s in (supplier_id, supplier))
order by supplier nulls first, kind, amount desc nulls last, sku, facility_id
"""
SHOWN = (
    "kind",
    "state",
    "supplier",
    "sku",
    "from_facility_id",
    "facility_id",
    "quantity",
    "pegged",
    "amount",
    "needed_on",
    "reason",
)


def show(
    path: Path | None, anew: bool, supplier: str | None, kind: str | None, csv: Path | None, limit: int, as_json: bool
) -> None:
    """The newest run's suggestions, made now where `anew`."""
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        has_marts(db)
        run = replenish(db, ready.config.planning).replenishment_id if anew else newest(db)
        if run is None:
            raise ConfigError("nothing is suggested yet: `sluice run` or `sluice replenish --new` does it")
        with db.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(SUGGESTIONS, {"run": run, "kind": kind, "supplier": supplier}).fetchall()
    if csv is not None:
        write_csv(csv, COLUMNS, rows)
    if as_json:
        print_json(rows)
        return
    if csv is not None:
        Console().print(f"{len(rows):,} suggestions are in {csv}.", highlight=False)
        return
    cells = [["" if row[name] is None else row[name] for name in SHOWN] for row in rows[:limit]]
    print_table(
        f"Replenishment {run}: {len(cells):,} of {len(rows):,} suggestions", [name.replace("_", " ") for name in SHOWN], cells
    )
