"""What a simulation came to as one page, complete in itself: no script, no request."""

from collections.abc import Sequence
from html import escape

from sluice.cli.html import page as html_page
from sluice.cli.html import picture, table
from sluice.operations.compare_scenarios import Simulation
from sluice.planning.twin.measures import MEASURES, MONEY
from sluice.planning.twin.plots import bars


def page(made: Simulation, notes: Sequence[str]) -> str:
    """HTML, UTF-8."""
    parts = [
        *(f"<p>{escape(note)}</p>" for note in notes),
        picture("Measures by scenario", bars(made.outcomes)),
        "<p><small>Black lines: 95 % interval of the difference from the first scenario, in the same worlds.</small></p>",
        _scenarios(made),
        _error(made),
    ]
    return html_page("Simulation", parts)


def _scenarios(made: Simulation) -> str:
    rows = [["measure", *(one.name for one in made.outcomes)]]
    for name in MEASURES:
        cells = [f"{made.outcomes[0].value[name]:,.4g}"]
        for one in made.outcomes[1:]:
            form = "{:+,.0f}" if name in MONEY else "{:+.0%}"
            low, high = map(form.format, one.interval[name])
            cells.append(f"{one.value[name]:,.4g} ({low} to {high})")
        rows.append([name, *cells])
    words = "".join(f"<li>{escape(name)}: {escape(what)}</li>" for name, what in MEASURES.items())
    return f"<h2>Measures</h2>{table(rows)}<ul>{words}</ul>"


def _error(made: Simulation) -> str:
    if not made.error:
        return ""
    rows = [["with", "sold: twin / records", "refused", "closing stock", "empty shelf-evenings", "error of evenings' stock"]]
    for one in made.error:
        pairs = [f"{twin:,} / {was:,}" for twin, was in (one.sold, one.closing_stock, one.empty)]
        rows.append([one.what, pairs[0], f"{one.refused:,}", pairs[1], pairs[2], f"{one.stock_wape:.1%}"])
    return f"<h2>Twin error, the last {made.error[0].days} days</h2>{table(rows)}"
