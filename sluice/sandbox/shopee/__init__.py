"""The sandbox's Shopee."""

from sluice.sandbox.shopee.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
