"""Texts that nobody made of records: alerts, answers, samples of failed checks, logs. What is known of a person is
taken out of them."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from psycopg import Connection, errors, sql

from sluice import warehouse
from sluice.rights.tables import Table, tables

TEXT = ("text", "character varying", "json", "jsonb", "text[]", "character varying[]")
KEPT = ("postgres", "lake", "drop")
"""Folders of the state folder that are no texts of Sluice's: the server's files, the lake, and what a channel dropped."""
LARGEST = 1 << 30


def sweep_texts(db: Connection, pattern: str) -> Counter[str]:
    """Texts of all tables outside raw, whose rows are made from the lake."""
    counts: Counter[str] = Counter()
    for table in tables(db, ("raw", "secrets")) if pattern else ():
        touched = sum(_sweep_column(db, table, name, kind, pattern) for name, kind in table.columns.items() if kind in TEXT)
        if touched:
            counts[f"{table.schema}.{table.name}"] += touched
    return counts


def _sweep_column(db: Connection, table: Table, name: str, kind: str, pattern: str) -> int:
    """Rows changed. Of a table that can only be added to as well: its numbers stay, who somebody was does not."""
    names = {"table": sql.Identifier(table.schema, table.name), "column": sql.Identifier(name), "kind": sql.SQL(kind)}
    found = sql.SQL("select from {table} where {column}::text ~* %(pattern)s limit 1").format(**names)
    if not db.execute(found, {"pattern": pattern}).rowcount:
        return 0
    query = sql.SQL(
        "update {table} set {column} = regexp_replace({column}::text, %(pattern)s, '', 'gi')::{kind}"
        " where {column}::text ~* %(pattern)s"
    ).format(**names)
    try:
        with db.transaction():
            return db.execute(query, {"pattern": pattern}).rowcount
    except (errors.CheckViolation, errors.UniqueViolation):
        # no text but a key, which its own step removes; where that did not, the proof finds it
        return 0
    except errors.RestrictViolation:
        db.execute(sql.SQL("alter table {table} disable trigger user").format(**names))
        rows = db.execute(query, {"pattern": pattern}).rowcount
        db.execute(sql.SQL("alter table {table} enable trigger user").format(**names))
        return rows


def sweep_files(pattern: str) -> int:
    """Logs and reports under the state folder, as many bytes long as before: a server goes on writing behind. Files changed."""
    if not pattern:
        return 0
    found = compiled(pattern)
    changed = 0
    for file in files():
        with file.open("r+b") as handle:
            before = handle.read()
            after = found.sub(lambda hit: b"*" * len(hit[0]), before)
            if after != before:
                handle.seek(0)
                handle.write(after)
                changed += 1
    return changed


def files() -> Iterator[Path]:
    """What Sluice, dbt, Dagster and the server wrote under the state folder."""
    home = warehouse.home()
    logs = sorted((home / "postgres").rglob("*.log"))
    others = [file for folder in sorted(home.glob("*")) if folder.name not in KEPT for file in [folder, *folder.rglob("*")]]
    yield from (file for file in [*logs, *others] if file.is_file() and not file.is_symlink() and file.stat().st_size <= LARGEST)


def compiled(pattern: str) -> re.Pattern[bytes]:
    """The same for bytes, in which letters beyond ASCII are several."""
    return re.compile(pattern.encode(), re.IGNORECASE)
