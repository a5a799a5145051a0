"""Taobao and Tmall, through the TOP gateway."""

from sluice.channels.taobao.connector import CONNECTOR

__all__ = ["CONNECTOR"]
