"""Who is meant: a customer record by its channel, shop and id, or a person by their key, with all that is theirs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg import Connection

KEY = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Unknown(Exception):
    """Nobody is known by that name. The message says what one looks like."""


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """A customer as one shop knows them."""

    channel: str
    shop: str
    customer_id: str

    def __str__(self) -> str:
        return f"{self.channel}/{self.shop}/{self.customer_id}"


@dataclass(frozen=True, slots=True)
class Person:
    """`keys`: the one in force first, then those that were merged into it. `records` are all of theirs, in order."""

    keys: tuple[str, ...]
    records: tuple[Record, ...]
    orders: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)

    def arrays(self) -> tuple[list[str], list[str], list[str]]:
        """Channels, shops and ids of the records, for unnest."""
        return arrays(self.records)


def arrays(records: Sequence[Record]) -> tuple[list[str], list[str], list[str]]:
    return ([one.channel for one in records], [one.shop for one in records], [one.customer_id for one in records])


def record_named(name: str) -> Record:
    """CHANNEL/SHOP/CUSTOMER_ID; the id may hold slashes. Raises Unknown."""
    channel, shop, customer_id = (*name.split("/", 2), "", "")[:3]
    if not (channel and shop and customer_id):
        raise Unknown(f"{name!r} is neither a customer's key nor CHANNEL/SHOP/CUSTOMER_ID (as shopify/global/7001)")
    return Record(channel, shop, customer_id)


def find(db: Connection, name: str) -> Person:
    """The person that `name` is or belongs to. Raises Unknown."""
    if KEY.fullmatch(name):
        return _by_key(db, name.lower())
    record = record_named(name)
    row = db.execute(
        "select customer_key::text from customers.crosswalk where (channel, shop, customer_id) = (%s, %s, %s)",
        (record.channel, record.shop, record.customer_id),
    ).fetchone()
    if row:
        return _by_key(db, row[0])
    known = db.execute(
        "select customers.own_key(channel, shop, customer_id)::text from unified.customers"
        " where channel = %s and shop = %s and customer_id = %s limit 1",
        (record.channel, record.shop, record.customer_id),
    ).fetchone()
    if not known:
        raise Unknown(f"{record} is no customer that is known; `marts.dim_customers` lists them")
    return Person((known[0],), (record,), _orders(db, [record]))


def _by_key(db: Connection, key: str) -> Person:
    """Follows what a key was merged into, then gathers all that was merged into that."""
    rows = db.execute(
        """
        with recursive up as (
            select customer_key, merged_into from customers.keys where customer_key = %s
            union
            select k.customer_key, k.merged_into from customers.keys as k inner join up on k.customer_key = up.merged_into
        ),
        down as (
            select customer_key, 0 as depth from up where merged_into is null
            union
            select k.customer_key, 1 from customers.keys as k inner join down on k.merged_into = down.customer_key
        )
        select customer_key::text from down group by customer_key order by min(depth), customer_key
        """,
        (key,),
    ).fetchall()
    if not rows:
        raise Unknown(f"{key} is no customer's key that is known; a record is named CHANNEL/SHOP/CUSTOMER_ID")
    keys = tuple(row[0] for row in rows)
    found = db.execute(
        "select channel, shop, customer_id from customers.crosswalk where customer_key = any(%s::uuid[]) order by 1, 2, 3",
        (list(keys),),
    )
    records = tuple(Record(*row) for row in found)
    return Person(keys, records, _orders(db, records))


def _orders(db: Connection, records: Sequence[Record]) -> tuple[tuple[str, str, str], ...]:
    """(channel, shop, order_id) of their orders: a shop at a time, so that each look-up uses its index."""
    found: list[tuple[str, str, str]] = []
    for channel, shop in sorted({(one.channel, one.shop) for one in records}):
        ids = [one.customer_id for one in records if (one.channel, one.shop) == (channel, shop)]
        found += db.execute(
            "select channel, shop, order_id from unified.orders where channel = %s and shop = %s and customer_id = any(%s)",
            (channel, shop, ids),
        ).fetchall()
    return tuple(sorted(found))
