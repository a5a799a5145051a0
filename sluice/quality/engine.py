"""Great Expectations, kept at arm's length: nothing is stored, nothing is drawn, nothing is sent. Import it only to run."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import great_expectations as gx
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.postgres_datasource import PostgresDatasource
from sqlalchemy import make_url

from sluice.quality.files import Expectation, Suite
from sluice.quality.results import SAMPLE, CheckResult, plain

SESSION = "-c timezone=UTC -c default_transaction_read_only=on -c statement_timeout=600000 -c application_name=sluice-quality"


def validate(url: str, suites: Iterable[Suite]) -> list[CheckResult]:
    """Results of all expectations of `suites` but the queries. The tables must exist."""
    results: list[CheckResult] = []
    for schema, members in groupby(sorted(suites, key=lambda suite: suite.table), key=lambda suite: suite.schema):
        with _source(url, schema) as source:
            results += [result for suite in members for result in _validated(source, suite)]
    return results


@contextmanager
def _source(url: str, schema: str) -> Iterator[PostgresDatasource]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    address = make_url(url).set(drivername="postgresql+psycopg")
    address = address.update_query_dict({"options": f"{SESSION} -c search_path={schema}"})
    source = context.data_sources.add_postgres("warehouse", connection_string=address.render_as_string(hide_password=False))
    # Its own errors come back as results; on the log they are pages of traceback.
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield source
    finally:
        logger.setLevel(level)
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _validated(source: PostgresDatasource, suite: Suite) -> list[CheckResult]:
    expectations = {one.name: one for one in suite.expectations if one.sql is None}
    if not expectations:
        return []
    began = time.monotonic()
    asset = source.add_table_asset(suite.table, table_name=suite.table.removeprefix(f"{suite.schema}."))
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    wanted = ExpectationSuite(name=suite.table, expectations=[_configuration(one) for one in expectations.values()])
    found: Iterable[Any] = batch.validate(wanted, result_format="SUMMARY").results
    seconds = round(time.monotonic() - began, 4)
    # By name: they come back in an order of their own.
    by_name = [(expectations[one.expectation_config.meta["name"]], one) for one in found]
    return [_result(suite.table, expectation, one, seconds) for expectation, one in by_name]


def _configuration(expectation: Expectation) -> dict[str, Any]:
    return {
        "type": expectation.type,
        "kwargs": expectation.kwargs,
        "severity": expectation.severity,
        "description": expectation.description,
        "meta": {"name": expectation.name},
    }


def _result(table: str, expectation: Expectation, found: Any, seconds: float) -> CheckResult:
    result: Mapping[str, Any] = found.result
    error = _error(found.exception_info)
    values = result.get("partial_unexpected_list") or []
    return CheckResult(
        table=table,
        name=expectation.name,
        passed=bool(found.success) and error is None,
        severity=expectation.severity,
        observed=plain(result.get("observed_value")),
        unexpected_count=result.get("unexpected_count"),
        sample=tuple(plain(value) for value in values[:SAMPLE] if value is not None),
        seconds=seconds,
        error=error,
    )


def _error(info: Mapping[str, Any]) -> str | None:
    """The first line of what went wrong; there is one entry for the expectation, or one for each of its metrics."""
    entries = [info] if "exception_message" in info else list(info.values())
    messages = [str(entry["exception_message"]).strip() for entry in entries if entry.get("exception_message")]
    return messages[0].splitlines()[0] if messages else None
