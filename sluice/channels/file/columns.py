"""From a file's columns to the fields of a stream, row by row, with a word on each row that can't be used."""

from functools import reduce

import polars as pl

from sluice.channels.file import cells
from sluice.channels.file.options import Condition, Join, Source, StreamMap, Sum, fields
from sluice.channels.file.table import EXCESS, ROW, Unreadable

FAULT = "\0fault"
"""Column with what is wrong in the row; null in a sound row."""


def rule_column(at: int) -> str:
    """Column that says whether the row passes the stream's order rule number `at`."""
    return f"\0rule{at}"


def wanted(table: pl.DataFrame, mapping: StreamMap) -> pl.DataFrame:
    """The rows of `table` that pass all of the mapping's `only`. Raises Unreadable where a column is missing."""
    return table.filter(*(holds(table, condition) for condition in mapping.only))


def named(stream: str, table: pl.DataFrame, mapping: StreamMap, decimal_comma: bool) -> pl.DataFrame:
    """ROW, FAULT, the mapped fields and constants, line_kind and the order rules' columns. Raises Unreadable."""
    kinds = fields(stream)
    columns: list[pl.Series] = [table[ROW]]
    faults: list[pl.Expr] = [_beyond_header(table)]
    for field, source in mapping.columns.items():
        is_optional = field in mapping.optional
        if is_optional and not _present(table, source):
            continue
        raw = _source(table, source, decimal_comma, is_optional)
        if field in mapping.where:
            raw = _counted(table, raw, kinds[field], mapping.where[field])
        value = cells.convert(kinds[field], raw, decimal_comma and not isinstance(source, Sum), mapping.datetime_formats)
        if field in mapping.upper_case:
            value = value.str.to_uppercase()
        columns.append(value.alias(field))
        faults += _faults(field, kinds[field], raw, value)
    constants = [_constant(kinds[field], value).alias(field) for field, value in mapping.constants.items()]
    rules = [holds(table, rule).alias(rule_column(at)) for at, rule in enumerate(mapping.order_kind)]
    frame = pl.DataFrame([*columns, *rules]).with_columns(*constants, *_line_kinds(table, mapping))
    return frame.with_columns(pl.concat_str(faults, separator=", ", ignore_nulls=True).replace("", None).alias(FAULT))


def _beyond_header(table: pl.DataFrame) -> pl.Expr:
    beyond = pl.lit(table[EXCESS])
    return pl.when(beyond.is_not_null()).then("has more cells than the header: " + beyond)


def _faults(field: str, kind: str, raw: pl.Series, value: pl.Series) -> list[pl.Expr]:
    bad = raw.is_not_null() & value.is_null()
    if not bad.any():
        return []
    said = pl.lit(f"{field} is '") + pl.lit(raw) + pl.lit(f"', {cells.EXPECTED[kind]}")
    return [pl.when(pl.lit(bad)).then(said)]


def _constant(kind: str, value: str | bool | int) -> pl.Expr:
    if kind in ("flag", "integer"):
        return pl.lit(value)
    return pl.lit(str(value))


def _line_kinds(table: pl.DataFrame, mapping: StreamMap) -> list[pl.Expr]:
    if not mapping.line_kind:
        return []
    tests = [(pl.lit(holds(table, rule)), rule.kind) for rule in mapping.line_kind]
    return [pl.coalesce(*(pl.when(test).then(pl.lit(kind)) for test, kind in tests), pl.lit("product")).alias("line_kind")]


# Columns of the file


def _counted(table: pl.DataFrame, raw: pl.Series, kind: str, conditions: list[Condition]) -> pl.Series:
    """The cells of rows that pass; in the others 0, or nothing where no number is wanted."""
    passes = reduce(lambda left, right: left & right, (holds(table, condition) for condition in conditions))
    rest = pl.lit("0" if kind in ("decimal", "integer") else None, pl.String)
    return pl.select(pl.when(pl.lit(passes)).then(pl.lit(raw)).otherwise(rest)).to_series()


def _headers(source: Source) -> list[str]:
    if isinstance(source, Sum):
        return source.sum
    if isinstance(source, Join):
        return source.join
    return [source] if isinstance(source, str) else source


def _present(table: pl.DataFrame, source: Source) -> bool:
    return any(header.strip() in table.columns for header in _headers(source))


def _source(table: pl.DataFrame, source: Source, decimal_comma: bool, is_optional: bool = False) -> pl.Series:
    if isinstance(source, Sum):
        added, taken = (
            [_column(table, header) for header in headers if not is_optional or header.strip() in table.columns]
            for headers in (source.sum, source.less)
        )
        return _total(added, taken, decimal_comma)
    if isinstance(source, Join):
        parts = [pl.lit(_column(table, header)) for header in source.join]
        return pl.select(pl.concat_str(parts, separator="-")).to_series()
    if isinstance(source, list):
        present = [header for header in source if header.strip() in table.columns]
        return _column(table, (present or [" or ".join(source)])[0])
    return _column(table, source)


def _column(table: pl.DataFrame, header: str) -> pl.Series:
    if header.strip() not in table.columns:
        known = ", ".join(name for name in table.columns if not name.startswith("\0"))
        raise Unreadable(f"it has no column {header.strip()!r}; it has {known}")
    return table[header.strip()]


def _total(parts: list[pl.Series], less: list[pl.Series], decimal_comma: bool) -> pl.Series:
    """Exact sum as text; the text of the bad cell where one is no number, null where all of `parts` are empty."""
    texts = [cells.decimal(part, decimal_comma) for part in (*parts, *less)]
    numbers = [pl.lit(text).cast(pl.Decimal(38, 9)).fill_null(0) for text in texts]
    signed = [number if at < len(parts) else -number for at, number in enumerate(numbers)]
    total = reduce(lambda left, right: left + right, signed)
    pairs = zip((*parts, *less), texts, strict=True)
    bad = [pl.when(pl.lit(part.is_not_null() & text.is_null())).then(pl.lit(part)) for part, text in pairs]
    some = pl.any_horizontal(pl.lit(part.is_not_null()) for part in parts)
    plain = total.cast(pl.String).str.strip_chars_end("0").str.strip_suffix(".")
    return pl.select(pl.coalesce(*bad, pl.when(some).then(plain))).to_series()


def holds(table: pl.DataFrame, condition: Condition) -> pl.Series:
    """Whether each row passes; a row whose cell is empty passes only `filled: false`. Raises Unreadable."""
    column = _column(table, condition.column)
    return _passes(column, condition).fill_null(False)


def _passes(column: pl.Series, condition: Condition) -> pl.Series:
    if condition.filled is not None:
        return column.is_not_null() == condition.filled
    if condition.equals is not None:
        return column == condition.equals
    if condition.is_in is not None:
        return column.is_in(condition.is_in)
    if condition.starts_with is not None:
        return column.str.starts_with(condition.starts_with)
    if condition.not_in is not None:
        return ~column.is_in(condition.not_in)
    if condition.matches is not None:
        return column.str.contains(condition.matches)
    number = cells.decimal(column).cast(pl.Float64, strict=False)
    if condition.less_than is not None:
        return number < condition.less_than
    if condition.at_most is not None:
        return number <= condition.at_most
    return number > condition.greater_than
