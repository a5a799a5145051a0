"""The sandbox's Odoo."""

from sluice.sandbox.odoo.server import SECRETS, app

__all__ = ["SECRETS", "app"]
