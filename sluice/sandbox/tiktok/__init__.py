"""The sandbox's TikTok Shop."""

from sluice.sandbox.tiktok.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
