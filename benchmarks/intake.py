"""Webhooks into the data service: latency at a steady rate, the most that it takes, and a bare insert of the same bodies.

Run: python -m benchmarks.intake [SECONDS [RATE]]. A durable embedded PostgreSQL in a temporary folder, the service as a process
of its own, and here a sender that keeps its schedule: latency counts from when an event was due, so a slow answer hides nothing.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psycopg
import requests

from sluice import warehouse
from sluice.cli.sandbox import credentials
from sluice.config import load
from sluice.landing.land import land
from sluice.prepare import prepare
from sluice.project import ROOT
from sluice.sandbox.host import hosted
from sluice.sandbox.shopify.hooks import Delivery, as_created, delivery
from sluice.sandbox.shopify.server import SECRETS
from sluice.sandbox.shopify.store import Store
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

PORT = 8765
CONNECTIONS = 64
SUSTAINED_SECONDS = 15
UPDATED = 0.5
"""Of the orders, how many come a second time, sent or refunded."""
BARE_CONNECTIONS = 8
HISTORY = 5_000
"""Orders of the world whose past is landed before; two in five came to the shop."""


@dataclass
class Measured:
    """Seconds that each event took, and the statuses that were not 200."""

    seconds: list[float] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / (self.ended - self.began)

    def milliseconds(self, share: float) -> float:
        return float(np.quantile(self.seconds, share)) * 1000


class Sender(asyncio.Protocol):
    """One connection: a request, its answer, the next request. As lean as can be, for it runs on the cores that are measured."""

    def __init__(self) -> None:
        self.done: asyncio.Future[int] | None = None
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self._left = transport, b""

    def data_received(self, data: bytes) -> None:
        self._left += data
        head, end, body = self._left.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) >= length:
            self._left = body[length:]
            assert self.done is not None
            self.done.set_result(int(head[9:12]))

    def connection_lost(self, fault: Exception | None) -> None:
        if self.done is not None and not self.done.done():
            self.done.set_result(0)

    async def send(self, request: bytes) -> int:
        """Status of the answer. The server may hang up on who was silent just as it is sent: then it goes again, once."""
        return await self._try(request) or await self._try(request)

    async def _try(self, request: bytes) -> int:
        if self.transport.is_closing():  # the server hangs up on who is silent for long
            host, port = self.transport.get_extra_info("peername")[:2]
            await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.done


def request_of(sent: Delivery) -> bytes:
    head = [b"POST /webhooks/shopify/main HTTP/1.1", b"Host: 127.0.0.1", f"Content-Length: {len(sent.body)}".encode()]
    head += [f"{name}: {value}".encode() for name, value in sent.headers.items()]
    return b"\r\n".join(head) + b"\r\n\r\n" + sent.body


async def _connected(address: str) -> asyncio.Queue[Sender]:
    """Idle connections."""
    host = urlsplit(address)
    free: asyncio.Queue[Sender] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        _, sender = await asyncio.get_running_loop().create_connection(Sender, host.hostname, host.port)
        free.put_nowait(sender)
    return free


async def at_rate(address: str, requests: Sequence[bytes], rate: float) -> Measured:
    """One every 1/rate seconds, whatever became of those before."""
    free, measured = await _connected(address), Measured(began=time.perf_counter())

    async def one(request: bytes, due: float) -> None:
        sender = await free.get()
        status = await sender.send(request)
        free.put_nowait(sender)
        measured.seconds.append(time.perf_counter() - due)
        if status != 200:
            measured.failed.append(status)

    running = []
    for number, request in enumerate(requests):
        due = measured.began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        running.append(asyncio.create_task(one(request, due)))
    await asyncio.gather(*running)
    measured.ended = time.perf_counter()
    return measured


async def as_many(address: str, requests: Iterator[bytes], seconds: float) -> Measured:
    """Each connection sends its next event when the last is answered."""
    free, measured = await _connected(address), Measured(began=time.perf_counter())

    async def keep_on(sender: Sender) -> None:
        while time.perf_counter() < measured.began + seconds and (request := next(requests, None)) is not None:
            began = time.perf_counter()
            status = await sender.send(request)
            measured.seconds.append(time.perf_counter() - began)
            if status != 200:
                measured.failed.append(status)

    await asyncio.gather(*[keep_on(free.get_nowait()) for _ in range(CONNECTIONS)])
    measured.ended = time.perf_counter()
    return measured


async def bare(url: str, bodies: Sequence[bytes], seconds: float) -> float:
    """Rows a second: each body inserted in a transaction of its own, from several connections."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
        await db.execute("create table public.bare (event_id bigint primary key, body bytea not null)")
    numbers, until, done = iter(range(10**9)), time.perf_counter() + seconds, 0

    async def keep_on() -> None:
        nonlocal done
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
            while time.perf_counter() < until:
                number = next(numbers)
                await db.execute("insert into public.bare values (%s, %s)", (number, bodies[number % len(bodies)]))
                done += 1

    began = time.perf_counter()
    await asyncio.gather(*[keep_on() for _ in range(BARE_CONNECTIONS)])
    return done / (time.perf_counter() - began)


