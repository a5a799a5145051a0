"""`sluice quotas backtest`."""

from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson, ConfigPath


def backtest_quotas(
    weeks: Annotated[int, typer.Option(help="Weeks to hold out, the last ones.", min=1, max=52)] = 8,
    stock: Annotated[
        float | None,
        typer.Option(help="Each week's stock as so many times its expected demand; your own stock if left out.", min=0),
    ] = None,
    skus: Annotated[int, typer.Option(help="How many of the SKUs that sell best.", min=1)] = 1000,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """What protected quotas would have earned in your last weeks, beside a fixed percent and a plain pool. Nothing is written."""
    from sluice.cli.backtest_quotas import backtest

    backtest(config, weeks, stock, skus, json)
