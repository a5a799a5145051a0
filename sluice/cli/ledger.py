"""The stock ledger for commands that look or book: a running warehouse, without preparing it or starting anything else."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from sluice import warehouse
from sluice.config import ConfigError

NOTHING_YET = "there is no stock ledger yet: `sluice run` lands orders and stock first"


@contextmanager
def ledger() -> Iterator[psycopg.Connection]:
    """A connection, committed when the block ends well. Raises ConfigError where nothing was ever landed."""
    if not os.environ.get("SLUICE_DATABASE_URL") and not (warehouse.home() / "postgres" / "password").exists():
        raise ConfigError(NOTHING_YET)
    with warehouse.running() as address, warehouse.connect(address) as db:
        if db.execute("select to_regclass('ops.stock_positions')").fetchone() == (None,):
            raise ConfigError(NOTHING_YET)
        yield db


def instant(text: str | None) -> datetime | None:
    """ISO 8601; UTC where no offset is given. Raises ConfigError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise ConfigError(f"{text!r} is no time; write it as 2026-03-01T08:30:00Z") from fault
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def shop_of(name: str) -> tuple[str, str]:
    """(channel, shop) of CHANNEL/SHOP. Raises ConfigError."""
    channel, slash, shop = name.partition("/")
    if not (channel and slash and shop):
        raise ConfigError(f"{name!r} names no shop; write it as CHANNEL/SHOP, as in sluice.yaml")
    return channel, shop
