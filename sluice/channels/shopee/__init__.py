"""Shopee, through Open Platform API v2."""

from sluice.channels.shopee.connector import CONNECTOR

__all__ = ["CONNECTOR"]
