"""Every connector that has a sandbox with a shop of its own, opened against it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import polars as pl
import psycopg

from sluice import warehouse
from sluice.channels.protocol import Connection, Connector
from sluice.channels.registry import connectors
from sluice.landing.land import Landed, land
from sluice.sandbox.catalogue import SHOPS, Shop
from sluice.sandbox.host import hosted
from sluice.sandbox.sellers import sellers
from sluice.sandbox.state import SandboxState
from tests.conftest import copy_of

OWN = {shop.channel for shop in SHOPS}
SANDBOXES = {name: seller for name, seller in sellers().items() if name not in OWN}
"""Those that sell beside the world's own shops, which have tests of their own."""


@dataclass(frozen=True)
class House:
    """A sandbox, one shop on it, and a warehouse to land it in."""

    connector: Connector
    shop: Shop
    state: SandboxState
    url: str
    database: str
    db: psycopg.Connection

    def connection(self, **secrets: str) -> Connection:
        """The shop, with some secrets put otherwise."""
        known = sellers()[self.connector.name].connection(self.connector, self.url, lambda: self.state.now)
        return replace(known, secrets={**known.secrets, **secrets})

    def told(self) -> tuple[pl.DataFrame, pl.DataFrame, set[str]]:
        """The orders that the platform tells of now, their lines, and their ids there.

        All of them, but on a platform that forgets or keeps to itself what is not paid: its sandbox says so with `told(view)`.
        """
        view = self.state.view(self.connector.name, self.shop.shop)
        chosen = sellers()[self.connector.name].told
        orders, ids = chosen(view) if chosen else (view.orders, view.orders["order_id"])
        return orders, view.history.lines.of(orders["position"].to_numpy())[0], set(ids)

    def land(self) -> list[Landed]:
        return [land(self.db, self.connector, self.connection(), stream) for stream in self.connector.streams]


@contextmanager
def house(name: str, state: SandboxState, server: warehouse.Embedded, template: str) -> Iterator[House]:
    connector, shop = connectors()[name], sellers()[name].shop
    with hosted(state) as url, copy_of(server, template) as address, warehouse.connect(address) as db:
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values (%s, %s, %s, %s, %s, %s, 'CNY') on conflict do nothing",
            (name, shop.shop, name, connector.kind, shop.currency, shop.timezone),
        )
        db.commit()
        yield House(connector, shop, state, url, address, db)
