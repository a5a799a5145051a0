"""The service's connections: a pool, read-only, each statement bounded."""

from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[dict[str, Any]]
STATEMENT_TIMEOUT_MS = 5_000
OPTIONS = (
    f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS} -c default_transaction_read_only=on"
    r" -c default_transaction_isolation=repeatable\ read"
)


def pool(url: str) -> ConnectionPool[Connection]:
    """Not open yet. Reads that belong together (`with db.transaction()`) see one snapshot."""
    return ConnectionPool(
        url,
        connection_class=Connection,
        kwargs={"autocommit": True, "row_factory": dict_row, "options": OPTIONS, "application_name": "sluice-service"},
        min_size=1,
        max_size=10,
        timeout=5,
        # A connection that the server closed is replaced before a request meets it.
        check=ConnectionPool.check_connection,
        open=False,
    )


def _connection(request: Request) -> Iterator[Connection]:
    found: ConnectionPool[Connection] = request.app.state.pool
    with found.connection() as connection:
        yield connection


Database = Annotated[Connection, Depends(_connection)]
