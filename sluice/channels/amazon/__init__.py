"""Amazon, through the Selling Partner API."""

from sluice.channels.amazon.connector import CONNECTOR

__all__ = ["CONNECTOR"]
