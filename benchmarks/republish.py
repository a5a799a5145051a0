"""A sale on one channel lowers the others: from the sale's entry in the ledger to the lower number at the other shops.

Run: python -m benchmarks.republish [SECONDS [ORDERS_A_SECOND [POINTS_A_SECOND]]]; 30 s, 50 orders/s, 1,000 points/s unless told.
Points are what Shopify lets a shop's app spend: 1,000 a second on its plan Plus, 100 on its smallest.
Five Shopify shops of the sandbox, each a host of its own with a bucket of its own, sell one stock and show all that is available.
Their orders come as signed webhooks to the data service; the republisher is the process that `sluice up` runs. A durable embedded
PostgreSQL in a temporary folder. Each shop writes down every change of its stock, with the time at which it took effect.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import requests
import yaml
from starlette.applications import Starlette
from starlette.routing import Mount

from benchmarks.intake import Measured, at_rate
from sluice import dbt, warehouse
from sluice.channels.registry import connectors
from sluice.config import Config, load
from sluice.landing.land import land
from sluice.operations.decide import decide
from sluice.operations.outbox import outlets
from sluice.operations.publish import deliver
from sluice.prepare import prepare
from sluice.project import ROOT
from sluice.sandbox.host import on_loopback
from sluice.sandbox.odoo import server as odoo
from sluice.sandbox.shopify import server as shopify
from sluice.sandbox.shopify.bucket import Bucket
from sluice.sandbox.shopify.hooks import as_created, delivery
from sluice.sandbox.shopify.records import LOCATIONS
from sluice.sandbox.shopify.store import Store
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

SHOPS = tuple(f"shop-{number}" for number in range(1, 6))
SEED, WORLD = 20260101, 12_000
SERVICE = "http://127.0.0.1:8766"
BUCKET = 10.0
"""Seconds' worth of points that a full bucket holds, as Shopify has it."""
START, CATCH_UP = 60.0, 60.0
"""Seconds to start, and to reach the last sale."""

# Each sale, and for each other shop the number that the first decision which knew of it gave: pieces.
WANTED = """
select m.movement_id, extract(epoch from m.recorded_at)::float8, q.shop, m.facility_id, l.listing_id, l.stock_ref, d.published
from ops.stock_movements as m
inner join lateral (
    select p.run_id from planning.stock_plan as p
    where p.facility_id = m.facility_id and p.sku = m.sku and p.movement_id >= m.movement_id order by p.run_id limit 1
) as first on true
inner join raw.shops as q on q.channel = 'shopify' and q.shop <> m.shop and q.shop = any(%(shops)s)
inner join planning.quotas as d
    on d.run_id = first.run_id and d.facility_id = m.facility_id and d.sku = m.sku and d.channel = 'shopify' and d.shop = q.shop
inner join unified.products as l on l.channel = 'shopify' and l.shop = q.shop and l.sku = m.sku and l.status = 'active'
where m.kind = 'reserve' and m.movement_id > %(after)s
"""
LEFT = """
select (select count(*) from ops.stock_changes) + (select count(*) from ops.outbox where state = 'pending')
"""
COUNTS = """
select
    (select count(*) from planning.runs where kind = 'event'),
    (select count(*) from ops.outbox where run_id > %(plan)s),
    (select count(*) from ops.outbox where run_id > %(plan)s and state = 'sent'),
    (select count(*) from ops.outbox where run_id > %(plan)s and state = 'superseded'),
    (select count(*) from ops.outbox where run_id > %(plan)s and state not in ('sent', 'superseded')),
    (select count(*) from ops.outbox where run_id > %(plan)s and state = 'sent' and read_back = quantity)
"""


