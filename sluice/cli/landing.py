"""`sluice land` and `sluice replay`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from sluice import config as configuration
from sluice import warehouse
from sluice.channels.protocol import ChannelError, Stream
from sluice.cli.environment import environment
from sluice.cli.shops import chosen
from sluice.config import ConfigError, Shop
from sluice.landing.delivery import LandingError
from sluice.landing.lake import LakeError
from sluice.landing.land import Landed
from sluice.landing.land import land as land_stream
from sluice.landing.replay import replay as replay_stream

Step = Callable[[psycopg.Connection, Shop, Stream, Callable[[Landed], None]], Landed]
COUNTS = ("delivered", "new", "changed", "unchanged", "quarantined", "deleted")


def land(config: Path | None, shop: str | None, stream: str | None, as_json: bool) -> int:
    """Land each chosen stream, one after the other, showing how far it is. 1 if a shop failed; the others land all the same."""
    return _each(
        config, shop, stream, as_json, lambda db, entry, one, report: land_stream(db, entry.type, entry.connect(), one, report)
    )


def replay(config: Path | None, shop: str | None, stream: str | None, as_json: bool) -> int:
    """Rebuild each chosen stream from the lake. 1 if a shop failed."""
    return _each(config, shop, stream, as_json, lambda db, entry, one, report: replay_stream(db, entry.type, entry.shop, one))


def _each(config: Path | None, shop: str | None, stream: str | None, as_json: bool, step: Step) -> int:
    console = Console(stderr=as_json)
    # What is not connected is told before anything is started.
    streams = list(_streams(chosen(configuration.load(config), shop), stream))
    with environment(config) as ready, warehouse.connect(ready.database) as db, console.status("") as status:
        results = []
        faults: dict[str, Exception] = {}
        for entry, one in streams:
            name = f"{entry.connector}/{entry.shop}"
            if name in faults:
                continue

            def report(landed: Landed) -> None:
                status.update(
                    f"{landed.channel}/{landed.shop} {landed.stream}: {landed.delivered:,} records, {landed.pages:,} pages"
                )

            try:
                results.append(step(db, entry, one, report))
            except (ChannelError, LandingError, LakeError) as fault:
                faults[name] = fault
    if as_json:
        print(json.dumps([asdict(result) for result in results], default=str, indent=2))
    else:
        console.print(_table(results))
    for name, said in faults.items():
        Console(stderr=True).print(f"[red]sluice:[/] {name}: {said}", highlight=False, soft_wrap=True)
    return 1 if faults else 0


def _streams(shops: list[Shop], name: str | None) -> Iterator[tuple[Shop, Stream]]:
    known = {stream.name for shop in shops for stream in shop.type.streams}
    if name is not None and name not in known:
        raise ConfigError(f"there is no stream {name!r} here; there are {', '.join(sorted(known))}")
    for shop in shops:
        for stream in shop.type.streams:
            if name in (None, stream.name):
                yield shop, stream


def _table(results: list[Landed]) -> Table:
    table = Table()
    for heading in ("stream", *COUNTS, "seconds"):
        table.add_column(heading, justify="left" if heading == "stream" else "right")
    for one in results:
        table.add_row(
            f"{one.channel}/{one.shop} {one.stream}", *(f"{getattr(one, name):,}" for name in COUNTS), f"{one.seconds:.1f}"
        )
    return table
