"""`sluice report`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of the orders; all if left out.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")]


def report(
    out: Annotated[Path | None, typer.Option(help="File to write; default report.html in the state folder.")] = None,
    first: Day = None,
    last: LastDay = None,
) -> None:
    """Write what the dashboards show as one HTML file: no server, no script, no request; for a mail, a phone or paper."""
    from sluice.cli.report import write

    write(out, first.date() if first else None, last.date() if last else None)
