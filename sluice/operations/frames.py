"""Frames out of the warehouse and back into it."""

import io
from collections.abc import Mapping
from typing import Any, LiteralString

import polars as pl
from psycopg import Connection, sql

Columns = Mapping[str, type[pl.DataType] | pl.DataType]


def read(db: Connection, query: str, schema: Columns) -> pl.DataFrame:
    """The rows of `query` as a frame whose columns are `schema`'s, in its order; by COPY, for many rows."""
    buffer = io.BytesIO()
    with db.cursor().copy(f"copy ({query}) to stdout (format csv, header)".encode()) as copy:
        for chunk in copy:
            buffer.write(chunk)
    buffer.seek(0)
    return pl.read_csv(buffer, schema_overrides=dict(schema), null_values=[""]).select(list(schema))


def fetch(db: Connection, query: LiteralString, values: Mapping[str, Any], schema: Columns) -> pl.DataFrame:
    """The same for few rows, with `values` for the query's parameters. The query's columns come in the schema's order."""
    rows = db.execute(query, values).fetchall()
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def write(db: Connection, table: str, frame: pl.DataFrame) -> int:
    """Append `frame` to `table` (schema.name), column by name; the number of rows."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in frame.columns)
    into = sql.SQL("copy {} ({}) from stdin (format csv)").format(sql.Identifier(*table.split(".")), columns)
    with db.cursor().copy(into) as copy:
        copy.write(frame.write_csv(include_header=False).encode())
    return frame.height
