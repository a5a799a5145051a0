"""Tables made from what was landed, found in the catalogue by their columns: rows of the person go, or forget whose they are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import yaml
from psycopg import Connection

from sluice.landing.names import quoted
from sluice.project import DBT_PROJECT
from sluice.rights.person import Person

SYSTEM = ("pg_catalog", "information_schema", "pg_toast")
RECORD = ("channel", "shop", "customer_id")
ORDER = ("channel", "shop", "order_id")


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: type by name; `needed` are those that may not be null or are of the primary key."""

    schema: str
    name: str
    columns: dict[str, str]
    needed: frozenset[str]

    def __str__(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def has(self, *names: str) -> bool:
        return all(name in self.columns for name in names)


def tables(db: Connection, without: tuple[str, ...] = ()) -> Iterator[Table]:
    """All tables but the server's own and those of the schemas named."""
    rows = db.execute(
        """
        select n.nspname, c.relname,
            json_object_agg(a.attname, format_type(a.atttypid, null)),
            coalesce(array_agg(a.attname::text) filter (where a.attnotnull), '{}')
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'm') and c.relpersistence <> 't' and n.nspname <> all(%s) and n.nspname not like 'pg\\_temp%%'
        group by n.nspname, c.relname
        order by 1, 2
        """,
        ([*SYSTEM, *without],),
    ).fetchall()
    return (Table(schema, name, columns, frozenset(needed)) for schema, name, columns, needed in rows)


def sweep_customers(db: Connection, person: Person) -> Counter[str]:
    """Who was thought to be whom, and why. Keys stay, ended: they say that there was somebody, not who."""
    counts: Counter[str] = Counter()
    named = "(select * from unnest(%s::text[], %s::text[], %s::text[]))"
    record = "(channel, shop, customer_id)"
    left, right = (f"({side}_channel, {side}_shop, {side}_customer_id)" for side in ("left", "right"))
    arrays = person.arrays()
    for what, where, values in (
        ("crosswalk", f"{record} in {named}", arrays),
        ("crosswalk_history", f"{record} in {named}", arrays),
        ("edges", f"{left} in {named} or {right} in {named}", arrays + arrays),
        ("ruling_records", f"{record} in {named}", arrays),
    ):
        counts[f"customers.{what}"] += db.execute(f"delete from customers.{what} where {where}", values).rowcount
    db.execute(
        "delete from customers.rulings as r where not exists (select from customers.ruling_records where ruling_id = r.ruling_id)"
    )
    db.execute(
        "update customers.keys set ended_at = now() where customer_key = any(%s::uuid[]) and ended_at is null"
        " and not exists (select from customers.crosswalk as c where c.customer_key = keys.customer_key)",
        (list(person.keys),),
    )
    return counts


def sweep_derived(db: Connection, person: Person) -> Counter[str]:
    """Marts, values, whatever else names customers or their keys. Orders stay, without customer and what is tagged `pii`."""
    counts: Counter[str] = Counter()
    records = list(zip(*person.arrays(), strict=True))
    for table in tables(db, ("raw", "secrets", "staging", "dagster")):
        if (table.schema, table.name) in (("customers", "keys"), ("customers", "runs")):
            continue
        touched = 0
        if table.has(*ORDER) and (tagged := [name for name in _tagged().get(table.name, ()) if name in table.columns]):
            touched += _clear(db, table, ORDER, list(person.orders), tagged)
        if table.has(*RECORD):
            more = [name for name in _tagged().get(table.name, ()) if name in table.columns]
            touched += _clear(db, table, RECORD, records, ["customer_id", *more, *_of_key(table)])
        if table.has("customer_key") and person.records:
            touched += _clear(db, table, ("customer_key",), [(key,) for key in person.keys], ["customer_key"])
        if touched:
            counts[f"{table.schema}.{table.name}"] += touched
    return counts


def _of_key(table: Table) -> list[str]:
    return ["customer_key"] if "customer_key" in table.columns else []


def _clear(db: Connection, table: Table, by: tuple[str, ...], found: Sequence[tuple[str, ...]], columns: list[str]) -> int:
    """Empty these columns of the rows found, or remove the rows where one of them may not be empty."""
    columns = list(dict.fromkeys(columns))
    if not found:
        return 0
    names = ", ".join(f"k{number}" for number in range(len(by)))
    on = " and ".join(f"t.{quoted(name)} = d.k{at}::{table.columns[name]}" for at, name in enumerate(by))
    source = f"unnest({', '.join('%s::text[]' for _ in by)}) as d ({names})"
    arrays = [list(column) for column in zip(*found, strict=True)]
    if any(name in table.needed for name in columns):
        return db.execute(f"delete from {table} as t using {source} where {on}", arrays).rowcount
    blank = ", ".join(f"{quoted(name)} = null" for name in columns)
    some = " or ".join(f"t.{quoted(name)} is not null" for name in columns)
    return db.execute(f"update {table} as t set {blank} from {source} where {on} and ({some})", arrays).rowcount


@cache
def _tagged() -> dict[str, list[str]]:
    """Columns that the warehouse's own descriptions tag `pii`, by model."""
    found: dict[str, list[str]] = {}
    for file in (DBT_PROJECT / "models").rglob("*.yml"):
        for model in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("models", ()):
            names = [
                column["name"]
                for column in model.get("columns", ())
                if ((column.get("config") or {}).get("meta") or {}).get("pii")
            ]
            if names:
                found[model["name"]] = names
    return found
