"""JD's marketplace for merchants (POP), through its open platform's gateway."""

from sluice.channels.jd.connector import CONNECTOR

__all__ = ["CONNECTOR"]
