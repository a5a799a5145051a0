"""A question to the dictionary, and the SQL that answers it: names are the dictionary's, values are parameters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import sql

from sluice.metrics.dictionary import Metric, MetricError

GRAINS = ("day", "week", "month", "quarter", "year")
"""Parts of the calendar that a metric with a day may be asked by; each is named by its first day."""
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Question:
    """Days from `first`, and before `before`. `where` keeps rows whose dimension has one of the values, as text."""

    metric: Metric
    by: tuple[str, ...] = ()
    first: date | None = None
    before: date | None = None
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    limit: int = MOST_ROWS

    def __post_init__(self) -> None:
        """Raises MetricError for what the metric cannot be asked."""
        grains = GRAINS if self.metric.dataset.time else ()
        _known(self.metric, "be asked by", self.by, (*self.metric.dataset.dimensions, *grains))
        _known(self.metric, "be filtered by", self.where, self.metric.dataset.dimensions)
        if len(set(self.by)) < len(self.by):
            raise MetricError("a dimension is named twice")
        if self.metric.dataset.time is None and (self.first or self.before):
            raise MetricError(f"{self.metric.name} is as of the last build and has no days to choose")

    @property
    def columns(self) -> list[str]:
        """Of the answer: what it was asked by, `currency` where it is money, `value`."""
        return [*self.by, *(["currency"] if self.metric.currency else []), "value"]


def _known(metric: Metric, doing: str, given: Iterable[str], allowed: tuple[str, ...]) -> None:
    for name in given:
        if name not in allowed:
            raise MetricError(f"{metric.name} can't {doing} {name}; it can by {', '.join(allowed)}")


def statement(question: Question) -> tuple[sql.Composed, dict[str, Any]]:
    """SQL and its parameters. Without `by` the answer is one row, and of money a row a currency."""
    dataset = question.metric.dataset
    groups = [_group(question, name) for name in question.by]
    if question.metric.currency:
        groups.append(sql.Identifier(question.metric.currency))
    names = map(sql.Identifier, question.columns)
    # an expression is the dictionary's own text
    values = [*groups, sql.SQL(question.metric.expression)]
    listed = sql.SQL(",\n  ").join(sql.SQL("{} as {}").format(value, name) for value, name in zip(values, names, strict=True))
    parts = [sql.SQL("select\n  {}\nfrom {}").format(listed, sql.Identifier(*dataset.relation.split(".")))]
    conditions, parameters = _conditions(question)
    if conditions:
        parts.append(sql.SQL("where ") + sql.SQL(" and ").join(conditions))
    if groups:
        # by position: a dimension may share its name with a column of the view that it is made from
        numbers = sql.SQL(", ").join(sql.SQL(str(number)) for number in range(1, len(groups) + 1))
        parts += [sql.SQL("group by {}").format(numbers), sql.SQL("order by {}").format(numbers)]
    parts.append(sql.SQL("limit {}").format(sql.Literal(question.limit)))
    return sql.SQL("\n").join(parts), parameters


def _group(question: Question, name: str) -> sql.Composable:
    if name not in GRAINS or question.metric.dataset.time is None:
        return sql.Identifier(name)
    day = sql.Identifier(question.metric.dataset.time)
    return sql.SQL("cast(date_trunc({}, {}) as date)").format(sql.Literal(name), day)


def _conditions(question: Question) -> tuple[list[sql.Composable], dict[str, Any]]:
    conditions: list[sql.Composable] = []
    parameters: dict[str, Any] = {}
    for name, sign, day in (("first", ">=", question.first), ("before", "<", question.before)):
        if day is not None and question.metric.dataset.time is not None:
            pattern = sql.SQL(f"{{}} {sign} {{}}")
            conditions.append(pattern.format(sql.Identifier(question.metric.dataset.time), sql.Placeholder(name)))
            parameters[name] = day
    for number, (name, values) in enumerate(question.where.items()):
        place = f"value_{number}"
        conditions.append(sql.SQL("cast({} as text) = any({})").format(sql.Identifier(name), sql.Placeholder(place)))
        parameters[place] = list(values)
    return conditions, parameters
