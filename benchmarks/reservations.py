"""Strict reservations a second: one in a transaction, many in one, and the naive way, on one server in one run.

Run: python -m benchmarks.reservations [SECONDS] [THREADS]. A durable embedded PostgreSQL of its own in a temporary folder.
The naive way is what one writes first: `select ... for update`, look, `update`, `insert`, `commit`, for each order.
"""

import itertools
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg

from sluice import proofs, warehouse
from sluice.migrations.migrate import migrate

SKUS = 10_000
PLENTY = 1_000_000
"""Pieces of each SKU: nothing is refused, so that both ways do the same work."""
BATCH = 100
NUMBERS = itertools.count()
"""Every reservation has an id of its own."""
NAIVE = """
create schema naive;
create table naive.stock (sku text collate "C" primary key, on_hand integer not null, reserved integer not null default 0);
create table naive.reservations (
    id text primary key, sku text not null, quantity integer not null, at timestamptz not null default now()
);
"""


@dataclass(frozen=True)
class Measured:
    """Reservations a second, and milliseconds of one call: median and 95th of 100."""

    rate: float
    p50: float
    p95: float


Reserve = Callable[[psycopg.Connection, list[tuple[str, str]]], None]
"""Reserves one piece for each (id, SKU) and commits."""


def naive(db: psycopg.Connection, wanted: list[tuple[str, str]]) -> None:
    for name, sku in wanted:
        row = db.execute("select on_hand - reserved from naive.stock where sku = %s for update", (sku,)).fetchone()
        if row and row[0] >= 1:
            db.execute("update naive.stock set reserved = reserved + 1 where sku = %s", (sku,))
            db.execute("insert into naive.reservations (id, sku, quantity) values (%s, %s, 1)", (name, sku))
        db.commit()


def single(db: psycopg.Connection, wanted: list[tuple[str, str]]) -> None:
    for name, sku in wanted:
        line = json.dumps([{"sku": sku, "quantity": 1}])
        answer = db.execute("select ops.hold(%s, 'own', 'x', %s)", (name, line)).fetchone()
        assert answer is not None
        assert answer[0]["state"] == "held"
        db.commit()


def many(db: psycopg.Connection, wanted: list[tuple[str, str]]) -> None:
    requests = [{"hold_id": name, "channel": "own", "shop": "x", "lines": [{"sku": sku, "quantity": 1}]} for name, sku in wanted]
    answers = db.execute("select ops.hold_many(%s)", (json.dumps(requests),)).fetchall()
    assert all(answer["state"] == "held" for (answer,) in answers), answers
    db.commit()


def measured(address: str, reserve: Reserve, batch: int, skus: int, threads: int, seconds: float) -> Measured:
    """What `threads` connections reserve together, each call `batch` pieces of random SKUs among the first `skus`."""
    done = [0] * threads
    calls: list[list[float]] = [[] for _ in range(threads)]
    gate = threading.Barrier(threads + 1)

    def work(me: int) -> None:
        random = Random(me)

        def wanted() -> list[tuple[str, str]]:
            return [(f"r{next(NUMBERS)}", name(random.randrange(skus))) for _ in range(batch)]

        with warehouse.connect(address) as db:
            for _ in range(8):  # each connection makes its plans once
                reserve(db, wanted())
            gate.wait()
            until = time.perf_counter() + seconds
            while (began := time.perf_counter()) < until:
                reserve(db, wanted())
                calls[me].append((time.perf_counter() - began) * 1000)
                done[me] += batch

    workers = [threading.Thread(target=work, args=(me,)) for me in range(threads)]
    for worker in workers:
        worker.start()
    gate.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    latencies = sorted(itertools.chain.from_iterable(calls))
    return Measured(sum(done) / took, statistics.median(latencies), latencies[int(len(latencies) * 0.95)])


def name(number: int) -> str:
    return f"SKU-{number:05}"


@contextmanager
def stocked() -> Iterator[str]:
    """Address of a database with both ways' tables, the same SKUs in each."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = warehouse.Embedded(Path(folder) / "postgres")
        server.start()
        try:
            address = server.url()
            migrate(address)
            with warehouse.connect(address) as db:
                db.execute(proofs.UNIFIED.read_text())
                db.execute(NAIVE)
                db.execute(
                    "insert into unified.stock (facility_id, sku, on_hand)"
                    " select 'A', format('SKU-%%s', lpad(n::text, 5, '0')), %s from generate_series(0, %s - 1) as n",
                    (PLENTY, SKUS),
                )
                db.execute("insert into naive.stock (sku, on_hand) select sku, on_hand from unified.stock")
                db.execute("select ops.absorb_supply()")
                db.commit()
                db.autocommit = True
                db.execute("vacuum analyze")
            yield address
        finally:
            server.stop()


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    with stocked() as address:
        for skus in (1, SKUS):
            found = {}
            for reserve, batch in ((naive, 1), (single, 1), (many, BATCH)):
                found[reserve.__name__] = one = measured(address, reserve, batch, skus, threads, seconds)
                print(
                    f"{skus:>6} SKUs, {threads} threads, {reserve.__name__:>6}, {batch:>3} a transaction: {one.rate:>8,.0f}/s, "
                    f"a call p50 {one.p50:.2f} ms, p95 {one.p95:.2f} ms; {one.rate / found['naive'].rate:.2f} times naive",
                    flush=True,
                )
        alone = measured(address, single, 1, SKUS, 1, min(seconds, 5))
        bare = measured(address, naive, 1, SKUS, 1, min(seconds, 5))
        print(f"alone, a hold with its commit: p50 {alone.p50:.2f} ms; the naive way {bare.p50:.2f} ms")


if __name__ == "__main__":
    main()
