"""`sluice plan report`: forecast, service against stock, scenarios, suppliers, as one page."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console

from sluice import warehouse
from sluice.cli.environment import environment
from sluice.cli.html import page, picture, table
from sluice.cli.plan import has_marts
from sluice.operations.plan_report import Item, Report, Row, gathered

NONE = "<p>There is none yet.</p>"


def write(path: Path | None, out: Path | None, best: int, worlds: int, skus: int) -> None:
    """`worlds` 0 leaves the scenarios out. Raises ConfigError where there are no marts yet."""
    file = out or warehouse.home() / "plan.html"
    with environment(path) as ready, warehouse.connect(ready.database) as db:
        has_marts(db)
        report = gathered(db, ready.config.planning, best)
        scenarios = _scenarios(db, ready.config.planning, worlds, skus) if worlds else ""
    file.parent.mkdir(parents=True, exist_ok=True)
    written = html(report, scenarios)
    file.write_text(written, encoding="utf-8")
    Console().print(f"{file} ({len(written) / 1e6:.1f} MB)", highlight=False, soft_wrap=True)


def html(report: Report, scenarios: str = "") -> str:
    from sluice.planning import plots

    parts = [f"<p>As of {report.as_of}.</p>", "<h2>Forecast</h2>"]
    if report.ahead.height:
        parts += [
            picture("Forecast of all items", plots.forecast(report.sold, report.ahead, band="sum of items' 80 %")),
            *map(_item, report.best),
            _fallbacks(report.fallbacks),
        ]
    else:
        parts.append("<p>There is no fresh one: <code>sluice plan forecast</code> makes one.</p>")
    if any(point["stock"] or point["normal"] for point in report.curve):
        parts += ["<h2>Service against stock</h2>", picture("Service against stock", plots.service_against_stock(report.curve))]
        parts.append("<p><small>A sample of items that sell, all held to one cycle service level.</small></p>")
    parts += ["<h2>Safety stock by method</h2>", _rows(report.methods, ("method", "items", "safety_stock"))]
    if scenarios:
        parts += ["<h2>Scenarios</h2>", scenarios]
    names = ("supplier", "kind", "state", "rows", "pieces", "amount", "currency")
    parts += ["<h2>Replenishment</h2>", _rows(report.suggested, names), "<h2>Suppliers</h2>"]
    parts.append(_rows(report.suppliers, tuple(report.suppliers[0]) if report.suppliers else ()))
    return page("Plan", parts)


def _item(one: Item) -> str:
    from sluice.planning import plots

    name = f"{one.sku} at {one.facility_id}: {one.demand_class}, by {one.model}"
    return picture(name, plots.forecast(one.sold, one.ahead, name))


def _fallbacks(rows: Sequence[Row]) -> str:
    if not rows:
        return "<p>No item fell back.</p>"
    return f"<h3>Items that fell back</h3>{_rows(rows, ('sku', 'facility_id', 'model'))}"


def _rows(rows: Sequence[Row], names: Sequence[str]) -> str:
    if not rows:
        return NONE
    return table([[name.replace("_", " ") for name in names], *([_cell(row[name]) for name in names] for row in rows)])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}" if hasattr(value, "__float__") else str(value)


def _scenarios(db: Any, policy: Any, worlds: int, skus: int) -> str:
    from sluice.operations.compare_scenarios import Asked, prepared, simulation
    from sluice.planning.twin.plots import bars

    asked = Asked(days=DAYS, seeds=worlds, skus=skus)
    with db.transaction():
        known = prepared(db, policy, asked)
    if known is None:
        return NONE
    made = simulation(known, asked)
    about = f"{len(known.records.skus):,} best sellers, {DAYS} days to come, drawn in {worlds} worlds; lines: 95 % intervals."
    return picture("Scenarios", bars(made.outcomes)) + f"<p><small>{escape(about)}</small></p>"


DAYS = 60
