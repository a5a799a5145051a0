"""From a file's bytes to the records of a stream: rows named, grouped to one record a key, written as JSON, all set-based.

The order of rows in a file does not matter. A record any of whose rows can't be used carries the reason in `fault` and the rows
as they were, so that landing quarantines it; the others go on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import msgspec
import polars as pl

from sluice.channels.file import columns as file_columns
from sluice.channels.file import status as file_status
from sluice.channels.file import table as file_table
from sluice.channels.file.columns import FAULT, rule_column
from sluice.channels.file.contract import Header, Line
from sluice.channels.file.options import StreamMap, fields
from sluice.channels.file.table import ROW, Unreadable
from sluice.channels.protocol import Stream

KEYS = {
    "orders": ("order_id",),
    "order_lines": ("order_id",),
    "payments": ("order_id", "payment_id"),
    "customers": ("customer_id",),
    "products": ("product_id", "listing_id"),
}
LINE, HEADER = Line.__struct_fields__, Header.__struct_fields__
STATUSES = ("order_status", "payment_status", "fulfilment_status")
LATEST = ("updated_at", "closed_at", "delivered_at")
SLICE = 10_000
"""Records written at once: what bounds memory."""
LONGEST_FAULT = 600
RECORD = "\0record"


@dataclass(frozen=True, slots=True)
class Drop:
    """The file a page holds and the mapping in force when it was read."""

    file: str
    version: str
    currency: str
    mapping: StreamMap
    statuses: dict[str, dict[str, str]]
    spans: bool


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of `stream` in a file. A file that can't be read at all is one record with the reason."""
    drop = Drop(
        file=context["file"],
        version=f"{context['modified_at']}|{context['file']}",
        currency=context["currency"],
        mapping=StreamMap.model_validate(context["mapping"]),
        statuses=context["statuses"],
        spans=context["orders_span_files"],
    )
    try:
        table = file_columns.wanted(file_table.read(drop.file, body, drop.mapping), drop.mapping)
        comma = drop.mapping.decimal_comma and not file_table.is_typed(body)
        rows = file_columns.named(stream.name, table, drop.mapping, comma)
    except Unreadable as fault:
        yield msgspec.json.encode({"fault": {"reason": f"{drop.file}: {fault}"}, "version": drop.version})
        return
    grouped = _grouped(stream.name, _prepared(stream.name, rows, drop), drop)
    sound = grouped.filter(pl.col(FAULT).is_null())
    yield from _json(_finished(stream.name, sound, drop))
    yield from _json(_refused(stream.name, grouped.filter(pl.col(FAULT).is_not_null()), table, drop))


def _prepared(stream: str, rows: pl.DataFrame, drop: Drop) -> pl.DataFrame:
    """Rows with the ids and the currency they may leave out, their record, and a fault where a needed field is empty."""
    rows = _with_products(stream, rows)
    if "currency" in fields(stream):
        given = pl.col("currency") if "currency" in rows.columns else pl.lit(None, pl.String)
        rows = rows.with_columns(pl.coalesce(given, pl.lit(drop.currency)).alias("currency"))
    rows = rows.with_columns(_with_missing(stream, rows.columns))
    key = pl.concat_str([pl.col(name) for name in KEYS[stream] if name in rows.columns], separator="\0")
    rows = rows.with_columns(pl.coalesce(key, "\0" + pl.col(ROW).cast(pl.String)).alias(RECORD))
    # In the order of their content: so a shuffled file gives the same records, and lines without an id get the same numbers.
    ids = [name for name in ("line_id", "payment_id") if name in rows.columns]
    whole = [pl.col(name).str.len_bytes() for name in ids]
    content = [name for name in rows.columns if not name.startswith("\0") and name not in ids]
    return rows.sort([RECORD, *whole, *ids, *content, ROW], nulls_last=True)


def _with_products(stream: str, rows: pl.DataFrame) -> pl.DataFrame:
    """A product known by its SKU or by its listing only is known by that as its id, too."""
    if stream not in ("order_lines", "products"):
        return rows
    for name, stand_ins in (("product_id", ("listing_id", "sku")), ("listing_id", ("product_id",)), ("sku", ("product_id",))):
        given = [pl.col(one) for one in (name, *stand_ins) if one in rows.columns]
        if given:
            rows = rows.with_columns(pl.coalesce(given).alias(name))
    return rows


def _with_missing(stream: str, columns: list[str]) -> pl.Expr:
    needed = {"order_lines": ("order_id", "quantity"), "payments": ("order_id", "amount")}.get(stream, KEYS[stream][:1])
    needed += tuple(name for name in ("line_id", "payment_id") if name in columns)
    empty = [pl.when(pl.col(name).is_null()).then(pl.lit(f"{name} is empty")) for name in needed]
    if stream == "order_lines":
        prices = [pl.col(name).is_null() for name in ("unit_price", "total_amount") if name in columns]
        empty.append(pl.when(pl.all_horizontal(prices)).then(pl.lit("neither unit_price nor total_amount is filled")))
    # An empty cell is told only where nothing else is wrong: a bad number is null here, too.
    missing = pl.concat_str(empty, separator=", ", ignore_nulls=True).replace("", None)
    return pl.coalesce(FAULT, missing).alias(FAULT)


# One record a key


