"""Dropped files: any export, its columns mapped in the configuration."""

from sluice.channels.file.connector import CONNECTOR

__all__ = ["CONNECTOR"]
