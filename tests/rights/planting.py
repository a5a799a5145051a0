"""A value put into every column of every table that could hold it, as a house that works for years would come to have it."""

import re
from typing import Any

import psycopg
from psycopg import sql

from sluice.rights.tables import Table, tables
from sluice.rights.texts import TEXT

OTHERS = {
    "uuid": "gen_random_uuid()",
    "date": "current_date",
    "boolean": "true",
    "double precision": "0.5",
    "bytea": "'\\x'",
    "jsonb": "'{}'",
    "json": "'{}'",
    "interval": "interval '1 day'",
}


def plant(db: psycopg.Connection, value: str, without: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Put the value into one row of each table, one made for it where there is none; guards of history look away meanwhile.

    Returns the tables that bear it now, and those that have a text and bear it nowhere: schema.table each.
    """
    planted, refused = set(), set()
    for table in tables(db, without):
        texts = [name for name, kind in table.columns.items() if kind in TEXT]
        if not texts:
            continue
        if not db.execute(sql.SQL("select from {} limit 1").format(_name(table))).rowcount:
            _insert(db, table)
            # of a row made in the same transaction, an update asks for the parent again
            db.commit()
        done = [_update(db, table, name, value) for name in texts]
        (planted if any(done) else refused).add(f"{table.schema}.{table.name}")
    return planted, refused


def _name(table: Table) -> sql.Identifier:
    return sql.Identifier(table.schema, table.name)


def _tried(db: psycopg.Connection, query: sql.Composed, values: tuple[Any, ...] = (), role: str = "origin") -> int:
    """Rows touched; 0 where the table's own rules forbid it. As `replica` no trigger looks, nor whether a parent is there."""
    try:
        with db.transaction():
            db.execute("select set_config('session_replication_role', %s, true)", (role,))
            return db.execute(query, values).rowcount
    except psycopg.errors.RestrictViolation:
        return _tried(db, query, values, "replica")
    except (psycopg.errors.IntegrityError, psycopg.errors.GeneratedAlways, psycopg.errors.DataError):
        return 0


def _update(db: psycopg.Connection, table: Table, column: str, value: str) -> int:
    kind = table.columns[column]
    told = f'{{"told": "{value}"}}' if kind.startswith("json") else [value] if kind.endswith("[]") else f"told by {value}"
    query = sql.SQL("update {0} set {1} = %s where ctid = (select min(ctid) from {0})")
    return _tried(db, query.format(_name(table), sql.Identifier(column)), (told,))


def _insert(db: psycopg.Connection, table: Table) -> int:
    rows = db.execute(
        "select attname, atthasdef or attidentity <> '' from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " and not attisdropped and attnotnull",
        (str(table),),
    ).fetchall()
    words = _words(db, table)
    needed = [name for name, has_default in rows if not has_default]
    parents = {column: _parents_value(db, parent, key) for column, parent, key in _parents(db, table) if column in needed}
    if not needed:
        return _tried(db, sql.SQL("insert into {} default values").format(_name(table)), role="replica")
    names = sql.SQL(", ").join(map(sql.Identifier, needed))
    for number in ("1", "0"):
        made = [parents.get(name) or words.get(name) or _made(table.columns[name], number) for name in needed]
        values = sql.SQL(", ").join(sql.SQL(one) for one in made)  # type: ignore[arg-type]
        query = sql.SQL("insert into {} ({}) values ({})").format(_name(table), names, values)
        if done := _tried(db, query, role="replica"):
            return done
    return 0


def _parents(db: psycopg.Connection, table: Table) -> list[tuple[str, str, str]]:
    """(column, the table it points to, the column there)."""
    return db.execute(
        "select a.attname, c.confrelid::regclass::text, k.attname from pg_constraint as c"
        " cross join unnest(c.conkey, c.confkey) as pair (here, there)"
        " inner join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = pair.here"
        " inner join pg_attribute as k on k.attrelid = c.confrelid and k.attnum = pair.there"
        " where c.contype = 'f' and c.conrelid = %s::regclass",
        (str(table),),
    ).fetchall()


def _parents_value(db: psycopg.Connection, parent: str, key: str) -> str:
    """The key of the parent's first row, which is made where there is none."""
    first = f"(select {key} from {parent} order by ctid limit 1)"
    if not db.execute(f"select from {parent} limit 1").rowcount:  # type: ignore[arg-type]
        schema, name = parent.split(".")
        _insert(db, next(one for one in tables(db) if (one.schema, one.name) == (schema, name)))
    return first


def _made(kind: str, number: str) -> str:
    if kind in OTHERS:
        return OTHERS[kind]
    if kind.endswith("[]"):
        return "'{}'"
    if kind.startswith("timestamp"):
        return "now()"
    return "'x'" if kind in TEXT else number


def _words(db: psycopg.Connection, table: Table) -> dict[str, str]:
    """A word that the table's checks of one column let it be, as SQL has it."""
    rows = db.execute(
        "select a.attname, pg_get_constraintdef(c.oid) from pg_constraint as c"
        " inner join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
        " where c.contype = 'c' and cardinality(c.conkey) = 1 and c.conrelid = %s::regclass",
        (str(table),),
    ).fetchall()
    return {name: found[0] for name, text in rows if (found := re.findall(r"'[^']+'", text))}
