"""People's decisions on who is whom: they are written down, take effect at once, and every later run obeys them.

What an unmerge brings back is what was in force before the merge: every record under the key that it had. Nothing of the past is
lost by a merge, since customers.crosswalk_history keeps each answer with its time; so the state of before is read from there.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from sluice.operations.identity import LOCK, identify
from sluice.rights.person import Person, Record, arrays, find

Identify = Callable[[Connection], object]


class Ruled(Exception):
    """A ruling that can't be made. The message says why."""


@dataclass(frozen=True, slots=True)
class State:
    """Whose each record is (channel, shop, customer_id, key), in order; a record without an answer is left out."""

    rows: tuple[tuple[str, str, str, str], ...]

    @property
    def digest(self) -> str:
        """SHA-256: two states are the same where their digests are."""
        return hashlib.sha256(repr(self.rows).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Unmerged:
    """`before` is the state before the merge (None: they were one from the first run on), then those after it."""

    ruling_id: int
    before: State | None
    after: State
    after_next_run: State | None = None

    @property
    def holds(self) -> bool:
        """Whether the state of before came back and the next run left it so."""
        states = {state.digest for state in (self.before, self.after, self.after_next_run) if state}
        return len(states) == 1


def merge(db: Connection, one: str, other: str, reason: str, by: str) -> tuple[int, str]:
    """Rule that two are one person; (ruling, the key they now have). Raises Unknown, Ruled."""
    with db.transaction():
        db.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        left, right = find(db, one), find(db, other)
        if left.keys[0] == right.keys[0]:
            raise Ruled(f"{one} and {other} are one person already ({left.keys[0]}); `sluice customers explain` says why")
        _revoke(db, "different", left.records, right.records)
        ruling = _rule(db, "same", left.records, right.records, reason, by)
        identify(db, full=True)
        return ruling, find(db, str(left.records[0])).keys[0]


def unmerge(
    db: Connection,
    one: str,
    other: str | None,
    reason: str,
    by: str,
    *,
    verify: bool = False,
    next_run: Identify = lambda db: identify(db, full=True),
) -> Unmerged:
    """Rule that two are not one person: those named, or those of the last merge into the key `one`. Raises Unknown, Ruled.

    `verify` runs identity once more and looks again; `next_run` is another than the real one in tests of that.
    """
    with db.transaction():
        db.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        person = find(db, one)
        left, right, merged_at = _sides(db, person, one, other)
        everyone = (*left, *right)
        before = _before(db, everyone, merged_at) if merged_at else None
        _revoke(db, "same", left, right)
        ruling = _rule(db, "different", left, right, reason, by)
        if before:
            _restore(db, before)
        identify(db, full=True)
        after = state(db, everyone)
    if not verify:
        return Unmerged(ruling, before, after)
    with db.transaction():
        next_run(db)
        return Unmerged(ruling, before, after, state(db, everyone))


def state(db: Connection, records: Sequence[Record]) -> State:
    """What is in force of these records."""
    rows = db.execute(
        "select channel, shop, customer_id, customer_key::text from customers.crosswalk"
        " where (channel, shop, customer_id) in (select * from unnest(%s::text[], %s::text[], %s::text[])) order by 1, 2, 3",
        arrays(records),
    )
    return State(tuple(rows.fetchall()))


def _before(db: Connection, records: Sequence[Record], at: datetime) -> State | None:
    """What was in force of these records right before `at`."""
    rows = db.execute(
        "select channel, shop, customer_id, customer_key::text from customers.crosswalk_history"
        " where (channel, shop, customer_id) in (select * from unnest(%s::text[], %s::text[], %s::text[]))"
        " and from_at < %s and (until_at is null or until_at >= %s) order by 1, 2, 3",
        (*arrays(records), at, at),
    )
    found = State(tuple(rows.fetchall()))
    return found if found.rows else None


def _sides(
    db: Connection, person: Person, one: str, other: str | None
) -> tuple[tuple[Record, ...], tuple[Record, ...], datetime | None]:
    """Who is to be parted from whom, and when they came together."""
    if other is not None:
        right = find(db, other)
        if right.keys[0] != person.keys[0]:
            raise Ruled(f"{one} and {other} are not one person: there is nothing to part")
    ruled = _last_ruling(db, person, one, other)
    if ruled:
        return ruled
    if other is None:
        raise Ruled(f"{one} was merged with nobody by a ruling: name both whom to part, as CHANNEL/SHOP/CUSTOMER_ID")
    named = {record for record in person.records if str(record) in (one, other)}
    if len(named) != 2:
        raise Ruled(
            f"{one} and {other} are one person, and their keys name the same: name two records, as CHANNEL/SHOP/CUSTOMER_ID"
        )
    left, right_record = (next(record for record in named if str(record) == name) for name in (one, other))
    return _as_before(db, left, right_record, person.records)


def _last_ruling(
    db: Connection, person: Person, one: str, other: str | None
) -> tuple[tuple[Record, ...], tuple[Record, ...], datetime] | None:
    """The last merge by a ruling in force that touches the person, and parts those named where two are."""
    rows = db.execute(
        "select r.ruling_id, r.ruled_at from customers.rulings as r where r.kind = 'same' and r.revoked_at is null"
        " and exists (select from customers.ruling_records as m where m.ruling_id = r.ruling_id"
        " and (m.channel, m.shop, m.customer_id) in (select * from unnest(%s::text[], %s::text[], %s::text[])))"
        " order by r.ruling_id desc",
        person.arrays(),
    ).fetchall()
    for ruling_id, ruled_at in rows:
        sides: dict[str, list[Record]] = {"left": [], "right": []}
        for side, *record in db.execute(
            "select side, channel, shop, customer_id from customers.ruling_records where ruling_id = %s order by 2, 3, 4",
            (ruling_id,),
        ):
            sides[side].append(Record(*record))
        left, right = tuple(sides["left"]), tuple(sides["right"])
        apart = {str(record) for record in left}, {str(record) for record in right}
        if other is None or any(one in here and other in there for here, there in (apart, apart[::-1])):
            return left, right, ruled_at
    return None


def _as_before(
    db: Connection, left: Record, right: Record, records: Sequence[Record]
) -> tuple[tuple[Record, ...], tuple[Record, ...], datetime | None]:
    """An automatic merge: each side is who shared its key right before they came together; each alone where that was never so."""
    met = db.execute(
        "select max(from_at) from customers.crosswalk_history as h where reason = 'merged' and until_at is null"
        " and (channel, shop, customer_id) in (select * from unnest(%s::text[], %s::text[], %s::text[]))",
        arrays((left, right)),
    ).fetchone()
    at = met[0] if met else None
    before = _before(db, records, at) if at else None
    keys = {Record(*row[:3]): row[3] for row in before.rows} if before else {}
    if not keys or keys.get(left) == keys.get(right):
        return (left,), (right,), None
    sides = [tuple(record for record in records if keys.get(record) == keys.get(side)) for side in (left, right)]
    return sides[0], sides[1], at


def _rule(db: Connection, kind: str, left: Sequence[Record], right: Sequence[Record], reason: str, by: str) -> int:
    row = db.execute(
        "insert into customers.rulings (kind, reason, ruled_by, ruled_at) values (%s, %s, %s, clock_timestamp())"
        " returning ruling_id",
        (kind, reason, by),
    ).fetchone()
    assert row is not None
    for side, records in (("left", left), ("right", right)):
        db.execute(
            "insert into customers.ruling_records (ruling_id, side, channel, shop, customer_id)"
            " select %s, %s, * from unnest(%s::text[], %s::text[], %s::text[])",
            (row[0], side, *arrays(records)),
        )
    return int(row[0])


def _revoke(db: Connection, kind: str, left: Sequence[Record], right: Sequence[Record]) -> None:
    """Rulings in force that say the opposite of these two."""
    in_arrays = "(m.channel, m.shop, m.customer_id) in (select * from unnest(%s::text[], %s::text[], %s::text[]))"
    touches = (
        f"exists (select from customers.ruling_records as m where m.ruling_id = r.ruling_id and m.side = %s and {in_arrays})"
    )
    db.execute(
        f"update customers.rulings as r set revoked_at = clock_timestamp() where kind = %s and revoked_at is null"
        f" and (({touches} and {touches}) or ({touches} and {touches}))",
        (kind, "left", *arrays(left), "right", *arrays(right), "left", *arrays(right), "right", *arrays(left)),
    )


def _restore(db: Connection, before: State) -> None:
    """Each record under the key that it had: the same key, not another that parts them as well."""
    columns = [list(column) for column in zip(*before.rows, strict=True)]
    db.execute(
        "update customers.keys set ended_at = null, merged_into = null"
        " where customer_key = any(%s::uuid[]) and ended_at is not null",
        (sorted(set(columns[3])),),
    )
    db.execute(
        "update customers.crosswalk as c set customer_key = d.key, since_at = clock_timestamp(), reason = 'unmerged'"
        " from unnest(%s::text[], %s::text[], %s::text[], %s::uuid[]) as d (channel, shop, id, key)"
        " where (c.channel, c.shop, c.customer_id) = (d.channel, d.shop, d.id) and c.customer_key <> d.key",
        columns,
    )
