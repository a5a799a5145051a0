"""Tables for people and JSON for programs, as the ledger's commands print them."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sluice.config import ConfigError


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


def write_csv(file: Path, columns: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """The `columns` of a query, with a header also where there is no row. Raises ConfigError where the file can't be written."""
    names = [name.strip() for name in columns.split(",")]
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(names)
            writer.writerows([row[name] for name in names] for row in rows)
    except OSError as fault:
        raise ConfigError(f"--csv {file}: {fault.strerror}") from fault
