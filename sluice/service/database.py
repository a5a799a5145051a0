"""The service's connections: a pool that reads and one that writes, each statement bounded."""

from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[dict[str, Any]]
STATEMENT_TIMEOUT_MS = 5_000
OPTIONS = f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS}"
READING = rf"{OPTIONS} -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\ read"
# What waits for a lock must then see what the other one wrote.
WRITING = rf"{OPTIONS} -c default_transaction_read_only=off -c default_transaction_isolation=read\ committed"


def pool(url: str) -> ConnectionPool[Connection]:
    """Not open yet. Reads that belong together (`with db.transaction()`) see one snapshot."""
    return _pool(url, READING, 10)


def writing_pool(url: str) -> ConnectionPool[Connection]:
    """Not open yet. Each statement commits by itself, unless it is in `with db.transaction()`."""
    return _pool(url, WRITING, 5)


def _pool(url: str, options: str, most: int) -> ConnectionPool[Connection]:
    return ConnectionPool(
        url,
        connection_class=Connection,
        kwargs={"autocommit": True, "row_factory": dict_row, "options": options, "application_name": "sluice-service"},
        min_size=1,
        max_size=most,
        timeout=5,
        # A connection that the server closed is replaced before a request meets it.
        check=ConnectionPool.check_connection,
        open=False,
    )


def _connection(request: Request) -> Iterator[Connection]:
    found: ConnectionPool[Connection] = request.app.state.pool
    with found.connection() as connection:
        yield connection


def _writing(request: Request) -> Iterator[Connection]:
    found: ConnectionPool[Connection] = request.app.state.writing_pool
    with found.connection() as connection:
        yield connection


Database = Annotated[Connection, Depends(_connection)]
Writing = Annotated[Connection, Depends(_writing)]
