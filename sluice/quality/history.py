"""Results of every run, kept in ops.check_results."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from sluice.alerts.problems import Severity
from sluice.quality.results import CheckResult

INSERT = """
insert into ops.check_results
    (run_id, checked_at, table_name, check_name, severity, passed, observed, unexpected_count, sample, seconds)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
LATEST = """
with summary as (
    select table_name, check_name, max(result_id) as newest,
        coalesce(max(result_id) filter (where passed), 0) as last_passed,
        (array_agg(passed order by result_id desc))[1:%(runs)s] as newest_first
    from ops.check_results
    group by table_name, check_name
)
select r.table_name as table, r.check_name as name, r.severity, r.passed, r.observed, r.unexpected_count, r.sample, r.seconds,
    r.checked_at, r.run_id, s.newest_first,
    (select min(f.checked_at) from ops.check_results f
     where f.table_name = r.table_name and f.check_name = r.check_name and f.result_id > s.last_passed) as failing_since
from summary s
inner join ops.check_results r on r.result_id = s.newest
order by r.table_name, r.check_name
"""


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest result of one check. `newest_first` is whether it passed, run by run; `failing_since` is null if it passes."""

    table: str
    name: str
    severity: Severity
    passed: bool
    observed: Any
    unexpected_count: int | None
    sample: list[Any] | None
    seconds: float
    checked_at: datetime
    run_id: str
    newest_first: list[bool]
    failing_since: datetime | None


def append(db: psycopg.Connection, run_id: str, results: Iterable[CheckResult], at: datetime | None = None) -> None:
    """Keep what a run found."""
    moment = at or datetime.now(UTC)
    rows = [
        (
            run_id,
            moment,
            result.table,
            result.name,
            result.severity,
            result.passed,
            Jsonb({"error": result.error} if result.error else result.observed),
            result.unexpected_count,
            Jsonb(list(result.sample)),
            result.seconds,
        )
        for result in results
    ]
    with db.transaction(), db.cursor() as cursor:
        cursor.executemany(INSERT, rows)


def latest(db: psycopg.Connection, runs: int = 30) -> list[Latest]:
    """The newest result of every check, with its last `runs` outcomes."""
    with db.cursor(row_factory=class_row(Latest)) as cursor:
        return cursor.execute(LATEST, {"runs": runs}).fetchall()
