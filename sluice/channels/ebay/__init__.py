"""eBay, through its Sell APIs."""

from sluice.channels.ebay.connector import CONNECTOR

__all__ = ["CONNECTOR"]
