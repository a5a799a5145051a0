"""Medusa v2, through its Admin API."""

from sluice.channels.medusa.connector import CONNECTOR

__all__ = ["CONNECTOR"]
