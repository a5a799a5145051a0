"""Checks in SQL: a query that must find nothing."""

import time
from collections.abc import Iterable
from typing import LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sluice import warehouse
from sluice.quality.files import Expectation, Suite
from sluice.quality.results import SAMPLE, CheckResult, plain

# One pass finds how many rows there are, and the first of them.
FOUND = "select count(*) over () as _count, found.* from (\n{query}\n) as found limit {sample}"
TIMEOUT = "10min"


def run(url: str, suites: Iterable[Suite]) -> list[CheckResult]:
    """Results of all queries of `suites`. They read one snapshot, so that landing meanwhile can't make two tables disagree."""
    with warehouse.connect(url) as db:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        db.read_only = True
        db.execute(f"set local statement_timeout = '{TIMEOUT}'")
        return [_run(db, suite.table, one) for suite in suites for one in suite.expectations if one.sql is not None]


def _run(db: psycopg.Connection, table: str, check: Expectation) -> CheckResult:
    # The text is a file of ours, as trusted as this code.
    query = sql.SQL(cast(LiteralString, check.sql))
    began = time.monotonic()
    try:
        with db.transaction(), db.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(sql.SQL(FOUND).format(query=query, sample=SAMPLE)).fetchall()
    except psycopg.Error as fault:
        return CheckResult(table, check.name, False, check.severity, seconds=_since(began), error=str(fault).splitlines()[0])
    count = rows[0]["_count"] if rows else 0
    sample = tuple(plain({name: value for name, value in row.items() if name != "_count"}) for row in rows)
    return CheckResult(table, check.name, not rows, check.severity, None, count, sample, _since(began))


def _since(began: float) -> float:
    return round(time.monotonic() - began, 4)
