"""`sluice replenish`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from sluice.cli.commands.options import AsJson, ConfigPath

replenish = typer.Typer(help="What to move, buy, hasten, put off and call off; what each supplier is told of the weeks to come.")


@replenish.callback(invoke_without_command=True)
def suggest(
    context: typer.Context,
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

    if context.invoked_subcommand is None:
        show(config, anew, supplier, kind, csv, limit, json)


@replenish.command("sheet")
def supplier_sheet(
    supplier: Annotated[str, typer.Argument(help="Id or name, as the ERP has it.")],
    csv: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """A supplier's sheet of the newest run: by SKU, facility and week the forecast, what is on its way, and planned orders."""
    from sluice.cli.supplier_sheet import show

    show(config, supplier, csv, json)
