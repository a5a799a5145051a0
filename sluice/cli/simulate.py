"""`sluice simulate`: scenarios side by side in the twin, what each step brings, and how far the twin itself is off."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sluice import config, warehouse
from sluice.cli.environment import environment
from sluice.cli.tables import wide
from sluice.config import ConfigError
from sluice.operations.compare_scenarios import Asked, Simulation, prepared, simulation
from sluice.operations.simulation import Grounds
from sluice.planning.twin.compare import Outcome
from sluice.planning.twin.error import FEWEST, TwinError, days_told
from sluice.planning.twin.files import load_scenario
from sluice.planning.twin.history import Records
from sluice.planning.twin.measures import MONEY

SHOWN = {
    "stockout_rate": ("stock-outs", "{:.2%}"),
    "fill_rate": ("fill rate", "{:.2%}"),
    "turnover": ("turnover", "{:.1f}"),
    "stock": ("stock", "{:,.0f}"),
    "order_lines": ("order lines", "{:,.0f}"),
    "across_share": ("from elsewhere", "{:.1%}"),
    "split_share": ("split orders", "{:.1%}"),
    "carbon": ("g CO2e a piece", "{:,.0f}"),
    "margin": ("margin", "{:,.0f}"),
}
BY_STEP = ("stockout_rate", "turnover", "order_lines", "margin")


def simulate(path: Path | None, files: Sequence[Path], asked: Asked, html: Path | None, as_json: bool) -> None:
    """Read, simulate, show; a page too where one is asked for. `asked` is of the scenarios in `files`."""
    policy = config.load(path).planning
    asked = replace(asked, scenarios=[load_scenario(file, policy) for file in files])
    with environment(path) as ready, warehouse.connect(ready.database) as db, db.transaction():
        db.execute("set transaction isolation level repeatable read, read only")
        if db.execute("select to_regclass('marts.demand_daily')").fetchone() == (None,):
            raise ConfigError("there is nothing to simulate yet: `sluice run` lands orders and builds the marts first")
        known = prepared(db, policy, asked)
    if known is None:
        raise ConfigError("nothing was sold in the last 365 days before planning.as_of: there is nothing to simulate")
    if not as_json:
        Console(stderr=True).print(
            f"Simulating {asked.days} days of {len(known.records.skus):,} SKUs in {asked.seeds} worlds ..."
        )
    try:
        made = simulation(known, asked)
    except ValueError as fault:
        raise ConfigError(str(fault)) from fault
    if html:
        from sluice.cli.simulation_page import page

        html.write_text(page(made, notes(known, made)), encoding="utf-8")
    if as_json:
        print(json.dumps(as_dict(known, made), indent=2, default=str))
    else:
        _show(known, made)


def notes(known: Grounds, made: Simulation) -> list[str]:
    """What a reader has to know of the numbers."""
    records = known.records
    said = [
        f"{len(records.skus):,} of {known.skus:,} SKUs ({known.share:.0%} of the pieces), {len(records.channels)} shops, "
        f"{len(records.facilities)} facilities; {made.days} days "
        + (
            f"to come, drawn in {made.seeds} worlds"
            if made.drawn
            else f"before {records.until} again, {made.seeds} draws of supply"
        )
        + f"; intervals over {'worlds' if made.drawn else 'SKUs'}."
    ]
    if known.uncounted:
        said.append(f"Nobody counts stock in {', '.join(known.uncounted)}: there the twin starts with 45 days of demand.")
    return [*said, _held_against(records, made.error)]


def _held_against(records: Records, error: Sequence[TwinError]) -> str:
    """Of which days and facilities the twin's error is, or why there is none."""
    if not error:
        longest, _ = days_told(records, len(records.asked))
        return (
            f"The stock ledger tells the opening stock of {longest} days at most, and {FEWEST} are needed: the twin can't be "
            "held against what happened. A stock walked back by orders and receipts would agree with itself."
        )
    first = error[0]
    left = [name for name in records.facilities if name not in first.facilities]
    beside = f"; left out, as nobody counted so early: {', '.join(left)}" if left else ""
    return f"Twin error: {first.days} days from the stock that the ledger tells at {', '.join(first.facilities)}{beside}."


def as_dict(known: Grounds, made: Simulation) -> dict[str, Any]:
    return {
        "drawn": made.drawn,
        "days": made.days,
        "seeds": made.seeds,
        "notes": notes(known, made),
        "scenarios": [asdict(one) for one in made.outcomes],
        "error": [asdict(one) for one in made.error],
    }


def _show(known: Grounds, made: Simulation) -> None:
    console = wide()
    for note in notes(known, made):
        console.print(note)
    console.print(_table(made.outcomes))
    console.print(_steps(made.outcomes))
    if made.error:
        console.print(_error(made.error))


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Scenarios side by side", title_justify="left")
    table.add_column("scenario")
    for heading, _ in SHOWN.values():
        table.add_column(heading, justify="right")
    for one in outcomes:
        table.add_row(one.name, *(form.format(one.value[name]) for name, (_, form) in SHOWN.items()))
    return table


def _steps(outcomes: Sequence[Outcome]) -> Table:
    """Against the baseline, with the interval; then what the step before it had not."""
    table = Table(
        title=f"Change against {outcomes[0].name!r}, 95 % interval; in brackets against the line above", title_justify="left"
    )
    table.add_column("scenario")
    for name in BY_STEP:
        table.add_column(SHOWN[name][0], justify="right")
    for before, one in pairwise(outcomes):
        cells = []
        for name in BY_STEP:
            form = "{:+,.0f}" if name in MONEY else "{:+.0%}"
            change, low, high, above = (
                form.format(one_of) for one_of in (one.change[name], *one.interval[name], _step(name, before, one))
            )
            cells.append(f"{change} {low}..{high} \\[{above}]")
        table.add_row(one.name, *cells)
    return table


def _step(name: str, before: Outcome, one: Outcome) -> float:
    """What this line adds to the one above."""
    gain = one.value[name] - before.value[name]
    return gain if name in MONEY else gain / (abs(before.value[name]) or 1.0)


def _error(errors: Sequence[TwinError]) -> Table:
    table = Table(
        title=f"Twin error: the last {errors[0].days} days from their opening stock, twin / records", title_justify="left"
    )
    for heading in ("with", "sold", "refused", "closing stock", "empty shelf-evenings", "error of evenings' stock"):
        table.add_column(heading, justify="left" if heading == "with" else "right")
    for one in errors:
        pairs = (f"{twin:,} / {was:,}" for twin, was in (one.sold, one.closing_stock, one.empty))
        sold, closing, empty = pairs
        table.add_row(one.what, sold, f"{one.refused:,}", closing, empty, f"{one.stock_wape:.1%}")
    return table
