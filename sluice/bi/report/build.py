"""The report: one file that opens anywhere, without a server, a script or a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jinja2
import psycopg

from sluice.bi.measures import measures
from sluice.bi.pages import Page
from sluice.bi.report.content import section
from sluice.bi.report.questions import Questions

TITLE = "Orders, stock and customers"
NEWEST = "select max(loaded_at), min(ordered_date), max(ordered_date) from marts.fct_orders"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; None is as far as there is anything."""

    first: date | None = None
    last: date | None = None

    @property
    def before(self) -> date | None:
        return self.last + timedelta(days=1) if self.last else None

    def text(self, earliest: date | None, latest: date | None) -> str:
        first, last = self.first or earliest, self.last or latest
        return f"Sales of {first} to {last}" if first and last else "No sales yet"


def html(db: psycopg.Connection[Any], pages: Sequence[Page], period: Period) -> str:
    """The report as HTML, of one snapshot of the warehouse."""
    with db.transaction():
        db.execute("set transaction isolation level repeatable read, read only")
        as_of, earliest, latest = db.execute(NEWEST).fetchone() or (None, None, None)
        known = measures()
        ask = Questions(db, known, period.first, period.before)
        sections = [section(page, known, ask) for page in pages]
    named = {name for page in pages for chart in page.charts for name in chart.metrics}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.j2").render(
        title=TITLE,
        period=period.text(earliest, latest),
        as_of=_moment(as_of),
        built_at=_moment(datetime.now(UTC)),
        sections=sections,
        metrics=[measure.metric for name, measure in known.items() if name in named],
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "never"
