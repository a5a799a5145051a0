"""`sluice explain stock`: why a channel was told a number."""

from dataclasses import asdict
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from sluice.cli.ledger import instant, ledger, shop_of
from sluice.cli.tables import print_json, table, text, wide
from sluice.config import ConfigError
from sluice.operations.explain import NothingPublished, explain
from sluice.operations.explain_all import explain_all
from sluice.operations.explanation import Explanation, Item, Place, Term

SHOWN = 8
"""Source rows that a term shows; --json has all."""
DIFFERENCES = 40


def one(sku: str, shop: str, facility: str | None, at: str | None, as_json: bool) -> int:
    """Explain what the shop showed for a SKU. 1 where something does not add up."""
    channel, name = shop_of(shop)
    when = instant(at)
    with ledger() as db:
        try:
            found = explain(db, sku, channel, name, facility, when)
        except NothingPublished as fault:
            raise ConfigError(str(fault)) from fault
    if as_json:
        print_json([asdict(one) | {"adds_up": one.adds_up} for one in found])
    else:
        for explanation in found:
            wide().print(_tree(explanation))
    return 0 if all(explanation.adds_up for explanation in found) else 1


def everything(as_json: bool) -> int:
    """Check every number that was ever decided or told since there is a ledger. 1 where one differs."""
    with ledger() as db:
        db.rollback()
        found = explain_all(db)
    if as_json:
        print_json(asdict(found))
        return 1 if found.differences else 0
    console = Console()
    console.print(
        f"Derived again: {found.messages:,} published numbers, {found.decisions:,} decisions about items and {found.quotas:,} "
        f"about shops' quotas, {found.safety_stocks:,} safety stocks, from {found.movements:,} movements.",
        highlight=False,
        soft_wrap=True,
    )
    if found.messages_before_ledger:
        console.print(f"From before the ledger, not derived again: {found.messages_before_ledger:,} numbers.", highlight=False)
    if found.bundles_with_new_recipe:
        console.print(
            f"Bundles whose recipe changed since, not derived again: {found.bundles_with_new_recipe:,} numbers.", highlight=False
        )
    if not found.differences:
        console.print("[green]Every one adds up.[/]")
        return 0
    headings = ("what", "run", "facility", "sku", "shop", "kept", "derived")
    rows = [
        [row["what"], row["run_id"], row["facility_id"] or "all", row["sku"], _shop(row), row["kept"], row["recomputed"]]
        for row in found.differences[:DIFFERENCES]
    ]
    console.print(table(headings, rows, f"{len(found.differences):,} differ"))
    return 1


def _tree(found: Explanation) -> Tree:
    where = f" at {found.facility_id}" if found.facility_id else ""
    read = "" if found.read_back is None else f", read back {found.read_back:,}"
    root = Tree(
        f"[bold]{found.number:,}[/] of {escape(found.sku)}{where} told to {found.channel}/{found.shop}, listing "
        f"{escape(found.listing_id)}, on {text(found.sent_at)} UTC{read} (message {found.message_id}, decision {found.run_id})"
    )
    if found.is_before_ledger:
        root.add("Decided before there was a ledger: what it was made of was not kept.")
    for place in found.places:
        root.add(Group(_place(place), _terms(place.item)))
    for fault in (*found.faults, *(fault for place in found.places for fault in place.item.faults)):
        root.add(f"[red]does not add up:[/] {escape(fault)}")
    return root


def _place(place: Place) -> Text:
    item = place.item
    said = f"{place.facility_id}: {place.pieces:,}"
    if place.components:
        parts = ", ".join(f"{one.published:,} {one.sku} / {one.in_one} = {one.makes:,}" for one in place.components)
        said += f" bundles, the least of {parts}; here is why {item.sku} is {item.published:,}"
    base = f" on plan {item.base_run_id}" if item.kind == "event" else ""
    said += f" ({item.kind} {item.run_id}{base}, decided {text(item.decided_at)} UTC, ledger up to movement {item.movement_id})"
    return Text(said)


def _terms(item: Item) -> Table:
    made = Table(show_header=True, caption=f"rule: {item.rule}", caption_justify="left")
    made.add_column("term")
    made.add_column("pieces", justify="right")
    made.add_column("from")
    for term in item.terms:
        made.add_row(term.name, f"{term.pieces:+,}", Text(_from(term)))
    made.add_section()
    made.add_row("[bold]published[/]", f"[bold]{item.published:,}[/]", "")
    return made


def _from(term: Term) -> str:
    rows = [said for source in term.sources[:SHOWN] if (said := _source(source))]
    more = [f"and {len(term.sources) - SHOWN:,} more"] if len(term.sources) > SHOWN else []
    return "\n".join(part for part in (term.note, *rows, *more) if part)


def _source(source: dict[str, Any]) -> str:
    """A row of the ledger in a line; decisions' rows say it in the term's note."""
    if "pieces" not in source:
        return ""
    if source.get("kind") == "snapshot":
        return f"{source['pieces']:+,} counted (movement {source['movement_id']})"
    cause = f"{_shop(source)} {source['order_id']} line {source['line_id']}" if source.get("order_id") else ""
    cause = cause or (f"hold {source['hold_id']} of {_shop(source)}" if source.get("hold_id") else "")
    cause = cause or source.get("reference") or ""
    if "kind" in source:
        return f"{source['pieces']:+,} {source['kind']} {cause}, {text(source['occurred_at'])} (movement {source['movement_id']})"
    return f"{source['pieces']:,} {cause}, since {text(source['since'])}"


def _shop(row: dict[str, Any]) -> str:
    return f"{row['channel']}/{row['shop']}" if row["channel"] else ""
