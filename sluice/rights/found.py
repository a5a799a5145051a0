"""Which rows a proof found something in, so that somebody can go and look."""

from collections.abc import Iterable

from psycopg import Connection, sql

from sluice.rights.known import Known
from sluice.rights.tables import tables

ROWS = 3
KEY = """
select a.attname from pg_index as i
cross join unnest(i.indkey) with ordinality as k (attnum, place)
inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indisprimary and i.indrelid = %s::regclass order by k.place
"""


def rows_found(db: Connection, known: Known, places: Iterable[str]) -> list[tuple[str, str]]:
    """(table, key) of the first rows of each of these places of a search; a key that itself tells of them is not shown."""
    pattern, wanted = known.pattern(), set(places)
    found = []
    for table in tables(db) if pattern else ():
        name = f"{table.schema}.{table.name}"
        if f"table {name}" not in wanted:
            continue
        key = [row[0] for row in db.execute(KEY, (str(table),)).fetchall()]
        if not key:
            continue
        query = sql.SQL(
            "select concat_ws(', ', {key}), concat_ws(', ', {key}) ~* %(pattern)s from {table} as t"
            " where t::text ~* %(pattern)s order by {key} limit {rows}"
        ).format(
            key=sql.SQL(", ").join(map(sql.Identifier, key)),
            table=sql.Identifier(table.schema, table.name),
            rows=sql.Literal(ROWS),
        )
        rows = db.execute(query, {"pattern": pattern}).fetchall()
        found += [(name, "the key itself" if telling else f"{', '.join(key)}: {shown}") for shown, telling in rows]
    return found
