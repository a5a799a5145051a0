"""Erasure (GDPR art. 17, PIPL art. 47): all that tells who a person is goes, everywhere; their orders stay, nobody's.

One transaction holds all tables; lake files are written anew beside the old ones, which go after the commit. Landings wait
meanwhile. Whatever breaks it off, doing it again is safe: before the commit nothing has changed, and after it the tombstones
tell what is left to be removed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from sluice import dbt
from sluice.channels.protocol import Connector, Stream
from sluice.channels.registry import connectors
from sluice.landing import forgotten, lake, personal, values
from sluice.landing.lock import locked
from sluice.landing.raw_tables import tables as raw_tables_of
from sluice.rights import tables, texts
from sluice.rights.known import Known, spellings
from sluice.rights.landed import Landed, sweep_unread_events
from sluice.rights.person import Person

PLACES = ("lake", "quarantine", "events", "rows", "customers", "derived", "texts", "files")
"""In this order: rows are made from what the lake, quarantine and events have become."""


class DryRun(Exception):
    """Raised to take everything back."""


@dataclass(slots=True)
class Erasure:
    """What one did. `counts` by place; `known` is what to search for afterwards, and nothing to keep."""

    person: Person
    known: Known = field(repr=False)
    counts: Counter[str] = field(default_factory=Counter)
    erasure_id: str | None = None
    left_over: list[Path] = field(default_factory=list, repr=False)


def erase(
    db: Connection,
    person: Person,
    *,
    dry_run: bool = False,
    places: Sequence[str] = PLACES,
    say: Callable[[str], None] = lambda what: None,
) -> Erasure:
    """Forget the person. `places` leaves some out, for tests of the proof. Raises LandingError where a landing does not end."""
    shops = list(_streams(db))
    done = Erasure(person, Known())
    with _alone(db, shops):
        try:
            with db.transaction():
                _erase(db, done, shops, places, say, dry_run)
                if dry_run:
                    raise DryRun
        except DryRun:
            return done
        finally:
            if dry_run:
                lake.sweep(db)
        say("remove the old lake files")
        for file in done.left_over:
            file.unlink(missing_ok=True)
        # what an erasure that was broken off left behind
        if unnamed := lake.sweep(db):
            done.counts["unnamed lake files"] = len(unnamed)
    say("clear the tables of old versions and statistics")
    _vacuum(db, done.counts)
    return done


def finish(db: Connection, counts: Mapping[str, int]) -> None:
    """What an erasure does after its commit, for one that was broken off there; `counts` are those of its receipt."""
    with _alone(db, list(_streams(db))):
        lake.sweep(db)
    _vacuum(db, counts)


def _erase(
    db: Connection,
    done: Erasure,
    shops: Sequence[tuple[Connector, str, Stream]],
    places: Sequence[str],
    say: Callable[[str], None],
    dry_run: bool,
) -> None:
    person, known = done.person, done.known
    contacts = _contacts(db, person)
    known.add(contacts)
    known.add(("customer", record.customer_id) for record in person.records)
    known.told_by_others(_contacts_of_others(db, person, contacts))
    _bury(db, person, [(kind, value) for kind, value in known.own if kind in ("email", "phone")])
    landed = [_landed(db, known, *one) for one in shops]
    say("gather what is known")
    for one in landed:
        one.learn()
    say("compare with what others told")
    for one in landed:
        one.compare()
    pattern = known.pattern()
    for one in landed:
        one.pattern = texts.compiled(pattern) if pattern else None
        say(f"{one.connector.name}/{one.forgotten.shop} {one.stream.name}")
        for place, step in (
            ("lake", one.sweep_lake),
            ("quarantine", one.sweep_quarantine),
            ("events", one.sweep_events),
            ("rows", one.sweep_rows),
        ):
            if place in places:
                step()
        done.counts += one.counts
        done.left_over += one.left_over
    say("tables")
    if "events" in places:
        for connector, shop in {(connector.name, shop): (connector, shop) for connector, shop, _ in shops}.values():
            found = forgotten.read(db, connector.name, shop)
            done.counts["events"] += sweep_unread_events(db, connector, found)
    if "customers" in places:
        done.counts += tables.sweep_customers(db, person)
    if "derived" in places:
        done.counts += tables.sweep_derived(db, person)
    if "texts" in places:
        done.counts += texts.sweep_texts(db, pattern)
    if "files" in places and not dry_run:
        done.counts["files"] += texts.sweep_files(pattern)
    done.counts = +done.counts
    row = db.execute(
        "insert into customers.erasures (counts) values (%s) returning erasure_id::text",
        (Jsonb(dict(sorted(done.counts.items()))),),
    ).fetchone()
    done.erasure_id = row[0] if row else None


def _landed(db: Connection, known: Known, connector: Connector, shop: str, stream: Stream) -> Landed:
    return Landed(db, connector, stream, forgotten.read(db, connector.name, shop), known)


def _streams(db: Connection) -> Iterator[tuple[Connector, str, Stream]]:
    """All streams of all shops, connected or once connected, whose records may tell who somebody is."""
    there = {name for (name,) in db.execute("select relname from pg_class where relnamespace = 'raw'::regnamespace")}
    for channel, shop in db.execute("select channel, shop from raw.shops order by 1, 2").fetchall():
        if (connector := connectors().get(channel)) is None:
            continue
        for stream in connector.streams:
            if personal.is_personal(stream) and there.issuperset(raw_tables_of(connector, stream)):
                yield connector, shop, stream


@contextmanager
def _alone(db: Connection, shops: Sequence[tuple[Connector, str, Stream]]) -> Iterator[None]:
    """Nothing lands and no mart is built meanwhile."""
    with ExitStack() as stack:
        for connector, shop, stream in shops:
            stack.enter_context(locked(db, connector.name, shop, stream.name))
        db.execute("select pg_advisory_lock(%s)", (dbt.LOCK,))
        db.commit()
        try:
            yield
        finally:
            db.execute("select pg_advisory_unlock(%s)", (dbt.LOCK,))
            db.commit()


def _contacts(db: Connection, person: Person) -> list[tuple[str, str]]:
    """E-mail addresses, numbers and names of their accounts."""
    rows = db.execute(
        "select c.email, c.phone, c.name from unnest(%s::text[], %s::text[], %s::text[]) as d (channel, shop, id)"
        " inner join unified.customers as c on c.channel = d.channel and c.shop = d.shop and c.customer_id = d.id",
        person.arrays(),
    )
    return [(kind, value) for row in rows for kind, value in zip(("email", "phone", "name"), row, strict=True) if value]


def _contacts_of_others(db: Connection, person: Person, contacts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of these, the addresses and numbers that accounts of others have, too: a family's telephone is not one person's."""
    emails = [value.strip().lower() for kind, value in contacts if kind == "email"]
    ends = [digits[-7:] for kind, value in contacts if kind == "phone" and (digits := values.phone(value))]
    rows = db.execute(
        """
        select c.email, c.phone from unified.customers as c
        where
            (lower(trim(c.email)) = any(%s) or right(regexp_replace(c.phone, '[^0-9]', '', 'g'), 7) = any(%s))
            and (c.channel, c.shop, c.customer_id) not in (select * from unnest(%s::text[], %s::text[], %s::text[]))
        """,
        (emails, ends, *person.arrays()),
    )
    found = [(kind, value) for row in rows for kind, value in zip(("email", "phone"), row, strict=True) if value]
    numbers = {form for kind, value in found if kind == "phone" and (told := values.phone(value)) for form in spellings(told)}
    return found + [("phone", number) for number in numbers]


