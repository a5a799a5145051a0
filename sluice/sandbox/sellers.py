"""Which channels the sandbox plays over HTTP, as which shop, and the secrets that open it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import polars as pl

import sluice.sandbox
from sluice.channels.protocol import Connection, Connector
from sluice.sandbox.catalogue import SHOPS, Shop
from sluice.sandbox.seasons import START
from sluice.sandbox.view import ShopView


@dataclass(frozen=True, slots=True)
class Seller:
    """`since`: how far back the platform tells of orders. `told(view)`, where that is not all: those, and their ids there.

    `options` are those of its connector that a shop here needs.
    """

    shop: Shop
    secrets: Mapping[str, str]
    since: datetime
    told: Callable[[ShopView], tuple[pl.DataFrame, pl.Series]] | None
    options: Mapping[str, object]

    def connection(self, connector: Connector, url: str, now: Callable[[], datetime]) -> Connection:
        """The shop as its connector opens it, at a sandbox's address."""
        return Connection(
            shop=self.shop.shop,
            url=f"{url}/{self.shop.channel}",
            secrets={name: self.secrets[name] for name in connector.secrets},
            currency=self.shop.currency,
            timezone=self.shop.timezone,
            since=self.since,
            options=connector.options(**self.options),
            now=now,
        )


@cache
def sellers() -> dict[str, Seller]:
    """By the channel's name: every module here that answers as a shop with orders.

    It has `app` and `SECRETS`; and `SHOP`, `SINCE`, `told`, `OPTIONS` where they are its own.
    """
    own = {shop.channel: shop for shop in SHOPS}
    found = {}
    for name in sorted(module.name for module in iter_modules(sluice.sandbox.__path__)):
        module = import_module(f"sluice.sandbox.{name}")
        shop = getattr(module, "SHOP", own.get(name))
        if isinstance(shop, Shop) and hasattr(module, "app") and hasattr(module, "SECRETS"):
            since, told = getattr(module, "SINCE", START), getattr(module, "told", None)
            found[name] = Seller(shop, module.SECRETS, since, told, getattr(module, "OPTIONS", {}))
    return found
