"""The sandbox's Vendure."""

from sluice.sandbox.vendure.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
