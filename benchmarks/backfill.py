"""First landing of a whole shop from each channel's sandbox over HTTP: orders a second, memory, and where the time goes.

Run: python -m benchmarks.backfill [ORDERS] [CHANNEL ...]. The sandbox is a process of its own, with its limits lifted and no
other shop in its world; lake and raw tables are written to a durable embedded PostgreSQL in a temporary folder. Each channel is
landed by a process of its own, so that its memory is its own. The peer is the time in which answers were waited for, in the same
walk.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from sluice import warehouse
from sluice.channels import transport
from sluice.channels.protocol import Channel, Connection, Forgetful, Page, Stream
from sluice.channels.registry import connectors
from sluice.landing import lake, raw_tables
from sluice.landing import land as landing
from sluice.landing.land import Landed
from sluice.landing.store import Store
from sluice.landing.transaction import Lander
from sluice.migrations.migrate import migrate
from sluice.sandbox.host import Sandbox, hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.sellers import sellers
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

Spent = dict[str, float]
SEED = 20260101


PROBE = 2_000
"""Orders of a shop that is asked how much of its history its platform tells of."""


def main(orders: int, wanted: list[str]) -> None:
    print("                             took/                                          MB added by")
    print("channel        orders  landed/s  answers  answers  decode   lake   COPY  CPU s  a fifth    all", flush=True)
    # spawned, not forked: a fork would begin with this process's memory
    alone = multiprocessing.get_context("spawn")
    for name in wanted or sellers():
        with ProcessPoolExecutor(1, mp_context=alone) as beside:
            size = beside.submit(_size, name, orders).result()
        with ProcessPoolExecutor(1, mp_context=alone) as beside:
            print(beside.submit(_measured, name, size, orders).result(), flush=True)


def _size(name: str, orders: int) -> int:
    """Orders of a shop on this channel that tells of so many: some platforms tell of the last months alone."""
    seller, told = sellers()[name], 1.0
    if seller.told or isinstance(_opened(name, ""), Forgetful):
        with hosted(SandboxState(World.generate(SEED, PROBE, [seller.shop]))) as url:
            told = sum(
                len(list(connectors()[name].records(_orders(name), page.body, page.context))) for page in _pages(name, url)
            )
            told /= PROBE
    return round(orders / told)


def _measured(name: str, size: int, orders: int) -> str:
    """One line of the table."""
    connector, stream = connectors()[name], _orders(name)
    with ExitStack() as until:
        address = until.enter_context(_server())
        sandbox = until.enter_context(Sandbox(seed=SEED, orders=size, alone=name))
        db = until.enter_context(warehouse.connect(address))
        raw_tables.ensure(db, [connector])
        db.commit()
        # the sandbox makes its records when they are first asked for, which takes longer than a platform is waited for
        with replaced(transport, "TIMEOUT", (5, 1_800)):
            next(_pages(name, sandbox.url), None)
        before, fifth = _memory(), 0.0

        def heard(landed: Landed) -> None:
            nonlocal fifth
            if landed.delivered <= orders / 5 or not fifth:
                fifth = _memory()

        with _watched() as spent:
            began, computed = time.monotonic(), time.process_time()
            # without its order key: what operations do with landed orders is no part of this measure
            landed = landing.land(db, connector, _connection(name, sandbox.url), replace(stream, order_key=None), heard)
            seconds, computed = time.monotonic() - began, time.process_time() - computed
    counts = f"{landed.new:>8,} {landed.new / seconds:>9,.0f} {seconds / spent['answers']:>8.2f}"
    shares = " ".join(f"{spent[what] / seconds:>{width}.0%}" for what, width in WATCHED)
    return f"{name:<12} {counts} {shares} {computed:>6.1f} {fifth - before:>8.0f} {_memory() - before:>6.0f}"


@contextmanager
def _server() -> Iterator[str]:
    """The address of a migrated warehouse that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="sluice-backfill-") as folder:
        os.environ["SLUICE_HOME"] = folder
        server = warehouse.Embedded(Path(folder) / "postgres")
        server.start()
        try:
            migrate(server.url())
            yield server.url()
        finally:
            server.stop()


def _connection(name: str, url: str) -> Connection:
    return sellers()[name].connection(connectors()[name], url, now=lambda: AS_OF)


def _opened(name: str, url: str) -> Channel:
    return connectors()[name].open(_connection(name, url))


def _orders(name: str) -> Stream:
    return next(stream for stream in connectors()[name].streams if stream.order_key in stream.key)


def _pages(name: str, url: str) -> Iterator[Page]:
    return iter(_opened(name, url).pages(_orders(name), None))


WATCHED = (("answers", 8), ("decode", 7), ("lake", 6), ("rows", 6))


@contextmanager
def _watched() -> Iterator[Spent]:
    """Seconds that answers, decoding, the lake and the rows take while the block runs; they go on beside one another."""
    spent: Spent = defaultdict(float)
    watched: list[tuple[Any, str, str]] = [
        *((requests.Session, "request", "answers"), (landing, "add", "decode"), (Lander, "make_rows", "decode")),
        *((lake, "write", "lake"), (Store, "replace", "rows")),
    ]
    with ExitStack() as until:
        for place, name, what in watched:
            until.enter_context(replaced(place, name, _timed(getattr(place, name), spent, what)))
        yield spent


@contextmanager
def replaced(place: Any, name: str, value: Any) -> Iterator[None]:
    """`value` under that name while the block runs."""
    before = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, before)


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
