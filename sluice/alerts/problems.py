"""What is wrong at the moment, kept in ops.alerts: a problem opens once, however often it is seen, and closes once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import psycopg

Severity = Literal["critical", "warning"]
LOCK = 7_291_004
"""Advisory lock: those who write ops.alerts take turns, since each locks many rows in an order of its own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know of. `key` names it within its scope, so that it is recognised when seen again."""

    key: str
    title: str
    detail: str = ""
    severity: Severity = "critical"


@dataclass(frozen=True, slots=True)
class Change:
    """Alert ids that an observation opened and closed."""

    opened: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()


OPEN = """
insert into ops.alerts (scope, problem_key, severity, title, detail)
values (%(scope)s, %(key)s, %(severity)s, %(title)s, %(detail)s)
on conflict (scope, problem_key) where closed_at is null
do update set severity = excluded.severity, title = excluded.title, detail = excluded.detail
returning alert_id, xmax = 0 as is_new
"""
CLOSE = """
update ops.alerts set closed_at = now()
where scope = %s and closed_at is null and problem_key <> all(%s)
returning alert_id
"""


def observe(db: psycopg.Connection, problems: Iterable[Problem], scope: str) -> Change:
    """Record that `problems` are all that is wrong in `scope` now: new ones open, those no longer named close."""
    named = {problem.key: problem for problem in problems}
    opened: list[int] = []
    with db.transaction():
        take_turn(db)
        for problem in named.values():
            row = db.execute(OPEN, _values(problem, scope)).fetchone()
            assert row is not None
            if row[1]:
                opened.append(row[0])
        closed = db.execute(CLOSE, (scope, list(named))).fetchall()
    return Change(tuple(opened), tuple(alert_id for (alert_id,) in closed))


def take_turn(db: psycopg.Connection) -> None:
    """Wait until nobody else writes ops.alerts; held until the transaction ends."""
    db.execute("select pg_advisory_xact_lock(%s)", (LOCK,))


def _values(problem: Problem, scope: str) -> dict[str, str]:
    return {
        "scope": scope,
        "key": problem.key,
        "severity": problem.severity,
        "title": problem.title,
        "detail": problem.detail,
    }
