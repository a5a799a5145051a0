"""First landing of a whole shop from each channel's sandbox over HTTP: orders a second, memory, and where the time goes.

Run: python -m benchmarks.backfill [ORDERS] [CHANNEL ...]. The sandbox is a process of its own with its limits lifted; lake and
raw tables are written to a durable embedded PostgreSQL in a temporary folder. The peer is the same walk with nothing done to its
pages.
"""

import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sluice import warehouse
from sluice.channels.protocol import Connection, Connector
from sluice.channels.registry import connectors
from sluice.landing import lake, raw_tables
from sluice.landing import land as landing
from sluice.landing.store import Store
from sluice.landing.transaction import Lander
from sluice.migrations.migrate import migrate
from sluice.sandbox.host import Sandbox
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.sellers import sellers

Spent = dict[str, float]


def main(orders: int, wanted: list[str]) -> None:
    chosen = {name: seller for name, seller in sellers().items() if not wanted or name in wanted}
    print("channel        orders  landed/s  read alone/s  ratio decode   lake   rows  memory MB")
    with tempfile.TemporaryDirectory(prefix="sluice-backfill-") as folder:
        os.environ["SLUICE_HOME"] = folder
        server = warehouse.Embedded(Path(folder) / "postgres")
        server.start()
        try:
            migrate(server.url())
            for name, seller in chosen.items():
                with Sandbox(seed=20260101, orders=round(orders / seller.shop.share)) as sandbox:
                    connection = seller.connection(connectors()[name], sandbox.url, now=lambda: AS_OF)
                    _measure(connectors()[name], connection, server.url())
        finally:
            server.stop()


def _measure(connector: Connector, connection: Connection, address: str) -> None:
    stream = next(stream for stream in connector.streams if stream.order_key in stream.key)
    # the sandbox makes its records when they are first asked for
    next(iter(connector.open(connection).pages(stream, None)), None)
    began = time.monotonic()
    pages = connector.open(connection).pages(stream, None)
    records = sum(len(list(connector.records(stream, page.body, page.context))) for page in pages)
    alone = time.monotonic() - began
    with warehouse.connect(address) as db:
        raw_tables.ensure(db, [connector])
        db.commit()
        with _watched() as spent:
            began, before = time.monotonic(), _memory()
            # without its order key: what operations do with landed orders is no part of this measure
            landed = landing.land(db, connector, connection, replace(stream, order_key=None))
            seconds = time.monotonic() - began
    counts = f"{landed.new:>8,} {landed.new / seconds:>9,.0f} {records / alone:>13,.0f} {alone / seconds:>6.2f}"
    shares = " ".join(f"{spent[what] / seconds:>6.0%}" for what in ("decode", "lake", "rows"))
    print(f"{connector.name:<12} {counts} {shares} {max(0, _memory() - before):>10.0f}", flush=True)


@contextmanager
def _watched() -> Iterator[Spent]:
    """Seconds that decoding, the lake and the rows take while the block runs; they go on beside one another."""
    spent: Spent = defaultdict(float)
    watched: list[tuple[Any, str, str]] = [
        *((landing, "add", "decode"), (Lander, "make_rows", "decode")),
        *((lake, "write", "lake"), (Store, "replace", "rows")),
    ]
    originals = [(place, name, getattr(place, name)) for place, name, _ in watched]
    for place, name, what in watched:
        setattr(place, name, _timed(getattr(place, name), spent, what))
    try:
        yield spent
    finally:
        for place, name, original in originals:
            setattr(place, name, original)


def _timed(function: Callable[..., Any], spent: Spent, what: str) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        began = time.monotonic()
        try:
            return function(*given, **named)
        finally:
            spent[what] += time.monotonic() - began

    return timed


def _memory() -> float:
    """The most that this process has held at once, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 20_000, given[1:])
