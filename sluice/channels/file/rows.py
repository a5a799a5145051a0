"""A file's rows one by one as dicts, and what their cells mean: the slow second reading that claims are made of."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq

from sluice.channels.file import table as file_table
from sluice.channels.file.options import Condition, Join, StreamMap, Sum
from sluice.channels.protocol import ChannelError

Row = dict[str, Any]
Getter = Callable[[Row], Any]
ZERO = Decimal(0)
MEMORY = 100_000
"""Cells remembered: prices and times repeat."""
ROUNDED = re.compile(r"\d+(\.\d+)?[eE]\+\d+$")
NOTHING = StreamMap(files="", columns={})


def rows(body: bytes, mapping: StreamMap, fields: Sequence[str]) -> Iterator[Row]:
    """The rows that the mapping wants, by trimmed header, with the cells that `fields` are made of; empty cells are None.

    A file that can't be read has no rows.
    """
    wanted = [_test(condition) for condition in mapping.only]
    needed = {header.strip() for name in fields for header in _headers(mapping, name)}
    needed |= {condition.column.strip() for condition in mapping.only}
    needed |= {one.column.strip() for name in fields for one in mapping.where.get(name, ())}
    try:
        for row in _all_rows(body, mapping, needed):
            if all(test(row) for test in wanted):
                yield row
    except file_table.Unreadable:
        return


def _headers(mapping: StreamMap, name: str) -> list[str]:
    source = mapping.columns.get(name)
    if isinstance(source, Sum):
        return [*source.sum, *source.less]
    if isinstance(source, Join):
        return source.join
    return [source] if isinstance(source, str) else source or []


def getter(mapping: StreamMap, name: str) -> Getter:
    """What reads a field out of a row; 0 where the row fails the field's conditions."""
    read, tests = _getter(mapping, name), [_test(condition) for condition in mapping.where.get(name, ())]
    return (lambda row: read(row) if all(test(row) for test in tests) else ZERO) if tests else read


def _getter(mapping: StreamMap, name: str) -> Getter:
    """What reads a field out of a row: its constant, or the cells its column stands for; ids as text, None where empty."""
    if name in mapping.constants:
        constant = mapping.constants[name]
        return lambda row: constant
    source = mapping.columns.get(name)
    headers, amount = [header.strip() for header in _headers(mapping, name)], amounts(mapping)
    if isinstance(source, Sum):
        less = [header.strip() for header in source.less]
        headers = [header.strip() for header in source.sum]

        def total(row: Row) -> Decimal:
            plus, minus = (sum((amount(row.get(part)) or ZERO for part in parts), ZERO) for parts in (headers, less))
            return plus - minus

        return total
    if isinstance(source, Join):
        return lambda row: "-".join(str(as_text(row.get(part))) for part in headers)
    is_id = name.endswith("_id")

    def read(row: Row) -> Any:
        for header in headers:
            if header in row:
                return _sound_id(row[header]) if is_id else row[header]
        return None

    return read


def as_text(cell: Any) -> str | None:
    """A cell as a person reads it: a whole number without a point."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < file_table.EXACT else repr(cell)
    return None if cell is None else str(cell)


def _sound_id(cell: Any) -> str | None:
    """An id, unless a spreadsheet has rounded it: then nobody knows which order it was."""
    text = as_text(cell)
    return None if text is None or ROUNDED.match(text) else text


def amounts(mapping: StreamMap) -> Callable[[Any], Decimal | None]:
    """What reads a number out of a cell; None where there is none."""

    @lru_cache(MEMORY)
    def amount(cell: Any) -> Decimal | None:
        if cell is None or isinstance(cell, Decimal):
            return cell
        if isinstance(cell, int | float):
            return Decimal(repr(cell))
        text = re.sub(r"[^\d.,-]", "", str(cell))
        text = text.replace(".", "").replace(",", ".") if mapping.decimal_comma else text.replace(",", "")
        try:
            return Decimal(text)
        except InvalidOperation:
            return None

    return amount


def moments(mapping: StreamMap, zone: ZoneInfo) -> Callable[[Any], datetime | None]:
    """What reads a time in UTC out of a cell; a time without an offset is local to `zone`."""

    @lru_cache(MEMORY)
    def moment(cell: Any) -> datetime | None:
        read = cell if isinstance(cell, datetime) else _parsed(str(cell or ""), mapping.datetime_formats)
        return read and (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)

    return moment


def _parsed(text: str, written: Sequence[str]) -> datetime | None:
    for one in written:
        with suppress(ValueError):
            return datetime.strptime(text, one)
    try:
        return datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None


def _all_rows(body: bytes, mapping: StreamMap, needed: set[str]) -> Iterator[Row]:
    if body.startswith(file_table.MAGIC_PARQUET):
        yield from _parquet(body, mapping, needed)
        return
    if body.startswith(file_table.MAGIC_XLS):
        raise ChannelError("the totals of a .xls file can't be read a second way: save it as .xlsx to have it reconciled")
    table = _sheet(body, mapping) if body.startswith(file_table.MAGIC_ZIP) else _text(body, mapping)
    places = [(place, name) for place, cell in enumerate(next(table, [])) if (name := str(cell or "").strip()) in needed]
    for cells in table:
        yield {name: _tidy(cells[place], mapping.empty) for place, name in places if place < len(cells)}


def _parquet(body: bytes, mapping: StreamMap, needed: set[str]) -> Iterator[Row]:
    file = pq.ParquetFile(io.BytesIO(body))
    names = [name for name in file.schema_arrow.names if name.strip() in needed]
    for batch in file.iter_batches(columns=names):
        columns = [[_tidy(cell, mapping.empty) for cell in batch[name].to_pylist()] for name in names]
        for cells in zip(*columns, strict=True):
            yield dict(zip(map(str.strip, names), cells, strict=True))


def _text(body: bytes, mapping: StreamMap) -> Iterator[list[Any]]:
    if not body.strip():
        return iter(())
    text, delimiter = file_table.text_of("", body, mapping)
    return iter(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _sheet(body: bytes, mapping: StreamMap) -> Iterator[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True)
    sheet = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
    filled = ([*row] for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row))
    for _ in range(mapping.skip_rows):
        next(filled, None)
    return filled


def _tidy(cell: Any, empty: list[str]) -> Any:
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return None if not text or text in empty else text


def _test(condition: Condition) -> Callable[[Row], bool]:
    header, number = condition.column.strip(), amounts(NOTHING)
    if condition.filled is not None:
        return lambda row: (row.get(header) is not None) == condition.filled

    def passes(row: Row) -> bool:
        text = as_text(row.get(header))
        return text is not None and _is_met(condition, text, number(row[header]))

    return passes


def _is_met(condition: Condition, text: str, number: Decimal | None) -> bool:
    if condition.equals is not None:
        return text == condition.equals
    if condition.is_in is not None:
        return text in condition.is_in
    if condition.starts_with is not None:
        return text.startswith(condition.starts_with)
    if condition.not_in is not None:
        return text not in condition.not_in
    if condition.matches is not None:
        return re.search(condition.matches, text) is not None
    if number is None:
        return False
    if condition.less_than is not None:
        return number < condition.less_than
    if condition.at_most is not None:
        return number <= condition.at_most
    return number > (condition.greater_than or 0)
