"""The sandbox's Square."""

from sluice.sandbox.square.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
