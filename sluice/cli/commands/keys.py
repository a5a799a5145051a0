"""`sluice keys`."""

from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson

keys = typer.Typer(no_args_is_help=True, help="Keys of the data service.")


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
