"""The sandbox's Tryton."""

from sluice.sandbox.tryton.server import SECRETS, app
from sluice.sandbox.tryton.shop import OPTIONS, SHOP

__all__ = ["OPTIONS", "SECRETS", "SHOP", "app"]
