"""`sluice prove oversell`."""

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sluice.proofs.oversell import Load, Say, Verdict, prove

TIMED = ("orders", "holds", "shipments", "cancellations", "returns", "counts", "decisions")


def oversell(load: Load, as_json: bool) -> int:
    """Prove, say what was checked; exit code 1 where something broke."""
    verdict = prove(load, lambda what, done, of: None) if as_json else _shown(load)
    if as_json:
        print(json.dumps(_facts(verdict)))
    else:
        _print(verdict)
    return 0 if verdict.holds else 1


def _shown(load: Load) -> Verdict:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=load.orders)

        def say(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of)

        told: Say = say
        return prove(load, told)


def _facts(verdict: Verdict) -> dict[str, Any]:
    return asdict(verdict) | {
        "holds": verdict.holds,
        "orders_per_second": round(verdict.rate("orders"), 1),
        "holds_per_second": round(verdict.rate("holds"), 1),
    }


def _print(verdict: Verdict) -> None:
    console, load, count = Console(highlight=False, soft_wrap=True), verdict.load, verdict.counts
    guard = "" if load.guard else ", without the guard"
    console.print(
        f"{load.orders:,} checkouts in {load.channels} shops by {load.threads} threads in {verdict.seconds:.0f} s{guard}: "
        f"{count.get('orders', 0):,} orders accepted ({verdict.rate('orders'):.0f}/s), {count.get('holds', 0):,} holds asked for "
        f"({verdict.rate('holds'):.0f}/s), {count.get('holds refused', 0):,} refused."
    )
    console.print(
        "Beside them: " + ", ".join(f"{done:,} {what}" for what, done in count.items() if what not in ("orders", "holds"))
    )
    for what in TIMED:
        if found := verdict.latency.get(what):
            console.print(f"  {what}, ms: " + ", ".join(f"{name} {milliseconds:g}" for name, milliseconds in found.items()))
    for check in verdict.checks:
        mark = "[red]broken[/]" if check.broken else "[green]holds[/] "
        console.print(f"{mark} {check.name}: {check.looked_at:,} looked at, {check.broken:,} broken")
        for example in check.examples:
            console.print(f"         {example}", markup=False)
    if verdict.holds:
        console.print("[green]Nothing was oversold, nothing was lost, nothing came back twice.[/]")
    else:
        console.print(
            "[red]The ledger does not hold.[/]" if load.guard else "[red]Without the guard the ledger does not hold.[/]"
        )
