"""`sluice replenish`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from sluice.cli.commands.options import AsJson, ConfigPath


def replenish(
    anew: Annotated[
        bool, typer.Option("--new", help="Decide anew from the warehouse as it is; else show the newest run.")
    ] = False,
    supplier: Annotated[str | None, typer.Option(help="Only this supplier, by id or name.")] = None,
    kind: Annotated[
        Literal["buy", "transfer", "expedite", "push_out", "cancel"] | None, typer.Option(help="Only suggestions of this kind.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all of them to this file.")] = None,
    limit: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 40,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """What to move between facilities and to buy, a supplier at a time, and which purchases to hasten, put off or call off."""
    from sluice.cli.replenish import show

    show(config, anew, supplier, kind, csv, limit, json)
