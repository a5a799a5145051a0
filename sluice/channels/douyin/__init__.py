"""Douyin shop (doudian), the mainland open platform."""

from sluice.channels.douyin.connector import CONNECTOR

__all__ = ["CONNECTOR"]
