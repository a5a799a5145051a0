"""Square: tills and Square Online, over its REST API."""

from sluice.channels.square.connector import CONNECTOR

__all__ = ["CONNECTOR"]
