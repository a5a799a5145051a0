"""Receipts of erasures, found by who asks for theirs: a receipt names nobody, but it was written at the moment that the
tombstones and the end of the key bear."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from sluice.landing import forgotten, values
from sluice.rights.person import KEY, record_named


@dataclass(frozen=True, slots=True)
class Receipt:
    """`proof` is what the search afterwards found, by place; None where nobody searched."""

    erasure_id: str
    erased_at: datetime
    counts: Mapping[str, int]
    proof: Mapping[str, int] | None


def receipt(db: Connection, name: str) -> Receipt | None:
    """Of the last erasure of who `name` was (a person's key, or CHANNEL/SHOP/CUSTOMER_ID); None where nobody of that name was
    erased, or they came back since. Raises Unknown where it is no name."""
    moment = _of_key(db, name.lower()) if KEY.fullmatch(name) else _of_record(db, name)
    if moment is None:
        return None
    row = db.execute(
        "select erasure_id::text, erased_at, counts, proof from customers.erasures where erased_at = %s", (moment,)
    ).fetchone()
    return Receipt(*row) if row else None


def _of_record(db: Connection, name: str) -> datetime | None:
    record = record_named(name)
    key = db.execute("select secret_key from secrets.erasure_key").fetchone()
    assert key is not None
    named = forgotten.digest(key[0].encode(), "customer", values.customer(record.customer_id), record.channel, record.shop)
    row = db.execute("select erased_at from customers.tombstones where digest = %s and returned_at is null", (named,)).fetchone()
    return row[0] if row else None


def _of_key(db: Connection, key: str) -> datetime | None:
    """When the key ended, or that which it was merged into."""
    row = db.execute(
        """
        with recursive up as (
            select customer_key, merged_into, ended_at from customers.keys where customer_key = %s
            union
            select k.customer_key, k.merged_into, k.ended_at
            from customers.keys as k inner join up on k.customer_key = up.merged_into
        )
        select ended_at from up where merged_into is null
        """,
        (key,),
    ).fetchone()
    return row[0] if row else None
