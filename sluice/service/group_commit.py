"""Holds that are asked for at once are taken together: one writer, one transaction for all that wait, one commit to pay for.

A lone request goes at once: the writer takes what has queued while it wrote, it never waits for more to come.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Self

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from sluice.service.database import Connection

log = logging.getLogger(__name__)
LARGEST_BATCH = 256
# A hold that this transaction made carries its time; one that was there before carries an older one.
TAKE = "select h, (h ->> 'created_at')::timestamptz = now() as is_new from ops.hold_many(%s) as h"
UNANSWERED = (PoolTimeout, psycopg.errors.QueryCanceled, psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown)
"""The server does not answer, or not in time: trying each request of the batch alone would only make all wait longer."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What ops.hold answered; `is_new` is false where the same hold_id had been asked for before."""

    hold: dict[str, Any]
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    request: dict[str, Any]
    answer: Future[Taken] = field(default_factory=Future)


class HoldWriter:
    """Takes holds on a connection of `pool`, while its block runs; what was asked in it is answered before the block ends."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool
        self._queue: SimpleQueue[_Asked | None] = SimpleQueue()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._write, name="hold-writer", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._queue.put(None)
        if self._thread:
            self._thread.join()

    def ask(self, request: dict[str, Any]) -> Future[Taken]:
        """`request` as ops.hold_many takes it. The answer comes when it is committed; a psycopg.Error says that nothing was."""
        asked = _Asked(request)
        self._queue.put(asked)
        return asked.answer

    def _write(self) -> None:
        while True:
            batch, ends = self._waiting()
            if batch:
                self._take(batch)
            if ends:
                return

    def _waiting(self) -> tuple[list[_Asked], bool]:
        """All that wait, at least one; whether the writer shall end after them."""
        batch: list[_Asked] = []
        one = self._queue.get()
        while one is not None:
            # a caller that went away before its turn gets nothing held
            if one.answer.set_running_or_notify_cancel():
                batch.append(one)
            if len(batch) == LARGEST_BATCH:
                return batch, False
            try:
                one = self._queue.get_nowait()
            except Empty:
                return batch, False
        return batch, True

    def _take(self, batch: Sequence[_Asked]) -> None:
        try:
            taken = self._together([asked.request for asked in batch])
        except Exception as fault:  # whatever it is, someone waits for an answer
            if len(batch) == 1 or not _is_of_one(fault):
                for asked in batch:
                    asked.answer.set_exception(fault)
                return
            log.info("a batch of %s holds failed and is tried one by one: %s", len(batch), fault)
            for asked in batch:
                self._take([asked])
            return
        for asked, one in zip(batch, taken, strict=True):
            asked.answer.set_result(one)

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


def _is_of_one(fault: Exception) -> bool:
    """Whether one request of a batch may have failed the others."""
    lost = isinstance(fault, psycopg.OperationalError) and fault.sqlstate is None
    return isinstance(fault, psycopg.Error) and not lost and not isinstance(fault, UNANSWERED)
