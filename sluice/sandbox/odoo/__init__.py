"""The sandbox's Odoo."""

from sluice.sandbox.odoo.server import SECRETS, app
from sluice.sandbox.odoo.shop import SHOP

OPTIONS = {"sales": True}

__all__ = ["OPTIONS", "SECRETS", "SHOP", "app"]
