"""Vendure: see docs/channels/vendure.md."""

from sluice.channels.vendure.connector import CONNECTOR

__all__ = ["CONNECTOR"]
