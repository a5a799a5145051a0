"""The sandbox's JD."""

from sluice.sandbox.jd.server import SECRETS, SHOP, app

__all__ = ["SECRETS", "SHOP", "app"]
