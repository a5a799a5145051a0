"""What a simulation came to as one page, complete in itself: no script, no request."""

import base64
from collections.abc import Sequence
from html import escape

from sluice.operations.compare_scenarios import Simulation
from sluice.planning.twin.measures import MEASURES, MONEY
from sluice.planning.twin.plots import bars

STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:1100px;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0;display:block;overflow-x:auto}td,th{padding:.3em .7em;border-bottom:1px solid #ddd;
text-align:right;white-space:nowrap}td:first-child,th:first-child{text-align:left}small{color:#666}img{max-width:100%}"""


def page(made: Simulation, notes: Sequence[str]) -> str:
    """HTML, UTF-8."""
    picture = base64.b64encode(bars(made.outcomes)).decode()
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Simulation</title>",
        f"<meta name='viewport' content='width=device-width'><style>{STYLE}</style></head><body><h1>Simulation</h1>",
        *(f"<p>{escape(note)}</p>" for note in notes),
        f"<img alt='Measures by scenario' src='data:image/png;base64,{picture}'>",
        "<p><small>Black lines: 95 % interval of the difference from the first scenario, in the same worlds.</small></p>",
        _scenarios(made),
        _error(made),
        "</body></html>",
    ]
    return "\n".join(parts)


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f"<table><tr>{cells}</tr>{lines}</table>"


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
    return f"<h2>Measures</h2>{_table(rows)}<ul>{words}</ul>"


def _error(made: Simulation) -> str:
    if not made.error:
        return ""
    rows = [["with", "sold: twin / records", "refused", "closing stock", "empty shelf-evenings", "error of evenings' stock"]]
    for one in made.error:
        pairs = [f"{twin:,} / {was:,}" for twin, was in (one.sold, one.closing_stock, one.empty)]
        rows.append([one.what, pairs[0], f"{one.refused:,}", pairs[1], pairs[2], f"{one.stock_wape:.1%}"])
    return f"<h2>Twin error, the last {made.error[0].days} days</h2>{_table(rows)}"