def _bury(db: Connection, person: Person, contacts: Sequence[tuple[str, str]]) -> None:
    """Tombstones of accounts, of addresses and numbers that are theirs alone, and of orders, whose time is not kept."""
    row = db.execute("select secret_key from secrets.erasure_key").fetchone()
    assert row is not None
    key = row[0].encode()
    made = {forgotten.digest(key, "customer", values.customer(one.customer_id), one.channel, one.shop) for one in person.records}
    for kind, value in contacts:
        made |= {forgotten.digest(key, kind, form) for form in (spellings(value) if kind == "phone" else {value})}
    orders = {forgotten.digest(key, "order", order_id, channel, shop) for channel, shop, order_id in person.orders}
    db.execute(
        "insert into customers.tombstones (digest, erased_at) select unnest(%s::bytea[]), now()"
        " on conflict (digest) do update set erased_at = excluded.erased_at, returned_at = null",
        (sorted(made),),
    )
    db.execute("insert into customers.tombstones (digest) select unnest(%s::bytea[]) on conflict do nothing", (sorted(orders),))
    db.execute("update customers.tombstones_changed set generation = generation + 1")


def _vacuum(db: Connection, counts: Mapping[str, int]) -> None:
    """Old versions of rows stay in a table's file, and values in its statistics, until both are made anew."""
    db.commit()
    db.autocommit = True
    try:
        for table in tables.tables(db, ("secrets",)):
            if table.schema not in ("raw", "customers") and f"{table.schema}.{table.name}" not in counts:
                continue
            db.execute(sql.SQL("vacuum (analyze, skip_locked) {}").format(sql.Identifier(table.schema, table.name)))
    finally:
        db.autocommit = False
