"""What must hold of each table: read from expectations/ in milliseconds, so that the graph can declare it; run when asked."""

import os
from collections.abc import Iterable
from pathlib import Path

from sluice import warehouse
from sluice.project import EXPECTATIONS
from sluice.quality import files, queries
from sluice.quality.files import Expectation, Suite
from sluice.quality.results import CheckResult


def suites(folder: Path = EXPECTATIONS) -> list[Suite]:
    """All suites, in order of table. Raises SuiteError."""
    return files.read(folder)


def run(url: str, suites: Iterable[Suite]) -> list[CheckResult]:
    """Run every expectation on the warehouse at `url`. A table that is missing fails its checks; it does not stop the others."""
    chosen = list(suites)
    missing = _missing(url, [suite.table for suite in chosen])
    present = [suite for suite in chosen if suite.table not in missing]
    results = [_absent(suite.table, one) for suite in chosen if suite.table in missing for one in suite.expectations]
    results += queries.run(url, present)
    if any(one.sql is None for suite in present for one in suite.expectations):
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read when it is imported
        from sluice.quality.engine import validate  # imports Great Expectations: 5 to 20 s

        results += validate(url, present)
    found = {(result.table, result.name): result for result in results}
    return [found[suite.table, one.name] for suite in chosen for one in suite.expectations]


def _missing(url: str, tables: list[str]) -> set[str]:
    query = "select name from unnest(%s::text[]) as wanted (name) where to_regclass(name) is null"
    with warehouse.connect(url) as db:
        return {name for (name,) in db.execute(query, (tables,))}


def _absent(table: str, expectation: Expectation) -> CheckResult:
    return CheckResult(table, expectation.name, False, expectation.severity, error=f"table {table} does not exist")
