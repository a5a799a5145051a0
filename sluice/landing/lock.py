"""One landing at a time for each stream of each shop."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Connection, errors
from psycopg.pq import TransactionStatus

from sluice.landing.delivery import LandingError

log = logging.getLogger(__name__)

PATIENCE = 600
"""Seconds to wait for another landing of the same stream."""

_NUMBER = "hashtextextended(%s, 0)"


def _name(channel: str, shop: str, stream: str) -> str:
    return f"landing {channel}/{shop} {stream}"


@contextmanager
def locked(db: Connection, channel: str, shop: str, stream: str, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the stream's lock over many transactions of `db`. Raises LandingError when another holds it too long."""
    name = _name(channel, shop, stream)
    if not _try(db, name):
        log.warning("%s: another one is running, waiting for it", name)
        _wait(db, name, patience)
    try:
        yield
    finally:
        _release(db, name)


@contextmanager
def try_lock(db: Connection, channel: str, shop: str, stream: str) -> Iterator[bool]:
    """Whether the stream's lock was free; if so it is held while the block runs."""
    name = _name(channel, shop, stream)
    ours = _try(db, name)
    try:
        yield ours
    finally:
        if ours:
            _release(db, name)


def _try(db: Connection, name: str) -> bool:
    db.commit()
    row = db.execute(f"select pg_try_advisory_lock({_NUMBER})", (name,)).fetchone()
    db.commit()
    return bool(row and row[0])


def _wait(db: Connection, name: str, patience: float) -> None:
    try:
        with db.transaction():
            db.execute("select set_config('lock_timeout', %s, true)", (f"{int(patience * 1000)}ms",))
            db.execute(f"select pg_advisory_lock({_NUMBER})", (name,))
    except errors.LockNotAvailable as fault:
        raise LandingError(f"{name}: another one is still running after {patience:g} s; nothing was done") from fault


def _release(db: Connection, name: str) -> None:
    """A connection that is gone has released it already."""
    if db.closed or db.broken:
        return
    if db.info.transaction_status != TransactionStatus.IDLE:
        db.rollback()
    db.execute(f"select pg_advisory_unlock({_NUMBER})", (name,))
    db.commit()
