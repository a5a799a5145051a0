"""`sluice plan`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from sluice.cli.commands.options import AsJson, ConfigPath

plan = typer.Typer(
    help="Safety stock and quotas, the forecast they are made from, how a number came to be, what the past says of it."
)


@plan.callback(invoke_without_command=True)
def plan_now(context: typer.Context, config: ConfigPath = None, json: AsJson = False) -> None:
    """Plan safety stock and quotas from the warehouse as it is, and queue the numbers. `sluice republish` sends them."""
    from sluice.cli.plan import plan as make

    if context.invoked_subcommand is None:
        make(config, json)


@plan.command("backtest")
def backtest(
    target: Annotated[
        float | None, typer.Option(help="Hold every item to this service, 0.5 to 1; the policy's targets if left out.")
    ] = None,
    kind: Annotated[
        Literal["csl", "fill_rate"], typer.Option(help="What --target means: cycle service level or fill rate.")
    ] = "csl",
    days: Annotated[int | None, typer.Option(help="Days to play, the newest; half of the history if left out.", min=14)] = None,
    data: Annotated[
        Path | None, typer.Option(help="Demand of a CSV or Parquet file (date, sku, quantity) instead of the warehouse's.")
    ] = None,
    lead_time: Annotated[
        float | None, typer.Option(help="Days, for every item; the suppliers' own if left out.", min=0.5)
    ] = None,
    lead_time_sd: Annotated[float | None, typer.Option(help="Its standard deviation.", min=0)] = None,
    tolerance: Annotated[float, typer.Option(help="How far below its target the service may stay.", min=0)] = 0.01,
    policy: Annotated[
        Literal["periodic", "base_stock", "r_q", "s_s"] | None,
        typer.Option(help="Order every item by this policy; each by its own if left out."),
    ] = None,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """Play the past: the service each method would have kept, and with how much stock, by policy, kind of target and class.

    Exit code 1 where the method that replenishment uses stays below a target by more than the tolerance.
    """
    from sluice.cli.backtest import run

    raise typer.Exit(run(config, target, kind, days, data, lead_time, lead_time_sd, tolerance, policy, json))


@plan.command("forecast")
def make_forecast(config: ConfigPath = None, json: AsJson = False) -> None:
    """Forecast every item from the warehouse as it is. The next `sluice plan` takes its demand from it, for a week."""
    from sluice.cli.explain_plan import forecast

    forecast(config, json)


@plan.command("explain")
def explain_plan(
    sku: Annotated[str, typer.Argument(help="The company's own code of the article.")],
    facility: Annotated[str | None, typer.Option(help="Only this facility.")] = None,
    json: AsJson = False,
) -> None:
    """How the newest plan's numbers of a SKU came to be: history, model and its scores, lead time, safety stock, quotas."""
    from sluice.cli.explain_plan import explain

    explain(sku, facility, json)


@plan.command("report")
def write_report(
    out: Annotated[Path | None, typer.Option(help="File to write; default plan.html in the state folder.")] = None,
    items: Annotated[int, typer.Option(help="Best sellers with a plot of their own.", min=0, max=200)] = 12,
    worlds: Annotated[int, typer.Option(help="Worlds to draw for the scenarios; 0 leaves them out.", min=0, max=100)] = 4,
    skus: Annotated[int, typer.Option(help="SKUs that the scenarios are played with.", min=1)] = 100,
    config: ConfigPath = None,
) -> None:
    """A planner's page: forecast with intervals, service against stock, scenarios, what to buy, how suppliers deliver."""
    from sluice.cli.plan_report import write

    write(config, out, items, worlds, skus)
