"""`sluice metrics`: the dictionary, and what the warehouse answers to a question."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sluice import warehouse
from sluice.cli.tables import print_json, print_table
from sluice.metrics.answer import about, answer, chosen, plain, text
from sluice.metrics.dictionary import Metric, dictionary
from sluice.metrics.question import Question


def listing(as_json: bool) -> None:
    found = dictionary().metrics
    if as_json:
        print_json([about(one) for one in found])
        return
    rows = [(one.name, one.label, f"{one.unit}, {one.adds_up}", one.description) for one in found]
    print_table("Metrics", ["name", "", "unit, adds up", "meaning"], rows)


def ask(
    name: str,
    by: Sequence[str],
    where: Sequence[str],
    first: date | None,
    before: date | None,
    limit: int,
    as_sql: bool,
    as_json: bool,
) -> None:
    """Raises MetricError for what the dictionary cannot answer."""
    metric = dictionary().metric(name)
    question = Question(metric, tuple(by), first, before, chosen(where), limit)
    with warehouse.running() as address, warehouse.connect(address) as db:
        if as_sql:
            print(text(db, question))
            return
        rows = answer(db, question)
    if as_json:
        values = [[plain(one) for one in row.values()] for row in rows]
        print_json({"metric": name, "unit": metric.unit, "columns": question.columns, "rows": values})
        return
    cells = [[_cell(metric, one) for one in row.values()] for row in rows]
    print_table(f"{metric.label} ({metric.unit})", question.columns, cells)
    print(metric.description)


def _cell(metric: Metric, value: Any) -> Any:
    if value is None:
        return "-"
    if isinstance(value, Decimal | float):
        return f"{value:.1%}" if metric.unit == "share" else f"{value:,.2f}"
    return value
