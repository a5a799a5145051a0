"""`sluice prove oversell` and `sluice prove landing`."""

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sluice import warehouse
from sluice.channels.protocol import Connection
from sluice.channels.registry import connectors
from sluice.config import Config, Shop
from sluice.prepare import prepare
from sluice.proofs import landing as landings
from sluice.proofs.landing import CLEAN, FAULTS, Case, Fault, Played, shop_of
from sluice.proofs.oversell import Load, Say, Verdict, prove
from sluice.sandbox.catalogue import Shop as ShopOfWorld
from sluice.sandbox.host import hosted
from sluice.sandbox.sellers import Seller, sellers
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

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


def landing(faults: Sequence[str], channels: Sequence[str], orders: int, seed: int, reconciling: bool, as_json: bool) -> int:
    """Prove, say what was tried; exit code 1 where landed and delivered differ, 2 for a name that does not exist."""
    players = sellers()
    wanted = list(players) if "all" in channels else list(channels)
    chosen = [fault for fault in FAULTS if "all" in faults or fault.name in faults]
    for given, known in ((wanted, list(players)), (faults, ["all", *(fault.name for fault in FAULTS)])):
        for name in given:
            if name not in known:
                Console(stderr=True).print(f"[red]sluice:[/] {name!r} is not among {', '.join(known)}", highlight=False)
                return 2
    console = Console(highlight=False, soft_wrap=True)
    # every fault would be told as it is met
    logging.getLogger("sluice.channels").setLevel(logging.ERROR)

    def told(case: Case) -> None:
        if not as_json:
            console.print(_case(case))

    world = World.generate(seed, orders)
    with _warehouse([players[name].shop for name in wanted], chosen) as address, ExitStack() as hosts:
        played = [_played(hosts, world, players[name]) for name in wanted]
        verdict = landings.prove(address, played, chosen, told, reconciling)
    if as_json:
        print(json.dumps({"holds": verdict.holds, "cases": [asdict(case) | {"holds": case.holds} for case in verdict.cases]}))
    elif verdict.holds:
        console.print(f"[green]{len(verdict.cases)} cases: what was landed is what was delivered.[/]")
    else:
        broken = sum(not case.holds for case in verdict.cases)
        console.print(f"[red]In {broken} of {len(verdict.cases)} cases landed and delivered differ.[/]")
    return 0 if verdict.holds else 1


@contextmanager
def _warehouse(shops: Sequence[ShopOfWorld], faults: Sequence[Fault]) -> Iterator[str]:
    """Address of a throwaway warehouse, prepared for these channels; the state folder is thrown away with it."""
    config = Config(
        company="proof",
        base_currency="CNY",
        channels=[
            Shop(
                connector=shop.channel,
                shop=shop_of(fault),
                secrets=dict.fromkeys(connectors()[shop.channel].secrets, "UNUSED"),
                currency=shop.currency,
                timezone=shop.timezone,
            )
            for shop in shops
            for fault in (CLEAN, *faults)
        ],
    )
    with tempfile.TemporaryDirectory(prefix="sluice-proof-", ignore_cleanup_errors=True) as folder:
        home = os.environ.get("SLUICE_HOME")
        os.environ["SLUICE_HOME"] = folder
        server = warehouse.Embedded(Path(folder) / "postgres", durable=False)
        server.start()
        try:
            prepare(config, server.url())
            yield server.url()
        finally:
            server.stop()
            os.environ.pop("SLUICE_HOME") if home is None else os.environ.update(SLUICE_HOME=home)


def _played(hosts: ExitStack, world: World, seller: Seller) -> Played:
    """A sandbox of its own for each channel, since time passes there as its faults want it."""
    connector, state = connectors()[seller.shop.channel], SandboxState(world)
    url = hosts.enter_context(hosted(state))
    connection = Connection(
        shop=seller.shop.shop,
        url=f"{url}/{seller.shop.channel}",
        secrets={name: seller.secrets[name] for name in connector.secrets},
        currency=seller.shop.currency,
        timezone=seller.shop.timezone,
        since=seller.since,
        options=connector.options(),
        now=lambda: state.now,
    )
    return Played(
        connector,
        connection,
        malform=lambda: state.faults.plan(seller.shop.channel, malformed=2),
        move=lambda: state.advance(2),
    )


def _case(case: Case) -> str:
    mark = "[green]holds[/] " if case.holds else "[red]broken[/]"
    text = f"{mark} {case.channel:<12} {case.fault:<18} {case.landed:,} of {case.delivered:,} orders landed"
    if case.quarantined:
        text += f", {case.quarantined:,} set aside"
    if case.mended:
        text += ", after reading again what differed"
    if case.said:
        text += f"; said at first: {case.said[:160]}"
    return text + (f"; [red]{case.broken}[/]" if case.broken else "")
