"""The sandbox's eBay."""

from sluice.sandbox.ebay.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
