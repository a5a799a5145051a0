"""`sluice prove landing`."""

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from sluice import warehouse
from sluice.channels.registry import connectors
from sluice.config import Config, Shop
from sluice.prepare import prepare
from sluice.proofs.faults import CLEAN, FAULTS, Fault
from sluice.proofs.landing import Case, Played, prove, shop_of
from sluice.sandbox.catalogue import Shop as ShopOfWorld
from sluice.sandbox.host import hosted
from sluice.sandbox.sellers import Seller, sellers
from sluice.sandbox.stage import Stage
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World


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

    def told(case: Case) -> None:
        if not as_json:
            console.print(_case(case))

    world = World.generate(seed, orders)
    with _quiet(), _warehouse([players[name].shop for name in wanted], chosen) as address, ExitStack() as hosts:
        played = [_played(hosts, world, players[name]) for name in wanted]
        verdict = prove(address, played, chosen, told, reconciling)
    if as_json:
        print(json.dumps({"holds": verdict.holds, "cases": [asdict(case) | {"holds": case.holds} for case in verdict.cases]}))
    elif verdict.holds:
        console.print(f"[green]{len(verdict.cases)} cases: what was landed is what was delivered.[/]")
        if verdict.idle:
            console.print(f"[yellow]In {len(verdict.idle)} of them nothing could be spoiled, for the reasons above.[/]")
    else:
        broken = sum(not case.holds for case in verdict.cases)
        console.print(f"[red]In {broken} of {len(verdict.cases)} cases landed and delivered differ.[/]")
    return 0 if verdict.holds else 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Without it every fault would be told as it is met."""
    logger = logging.getLogger("sluice.channels")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


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
    return Played(
        connector, seller.connection(connector, url, now=lambda: state.now), Stage(state, seller.shop.channel, seller.shop.shop)
    )


def _case(case: Case) -> str:
    mark = "[green]holds[/] " if case.holds else "[red]broken[/]"
    text = f"{mark} {case.channel:<12} {case.fault:<18} {case.landed:,} of {case.delivered:,} orders landed"
    if case.quarantined:
        text += f", {case.quarantined:,} set aside"
    if case.idle:
        text += f", [yellow]nothing was spoiled: {case.idle}[/]"
    if case.holds and case.surplus:
        text += f", {case.surplus:,} told as no longer there"
    if case.mended:
        text += ", after reading again what differed"
    if case.said:
        text += f"; said at first: {case.said[:160]}"
    return text + (f"; [red]{case.broken}[/]" if case.broken else "")
