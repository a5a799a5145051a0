"""The sandbox's Douyin shop."""

from sluice.sandbox.douyin.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
