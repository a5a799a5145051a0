"""The sandbox's Medusa."""

from sluice.sandbox.medusa.server import SECRETS, app
from sluice.sandbox.medusa.store import SHOP

__all__ = ["SECRETS", "SHOP", "app"]
