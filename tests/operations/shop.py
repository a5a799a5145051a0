"""A company in small: the sandbox's shops landed into a database, day after day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module

import psycopg

from sluice import warehouse
from sluice.channels.protocol import Connection
from sluice.channels.registry import connectors
from sluice.landing.land import land
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World

SHOPS = {"shopify": ("main", "USD", "America/Los_Angeles"), "odoo": ("erp", "CNY", "Asia/Shanghai")}


class Company:
    """Lands the ERP and the own shop of one world; `advance` lets days pass in between."""

    def __init__(self, db: psycopg.Connection, state: SandboxState, url: str) -> None:
        self.db = db
        self.state = state
        self.url = url

    def connection(self, connector: str) -> Connection:
        shop, currency, timezone = SHOPS[connector]
        return Connection(
            shop=shop,
            url=f"{self.url}/{connector}",
            secrets=import_module(f"sluice.sandbox.{connector}").SECRETS,
            currency=currency,
            timezone=timezone,
            since=datetime(2025, 1, 1, tzinfo=UTC),
            options=connectors()[connector].options(),
        )

    def land(self) -> None:
        for name in ("odoo", "shopify"):
            connector = connectors()[name]
            for stream in connector.streams:
                land(self.db, connector, self.connection(name), stream)
        self.db.commit()

    def advance(self, days: float) -> None:
        self.state.advance(days)


@contextmanager
def company(url: str, orders: int = 1500, seed: int = 11) -> Iterator[Company]:
    state = SandboxState(World.generate(seed, orders))
    with hosted(state) as address, warehouse.connect(url) as db:
        yield Company(db, state, address)
