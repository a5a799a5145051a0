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

from sluice.cli.faults import said

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="One truth about orders, customers and stock, and a quota per channel that can't oversell it.",
)
ConfigPath = Annotated[
    Path | None, typer.Option("--config", "-c", help="Configuration file; default SLUICE_CONFIG or sluice.yaml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
ShopName = Annotated[str | None, typer.Argument(help="CHANNEL/SHOP as in sluice.yaml; all of them if left out.")]


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


channels = typer.Typer(no_args_is_help=True, help="The shops that are connected, and the connectors there are.")
app.add_typer(channels, name="channels")


@channels.command("list")
def list_channels(config: ConfigPath = None, json: AsJson = False) -> None:
    """Connected shops, and every connector with what it needs."""
    from sluice.cli.channels import listing

    listing(config, json)


@channels.command("check")
def check_channels(shop: ShopName = None, config: ConfigPath = None, json: AsJson = False) -> None:
    """Ask each channel for its newest record: is it there, and does it take our credentials? Exit code 1 if one does not."""
    from sluice.cli.channels import check

    raise typer.Exit(check(config, shop, json))


@app.command()
def plan(config: ConfigPath = None, json: AsJson = False) -> None:
    """Plan safety stock and quotas from the warehouse as it is, and queue the numbers. `sluice republish` sends them."""
    from sluice.cli.plan import plan as plan_now

    plan_now(config, json)


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


explain = typer.Typer(no_args_is_help=True, help="Why a number is what it is.")
app.add_typer(explain, name="explain")


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


stock = typer.Typer(no_args_is_help=True, help="The stock ledger: what there is, what holds it, and every movement.")
app.add_typer(stock, name="stock")
Sku = Annotated[str, typer.Argument(help="The company's own code of the article.")]
OneSku = Annotated[str | None, typer.Option(help="Only this SKU.")]
Limit = Annotated[int, typer.Option(help="Rows to show, the newest.", min=1)]
Key = Annotated[
    str | None, typer.Option(help="Name of this booking; again under the same name nothing is booked. Default: a new one.")
]
At = Annotated[str | None, typer.Option(help="When it happened, as 2026-03-01T08:30:00Z; now if left out.")]
Reference = Annotated[str | None, typer.Option(help="Why, or the number of a document.")]
Pieces = Annotated[int, typer.Option(help="How many.")]


@stock.command("show")
def show_stock(sku: Sku, json: AsJson = False) -> None:
    """A SKU at every facility now: on hand, what holds it, what may be sold, when it was counted, what is on its way."""
    from sluice.cli.stock import show

    show(sku, json)


@stock.command("verify")
def verify_stock(json: AsJson = False) -> None:
    """Derive every position again from its movements, orders and holds. Exit code 1 if one differs."""
    from sluice.cli.stock import check

    raise typer.Exit(check(json))


@stock.command("movements")
def stock_movements(
    sku: Sku,
    facility: Annotated[str | None, typer.Option(help="Only there.")] = None,
    limit: Limit = 40,
    json: AsJson = False,
) -> None:
    """The ledger of a SKU, newest first: what moved, what that changed, and why."""
    from sluice.cli.stock import movements

    movements(sku, facility, limit, json)


@stock.command("adjust")
def adjust_stock(
    sku: Sku,
    facility: Annotated[str, typer.Option(help="Where.")],
    pieces: Annotated[int, typer.Option(help="How many: above 0 found, below 0 lost.")],
    receipt: Annotated[bool, typer.Option("--receipt", help="They were received, rather than found.")] = False,
    at: At = None,
    reference: Reference = None,
    key: Key = None,
    json: AsJson = False,
) -> None:
    """Book pieces that were found, lost or received."""
    from sluice.cli.booking import adjust

    adjust(sku, facility, pieces, receipt, at, reference, key, json)


@stock.command("transfer")
def transfer_stock(
    sku: Sku,
    source: Annotated[str, typer.Option("--from", help="Facility that they leave.")],
    to: Annotated[str, typer.Option("--to", help="Facility that they go to.")],
    pieces: Pieces,
    at: At = None,
    reference: Reference = None,
    key: Key = None,
    json: AsJson = False,
) -> None:
    """Book pieces that go to another facility; refused where fewer are free. What is promised stays."""
    from sluice.cli.booking import transfer

    transfer(sku, source, to, pieces, at, reference, key, json)


@stock.command("return")
def return_stock(
    shop: Annotated[str, typer.Argument(help="CHANNEL/SHOP of the order.")],
    order: Annotated[str, typer.Argument(help="The channel's id of the order.")],
    line: Annotated[str, typer.Argument(help="The channel's id of the line.")],
    sku: Sku,
    pieces: Pieces = 1,
    disposition: Annotated[str, typer.Option(help="restock, quarantine, scrap or return_to_vendor.")] = "restock",
    at: At = None,
    key: Key = None,
    json: AsJson = False,
) -> None:
    """Book pieces of an order that came back; never more than left, and not again where the channel told of them."""
    from sluice.cli.booking import take_back

    take_back(shop, order, line, sku, pieces, disposition, at, key, json)


@stock.command("oversells")
def show_oversells(json: AsJson = False) -> None:
    """Items of which more is promised than there is, and the orders that caused it."""
    from sluice.cli.stock import oversells

    oversells(json)


@stock.command("presales")
def show_presales(
    sku: OneSku = None,
    changed_since: Annotated[
        str | None,
        typer.Option("--changed-since", help="Instead: promises that got another date since, with their orders."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Presale pieces that wait, and the purchase order line each is promised from."""
    from sluice.cli.stock import presales

    presales(sku, changed_since, json)


@stock.command("holds")
def show_holds(
    sku: OneSku = None,
    ended: Annotated[bool, typer.Option("--all", help="Ended ones too.")] = False,
    limit: Limit = 40,
    json: AsJson = False,
) -> None:
    """Holds that keep pieces for checkouts."""
    from sluice.cli.stock import holds

    holds(sku, ended, limit, json)


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


prove = typer.Typer(no_args_is_help=True, help="Put a promise under load in a throwaway warehouse and count what breaks.")
app.add_typer(prove, name="prove")


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
    from sluice.cli.prove import oversell
    from sluice.proofs.oversell import Load

    raise typer.Exit(oversell(Load(threads, orders, channels, skus, seed, not without_guard), json))


keys = typer.Typer(no_args_is_help=True, help="Keys of the data service.")
app.add_typer(keys, name="keys")


@keys.command("create")
def create_key(
    name: str,
    pii: Annotated[bool, typer.Option("--pii", help="The key may see contact data unmasked.")] = False,
    holds: Annotated[bool, typer.Option("--holds", help="The key may hold stock for checkouts.")] = False,
) -> None:
    """Make a key and print it, once."""
    from sluice.cli.keys import create

    create(name, [scope for scope, given in (("holds", holds), ("pii", pii)) if given])


@keys.command("list")
def list_keys(json: AsJson = False) -> None:
    """Keys by name, with what they may see and whether they still open."""
    from sluice.cli.keys import listing

    listing(json)


@keys.command("revoke")
def revoke_key(name: str) -> None:
    """Close a key."""
    from sluice.cli.keys import revoke

    revoke(name)


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
