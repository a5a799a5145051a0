"""Tryton, an ERP behind the shops."""

from sluice.channels.tryton.connector import CONNECTOR

__all__ = ["CONNECTOR"]
