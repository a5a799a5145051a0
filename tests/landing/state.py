"""What the raw tables hold, for comparing one landing with another."""

from typing import Any

import psycopg

TABLES = (
    "toy_orders",
    "toy_orders__line_items",
    "toy_orders__line_items__discounts",
    "toy_events",
    "toy_events__line_items",
    "toy_events__line_items__discounts",
    "toy_levels",
)
INCIDENTAL = {"_loaded_at", "_file_id"}
"""Columns that tell of the landing, not of the record."""


def held(db: psycopg.Connection, *, besides: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    """Every row of every table, in order, and the open quarantine."""
    found: dict[str, Any] = {table: rows(db, table, INCIDENTAL | besides) for table in TABLES}
    found["quarantine"] = db.execute(
        "select stream, key, digest, reason, received_at from raw.quarantine where resolved_at is null order by stream, digest"
    ).fetchall()
    db.commit()
    return found


def rows(db: psycopg.Connection, table: str, without: frozenset[str] | set[str] = frozenset()) -> list[dict[str, Any]]:
    found = db.execute(f"select to_jsonb(t) - %s::text[] from raw.{table} as t order by t::text", (sorted(without),)).fetchall()
    return sorted((row[0] for row in found), key=str)


def one(db: psycopg.Connection, query: str) -> Any:
    """The only value of the only row."""
    found = db.execute(query).fetchall()
    assert len(found) == 1, found
    return found[0][0]
