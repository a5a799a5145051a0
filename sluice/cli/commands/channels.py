"""`sluice channels ...`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson, ConfigPath, ShopName

channels = typer.Typer(no_args_is_help=True, help="The shops that are connected, and the connectors there are.")


@channels.command("list")
def list_channels(config: ConfigPath = None, json: AsJson = False) -> None:
    """Connected shops, and every connector with what it needs."""
    from sluice.cli.channels import listing

    listing(config, json)


@channels.command("check")
def check_channels(shop: ShopName = None, config: ConfigPath = None, json: AsJson = False) -> None:
    """Ask each channel what our access lacks, then for a page of each of its streams. Exit code 1 if something is amiss."""
    from sluice.cli.channels import check

    raise typer.Exit(check(config, shop, json))


@channels.command("ship")
def ship_order(
    shop: Annotated[str, typer.Argument(help="CHANNEL/SHOP.")],
    order: Annotated[str, typer.Argument(help="The channel's id of the order.")],
    carrier: Annotated[str, typer.Option(help="Who carries the parcel, by the channel's name or code.")],
    tracking: Annotated[str, typer.Option(help="The tracking number.")],
    line: Annotated[list[str] | None, typer.Option(help="LINE=PIECES; all that is still to be sent if left out.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the parcel can be followed.")] = None,
    config: ConfigPath = None,
    json: AsJson = False,
) -> None:
    """Tell a channel that an order left. The same tracking number told again changes nothing. Exit code 1 if it is refused."""
    from sluice.channels.protocol import Dispatch
    from sluice.cli.channels import ship

    pieces = {}
    for one in line or ():
        name, _, count = one.rpartition("=")
        if not name or not count.isdigit():
            raise typer.BadParameter(f"{one!r} is not LINE=PIECES", param_hint="--line")
        pieces[name] = int(count)
    parcel = Dispatch(f"{order}/{tracking}", order, carrier, tracking, datetime.now(UTC), pieces, url)
    raise typer.Exit(ship(config, shop, parcel, json))


@channels.command("tokens")
def list_tokens(
    reseal: Annotated[
        bool, typer.Option("--reseal", help="Seal all with the first key of SLUICE_TOKEN_KEY; the others can go then.")
    ] = False,
    forget: Annotated[
        str | None, typer.Option(help="CHANNEL/SHOP whose token is thrown away: its app is authorised anew.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Whose access tokens are kept, since when, and whether a key opens them. Exit code 1 if none opens one."""
    from sluice.cli.tokens import tokens

    raise typer.Exit(tokens(reseal, forget, json))
