"""The sandbox's Shopify."""

from sluice.sandbox.shopify.server import SECRETS, app

__all__ = ["SECRETS", "app"]