class Diary(dict[tuple[str, str, str, str | None], int]):
    """A shop's stock as it was set, and when: (seconds, pieces) by listing and facility."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str | None], list[tuple[float, int]]] = defaultdict(list)

    def __setitem__(self, key: tuple[str, str, str, str | None], pieces: int) -> None:
        super().__setitem__(key, pieces)
        self.entries[key[2], key[3]].append((time.time(), pieces))


@dataclass
class Street:
    """The five shops and their ERP, on loopback; `calls` counts requests by shop."""

    states: dict[str, SandboxState] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    diaries: dict[str, Diary] = field(default_factory=dict)


@contextmanager
def street(points: float) -> Iterator[Street]:
    made, world = Street(), World.generate(SEED, WORLD)
    with ExitStack() as stack:
        for shop in SHOPS:
            made.diaries[shop] = Diary()
            made.states[shop] = SandboxState(world, published=made.diaries[shop])
            made.buckets[shop] = Bucket(maximum=points * BUCKET, rate=points)
            app = shopify.app(made.states[shop], made.buckets[shop])
            made.hosts[shop] = stack.enter_context(on_loopback(Starlette(routes=[Mount("/shopify", app)])))
        erp = Starlette(routes=[Mount("/odoo", odoo.app(SandboxState(world)))])
        made.hosts["erp"] = stack.enter_context(on_loopback(erp))
        yield made


def configuration(hosts: dict[str, str], home: Path) -> Config:
    """Each shop shows all that is available: every sale changes every other shop's number."""
    common = {"currency": "USD", "timezone": "UTC", "since": "2025-01-01"}
    names = {"token": "SHOPIFY_TOKEN", "webhook_secret": "SHOPIFY_WEBHOOK_SECRET"}
    channels = [
        {"connector": "shopify", "shop": shop, "url": f"{hosts[shop]}/shopify", "secrets": names, **common} for shop in SHOPS
    ]
    erp = {"database": "ODOO_DATABASE", "user": "ODOO_USER", "password": "ODOO_PASSWORD"}
    channels.append({"connector": "odoo", "shop": "erp", "url": f"{hosts['erp']}/odoo", "secrets": erp, **common})
    planning = {"rules": [{"percent": 100}], "quotas": [{"channel": "shopify", "shop": shop} for shop in SHOPS]}
    file = home / "sluice.yaml"
    file.write_text(
        yaml.safe_dump({"company": "Street", "base_currency": "USD", "channels": channels, "planning": planning}),
        encoding="utf-8",
    )
    for connector, secrets in (("shopify", shopify.SECRETS), ("odoo", odoo.SECRETS)):
        known = names if connector == "shopify" else erp
        os.environ |= {known[name]: value for name, value in secrets.items()}
    return load(file)


def history(config: Config, address: str) -> int:
    """Products and stock landed, a plan in force, all its numbers published; the plan's run."""
    prepare(config, address)
    with warehouse.connect(address) as db:
        for shop in config.channels:
            for stream in shop.type.streams:
                if shop.connector == "odoo" or stream.name == "products":
                    land(db, shop.type, shop.connect(), stream)
    with warehouse.connect(address, autocommit=True) as db:
        db.execute("analyze")
    dbt.run(address, ["run", "--select", "path:models/marts"])
    with warehouse.connect(address) as db:
        plan = decide(db, config.planning, list(outlets(config)))
        for outlet, shop in outlets(config).items():
            deliver(db, outlet, connectors()["shopify"].open(shop.connect()))
    with warehouse.connect(address, autocommit=True) as db:
        db.execute("analyze")
    return plan.run_id


def orders(states: dict[str, SandboxState], count: int) -> list[bytes]:
    """Requests of new orders, each to one of the shops."""
    state, draw = next(iter(states.values())), random.Random(7)
    known = Store(state, "main").changed(datetime(2000, 1, 1, tzinfo=UTC))[:count]
    assert len(known) == count, f"the world has {len(known)} orders of the own shop"
    found = []
    for order in known:
        shop = draw.choice(SHOPS)
        sent = delivery(as_created(order), "orders/create", shopify.SECRETS["webhook_secret"], state.now)
        head = [
            f"POST /webhooks/shopify/{shop} HTTP/1.1".encode(),
            b"Host: 127.0.0.1",
            f"Content-Length: {len(sent.body)}".encode(),
        ]
        head += [f"{name}: {value}".encode() for name, value in sent.headers.items()]
        found.append(b"\r\n".join(head) + b"\r\n\r\n" + sent.body)
    return found


@contextmanager
def processes(home: Path, address: str) -> Iterator[Path]:
    """The data service and the republisher, as `sluice up` starts them; the republisher's log."""
    environment = os.environ | {"SLUICE_DATABASE_URL": address, "SLUICE_CONFIG": str(home / "sluice.yaml")}
    command = Path(sys.executable).parent / "sluice"
    started, log = [], home / "republisher.log"
    try:
        for name, given in (
            ("service", [sys.executable, "-m", "sluice.service.serve", "--port", SERVICE.rpartition(":")[2]]),
            ("republisher", [str(command), "republish", "--json"]),
        ):
            with (home / f"{name}.log").open("w") as file:
                started.append(subprocess.Popen(given, env=environment, stdout=file, stderr=file, cwd=ROOT))
        _until(lambda: _answers(f"{SERVICE}/healthz"), START)
        yield log
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).ok
    except requests.ConnectionError:
        return False


def _until(holds, seconds: float) -> None:  # type: ignore[no-untyped-def]
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise SystemExit("republish: it did not get there in time")
        time.sleep(0.1)


def _settled(address: str) -> bool:
    with warehouse.connect(address) as db:
        return db.execute(LEFT).fetchone() == (0,)


