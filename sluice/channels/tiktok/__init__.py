"""TikTok Shop, the global open platform."""

from sluice.channels.tiktok.connector import CONNECTOR

__all__ = ["CONNECTOR"]
