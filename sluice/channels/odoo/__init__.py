"""Odoo, the ERP behind the shops."""

from sluice.channels.odoo.connector import CONNECTOR

__all__ = ["CONNECTOR"]
