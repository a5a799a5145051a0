"""`sluice explain`."""

from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson

explain = typer.Typer(no_args_is_help=True, help="Why a number is what it is.")


@explain.command("stock")
def explain_stock(
    sku: Annotated[str | None, typer.Argument(help="The SKU that is listed; a bundle's as well.")] = None,
    channel: Annotated[str | None, typer.Option(help="CHANNEL/SHOP that was told the number.")] = None,
    facility: Annotated[str | None, typer.Option(help="Only this facility.")] = None,
    at: Annotated[str | None, typer.Option(help="What it showed then, as 2026-03-01T08:30:00Z; now if left out.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Instead: derive every number ever published again.")] = False,
    json: AsJson = False,
) -> None:
    """Every term of the number that a channel shows, with its source rows. Exit code 1 where something does not add up."""
    from sluice.cli.explain import everything as explain_everything
    from sluice.cli.explain import one

    if everything:
        raise typer.Exit(explain_everything(json))
    if sku is None or channel is None:
        raise typer.BadParameter("name a SKU and --channel CHANNEL/SHOP, or --all")
    raise typer.Exit(one(sku, channel, facility, at, json))
