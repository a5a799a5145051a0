"""Tables for people and JSON for programs, as the ledger's commands print them."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table


def wide(stderr: bool = False) -> Console:
    """A console for tables. Where there is no terminal to measure (CI, a file), they may be as wide as they need to be."""
    return Console(stderr=stderr, width=None if sys.stdout.isatty() else 130)


def text(value: object) -> str:
    """A cell: times in UTC to the minute, numbers with separators."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> Table:
    """Columns of numbers go to the right."""
    made = Table(title=title, title_justify="left")
    for number, heading in enumerate(headings):
        made.add_column(heading, justify="right" if rows and isinstance(rows[0][number], int) else "left")
    for row in rows:
        made.add_row(*map(text, row))
    return made


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    wide().print(table(headings, rows, title))


def print_json(found: object) -> None:
    """Times as ISO 8601."""
    print(json.dumps(found, default=lambda value: value.isoformat() if isinstance(value, datetime) else str(value), indent=2))
