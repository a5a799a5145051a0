"""The sandbox's Tryton."""

from sluice.sandbox.tryton.server import SECRETS, app

__all__ = ["SECRETS", "app"]
