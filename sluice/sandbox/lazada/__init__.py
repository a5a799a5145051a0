"""The sandbox's Lazada."""

from sluice.sandbox.lazada.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
