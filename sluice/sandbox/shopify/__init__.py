"""The sandbox's Shopify."""

from sluice.sandbox.shopify.server import app

__all__ = ["app"]
