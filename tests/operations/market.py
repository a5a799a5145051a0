"""Several shops on one stock: each its own Shopify of the sandbox, all of one world, with an ERP behind them and a plan."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

import psycopg

from sluice import warehouse
from sluice.channels.protocol import Channel, Connection
from sluice.channels.registry import connectors
from sluice.channels.shopify import graphql
from sluice.channels.shopify.client import Client
from sluice.landing.land import land
from sluice.operations.decide import decide
from sluice.operations.outbox import Outlet
from sluice.operations.publish import Published, deliver
from sluice.operations.republish import Pass, Republisher
from sluice.planning_policy import Planning
from sluice.sandbox.host import hosted
from sluice.sandbox.shopify.records import LOCATIONS
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

SHOPS = ("main", "second", "third")
EVERYTHING = Planning.model_validate({"rules": [{"percent": 100}], "quotas": [{"channel": "shopify", "shop": s} for s in SHOPS]})
"""Each shop shows all that is available: a sale on one lowers the others by as much."""
SHARED = Planning.model_validate(
    {
        "pool_share": 0.3,
        "quotas": [
            {"channel": "shopify", "shop": "main", "priority": 1, "min": 2},
            {"channel": "shopify", "shop": "second", "priority": 2, "isolation": 3},
            {"channel": "shopify", "shop": "third", "priority": 2, "weight": 0.5, "max": 4},
        ],
    }
)
EVENTS = "select count(*) from planning.runs where kind = 'event'"
CHANGES = "select count(*) from ops.stock_changes"
ADDS_UP = """
select a.facility_id, a.sku
from ops.available as a
inner join planning.decided as d using (facility_id, sku)
inner join planning.stock_plan as p on p.run_id = d.run_id and p.facility_id = a.facility_id and p.sku = a.sku
where a.is_known and (
    (p.on_hand, p.committed, p.held, p.presale_reserve, p.movement_id)
    is distinct from (a.on_hand, a.committed, a.held, a.presale_reserve, a.movement_id)
    or d.movement_id <> a.movement_id
    or p.quota_total + p.shared_pool
    <> greatest(0, a.on_hand - a.committed - a.held - a.presale_reserve - p.safety_stock)
    or p.quota_total <> (
        select coalesce(sum(q.quota), 0) from planning.quotas as q
        where q.run_id = d.run_id and q.facility_id = a.facility_id and q.sku = a.sku
    )
)
"""
TOLD = """
select o.facility_id, o.quantity from ops.outbox as o
where o.shop = %s and o.sku = %s and o.state <> 'superseded' order by o.message_id
"""


@cache
def world(seed: int = 11, orders: int = 150) -> World:
    return World.generate(seed, orders)


@dataclass
class Market:
    """`shown` asks a shop's own sandbox; `told` is what it was sent, in order."""

    url: str
    db: psycopg.Connection
    states: Mapping[str, SandboxState]
    connections: Mapping[str, Connection]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def outlets(self) -> list[Outlet]:
        return [Outlet("shopify", shop, by_facility=True) for shop in SHOPS]

    def channel(self, shop: str) -> Channel:
        return connectors()["shopify"].open(self.connections[shop])

    def plan(self, policy: Planning = EVERYTHING) -> int:
        run = decide(self.db, policy, self.outlets).run_id
        self.db.commit()
        return run

    def republish(self) -> Pass:
        republisher = Republisher(self.db, self.outlets)
        republisher.expire()
        done = republisher.decide(sweep=True)
        self.db.commit()
        return done

    def deliver(self, *shops: str) -> list[Published]:
        return [deliver(self.db, Outlet("shopify", shop, True), self.channel(shop)) for shop in shops or SHOPS]

    def shown(self, shop: str, sku: str) -> dict[str, int]:
        """Pieces by facility, asked of the shop itself."""
        rows = self.db.execute(
            "select stock_ref from unified.products where channel = 'shopify' and shop = %s and sku = %s", (shop, sku)
        ).fetchall()
        self.db.commit()
        client, shown = Client(self.connections[shop]), {}
        for facility, place in LOCATIONS.items():
            body = client.ask(graphql.available(1), ids=[ref for (ref,) in rows], l0=place)
            for item in json.loads(body)["data"]["nodes"]:
                if item["l0"]:
                    shown[facility] = item["l0"]["quantities"][0]["quantity"]
        return shown

    def told(self, shop: str, sku: str) -> list[tuple[str, int]]:
        rows = self.db.execute(TOLD, (shop, sku)).fetchall()
        self.db.commit()
        return [(facility, quantity) for facility, quantity in rows]

    def item(self, at_least: int = 6) -> tuple[str, str]:
        """(facility, SKU) of which there is plenty, in no bundle, listed in every shop."""
        row = self.db.execute(
            """
            select a.facility_id, a.sku from ops.available as a
            where a.available >= %s and a.is_known
                and (select count(distinct p.shop) from unified.products as p where p.sku = a.sku and p.channel = 'shopify') = %s
                and not exists (select from unified.bundle_components as b where a.sku in (b.component_sku, b.bundle_sku))
            order by a.facility_id, a.sku limit 1
            """,
            (at_least, len(SHOPS)),
        ).fetchone()
        self.db.commit()
        assert row
        return row[0], row[1]

    def order(self, shop: str, facility: str, sku: str, quantity: int, order_id: str | None = None) -> str:
        """An accepted order of one line, as absorbing it appends it; `quantity` 0 cancels it. Its id."""
        name = order_id or f"order-{next(self.numbers)}"
        with self.db.transaction():
            self.db.execute("select ops.lock_items(array[%s], array[%s])", (facility, sku))
            self.db.execute(
                "select ops.move_lines('shopify', %s,"
                " array[(%s, '1', %s, %s, %s, false, 0, 0, now(), now(), now())::ops.line_stock])",
                (shop, name, sku, facility, quantity),
            )
        self.db.commit()
        return name

    def adjust(self, facility: str, sku: str, quantity: int) -> None:
        kind = "adjustment"
        self.db.execute(
            "select ops.adjust_stock(%s, %s, %s, %s, %s)", (f"key-{next(self.numbers)}", kind, facility, sku, quantity)
        )
        self.db.commit()

    def wrong(self) -> list[tuple[str, str]]:
        """Known items whose decision in force is not what the ledger says."""
        rows = self.db.execute(ADDS_UP).fetchall()
        self.db.commit()
        return [(facility, sku) for facility, sku in rows]

    def behind(self, facility: str, sku: str) -> list[str]:
        """Shops that don't show the number in force of an item."""
        rows = self.db.execute(
            "select q.shop, q.published from planning.quotas as q inner join planning.decided using (run_id, facility_id, sku)"
            " where q.facility_id = %s and q.sku = %s",
            (facility, sku),
        ).fetchall()
        self.db.commit()
        return [shop for shop, published in rows if self.shown(shop, sku).get(facility) != published]


