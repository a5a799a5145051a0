"""Which channels the sandbox plays over HTTP, as which shop, and the secrets that open it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import sluice.sandbox
from sluice.sandbox.catalogue import SHOPS, Shop
from sluice.sandbox.seasons import START


@dataclass(frozen=True, slots=True)
class Seller:
    """`since`: how far back the platform tells of orders."""

    shop: Shop
    secrets: Mapping[str, str]
    since: datetime


@cache
def sellers() -> dict[str, Seller]:
    """By the channel's name: every module here that answers as a shop with orders (`app`, `SECRETS`; `SHOP`, `SINCE`)."""
    own = {shop.channel: shop for shop in SHOPS}
    found = {}
    for name in sorted(module.name for module in iter_modules(sluice.sandbox.__path__)):
        module = import_module(f"sluice.sandbox.{name}")
        shop = getattr(module, "SHOP", own.get(name))
        if isinstance(shop, Shop) and hasattr(module, "app") and hasattr(module, "SECRETS"):
            found[name] = Seller(shop, module.SECRETS, getattr(module, "SINCE", START))
    return found
