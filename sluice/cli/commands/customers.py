"""`sluice customers`."""

from typing import Annotated

import typer

from sluice.cli.commands.options import AsJson

customers = typer.Typer(no_args_is_help=True, help="Who is whom over the channels; merge, part and forget persons.")
One = Annotated[str, typer.Argument(help="CHANNEL/SHOP/CUSTOMER_ID, or a customer's key.")]
Other = Annotated[str, typer.Argument(help="The other one, named the same way.")]
Reason = Annotated[str, typer.Option(help="Why, for those who look later. No personal data: it is kept.")]
By = Annotated[str | None, typer.Option(help="Who decides; the user of this machine if left out.")]


@customers.command("explain")
def explain_customers(one: One, other: Other, json: AsJson = False) -> None:
    """Whether two are one person, and why: the chain of evidence, rulings, what was thought before. Exit code 1 if not one."""
    from sluice.cli.customers import explain

    raise typer.Exit(explain(one, other, json))


@customers.command("merge")
def merge_customers(one: One, other: Other, reason: Reason, by: By = None) -> None:
    """Rule that two are one person. Every later run obeys."""
    from sluice.cli.customers import merge

    merge(one, other, reason, by)


@customers.command("unmerge")
def unmerge_customers(
    one: One,
    other: Annotated[str | None, typer.Argument(help="Whom to part from; left out, the last merge by a ruling.")] = None,
    reason: Reason = "they are two persons",
    by: By = None,
    verify: Annotated[bool, typer.Option("--verify", help="Resolve again; compare with the state before the merge.")] = False,
    json: AsJson = False,
) -> None:
    """Rule that two are not one person: each record gets back the key that it had, and no later run merges them again.

    With --verify the exit code is 1 if the state before the merge did not come back, or did not stay.
    """
    from sluice.cli.customers import unmerge

    raise typer.Exit(unmerge(one, other, reason, by, verify, json))


@customers.command("erase")
def erase_customer(
    who: One,
    prove: Annotated[bool, typer.Option("--prove", help="Search every place afterwards for all that was known.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    json: AsJson = False,
) -> None:
    """Forget a person on all channels, for good: their orders stay, nobody's. A receipt stays that does not say who it was.

    With --prove the exit code is 1 if anything of theirs is found afterwards. Asked again, it shows the receipt, and ends what
    was broken off.
    """
    from sluice.cli.customers import erase

    raise typer.Exit(erase(who, prove, dry_run, yes, json))
