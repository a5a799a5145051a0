"""`sluice prove ...`."""

from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson

prove = typer.Typer(no_args_is_help=True, help="Put a promise under load in a throwaway warehouse and count what breaks.")


@prove.command("oversell")
def prove_oversell(
    threads: Annotated[int, typer.Option(help="Connections that sell at once.", min=1, max=150)] = 32,
    orders: Annotated[int, typer.Option(help="Checkouts: accepted orders and strict holds together.", min=1)] = 20_000,
    channels: Annotated[int, typer.Option(help="Shops that share the stock.", min=1)] = 5,
    skus: Annotated[int | None, typer.Option(help="SKUs; one a hundred orders if left out.", min=2)] = None,
    without_guard: Annotated[bool, typer.Option("--without-guard", help="Leave the lock out; must be caught.")] = False,
    seed: Annotated[int, typer.Option(help="Another course of events.")] = 1,
    json: AsJson = False,
) -> None:
    """Orders, holds, returns, transfers, counts and decisions at once, then every invariant. Exit code 1 if one broke."""
    from sluice.cli.prove_oversell import oversell
    from sluice.proofs.oversell import Load

    raise typer.Exit(oversell(Load(threads, orders, channels, skus, seed, not without_guard), json))


@prove.command("landing")
def prove_landing(
    fault: Annotated[list[str], typer.Option(help="What goes wrong; repeat it for several, all for each of them.")] = ["all"],  # noqa: B006
    channel: Annotated[list[str], typer.Option(help="Which channel; repeat it for several.")] = ["all"],  # noqa: B006
    orders: Annotated[int, typer.Option(help="Size of the world; a shop has a part of them.", min=100)] = 1_000,
    without_reconciliation: Annotated[
        bool, typer.Option("--without-reconciliation", help="Never compare and read again; must be caught.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another world.")] = 1,
    json: AsJson = False,
) -> None:
    """Every channel behind a proxy that spoils its answers. Exit code 1 if landed and delivered differ in the end."""
    from sluice.cli.prove_landing import landing

    raise typer.Exit(landing(fault, channel, orders, seed, not without_reconciliation, json))
