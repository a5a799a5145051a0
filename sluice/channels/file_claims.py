"""What the files themselves add up to, order by order: read with other libraries and added up in another way than landing does.

Slow and simple on purpose (a row at a time, in Decimal), so that a fault in the fast path can't hide behind the same fault here.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq

from sluice.channels import file_table
from sluice.channels.file_options import Condition, Join, Options, Source, StreamMap, Sum
from sluice.channels.protocol import OrderClaim

Row = dict[str, Any]
File = tuple[str, bytes]
ZERO = Decimal(0)


@dataclass(slots=True)
class Claim:
    """An order so far: when, its stated total, the sum of its lines by the file that holds them."""

    ordered_at: datetime | None = None
    total: Decimal | None = None
    lines: dict[str, Decimal] = field(default_factory=dict)
    currency: str | None = None


def claims(
    options: Options, orders: Iterable[File], lines: Iterable[File], zone: ZoneInfo, currency: str
) -> Iterator[tuple[datetime | None, OrderClaim]]:
    """Every order in the files (oldest file first) with the time it was made. A row that can't be read counts nothing."""
    found: dict[str, Claim] = {}
    if "orders" in options.streams:
        for _, body in orders:
            _take_headers(found, body, options.streams["orders"], zone)
    if "order_lines" in options.streams:
        for name, body in lines:
            _take_lines(found, name, body, options, zone)
    for order_id, claim in found.items():
        total = claim.total if claim.total is not None else sum(claim.lines.values(), ZERO)
        yield claim.ordered_at, OrderClaim(order_id, total, claim.currency or currency)


def _take_headers(found: dict[str, Claim], body: bytes, mapping: StreamMap, zone: ZoneInfo) -> None:
    for row in rows(body, mapping):
        order_id = _id(_value(row, mapping, "order_id"))
        if order_id is None:
            continue
        claim = found.setdefault(order_id, Claim())
        stated = _amount(_value(row, mapping, "total_amount"), mapping)
        claim.total = stated if stated is not None else claim.total
        _take_header(claim, row, mapping, zone)


def _take_lines(found: dict[str, Claim], name: str, body: bytes, options: Options, zone: ZoneInfo) -> None:
    mapping = options.streams["order_lines"]
    new: set[str] = set()
    for row in rows(body, mapping):
        order_id = _id(_value(row, mapping, "order_id"))
        if order_id is None:
            continue
        claim = found.setdefault(order_id, Claim())
        if order_id not in new:
            new.add(order_id)
            if not options.orders_span_files:
                claim.lines.clear()
            claim.lines[name] = ZERO
        claim.lines[name] += _line_total(row, mapping)
        if "orders" not in options.streams:
            _take_header(claim, row, mapping, zone)


def _take_header(claim: Claim, row: Row, mapping: StreamMap, zone: ZoneInfo) -> None:
    moment = _moment(_value(row, mapping, "ordered_at"), mapping, zone)
    if moment is not None and (claim.ordered_at is None or moment < claim.ordered_at):
        claim.ordered_at = moment
    stated = _value(row, mapping, "currency")
    claim.currency = str(stated) if stated is not None else claim.currency


def _line_total(row: Row, mapping: StreamMap) -> Decimal:
    def amount(name: str) -> Decimal:
        return _amount(_value(row, mapping, name), mapping) or ZERO

    net = _amount(_value(row, mapping, "total_amount"), mapping)
    if net is None:
        net = amount("quantity") * amount("unit_price") - amount("discount_amount")
    return net + amount("tax_amount") + amount("shipping_amount")


# Reading


def rows(body: bytes, mapping: StreamMap) -> Iterator[Row]:
    """The rows of a file that the mapping wants, as dicts by trimmed header; empty cells are None."""
    for row in _all_rows(body, mapping):
        if all(_passes(row, condition) for condition in mapping.only):
            yield row


def _all_rows(body: bytes, mapping: StreamMap) -> Iterator[Row]:
    if body.startswith(file_table.MAGIC_PARQUET):
        for batch in pq.ParquetFile(io.BytesIO(body)).iter_batches():
            for row in batch.to_pylist():
                yield {name.strip(): _tidy(cell, mapping) for name, cell in row.items()}
        return
    table = _sheet(body, mapping) if body.startswith(file_table.MAGIC_ZIP) else _text(body, mapping)
    headers = [str(header or "").strip() for header in next(table, [])]
    for cells in table:
        yield dict(zip(headers, (_tidy(cell, mapping) for cell in cells), strict=False))


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


def _tidy(cell: Any, mapping: StreamMap) -> Any:
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return None if text in ("", *mapping.empty) else text


def _value(row: Row, mapping: StreamMap, name: str) -> Any:
    if name in mapping.constants:
        return mapping.constants[name]
    source: Source | None = mapping.columns.get(name)
    if isinstance(source, Sum):
        return sum((_amount(row.get(header.strip()), mapping) or ZERO for header in source.sum), ZERO)
    if isinstance(source, Join):
        return "-".join(str(_id(row.get(header.strip()))) for header in source.join)
    headers = source if isinstance(source, list) else [source or ""]
    return next((row[header.strip()] for header in headers if header.strip() in row), None)


def _id(cell: Any) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return None if cell is None else str(cell)


def _amount(cell: Any, mapping: StreamMap) -> Decimal | None:
    """The number in a cell; None where there is none."""
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


def _moment(cell: Any, mapping: StreamMap, zone: ZoneInfo) -> datetime | None:
    """The time in a cell in UTC; a time without an offset is the shop's local time."""
    if isinstance(cell, int | float):
        return None
    moment = cell if isinstance(cell, datetime) else _parsed(str(cell), mapping.datetime_format) if cell else None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _parsed(text: str, written: str | None) -> datetime | None:
    for read in (lambda: datetime.strptime(text, written or ""), lambda: datetime.fromisoformat(text.replace("/", "-"))):
        try:
            return read()
        except ValueError:
            continue
    return None


def _passes(row: Row, condition: Condition) -> bool:
    cell = row.get(condition.column.strip())
    if condition.filled is not None:
        return (cell is not None) == condition.filled
    text = _id(cell)
    if text is None:
        return False
    number = _amount(cell, StreamMap(files="", columns={}))
    tests: list[tuple[Any, Any]] = [
        (condition.equals, lambda: text == condition.equals),
        (condition.is_in, lambda: text in (condition.is_in or [])),
        (condition.starts_with, lambda: text.startswith(condition.starts_with or "")),
        (condition.matches, lambda: re.search(condition.matches or "", text) is not None),
        (condition.less_than, lambda: number is not None and number < Decimal(str(condition.less_than))),
        (condition.at_most, lambda: number is not None and number <= Decimal(str(condition.at_most))),
        (condition.greater_than, lambda: number is not None and number > Decimal(str(condition.greater_than))),
    ]
    return all(test() for given, test in tests if given is not None)


def within(since: datetime, until: datetime, moment: datetime | None) -> bool:
    """Whether an order made at `moment` is in [since, until); one without a time always is."""
    return moment is None or since <= moment < until
