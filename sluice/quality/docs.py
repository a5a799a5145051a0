"""Data Docs: one page of all checks with their history, complete in itself (no script, no request), readable on a phone.

Great Expectations can draw such pages too, but its pages load sixteen files from elsewhere and stay unstyled offline.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import psycopg

from sluice.quality.checks import suites
from sluice.quality.files import Expectation
from sluice.quality.history import Latest, append, latest
from sluice.quality.results import CheckResult

TEMPLATE = "data_docs.html.j2"


def keep(db: psycopg.Connection, run_id: str, results: Iterable[CheckResult], home: Path) -> Path:
    """Keep what a run found and draw the page anew; its path."""
    append(db, run_id, results)
    db.commit()
    return build(db, home)


def build(db: psycopg.Connection, home: Path) -> Path:
    """Write home/data_docs/index.html from the newest result of every check, and return its path."""
    known = {(suite.table, one.name): one for suite in suites() for one in suite.expectations}
    results = [result for result in latest(db) if (result.table, result.name) in known]
    page = home / "data_docs" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_rendered(results, known), encoding="utf-8")
    return page


def _rendered(results: list[Latest], known: dict[tuple[str, str], Expectation]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    tables: list[dict[str, Any]] = [
        {"name": table, "checks": [_row(result, known[result.table, result.name]) for result in group]}
        for table, group in groupby(results, key=lambda result: result.table)
    ]
    for table in tables:
        table["counts"] = Counter(check["state"] for check in table["checks"])
    # What needs somebody comes first.
    tables.sort(key=lambda table: (-table["counts"]["failed"], -table["counts"]["warned"], table["name"]))
    counts = Counter(check["state"] for table in tables for check in table["checks"])
    checked_at = max((result.checked_at for result in results), default=None)
    template = environment.get_template(TEMPLATE)
    return template.render(tables=tables, counts=counts, checked_at=_moment(checked_at), built_at=_moment(datetime.now(UTC)))


def _row(result: Latest, expectation: Expectation) -> dict[str, Any]:
    state = "passed" if result.passed else "failed" if result.severity == "critical" else "warned"
    return {
        "name": result.name.replace("_", " "),
        "description": expectation.description,
        "state": state,
        "severity": result.severity,
        "observed": _observed(result),
        "sample": [json.dumps(one, ensure_ascii=False) for one in result.sample or []],
        "since": _moment(result.failing_since),
        "checked_at": _moment(result.checked_at),
        "history": list(reversed(result.newest_first)),
        "rule": expectation.sql or json.dumps(expectation.kwargs, ensure_ascii=False),
        "type": expectation.type,
    }


def _observed(result: Latest) -> str:
    if isinstance(result.observed, dict) and "error" in result.observed:
        return str(result.observed["error"])
    if result.unexpected_count is not None:
        return f"{result.unexpected_count:,} unexpected" if result.unexpected_count else ""
    return "" if result.observed is None else f"observed {result.observed}"


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else ""
