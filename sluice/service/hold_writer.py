"""Holds that are asked for at once are taken together."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from sluice.service.database import Connection
from sluice.service.group_commit import GroupCommit

MOST_AT_ONCE = 256
# A hold that this transaction made carries its time; one that was there before carries an older one.
TAKE = "select h, (h ->> 'created_at')::timestamptz = now() as is_new from ops.hold_many(%s) as h"
UNANSWERED = (PoolTimeout, psycopg.errors.QueryCanceled, psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown)
"""The server does not answer, or not in time: trying each request of the batch alone would only make all wait longer."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What ops.hold answered; `is_new` is false where the same hold_id had been asked for before."""

    hold: dict[str, Any]
    is_new: bool


class HoldWriter:
    """Takes holds on a connection of `pool`, while its block runs; what was asked in it is answered before the block ends."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool
        self._commit = GroupCommit("hold-writer", self._together, _may_be_of_one, MOST_AT_ONCE)

    def __enter__(self) -> Self:
        self._commit.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._commit.stop()

    def ask(self, request: dict[str, Any]) -> Future[Taken]:
        """`request` as ops.hold_many takes it. The answer comes when it is committed; a psycopg.Error says that nothing was."""
        return self._commit.ask(request)

    def _together(self, requests: Sequence[dict[str, Any]]) -> list[Taken]:
        with self._pool.connection() as db, db.transaction():
            rows = db.execute(TAKE, (Jsonb(list(requests)),), prepare=True).fetchall()
        seen: set[str] = set()
        taken = []
        for request, row in zip(requests, rows, strict=True):
            taken.append(Taken(row["h"], bool(row["is_new"]) and request["hold_id"] not in seen))
            if row["h"]["state"] != "refused":
                seen.add(request["hold_id"])
        return taken


def _may_be_of_one(fault: Exception, count: int) -> bool:
    """Whether one request of a batch may have failed the others."""
    lost = isinstance(fault, psycopg.OperationalError) and fault.sqlstate is None
    return count > 1 and isinstance(fault, psycopg.Error) and not lost and not isinstance(fault, UNANSWERED)
