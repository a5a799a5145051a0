"""What the report says: a page's charts as tiles, lines and tables, from the answers to their questions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from sluice.bi.catalog import spoken
from sluice.bi.measures import Measure
from sluice.bi.pages import Chart, Page
from sluice.bi.report import drawing
from sluice.bi.report.drawing import COLOURS, Series

Rows = Sequence[Mapping[str, Any]]
Ask = Callable[[Chart], Rows]
"""The rows that answer a chart's question: a key a dimension or column and a metric; `over`, where the chart has a time axis;
`currency`, where a metric is money."""
OVER, CURRENCY = "over", "currency"
LONGEST = 15
"""Rows of a table on paper."""


@dataclass(frozen=True, slots=True)
class Tile:
    metric: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Heading:
    label: str
    metric: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    cells: list[str]
    bar: Markup | None = None


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: list[Heading]
    rows: list[Row]
    left_out: int = 0
    bars: bool = False


@dataclass(slots=True)
class Section:
    name: str
    title: str
    answers: str
    tiles: list[Tile] = field(default_factory=list)
    charts: list[Drawing] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def section(page: Page, measures: Mapping[str, Measure], ask: Ask) -> Section:
    """A page of dashboards as a section of the report."""
    made = Section(page.slug, page.title, page.answers)
    for chart in page.charts:
        rows = ask(chart)
        title = chart.title or measures[chart.metrics[0]].label
        if chart.chart == "number":
            made.tiles.append(_tile(chart, title, rows, measures))
        elif chart.over:
            made.charts.append(Drawing(title, _lines(chart, rows, measures)))
        else:
            made.tables.append(_table(chart, title, rows, measures))
    return made


def _tile(chart: Chart, title: str, rows: Rows, measures: Mapping[str, Measure]) -> Tile:
    """The one number; of money one a currency."""
    measure = measures[chart.metrics[0]]
    numbers = [f"{written(row[measure.name], measure.format)} {row.get(CURRENCY, '')}".strip() for row in rows]
    return Tile(measure.name, title, ", ".join(numbers) or written(None, measure.format))


def _currencies(rows: Rows) -> bool:
    """Whether amounts of several currencies stand beside each other."""
    return len({row[CURRENCY] for row in rows if row.get(CURRENCY)}) > 1


def _lines(chart: Chart, rows: Rows, measures: Mapping[str, Measure]) -> Markup:
    """A line a metric and combination of dimensions, the largest ones where there are more than colours."""
    days = _axis(chart, {row[OVER] for row in rows})
    mixed = _currencies(rows)
    found: dict[tuple[str, ...], dict[date, float]] = {}
    for row in rows:
        for metric in chart.metrics:
            if row[metric] is not None:
                named = [text(row[name]) for name in chart.by] + ([text(row.get(CURRENCY))] if mixed else [])
                key = (*named, *([measures[metric].label] if len(chart.metrics) > 1 else []))
                found.setdefault(key, {})[row[OVER]] = float(row[metric])
    largest = sorted(found, key=lambda key: -sum(map(abs, found[key].values())))[:COLOURS]
    # nothing sold is 0; nothing shipped has no median
    nothing = 0.0 if all(measures[metric].metric.adds_up == "additive" for metric in chart.metrics) else None
    series = [Series(" · ".join(key), [found[key].get(day, nothing) for day in days]) for key in largest]
    return drawing.lines(days, series, ", ".join(measures[metric].label for metric in chart.metrics))


def _axis(chart: Chart, known: set[date]) -> list[date]:
    """Every day, week or month from the first that is known to the last, so that a gap is seen as one."""
    if not known or chart.over == "month":
        return sorted(known)
    step = timedelta(days=1 if chart.over == "day" else 7)
    first, last = min(known), max(known)
    days = [first + step * number for number in range((last - first) // step + 1)]
    return days if known <= set(days) else sorted(known)


def _table(chart: Chart, title: str, rows: Rows, measures: Mapping[str, Measure]) -> Table:
    names = [*(chart.columns or chart.by), *([CURRENCY] if chart.metrics and _currencies(rows) else [])]
    headings = [Heading(spoken(name)) for name in names]
    headings += [Heading(measures[metric].label, metric) for metric in chart.metrics]
    shown = rows[: min(LONGEST, chart.limit)]
    bars = chart.chart in ("bar", "heatmap")
    largest = max((float(row[chart.metrics[0]] or 0) for row in rows), default=0.0) if bars else 0.0
    lines = [
        Row(
            [text(row.get(name)) for name in names] + [written(row[metric], measures[metric].format) for metric in chart.metrics],
            drawing.bar(float(row[chart.metrics[0]] or 0), largest) if bars else None,
        )
        for row in shown
    ]
    return Table(title, headings, lines, len(rows) - len(shown), bars)


def written(value: Any, form: str) -> str:
    """A metric's number. What could not be computed is a dash, not a zero."""
    return "–" if value is None else format(value, form)


def text(value: Any) -> str:
    """A cell that is no metric."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if hasattr(value, "hour"):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,.2f}" if isinstance(value, float | Decimal) else str(value)
