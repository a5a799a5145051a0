"""Lazada, through its open platform."""

from sluice.channels.lazada.connector import CONNECTOR

__all__ = ["CONNECTOR"]
