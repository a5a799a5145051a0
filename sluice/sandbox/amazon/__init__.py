"""The sandbox's Amazon."""

from sluice.sandbox.amazon.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
