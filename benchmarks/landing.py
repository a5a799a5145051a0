"""Landing recorded Shopify pages into lake and typed raw tables, beside dlt and beside a bare COPY of the same rows.

Run: python -m benchmarks.landing [ORDERS]. For dlt: `pip install --group bench` here, or DLT_PYTHON naming an interpreter that
has `dlt[postgres]`. Everything runs on one durable embedded PostgreSQL in a temporary folder.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from sluice import warehouse
from sluice.channels.protocol import Connection, Connector, Cursor, Page, Stream
from sluice.channels.shopify.connector import CONNECTOR
from sluice.landing import raw_tables
from sluice.landing.decide import reader
from sluice.landing.delivery import Batch, add
from sluice.landing.flatten import copy_statement, copy_text
from sluice.landing.land import batches, land
from sluice.landing.names import quoted
from sluice.landing.shape import shape
from sluice.migrations.migrate import migrate
from sluice.sandbox.host import hosted
from sluice.sandbox.shopify.server import SECRETS
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

ORDERS = replace(CONNECTOR.stream("orders"), order_key=None)
"""Without its order key: what operations do with landed orders is no part of this measure."""
SHARE = 0.4
"""Of a world's orders, those that came to the Shopify shop before its present day: about."""
REPEATS = 5
"""Of which the best counts: the first ones also pay for files of the write-ahead log, which later ones find made."""


def record(orders: int) -> tuple[list[Page], Connection]:
    """Pages of 250 as the sandbox's Shopify gives them."""
    state = SandboxState(World.generate(20260101, int(orders / SHARE)))
    with hosted(state) as address:
        connection = Connection(
            "main", f"{address}/shopify", SECRETS, "USD", "America/Los_Angeles", datetime(2000, 1, 1, tzinfo=UTC),
            CONNECTOR.options(page_size=250), lambda: state.now,
        )  # fmt: skip
        return list(CONNECTOR.open(connection).pages(ORDERS, None)), connection


class Recorded:
    """A channel that gives its recorded pages, always from the start."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        return iter(self._pages)


def recorded(pages: Sequence[Page]) -> Connector:
    return replace(CONNECTOR, open=lambda connection: Recorded(pages))  # type: ignore[arg-type, return-value]


def flattened(pages: Sequence[Page]) -> list[dict[str, bytes]]:
    """The rows that landing leaves, ready for COPY: text by COPY statement, a batch an entry. An order may come twice."""
    found = shape(CONNECTOR.name, ORDERS)
    read = reader(CONNECTOR, ORDERS, "main", 1)
    ready = []
    taken = list(batches(pages, CONNECTOR, ORDERS))
    newest = {one.key: one for batch in taken for one in batch.delivered}
    for batch in taken:
        flats = [read(one)[1] for one in batch.delivered if newest[one.key] is one]
        rows = [b"\n".join(flat[number] for flat in flats if flat[number]) for number in range(len(found.tables))]
        texts = zip(found.tables, rows, strict=True)
        ready.append({copy_statement(table, found.key, "plain"): copy_text(lines) for table, lines in texts if lines})
    return ready


def copied(db: psycopg.Connection, ready: Sequence[dict[str, bytes]], with_keys: bool = False) -> float:
    """Seconds for COPY alone into plain logged tables, a batch a transaction; `with_keys` they have landing's indexes too."""
    db.execute("drop schema if exists plain cascade; create schema plain")
    like = "including defaults including indexes" if with_keys else "including defaults"
    for table in shape(CONNECTOR.name, ORDERS).tables:
        db.execute(f"create table plain.{quoted(table.name)} (like raw.{quoted(table.name)} {like})")
    db.commit()
    started = time.perf_counter()
    for texts in ready:
        for statement, text in texts.items():
            with db.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(text)
        db.commit()
    return time.perf_counter() - started


def landed(db: psycopg.Connection, pages: Sequence[Page], connection: Connection, afresh: bool) -> float:
    """Seconds for a landing, into empty tables or over what is there."""
    if afresh:
        names = ", ".join(f"raw.{quoted(table.name)}" for table in shape(CONNECTOR.name, ORDERS).tables)
        db.execute(f"truncate {names}, raw.manifest, raw.cursors, raw.quarantine")
        db.commit()
    started = time.perf_counter()
    done = land(db, recorded(pages), connection, ORDERS)
    seconds = time.perf_counter() - started
    assert done.quarantined == 0
    assert (done.new if afresh else done.unchanged) > 0.99 * done.delivered, done
    return seconds


def by_dlt(address: str, pages: Sequence[Page], folder: Path) -> float | None:
    """Seconds of dlt's pipeline over the same pages: its own extract, normalize and load; None where dlt is not installed."""
    python = sys.executable if importlib.util.find_spec("dlt") else os.environ.get("DLT_PYTHON")
    if not python:
        return None
    for number, page in enumerate(pages):
        (folder / f"{number:05}.json").write_bytes(page.body)
    script = Path(__file__).with_name("landing_dlt.py")
    environment = os.environ | {"DESTINATION__POSTGRES__CREDENTIALS": address, "DLT_DATA_DIR": str(folder / "dlt")}
    environment |= {"RUNTIME__DLTHUB_TELEMETRY": "false"}
    done = subprocess.run([python, script, folder], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return float(answer["seconds"])


def best(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(REPEATS))


def main(orders: int) -> None:
    pages, connection = record(orders)
    batch = Batch("")
    for page in pages:
        add(batch, page, CONNECTOR, ORDERS)
    count = len({one.key for one in batch.delivered})
    size = sum(len(page.body) for page in pages) / 1e6
    print(f"{len(batch.delivered):,} orders on {len(pages)} pages, {size:,.0f} MB of JSON")
    ready = flattened(pages)
    rows = sum(text.count(b"\n") + 1 for texts in ready for text in texts.values())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ["SLUICE_HOME"] = str(folder / "home")
        server = warehouse.Embedded(folder / "postgres")
        server.start()
        try:
            compare(server.url(), pages, connection, ready, count, rows, folder)
        finally:
            server.stop()


def compare(
    address: str,
    pages: Sequence[Page],
    connection: Connection,
    ready: Sequence[dict[str, bytes]],
    count: int,
    rows: int,
    folder: Path,
) -> None:
    """Measure each and print orders a second and the ratios."""
    migrate(address)
    with warehouse.connect(address) as db:
        raw_tables.ensure(db, [CONNECTOR])
        db.commit()
        ours = best(lambda: landed(db, pages, connection, afresh=True))
        again = best(lambda: landed(db, pages, connection, afresh=False))
        copy = best(lambda: copied(db, ready))
        indexed = best(lambda: copied(db, ready, with_keys=True))
    results = {
        "landing, new orders": ours,
        "landing, the same again": again,
        f"COPY of the {rows:,} rows": copy,
        "COPY into tables with keys": indexed,
    }
    (folder / "pages").mkdir()
    dlt = by_dlt(address, pages, folder / "pages")
    if dlt is not None:
        results["dlt, merge by key"] = dlt
    for name, seconds in results.items():
        print(f"  {name:36} {seconds:7.2f} s {count / seconds:10,.0f} orders/s")
    print(f"landing takes {ours / copy:.1f} times a bare COPY (aim: at most 3)")
    print(f"landing takes {ours / indexed:.1f} times a COPY into tables with landing's keys")
    if dlt is None:
        print("dlt is not installed: pip install --group bench, or name an interpreter that has it in DLT_PYTHON")
    else:
        print(f"landing is {dlt / ours:.1f} times as fast as dlt (aim: at least 15)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