def _grouped(stream: str, rows: pl.DataFrame, drop: Drop) -> pl.DataFrame:
    """One row a record: RECORD, FAULT, the rows' numbers, the fields."""
    told = "row " + pl.col(ROW).cast(pl.String) + ": " + pl.col(FAULT)
    faults = [told.sort_by(ROW).drop_nulls().str.join("; ")]
    plain = [name for name in rows.columns if not name.startswith("\0")]
    values: list[pl.Expr] = [pl.col(ROW).sort()]
    if stream == "order_lines":
        rows = _with_line_ids(rows, drop)
        faults.append(_twice("line_id"))
        line = [name for name in LINE if name in rows.columns]
        values.append(pl.struct(line).alias("lines"))
        plain = [name for name in plain if name in HEADER or name == "promised_at"]
    if stream == "payments" and "payment_id" not in rows.columns:
        number = pl.int_range(1, pl.len() + 1).over(RECORD).cast(pl.String)
        rows = rows.with_columns((pl.col("order_id") + "-" + number).alias("payment_id"))
        rows = rows.with_columns((pl.col(RECORD) + "\0" + pl.col("payment_id").fill_null("")).alias(RECORD))
        plain.append("payment_id")
    kinds = fields(stream)
    for name in plain:
        is_money = kinds[name] == "decimal" or name == "currency"
        faults += [_disagreeing(name, kinds[name])] if is_money else []
        values.append(file_status.least_final(name, drop.statuses) if name in STATUSES else _one(stream, name, kinds[name]))
    values += [pl.col(rule_column(at)).all() for at in range(len(drop.mapping.order_kind))]
    fault = pl.concat_str([pl.when(one != "").then(one) for one in faults], separator="; ", ignore_nulls=True)
    return rows.group_by(RECORD, maintain_order=True).agg(fault.replace("", None).alias(FAULT), *values)


def _with_line_ids(rows: pl.DataFrame, drop: Drop) -> pl.DataFrame:
    if "line_id" in rows.columns:
        return rows
    number = pl.int_range(1, pl.len() + 1).over(RECORD).cast(pl.String)
    return rows.with_columns((pl.lit(f"{drop.file}#" if drop.spans else "") + number).alias("line_id"))


def _twice(name: str) -> pl.Expr:
    again = pl.col(name).filter(pl.col(name).is_duplicated()).drop_nulls().first()
    return pl.when(pl.col(name).is_duplicated().any()).then(pl.lit(f"{name} is there twice: ") + again)


def _disagreeing(name: str, kind: str) -> pl.Expr:
    value = pl.col(name).drop_nulls()
    distinct = value.cast(pl.Float64).n_unique() if kind == "decimal" else value.n_unique()
    return pl.when(distinct > 1).then(pl.lit(f"its rows disagree on {name}: ") + value.unique().sort().str.join(", "))


def _one(stream: str, name: str, kind: str) -> pl.Expr:
    """The one value a record takes of its rows, whatever their order: a time's earliest, the latest of those that come last."""
    value = pl.col(name)
    if kind == "flag":
        return value.any()
    if name in LATEST:
        return value.max()
    if kind == "text" and stream in ("customers", "products"):
        # Titles are typed by hand: what most rows say, not what sorts first ("?", "damaged").
        return value.drop_nulls().mode().sort().first()
    return value.min()


# What is written


def _finished(stream: str, sound: pl.DataFrame, drop: Drop) -> pl.DataFrame:
    told = [pl.col("updated_at")] if "updated_at" in sound.columns else []
    extra = [pl.coalesce(*told, pl.lit(drop.version)).alias("version")]
    if stream in ("orders", "order_lines"):
        extra += file_status.status_columns(sound, drop.statuses, drop.mapping.constants)
        kinds = [pl.when(rule_column(at)).then(pl.lit(rule.kind)) for at, rule in enumerate(drop.mapping.order_kind)]
        extra += [pl.coalesce(*kinds, pl.lit("sale")).alias("order_kind")] if kinds else []
    if stream == "payments":
        extra += file_status.status_columns(sound, drop.statuses, drop.mapping.constants, ("payment",))
    if stream == "order_lines":
        extra.append(_part(drop))
    return sound.with_columns(extra).select(pl.exclude(r"^\x00.*$"))


def _part(drop: Drop) -> pl.Expr:
    return pl.lit(drop.file if drop.spans else "").alias("part")


def _refused(stream: str, faulty: pl.DataFrame, table: pl.DataFrame, drop: Drop) -> pl.DataFrame:
    """Records with a fault: the reason, the key where there is one, and the rows as the file has them."""
    cells = [name for name in table.columns if not name.startswith("\0")]
    origin = table.select(ROW, pl.struct(pl.col(ROW).alias("row"), *cells).alias("rows"))
    keys = [name for name in KEYS[stream] if name in faulty.columns]
    rows = faulty.select(RECORD, FAULT, ROW, *keys).explode(ROW).join(origin, on=ROW, how="left", maintain_order="left")
    reason = pl.lit(f"{drop.file} ") + pl.col(FAULT).str.slice(0, LONGEST_FAULT)
    told = [pl.struct(reason.first().alias("reason")).alias("fault"), pl.lit(drop.version).alias("version")]
    told += [pl.col(key).first() for key in keys]
    told += [_part(drop)] if stream == "order_lines" else []
    return rows.group_by(RECORD, maintain_order=True).agg(*told, "rows").drop(RECORD)


def _json(frame: pl.DataFrame) -> Iterator[bytes]:
    for part in frame.iter_slices(SLICE):
        buffer = BytesIO()
        part.write_ndjson(buffer)
        yield from buffer.getvalue().splitlines()