@contextmanager
def market(url: str, shops: Sequence[str] = SHOPS) -> Iterator[Market]:
    """Products and stock landed and taken in; nothing planned yet."""
    with ExitStack() as stack:
        states = {shop: SandboxState(world()) for shop in shops}
        hosts = {shop: stack.enter_context(hosted(state)) for shop, state in states.items()}
        db = stack.enter_context(warehouse.connect(url))
        found = {shop: connection("shopify", shop, host) for shop, host in hosts.items()}
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, country, base_currency)"
            " select channel, s, s, kind, currency, timezone, country, base_currency from raw.shops, unnest(%s::text[]) as s"
            " where channel = 'shopify' and shop = 'main' on conflict do nothing",
            (list(shops),),
        )
        db.commit()
        erp = connection("odoo", "erp", next(iter(hosts.values())))
        for stream in connectors()["odoo"].streams:
            land(db, connectors()["odoo"], erp, stream)
        for shop in shops:
            land(db, connectors()["shopify"], found[shop], connectors()["shopify"].stream("products"))
        db.commit()
        yield Market(url, db, states, found)


def connection(connector: str, shop: str, host: str) -> Connection:
    return Connection(
        shop=shop,
        url=f"{host}/{connector}",
        secrets=import_module(f"sluice.sandbox.{connector}").SECRETS,
        currency="USD",
        timezone="UTC",
        since=datetime(2025, 1, 1, tzinfo=UTC),
        options=connectors()[connector].options(),
    )


def one(db: psycopg.Connection, query: str, *values: Any) -> Any:
    row = db.execute(query, values).fetchone()
    db.commit()
    assert row
    return row[0]


def soon(holds: Callable[[], bool]) -> None:
    """Wait for it, as long as a busy machine may take; how long it takes is for the benchmark to say."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
