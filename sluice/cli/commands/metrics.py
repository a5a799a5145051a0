"""`sluice metrics`."""

from datetime import datetime
from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson


def metrics(
    name: Annotated[str | None, typer.Argument(help="The metric; the dictionary if left out.")] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="A dimension, or day, week, month, quarter, year; again for another.")
    ] = None,
    where: Annotated[list[str] | None, typer.Option(help="DIMENSION=VALUE; again for another value or dimension.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day that counts.")] = None,
    before: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="First day that does not.")] = None,
    limit: Annotated[int, typer.Option(help="Rows to show.", min=1, max=10_000)] = 10_000,
    sql: Annotated[bool, typer.Option("--sql", help="Instead: the SQL that any other tool can ask.")] = False,
    json: AsJson = False,
) -> None:
    """A number by its one definition, or the dictionary of all: what each means and what it may be asked by."""
    from sluice.cli.metrics import ask, listing

    if name is None:
        listing(json)
        return
    begin, end = (None if day is None else day.date() for day in (first, before))
    ask(name, by or [], where or [], begin, end, limit, sql, json)
