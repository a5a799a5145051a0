"""`sluice customers`: what people decide about persons."""

import getpass
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import psycopg
import typer
from psycopg.types.json import Jsonb
from rich.console import Console
from rich.markup import escape

from sluice.cli.ledger import ledger
from sluice.cli.tables import print_json, print_table, table, wide
from sluice.config import ConfigError
from sluice.landing.delivery import LandingError
from sluice.rights.erase import Erasure
from sluice.rights.explain import Edge, Explanation
from sluice.rights.person import Person, Unknown
from sluice.rights.receipts import Receipt

NOTHING_YET = "there are no customers yet: `sluice run` lands them first"


@contextmanager
def _customers() -> Iterator[psycopg.Connection]:
    """A connection where customers are. Raises ConfigError."""
    with ledger() as db:
        if db.execute("select to_regclass('unified.customers')").fetchone() == (None,):
            raise ConfigError(NOTHING_YET)
        db.commit()
        try:
            yield db
        except (Unknown, LandingError) as fault:
            raise ConfigError(str(fault)) from fault


def explain(one: str, other: str, as_json: bool) -> int:
    """0 where they are one person, else 1."""
    from sluice.rights.explain import explain as explain_two

    with _customers() as db:
        found = explain_two(db, one, other)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found, one, other)
    return 0 if found.same else 1


def _print(found: Explanation, one: str, other: str) -> None:
    console = wide()
    if found.same:
        console.print(f"[bold]One person[/], {found.one.keys[0]}, of {len(found.one.records)} records.", highlight=False)
    else:
        console.print(f"[bold]Two persons[/]: {escape(one)} is {found.one.keys[0]}, {escape(other)} is {found.other.keys[0]}.")
    if found.path:
        rows = [(str(edge.left), str(edge.right), edge.method, _sure(edge), _evidence(edge)) for edge in found.path]
        console.print(table(("record", "record", "method", "probability", "evidence"), rows, "The chain between them"))
    elif found.same:
        console.print("No chain of evidence in force leads from the one to the other.")
    if found.direct and not found.same:
        console.print(
            table(("method", "probability", "evidence"), [_direct(edge) for edge in found.direct], "For it, but not enough")
        )
    if found.ended:
        console.print(table(("method", "probability", "evidence"), [_direct(edge) for edge in found.ended], "Held once"))
    if found.rulings:
        ruled = [
            (str(one.ruling_id), one.kind, one.reason, one.ruled_by, one.ruled_at, "revoked" if one.revoked else "in force")
            for one in found.rulings
        ]
        console.print(table(("ruling", "kind", "reason", "by", "at", ""), ruled, "Rulings"))
    console.print(table(("record", "key", "because", "since"), found.history, "Answers, oldest first"))


def _direct(edge: Edge) -> tuple[str, str, str]:
    return edge.method, _sure(edge), _evidence(edge)


def _sure(edge: Edge) -> str:
    weight = "" if edge.weight is None else f" (weight {edge.weight:+.1f})"
    return ("" if edge.probability is None else f"{edge.probability:.4f}") + weight


def _evidence(edge: Edge) -> str:
    if isinstance(edge.evidence, dict):
        return ", ".join(f"{name} {value}" if value is not True else name for name, value in edge.evidence.items())
    return ", ".join(map(str, edge.evidence)) if isinstance(edge.evidence, list) else str(edge.evidence)


def merge(one: str, other: str, reason: str, by: str | None) -> None:
    from sluice.rights.rulings import Ruled
    from sluice.rights.rulings import merge as merge_two

    with _customers() as db:
        try:
            ruling, key = merge_two(db, one, other, reason, by or getpass.getuser())
        except Ruled as fault:
            raise ConfigError(str(fault)) from fault
    Console().print(f"One person now: {key} (ruling {ruling}). `sluice customers unmerge {key}` takes it back.", soft_wrap=True)


def unmerge(one: str, other: str | None, reason: str, by: str | None, verify: bool, as_json: bool) -> int:
    """1 where it was to be verified and does not hold."""
    from sluice.rights.rulings import Ruled
    from sluice.rights.rulings import unmerge as part

    with _customers() as db:
        try:
            done = part(db, one, other, reason, by or getpass.getuser(), verify=verify)
        except Ruled as fault:
            raise ConfigError(str(fault)) from fault
    states = {"before the merge": done.before, "after the unmerge": done.after, "after the next run": done.after_next_run}
    digests = {name: state.digest for name, state in states.items() if state}
    if as_json:
        print_json({"ruling_id": done.ruling_id, "digests": digests, "holds": done.holds})
    else:
        print_table(f"Two persons now (ruling {done.ruling_id})", ("state", "digest"), list(digests.items()))
        if verify:
            Console().print("[green]The same.[/]" if done.holds else "[red]Not the same: the unmerge does not hold.[/]")
    return 1 if verify and not done.holds else 0


