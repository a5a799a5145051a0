"""`sluice simulate`."""

from pathlib import Path
from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson, ConfigPath


def simulate(
    scenario: Annotated[
        list[Path] | None,
        typer.Option(
            help="A scenario file; repeat it, the first is the baseline. Left out: six steps from a static split, and yours."
        ),
    ] = None,
    drawn: Annotated[
        bool, typer.Option("--drawn/--replay", help="Days to come, drawn after your demand; or past days again.")
    ] = True,
    days: Annotated[int | None, typer.Option(help="Days to simulate; 90 drawn, 30 again.", min=1, max=730)] = None,
    seeds: Annotated[int, typer.Option(help="Worlds to draw, the same ones for every scenario.", min=2, max=1000)] = 20,
    skus: Annotated[int, typer.Option(help="How many of the SKUs that sell best.", min=1)] = 500,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots here.")] = None,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """The digital twin: what other policies would do with your own stock, orders and suppliers. Nothing is written or ordered."""
    from sluice.cli.simulate import simulate as simulate_now
    from sluice.operations.compare_scenarios import Asked

    asked = Asked(drawn=drawn, days=days or (90 if drawn else 30), seeds=seeds, skus=skus)
    simulate_now(config, scenario or [], asked, html, json)
