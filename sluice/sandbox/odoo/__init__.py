"""The sandbox's Odoo."""

from sluice.sandbox.odoo.server import app

__all__ = ["app"]
