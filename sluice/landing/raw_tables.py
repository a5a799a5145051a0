"""The tables of the schema raw: made from the contracts, grown when a contract grows, never shrunk."""

from collections.abc import Iterable

from psycopg import Connection

from sluice.channels.protocol import Connector, Stream
from sluice.landing.flatten import key_columns, place
from sluice.landing.names import ShapeError, quoted
from sluice.landing.shape import Leaf, Shape, Table, shape

LOCK = 7_291_002
"""Advisory lock: two starts at once make the tables one after the other."""

MAIN_COLUMNS = {
    "_received_at": "timestamptz not null",
    "_loaded_at": "timestamptz not null default now()",
    "_file_id": "bigint not null",
    "_digest": "text not null",
    "_deleted_at": "timestamptz",
}


def tables(connector: Connector, stream: Stream) -> list[str]:
    """Names of the stream's tables in the schema raw, its own first."""
    return [table.name for table in shape(connector.name, stream).tables]


def ensure(db: Connection, connectors: Iterable[Connector]) -> None:
    """Make what is missing, in the caller's transaction. Raises ShapeError where a column's type is not its contract's."""
    db.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    existing = _existing(db)
    for connector in connectors:
        for stream in connector.streams:
            found = shape(connector.name, stream)
            for table in found.tables:
                if table.name in existing:
                    _grow(db, table, existing[table.name])
                else:
                    _create(db, found, table)


def _existing(db: Connection) -> dict[str, dict[str, str]]:
    rows = db.execute(
        """
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        from pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'raw'::regnamespace and c.relkind in ('r', 'p')
        """
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = "timestamptz" if kind == "timestamp with time zone" else kind
    return found


def _grow(db: Connection, table: Table, existing: dict[str, str]) -> None:
    for leaf in table.leaves:
        if leaf.column not in existing:
            db.execute(f"alter table raw.{quoted(table.name)} add column {quoted(leaf.column)} {leaf.pg}")
            _remark(db, table, [leaf])
        elif existing[leaf.column] != leaf.pg:
            raise ShapeError(
                f"raw.{table.name}.{leaf.column} is {existing[leaf.column]}, its contract says {leaf.pg}: "
                "drop the column with what reads it, start again, then replay the stream from the lake"
            )


def _remark(db: Connection, table: Table, leaves: Iterable[Leaf]) -> None:
    """Whoever grants rights on raw sees which columns tell who somebody is."""
    remarks = [
        f"comment on column raw.{quoted(table.name)}.{quoted(one.column)} is 'personal: {one.personal}'"
        for one in leaves
        if one.personal
    ]
    if remarks:
        db.execute("; ".join(remarks))


def _create(db: Connection, found: Shape, table: Table) -> None:
    # Keys are compared byte by byte: as fast as it gets, and the same on every server.
    key = key_columns(table, found.key)
    order = [leaf.column for leaf in table.leaves if table.depth == 0 and leaf.attribute == found.stream.order_key]
    columns = [
        f"{quoted(name)} {kind}" + (' collate "C"' if kind == "text" and name in [*key, *order] else "")
        for name, kind in _columns(found, table).items()
    ]
    primary = ", ".join(map(quoted, key))
    db.execute(f"create table raw.{quoted(table.name)} ({', '.join(columns)}, primary key ({primary}))")
    _remark(db, table, table.leaves)
    if table.depth == 0:
        db.execute(f"create index on raw.{quoted(table.name)} (_loaded_at)")
        if order and order != key[1:2]:
            # What belongs to an order is looked up by it: an order's refunds where they are a stream of their own.
            db.execute(f"create index on raw.{quoted(table.name)} (shop, {quoted(order[0])})")


def _columns(found: Shape, table: Table) -> dict[str, str]:
    own = {leaf.column: leaf.pg for leaf in table.leaves}
    if table.depth == 0:
        return {"shop": "text", **own, **MAIN_COLUMNS}
    kinds = {f"_parent_{leaf.column}": leaf.pg for leaf in found.key}
    return {"shop": "text", **{name: kinds.get(name, "integer") for name in place(table, found.key)}, **own}
