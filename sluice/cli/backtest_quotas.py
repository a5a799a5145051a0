"""`sluice quotas backtest`: a fixed percent, a pool and protected quotas on held-out weeks, and which of them to keep."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from sluice import config, warehouse
from sluice.cli.environment import environment
from sluice.cli.tables import wide
from sluice.config import ConfigError
from sluice.operations.simulation import Grounds, grounds, margins
from sluice.planning.twin.backtest import SPLITS, Verdict, classes, verdicts
from sluice.planning.twin.backtest import backtest as split_weeks

ADVICE = {
    "percent": "keep the fixed percent: no gain that is sure",
    "pool": "a shared pool",
    "nested": "quotas that protect the better channels",
}


def backtest(path: Path | None, weeks: int, stock: float | None, skus: int, as_json: bool) -> None:
    policy = config.load(path).planning
    with environment(path) as ready, warehouse.connect(ready.database) as db, db.transaction():
        db.execute("set transaction isolation level repeatable read, read only")
        if db.execute("select to_regclass('marts.demand_daily')").fetchone() == (None,):
            raise ConfigError("there is nothing to test on yet: `sluice run` lands orders and builds the marts first")
        known = grounds(db, policy, skus)
        if known is None:
            raise ConfigError("nothing was sold in the last 365 days before planning.as_of: there is nothing to test on")
        earned, blind = margins(db, known.records)
    try:
        came = split_weeks(known.records, known.company, earned, weeks, stock)
    except ValueError as fault:
        raise ConfigError(str(fault)) from fault
    found = verdicts(came, classes(known.records, weeks))
    said = _notes(known, weeks, stock, blind)
    if as_json:
        print(json.dumps({"weeks": weeks, "stock": stock, "notes": said, "classes": [asdict(one) for one in found]}, indent=2))
        return
    console = wide()
    for note in said:
        console.print(note)
    console.print(_table(found))
    for one in found:
        console.print(f"{one.kind}: {ADVICE[one.keep]}")


def _notes(known: Grounds, weeks: int, stock: float | None, blind: int) -> list[str]:
    worth = ", ".join(f"{one.channel}/{one.shop} {one.value:.2f}" for one in known.company.terms)
    of = "their own stock" if stock is None else f"stock for {stock:.0%} of what was expected"
    said = [
        f"The last {weeks} weeks before {known.records.until}, {len(known.records.skus):,} SKUs, {of}. Worth of a piece: {worth}."
    ]
    if len({one.value for one in known.company.terms}) == 1:
        said.append("All shops have the same priority and weight in planning.quotas: there is none to protect the pool for.")
    if blind:
        said.append(f"No cost is known of {blind:,} SKUs: their revenue counts as margin.")
    if known.uncounted and stock is None:
        said.append(f"Nobody counts stock in {', '.join(known.uncounted)}: 45 days of demand are taken for it.")
    return said


def _table(found: Sequence[Verdict]) -> Table:
    table = Table(title="Against a fixed percent; gains with their 95 % interval, base currency", title_justify="left")
    for heading in ("class", "SKUs", "margin", "pool", "protected", "lost: percent/pool/protected", "stranded", "keep"):
        table.add_column(heading, justify="left" if heading in ("class", "keep") else "right")
    for one in found:
        gains = ("{:+,.0f} ({:+,.0f}..{:+,.0f})".format(*one.gain[name]) for name in ("pool", "nested"))
        pieces = ("/".join(f"{counted[name]:,}" for name in SPLITS) for counted in (one.lost, one.stranded))
        table.add_row(one.kind, f"{one.skus:,}", f"{one.margin['percent']:,.0f}", *gains, *pieces, one.keep)
    return table
