"""The sandbox's Amazon."""

from sluice.sandbox.amazon.account import SECRETS, SHOP
from sluice.sandbox.amazon.server import app

__all__ = ["SECRETS", "SHOP", "app"]
