"""Every connector that has a sandbox with a shop of its own, opened against it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import Any

import polars as pl
import psycopg

from sluice import warehouse
from sluice.channels.protocol import Connection, Connector
from sluice.channels.registry import connectors
from sluice.landing.land import Landed, land
from sluice.sandbox.catalogue import Shop
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.conftest import copy_of


def _sandbox(name: str) -> ModuleType | None:
    try:
        module = import_module(f"sluice.sandbox.{name}")
    except ModuleNotFoundError:
        return None
    return module if isinstance(getattr(module, "SHOP", None), Shop) else None


SANDBOXES = {name: module for name in connectors() if (module := _sandbox(name))}


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
        known: Mapping[str, str] = SANDBOXES[self.connector.name].SECRETS
        wanted = {name: known[name] for name in self.connector.secrets}
        return Connection(
            shop=self.shop.shop,
            url=self.url,
            secrets=wanted | secrets,
            currency=self.shop.currency,
            timezone=self.shop.timezone,
            since=getattr(SANDBOXES[self.connector.name], "SINCE", datetime(2024, 1, 1, tzinfo=UTC)),
            options=self.connector.options(),
            now=lambda: self.state.now,
        )

    def told(self) -> tuple[pl.DataFrame, pl.DataFrame, set[str]]:
        """The orders that the platform tells of now, their lines, and their ids there.

        All of them, but on a platform that forgets or keeps to itself what is not paid: its sandbox says so with `told(view)`.
        """
        view = self.state.view(self.connector.name, self.shop.shop)
        chosen: Any = getattr(SANDBOXES[self.connector.name], "told", None)
        orders, ids = chosen(view) if chosen else (view.orders, view.orders["order_id"])
        return orders, view.history.lines.of(orders["position"].to_numpy())[0], set(ids)

    def land(self) -> list[Landed]:
        return [land(self.db, self.connector, self.connection(), stream) for stream in self.connector.streams]


@contextmanager
def house(name: str, state: SandboxState, server: warehouse.Embedded, template: str) -> Iterator[House]:
    connector, shop = connectors()[name], SANDBOXES[name].SHOP
    with hosted(state) as url, copy_of(server, template) as address, warehouse.connect(address) as db:
        db.execute(
            "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
            " values (%s, %s, %s, %s, %s, %s, 'CNY')",
            (name, shop.shop, name, connector.kind, shop.currency, shop.timezone),
        )
        db.commit()
        yield House(connector, shop, state, f"{url}/{name}", address, db)
