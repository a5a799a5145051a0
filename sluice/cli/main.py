"""The `sluice` command: every capability of the house has its handle here."""

import signal
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from sluice.cli.commands.backtest_quotas import backtest_quotas
from sluice.cli.commands.bi import bi
from sluice.cli.commands.channels import channels
from sluice.cli.commands.customers import customers
from sluice.cli.commands.explain import explain
from sluice.cli.commands.keys import keys
from sluice.cli.commands.metrics import metrics
from sluice.cli.commands.options import AsJson, ConfigPath, ShopName
from sluice.cli.commands.plan import plan
from sluice.cli.commands.prove import prove
from sluice.cli.commands.replenish import replenish
from sluice.cli.commands.report import report
from sluice.cli.commands.simulate import simulate
from sluice.cli.commands.stock import stock
from sluice.cli.faults import said

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="One truth about orders, customers and stock, and a quota per channel that can't oversell it.",
)


@app.command()
def run(
    config: ConfigPath = None,
    orders: Annotated[int | None, typer.Option(help="Size of the sandbox's world, in orders.")] = None,
    json: AsJson = False,
) -> None:
    """Materialize everything once: land, unify, build, plan, publish, check. Exit code 0 only when all of it agrees."""
    from sluice.cli.run import run as run_everything

    raise typer.Exit(run_everything(config, orders, json))


@app.command()
def up(
    config: ConfigPath = None,
    ui_port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
    api_port: Annotated[int, typer.Option(help="Port of the data service.")] = 8000,
) -> None:
    """Keep PostgreSQL, sandbox, Dagster UI and the data service running until Ctrl-C."""
    from sluice.cli.up import up as keep_up

    raise typer.Exit(keep_up(config, ui_port, api_port))


@app.command()
def down(quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when nothing runs.")] = False) -> None:
    """Stop what `sluice up` keeps running."""
    from sluice.cli.up import down as stop

    stopped = stop()
    if stopped or not quiet:
        print("Stopped." if stopped else "Nothing was running.")


@app.command()
def status(config: ConfigPath = None, json: AsJson = False) -> None:
    """What runs, what the last run came to, and how much each channel has landed."""
    from sluice.cli.status import status as show_status

    show_status(config, json)


@app.command()
def land(
    shop: ShopName = None,
    stream: Annotated[str | None, typer.Option(help="Only this stream.")] = None,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """Read what is new from the channels into the lake and the raw tables. Exit code 1 if a shop failed; the others land."""
    from sluice.cli.landing import land as land_shops

    raise typer.Exit(land_shops(config, shop, stream, json))


@app.command()
def replay(
    shop: ShopName = None,
    stream: Annotated[str | None, typer.Option(help="Only this stream.")] = None,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """Rebuild the raw tables from the lake, without asking the channels."""
    from sluice.cli.landing import replay as replay_shops

    raise typer.Exit(replay_shops(config, shop, stream, json))


app.add_typer(plan, name="plan")
app.add_typer(replenish, name="replenish")
quotas = typer.Typer(help="The newest plan: what each piece on hand is for, and what each channel may draw.")
app.add_typer(quotas, name="quotas")


@quotas.callback(invoke_without_command=True)
def show_quotas(
    context: typer.Context,
    sku: Annotated[str | None, typer.Option(help="Only this SKU.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only this CHANNEL/SHOP.")] = None,
    limit: Annotated[int, typer.Option(help="Rows to show.", min=1)] = 40,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """The newest plan: what each piece on hand is for, and what each channel may draw."""
    from sluice.cli.plan import show_quotas as show

    if context.invoked_subcommand is None:
        show(config, sku, channel, limit, json)


@quotas.command("preview")
def preview_quotas(
    policy: Annotated[Path, typer.Option(help="A YAML file with the key planning, or a whole configuration.")],
    limit: Annotated[int, typer.Option(help="Changes to show.", min=1)] = 20,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """What another policy would publish, beside the numbers in force. Nothing is written or published."""
    from sluice.cli.plan import show_preview

    show_preview(config, policy, limit, json)


quotas.command("backtest")(backtest_quotas)
app.command()(simulate)
app.add_typer(explain, name="explain")
app.add_typer(stock, name="stock")
app.command()(metrics)


@app.command()
def republish(
    once: Annotated[bool, typer.Option("--once", help="One pass, then end; else until Ctrl-C.")] = False,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """Decide anew what moved since the last decision and publish what changes. Exit code 1 if a shop takes no numbers."""
    from sluice.cli.republish import republish as publish_again

    raise typer.Exit(publish_again(config, once, json))


@app.command()
def reconcile(
    shop: ShopName = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole history, however big the shop.")] = False,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """Hold the warehouse's orders and money against each channel's own. Exit code 1 if one differs."""
    from sluice.cli.reconcile import reconcile as reconcile_shops

    raise typer.Exit(reconcile_shops(config, shop, everything, json))


@app.command()
def sandbox(
    config: ConfigPath = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8900,
    orders: Annotated[int | None, typer.Option(help="Size of the world, in orders.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another world.")] = None,
) -> None:
    """Serve the sandbox's channels alone, until Ctrl-C."""
    from sluice.cli.sandbox import serve

    serve(config, port, orders, seed)


@app.command()
def url(config: ConfigPath = None) -> None:
    """Print the warehouse's address (it holds the password), for psql or a BI tool."""
    from sluice import warehouse

    print(warehouse.url())


app.command()(bi)
app.command()(report)
app.add_typer(channels, name="channels")
app.add_typer(customers, name="customers")
app.add_typer(keys, name="keys")
app.add_typer(prove, name="prove")


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    """Entry point: faults that a user can act on are one message, not a traceback."""
    # Started in the background, a shell has SIGINT ignored; a terminated command must clean up just as well.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    # Libraries' warnings are for us, not for a user; -W and PYTHONWARNINGS bring them back.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as fault:
        message = said(fault)
        if message is None:
            raise
        Console(stderr=True).print(f"[red]sluice:[/] {escape(message)}", highlight=False, soft_wrap=True)
        sys.exit(2)
