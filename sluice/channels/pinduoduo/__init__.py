"""Pinduoduo, through its open platform's gateway."""

from sluice.channels.pinduoduo.connector import CONNECTOR

__all__ = ["CONNECTOR"]
