"""`sluice stock`."""

from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson

stock = typer.Typer(no_args_is_help=True, help="The stock ledger: what there is, what holds it, and every movement.")
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