def erase(who: str, prove: bool, dry_run: bool, yes: bool, as_json: bool) -> int:
    """1 where it was to be proven and something is left. Of who was erased already, the receipt is shown again."""
    from sluice.rights.erase import erase as forget
    from sluice.rights.erase import finish
    from sluice.rights.found import rows_found
    from sluice.rights.person import find
    from sluice.rights.receipts import receipt
    from sluice.rights.search import search

    console = Console(stderr=as_json)
    with _customers() as db:
        if earlier := receipt(db, who):
            if not dry_run:
                finish(db, earlier.counts)
            return _show_again(earlier, prove, as_json)
        person = find(db, who)
        db.commit()
        if not (dry_run or yes):
            names = ", ".join(map(str, person.records))
            typer.confirm(f"Forget {names}, with {len(person.orders)} orders that stay anonymous? It can't be undone", abort=True)
        with console.status("") as status:
            done = forget(db, person, dry_run=dry_run, say=status.update)
            status.update("search every place")
            hits = search(db, done.known, person) if prove and not dry_run else None
        if hits is not None:
            db.execute("update customers.erasures set proof = %s where erasure_id = %s", (Jsonb(dict(+hits)), done.erasure_id))
        rows = rows_found(db, done.known, +hits) if hits else []
    if as_json:
        print_json(_receipt(done, person, dry_run, hits) | {"rows": rows})
    else:
        _tell(done, dry_run, hits, rows)
    return 1 if hits is not None and hits.total() else 0


def _show_again(earlier: Receipt, prove: bool, as_json: bool) -> int:
    """1 where it was to be proven, and was not or failed: what was known of them is gone, so nobody can search again."""
    is_proven = earlier.proof is not None and not earlier.proof
    if as_json:
        print_json(asdict(earlier) | {"erased_at": earlier.erased_at.isoformat()})
    else:
        console = wide()
        title = f"Erased already, at {earlier.erased_at:%Y-%m-%d %H:%M:%S %Z}; receipt {earlier.erasure_id}"
        console.print(table(("place", "removed or made anonymous"), sorted(earlier.counts.items()), title))
        if is_proven:
            console.print("[green]0 hits, when it was searched.[/]")
        elif earlier.proof:
            console.print(table(("place", "hits, when it was searched"), sorted(earlier.proof.items())))
        else:
            console.print("Nobody searched then, and nobody can now: what was known of them is gone.")
    return 1 if prove and not is_proven else 0


def _receipt(done: Erasure, person: Person, dry_run: bool, hits: Counter[str] | None) -> dict[str, object]:
    return {
        "erasure_id": None if dry_run else done.erasure_id,
        "orders_kept": len(person.orders),
        "counts": dict(sorted(done.counts.items())),
        "searched_places": None if hits is None else len(hits),
        "values_searched": len(done.known.own),
        "values_of_others_too": len(done.known.shared),
        "hits": None if hits is None else dict(+hits),
    }


def _tell(done: Erasure, dry_run: bool, hits: Counter[str] | None, rows: Sequence[tuple[str, str]]) -> None:
    console = wide()
    title = "This would go" if dry_run else f"Erased; receipt {done.erasure_id}"
    console.print(table(("place", "removed or made anonymous"), sorted(done.counts.items()), title))
    if done.known.shared:
        console.print(f"{len(done.known.shared)} values are borne by others as well and were not searched for.", highlight=False)
    if hits is None:
        return
    console.print(f"Searched {len(hits)} places for {len(done.known.own)} values in every spelling.", highlight=False)
    if +hits:
        console.print(table(("place", "hits"), sorted((+hits).items())))
        if rows:
            console.print(table(("table", "row"), rows, "Where, the first rows of each table"))
        console.print(
            "[red]Not erased: something of theirs is left.[/] A name or street in a note that somebody wrote on another person's"
            " order is found, not removed: clear the note at its channel. The lake keeps the page that told of it."
        )
    else:
        console.print(
            "[green]0 hits.[/] Backups made before are yours to let expire; the channels themselves keep their own copies."
        )
