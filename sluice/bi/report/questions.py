"""Ask the warehouse what a chart shows: metrics through the dictionary, columns as they are."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from sluice.bi.measures import Measure
from sluice.bi.pages import Chart
from sluice.bi.report.content import CURRENCY, OVER, Rows
from sluice.metrics.answer import answer
from sluice.metrics.question import Question


@dataclass(frozen=True, slots=True)
class Questions:
    """Asked of one snapshot of the warehouse. Days from `first`, and before `before`, where a metric has days."""

    db: psycopg.Connection[Any]
    measures: dict[str, Measure]
    first: date | None = None
    before: date | None = None

    def __call__(self, chart: Chart) -> Rows:
        """The rows of a chart, in its order."""
        return self._metrics(chart) if chart.metrics else self._columns(chart)

    def _metrics(self, chart: Chart) -> Rows:
        """A row a combination that any of the metrics has, and of money a row a currency where there are several."""
        found = [(name, one) for name in chart.metrics for one in answer(self.db, self._question(chart, name))]
        # an amount that no row gives a currency is none
        found = [(name, one) for name, one in found if one.get(CURRENCY, True) is not None]
        mixed = len({one[CURRENCY] for _, one in found if CURRENCY in one}) > 1
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for name, one in found:
            keys = {OVER: one[chart.over]} if chart.over else {}
            keys |= {dimension: one[dimension] for dimension in chart.by}
            currency = one.get(CURRENCY)
            row = rows.setdefault((*keys.values(), currency if mixed else None), dict.fromkeys(chart.metrics) | keys)
            row[name] = one["value"]
            if currency:
                row[CURRENCY] = currency
        return _ordered(list(rows.values()), chart.order or f"-{chart.metrics[0]}")

    def _question(self, chart: Chart, name: str) -> Question:
        metric = self.measures[name].metric
        first, before = (self.first, self.before) if metric.dataset.time else (None, None)
        where = {column: tuple(_as_text(value) for value in values) for column, values in chart.where.items()}
        return Question(metric, (*([chart.over] if chart.over else []), *chart.by), first, before, where)

    def _columns(self, chart: Chart) -> Rows:
        assert chart.dataset
        conditions = [
            sql.SQL("cast({} as text) = any({})").format(sql.Identifier(name), sql.Placeholder(name)) for name in chart.where
        ]
        query = sql.SQL("select {} from {}").format(
            sql.SQL(", ").join(map(sql.Identifier, chart.columns)), sql.Identifier(*chart.dataset.split("."))
        )
        if conditions:
            query += sql.SQL(" where ") + sql.SQL(" and ").join(conditions)
        if chart.order:
            direction = sql.SQL(" desc nulls last" if chart.order.startswith("-") else "")
            query += sql.SQL(" order by {}").format(sql.Identifier(chart.order.lstrip("-"))) + direction
        query += sql.SQL(" limit {}").format(sql.Literal(chart.limit))
        parameters = {name: [_as_text(value) for value in values] for name, values in chart.where.items()}
        with self.db.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, parameters).fetchall()


def _as_text(value: object) -> str:
    """As PostgreSQL writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ordered(rows: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    """What is unknown comes last, either way."""
    name = order.lstrip("-")
    known = [row for row in rows if row[name] is not None]
    unknown = [row for row in rows if row[name] is None]
    return sorted(known, key=lambda row: row[name], reverse=order.startswith("-")) + unknown