def told(count: int) -> list[Delivery]:
    """Events as a shop would send them: orders as they come in, and among them earlier ones that have changed since."""
    orders = int(count / (1 + UPDATED)) + 1
    state = SandboxState(World.generate(20260202, int(orders / 0.4)))
    known = Store(state, "main").changed(datetime(2000, 1, 1, tzinfo=UTC))[:orders]
    draw, secret, found = random.Random(1), SECRETS["webhook_secret"], []
    waiting: list[dict[str, object]] = []
    for order in known:
        found.append(delivery(as_created(order), "orders/create", secret, state.now))
        waiting.append(order)
        if draw.random() < UPDATED and len(waiting) > 50:
            found.append(delivery(waiting.pop(0), "orders/updated", secret, state.now))
    return found[:count]


@contextmanager
def service(url: str, home: Path) -> Iterator[str]:
    environment = os.environ | {
        "SLUICE_DATABASE_URL": url,
        "SLUICE_HOME": str(home),
        "SLUICE_CONFIG": str(ROOT / "sluice.yaml"),
        "SHOPIFY_WEBHOOK_SECRET": SECRETS["webhook_secret"],
    }
    log = (home / "service.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "sluice.service.serve", "--port", str(PORT)], env=environment, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(200):
            with suppress(requests.ConnectionError):
                requests.get(f"{address}/healthz", timeout=2)
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def history(url: str, home: Path) -> None:
    """A company at work: what its ERP and its shop had until now, landed as ever; so orders have something to hold."""
    os.environ["SLUICE_HOME"] = str(home)
    config = load(ROOT / "sluice.yaml")
    prepare(config, url)
    with hosted(SandboxState(World.generate(20260101, HISTORY))) as sandbox, warehouse.connect(url) as db:
        os.environ["SLUICE_SANDBOX_URL"] = sandbox
        for connector in ("odoo", "shopify"):
            shop = next(one for one in config.channels if one.connector == connector)
            os.environ |= {shop.secrets[name]: value for name, value in credentials(connector).items()}
            for stream in shop.type.streams:
                land(db, shop.type, shop.connect(), stream)
    with warehouse.connect(url, autocommit=True) as db:
        db.execute("analyze")  # as autovacuum does within a minute


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 200.0
    deliveries = told(int(seconds * rate) + int(SUSTAINED_SECONDS * 900))
    lines = [request_of(one) for one in deliveries]
    steady, rest = lines[: int(seconds * rate)], lines[int(seconds * rate) :]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = warehouse.Embedded(home / "postgres")
        server.start()
        try:
            history(server.url(), home)
            with service(server.url(), home) as address:
                asyncio.run(at_rate(address, steady[:200], 50))  # plans are made, caches filled
                measured = asyncio.run(at_rate(address, steady[200:], rate))
                most = asyncio.run(as_many(address, iter(rest), SUSTAINED_SECONDS))
            inserted = asyncio.run(bare(server.url(), [one.body for one in deliveries[:2_000]], 5))
            taken = 200 + sum(len(one.seconds) - len(one.failed) for one in (measured, most))
            counted = _counted(server.url(), taken)
        finally:
            server.stop()
    print(
        f"intake: {len(measured.seconds):,} events at {rate:,.0f}/s: p50 {measured.milliseconds(0.5):.1f} ms, "
        f"p95 {measured.milliseconds(0.95):.1f} ms, p99 {measured.milliseconds(0.99):.1f} ms; not taken {len(measured.failed)}"
    )
    print(
        f"intake: as many as it takes, {CONNECTIONS} connections: {most.rate:,.0f}/s, p50 {most.milliseconds(0.5):.1f} ms, "
        f"p99 {most.milliseconds(0.99):.1f} ms; not taken {len(most.failed)}"
    )
    print(f"intake: bare insert of the same bodies, one a transaction: {inserted:,.0f}/s; ratio {most.rate / inserted:.2f}")
    print(f"intake: {counted}")
    print(f"intake: bodies of {np.mean([len(one.body) for one in deliveries]):,.0f} bytes; load of the machine {os.getloadavg()}")


def _counted(url: str, taken: int) -> str:
    """Every event that was answered is there, none in quarantine."""
    with warehouse.connect(url) as db:
        row = db.execute(
            "select (select count(*) from raw.events), (select count(distinct key) from raw.events),"
            " (select count(distinct c.order_id) from ops.commitments as c inner join raw.events as e on e.key = c.order_id),"
            " (select count(*) from raw.quarantine)"
        ).fetchone()
    assert row is not None
    events, orders, held, quarantined = row
    assert events >= taken, (events, taken)
    assert quarantined == 0
    return f"{events:,} events of {orders:,} orders landed, {held:,} of them hold or held stock"


if __name__ == "__main__":
    main()