def latencies(address: str, after: int, made: Street) -> tuple[list[float], int]:
    """Seconds from each sale to each other shop's lower number; and how many never came to be shown."""
    with warehouse.connect(address) as db:
        wanted = db.execute(WANTED, {"shops": list(SHOPS), "after": after}).fetchall()
    found, never = [], 0
    untouched = Store(SandboxState(next(iter(made.states.values())).world), "main")
    for _, sold_at, shop, facility, listing, item, pieces in wanted:
        entries = made.diaries[shop].entries[listing, facility]
        before = [shown for at, shown in entries if at < sold_at] or [untouched.level(item, LOCATIONS[facility]) or 0]
        if before[-1] <= pieces:
            continue  # nothing was left to be lowered: sold out, or an earlier sale's decision knew of it
        reached = next((at for at, shown in entries if at >= sold_at and shown <= pieces), None)
        if reached is None:
            never += 1
        else:
            found.append(reached - sold_at)
    return found, never


def differing(address: str, made: Street) -> int:
    """Numbers in force that a shop does not show at the end."""
    with warehouse.connect(address) as db:
        rows: Sequence[tuple[str, str, str, int]] = db.execute(
            "select l.shop, l.stock_ref, d.facility_id, q.published from planning.decided as d"
            " inner join planning.quotas as q using (run_id, facility_id, sku)"
            " inner join unified.products as l on l.channel = q.channel and l.shop = q.shop and l.sku = d.sku"
            " where l.status = 'active' and d.sku not in (select bundle_sku from unified.bundle_components)"
        ).fetchall()
    stores = {shop: Store(state, "main") for shop, state in made.states.items()}
    return sum(stores[shop].level(item, LOCATIONS[facility]) != pieces for shop, item, facility, pieces in rows)


def main() -> None:
    seconds, rate, points = (float(given) for given in [*sys.argv[1:], *("30", "50", "1000")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder, street(points) as made:
        home = Path(folder)
        home.chmod(0o755)
        os.environ["SLUICE_HOME"] = str(home)
        config = configuration(made.hosts, home)
        server = warehouse.Embedded(home / "postgres")
        server.start()
        try:
            plan = history(config, server.url())
            lines = orders(made.states, int(seconds * rate) + 100)
            with processes(home, server.url()):
                asyncio.run(at_rate(SERVICE, lines[:100], 20))  # plans are made, caches filled
                _until(lambda: _settled(server.url()), CATCH_UP)
                with warehouse.connect(server.url()) as db:
                    after = db.execute("select max(movement_id) from ops.stock_movements").fetchone()
                    before = db.execute(COUNTS, {"plan": plan}).fetchone()
                assert after
                assert before
                spent = {shop: bucket.spent for shop, bucket in made.buckets.items()}
                taken = asyncio.run(at_rate(SERVICE, lines[100:], rate))
                ended = time.monotonic()
                _until(lambda: _settled(server.url()), CATCH_UP)
                rest = time.monotonic() - ended
            found, never = latencies(server.url(), after[0], made)
            with warehouse.connect(server.url()) as db:
                now = db.execute(COUNTS, {"plan": plan}).fetchone()
            assert now
            wrong = differing(server.url(), made)
        finally:
            server.stop()
    _report(taken, found, never, [late - early for late, early in zip(now, before, strict=True)])
    used = max((made.buckets[shop].spent - spent[shop]) / (taken.ended - taken.began) for shop in SHOPS)
    throttled = sum(bucket.refused for bucket in made.buckets.values())
    print(f"republish: a shop spent at most {used:,.0f} of its {points:,.0f} points a second; {throttled} calls throttled")
    print(f"republish: settled {rest:.1f} s after the last order; numbers in force that a shop does not show then: {wrong}")
    print(f"republish: load of the machine {os.getloadavg()}")


def _report(taken: Measured, found: list[float], never: int, counts: Sequence[int]) -> None:
    decisions, messages, sent, superseded, other, confirmed = counts
    print(
        f"republish: {len(taken.seconds):,} orders at {taken.rate:,.1f}/s over {len(SHOPS)} shops; "
        f"not taken {len(taken.failed)}; answered in p95 {taken.milliseconds(0.95):.0f} ms"
    )
    p50, p95, p99 = np.quantile(found, [0.5, 0.95, 0.99])
    print(
        f"republish: sale to the others' lower number, {len(found):,} numbers: p50 {p50:.2f} s, p95 {p95:.2f} s, "
        f"p99 {p99:.2f} s, most {max(found):.2f} s; never shown {never}"
    )
    print(
        f"republish: {decisions:,} decisions, {messages:,} messages, {sent:,} sent, {superseded:,} overtaken by a newer number, "
        f"{other:,} neither; {confirmed:,} read back the same"
    )


if __name__ == "__main__":
    main()
