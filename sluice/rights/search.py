"""The proof of an erasure: every place is searched for every value that was known, in every spelling. It shares nothing with
how they were removed but the values themselves."""

from collections import Counter
from contextlib import suppress

from psycopg import Connection, sql

from sluice.channels.registry import connectors
from sluice.landing import lake
from sluice.landing.delivery import LandingError, records_of
from sluice.rights import tables, texts
from sluice.rights.known import Known
from sluice.rights.person import Person

READABLE = """
create function pg_temp.readable(content bytea) returns text language plpgsql immutable as $$
begin
    return convert_from(content, 'UTF8');
exception when others then
    return encode(content, 'escape');
end $$
"""


def search(db: Connection, known: Known, person: Person) -> Counter[str]:
    """Hits by place: 0 everywhere after a whole erasure. Places without a hit are named too, with 0."""
    pattern = known.pattern()
    hits: Counter[str] = Counter()
    with db.transaction(force_rollback=True):
        db.execute(READABLE)
        for table in tables.tables(db):
            hits[f"table {table.schema}.{table.name}"] = _rows(db, table, pattern) + _named(db, table, person)
        hits["statistics of columns"] = _statistics(db, pattern)
        hits["lake"] = _lake(db, pattern)
    hits["files of the state folder"] = _files(pattern)
    return hits


def _rows(db: Connection, table: tables.Table, pattern: str) -> int:
    """Rows in whose text, of all columns at once, a value stands."""
    if not pattern:
        return 0
    contents = [name for name, kind in table.columns.items() if kind == "bytea"]
    where: list[sql.Composable] = [sql.SQL("t::text ~* %(pattern)s")]
    where += [sql.SQL("pg_temp.readable({}) ~* %(pattern)s").format(sql.Identifier(name)) for name in contents]
    query = sql.SQL("select count(*) from {} as t where {}").format(
        sql.Identifier(table.schema, table.name), sql.SQL(" or ").join(where)
    )
    return _count(db, query, {"pattern": pattern})


def _named(db: Connection, table: tables.Table, person: Person) -> int:
    """Rows that still name the account by its columns, however short its id is; or the person by the key."""
    count = 0
    for side in ("", "left_", "right_"):
        columns = [f"{side}{name}" for name in tables.RECORD]
        if not table.has(*columns):
            continue
        query = sql.SQL(
            "select count(*) from {} where ({}::text, {}::text, {}::text)"
            " in (select * from unnest(%(channels)s::text[], %(shops)s::text[], %(ids)s::text[]))"
        ).format(sql.Identifier(table.schema, table.name), *map(sql.Identifier, columns))
        count += _count(db, query, dict(zip(("channels", "shops", "ids"), person.arrays(), strict=True)))
    if table.has("customer_key") and (table.schema, table.name) != ("customers", "keys"):
        query = sql.SQL("select count(*) from {} where customer_key::text = any(%(keys)s)").format(
            sql.Identifier(table.schema, table.name)
        )
        count += _count(db, query, {"keys": list(person.keys)})
    return count


def _statistics(db: Connection, pattern: str) -> int:
    query = sql.SQL("select count(*) from pg_stats where concat(most_common_vals, histogram_bounds) ~* %(pattern)s")
    return _count(db, query, {"pattern": pattern}) if pattern else 0


def _count(db: Connection, query: sql.SQL | sql.Composed, values: dict[str, object]) -> int:
    row = db.execute(query, values).fetchone()
    return int(row[0]) if row else 0


def _lake(db: Connection, pattern: str) -> int:
    """Pages in whose body, or in a record of it (the body may be packed), a value stands; files that nothing names as well."""
    if not pattern:
        return 0
    found = texts.compiled(pattern)
    named = {path: (channel, stream) for path, channel, stream in db.execute("select path, channel, stream from raw.manifest")}
    hits = 0
    for file in sorted(lake.root().rglob("*.parquet")):
        path = file.relative_to(lake.root()).as_posix()
        channel, stream = named.get(path, path.split("/")[::2][:2])
        for page in lake.read(path)[1]:
            parts = [page.body]
            if (connector := connectors().get(channel)) and stream in {one.name for one in connector.streams}:
                with suppress(LandingError):
                    parts += records_of(page, connector, connector.stream(stream))
            hits += any(found.search(part) for part in parts)
    return hits


def _files(pattern: str) -> int:
    found = texts.compiled(pattern) if pattern else None
    return sum(found.search(file.read_bytes()) is not None for file in texts.files()) if found else 0
