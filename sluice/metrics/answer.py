"""Ask the warehouse."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import ClientCursor
from psycopg.rows import dict_row

from sluice.metrics.dictionary import Metric, MetricError
from sluice.metrics.question import GRAINS, Question, statement


def answer(db: psycopg.Connection[Any], question: Question) -> list[dict[str, Any]]:
    """A row a group, ordered by its dimensions; see Question.columns. `value` is exact: Decimal or int, float for a percentile,
    None where there is nothing to divide by."""
    query, parameters = statement(question)
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def text(db: psycopg.Connection[Any], question: Question) -> str:
    """The same as SQL that any tool can run."""
    query, parameters = statement(question)
    return ClientCursor(db).mogrify(query, parameters)


def chosen(filters: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """`channel=taobao` and the like, several of a dimension meaning any of them. Raises MetricError."""
    found: dict[str, tuple[str, ...]] = {}
    for one in filters:
        name, sign, value = one.partition("=")
        if not sign:
            raise MetricError(f"a filter is DIMENSION=VALUE, as channel=taobao; this is {one!r}")
        found[name] = (*found.get(name, ()), value)
    return found


def about(metric: Metric) -> dict[str, Any]:
    """What a program may know of a metric before it asks."""
    grains = GRAINS if metric.dataset.time else ()
    return metric.model_dump(include={"name", "label", "description", "unit", "adds_up", "expression"}) | {
        "relation": metric.relation,
        "time": metric.dataset.time,
        "by": [*metric.dataset.dimensions, *grains],
    }


def plain(value: Any) -> Any:
    """As JSON has it: an exact number is text, digit by digit."""
    return format(value, "f") if isinstance(value, Decimal) else value
