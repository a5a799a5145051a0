"""A file's bytes as a table of text: its columns are the file's headers, trimmed, its cells what a person reads in them.

A number is written as the shortest decimal that is that number, a whole one without a point, a time as ISO 8601. A number that a
spreadsheet can't hold exactly (16 digits or more) is written in scientific notation, which no id may have: so a long id that a
spreadsheet has damaged is seen wherever it turns up.
"""

import csv
import io
import logging
from contextlib import suppress
from pathlib import PurePath

import fastexcel
import polars as pl

from sluice.channels.file.options import StreamMap

ROW = "\0row"
"""Column with the row's number as a spreadsheet shows it (the header is row 1 plus the rows skipped above it)."""
EXCESS = "\0excess"
"""Column that holds the cells beyond the header, where a row has more cells than the header; null in a sound row."""
EXACT = 10**15
"""A spreadsheet keeps 15 significant digits."""
MAGIC_ZIP, MAGIC_PARQUET, MAGIC_XLS = b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"
BOM = b"\xef\xbb\xbf"
DELIMITERS = ",;\t|"


class Unreadable(Exception):
    """The file can't be read as a table. The message says what to change."""


def read(name: str, body: bytes, mapping: StreamMap) -> pl.DataFrame:
    """The table in `body`: text columns, ROW and EXCESS; rows without any content are left out. Raises Unreadable."""
    above = 0
    if body.startswith(MAGIC_PARQUET):
        table = _texts(pl.read_parquet(body))
    elif body.startswith((MAGIC_ZIP, MAGIC_XLS)):
        table = _spreadsheet(body, mapping)
    elif not body.strip():
        raise Unreadable("the file is empty")
    else:
        text, delimiter = text_of(name, body, mapping)
        above = body[: len(body) - len(body.removeprefix(BOM).lstrip(b"\r\n"))].count(b"\n")
        table = _delimited(text, delimiter)
    if EXCESS not in table.columns:
        table = table.with_columns(pl.lit(None, pl.String).alias(EXCESS))
    table = _cleaned(table, mapping.empty).with_row_index(ROW, 2 + mapping.skip_rows + above)
    return table.filter(pl.any_horizontal(pl.exclude(ROW).is_not_null()))


def is_typed(body: bytes) -> bool:
    """Whether the file's cells carry their own types, so that how text is written does not matter."""
    return body.startswith((MAGIC_PARQUET, MAGIC_ZIP, MAGIC_XLS))


def _cleaned(table: pl.DataFrame, empty: list[str]) -> pl.DataFrame:
    """Blanks and tabs around a cell go (exports use them to keep a spreadsheet off their ids), as does ="..." around it."""
    table = table.with_columns(pl.all().str.strip_chars())
    is_wrapped = table.select(pl.all().str.starts_with('="').any()).row(0, named=True)
    wrapped = pl.col([name for name, found in is_wrapped.items() if found])
    table = table.with_columns(wrapped.str.replace(r'^="(.*)"$', "${1}").str.strip_chars())
    return table.with_columns(pl.when(~pl.all().is_in(["", *empty])).then(pl.all()))


# Text files


def text_of(name: str, body: bytes, mapping: StreamMap) -> tuple[str, str]:
    """The text of a delimited file from its header on, and its delimiter. Raises Unreadable."""
    text = _decoded(body, mapping.encodings)
    text = text[_blank(text) :]
    delimiter = "" if mapping.delimiter == "auto" else mapping.delimiter
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text = first[4], rest
    for _ in range(mapping.skip_rows):
        text = text.partition("\n")[2]
    if not text.strip():
        raise Unreadable(f"there is no header in row {mapping.skip_rows + 1}; `skip_rows` says how many rows stand above it")
    return text, delimiter or ("\t" if PurePath(name).suffix.lower() == ".tsv" else _guessed(text))


def _blank(text: str) -> int:
    """Length of the empty lines that some exports begin with."""
    return len(text) - len(text.lstrip("\r\n"))


def _decoded(body: bytes, encodings: list[str]) -> str:
    for encoding in encodings[:-1]:
        with suppress(UnicodeDecodeError):
            return body.decode(encoding).removeprefix("\ufeff")
    if encodings:
        return _decoded_as(body, encodings[-1])
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded_as(body, "utf-16")
    for candidate in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise Unreadable("it is neither UTF-8 nor GB18030: name its encoding in `encoding` (cp1252, shift_jis ...)")


def _decoded_as(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as fault:
        raise Unreadable(f"it is not {encoding} (byte {fault.start}): set `encoding` to auto or to what it is") from fault


def _delimited(text: str, delimiter: str) -> pl.DataFrame:
    try:
        table = pl.read_csv(text.encode(), separator=delimiter, infer_schema=False, has_header=False)
    except pl.exceptions.ComputeError:
        return _ragged(text, delimiter)
    names = _trimmed([cell or "" for cell in table.row(0)])
    return table.slice(1).rename(dict(zip(table.columns, names, strict=True)))


def _guessed(text: str) -> str:
    """The delimiter that cuts the header into most columns."""
    start = io.StringIO(text[:65536])
    counts = {}
    for delimiter in DELIMITERS:
        start.seek(0)
        counts[delimiter] = len(next(csv.reader(start, delimiter=delimiter)))
    return max(counts, key=lambda delimiter: counts[delimiter])


def _ragged(text: str, delimiter: str) -> pl.DataFrame:
    """Slower, for a file in which a row has more cells than the header: the row is kept and told, the others are sound."""
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    names = _trimmed(rows[0])
    width = len(names)
    cells = {name: [row[at] if at < len(row) else "" for row in rows[1:]] for at, name in enumerate(names)}
    beyond = [delimiter.join(row[width:]).strip() or None for row in rows[1:]]
    return pl.DataFrame(cells | {EXCESS: beyond}, schema_overrides=dict.fromkeys([*names, EXCESS], pl.String))


def _trimmed(headers: list[str]) -> list[str]:
    """Headers without the blanks around them; one that is empty or there twice gets a name that no mapping will meet."""
    seen: set[str] = set()
    names = []
    for at, header in enumerate(headers):
        name = header.strip().removeprefix("\ufeff").strip()
        names.append(name if name and name not in seen else f"\0{at}")
        seen.add(name)
    return names


# Typed files


def _spreadsheet(body: bytes, mapping: StreamMap) -> pl.DataFrame:
    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # that a column is empty is no news
    try:
        book = fastexcel.read_excel(body)
    except Exception as fault:
        raise Unreadable(f"it is no readable spreadsheet ({fault})") from fault
    sheet = mapping.sheet or book.sheet_names[0]
    if sheet not in book.sheet_names:
        raise Unreadable(f"it has no sheet {sheet!r}; it has {', '.join(book.sheet_names)}")
    table = book.load_sheet(sheet, header_row=mapping.skip_rows, schema_sample_rows=None).to_polars()
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    mixed = [name for name in texts if _is_mixed(book, sheet, name, mapping.skip_rows)]
    return _texts(table.with_columns(_damaged_marked(pl.col(name)).alias(name) for name in mixed))


def _is_mixed(book: fastexcel.ExcelReader, sheet: str, column: str, header: int) -> bool:
    try:
        book.load_sheet(sheet, header_row=header, schema_sample_rows=None, use_columns=[column], dtype_coercion="strict")
    except fastexcel.FastExcelError:
        return True
    return False


def _damaged_marked(cells: pl.Expr) -> pl.Expr:
    """In a column of numbers and texts both, 16 digits and more that a float holds exactly were most likely a number."""
    long = cells.str.contains(r"^\d{16,}$")
    number = cells.cast(pl.Float64, strict=False)
    is_exact = number.cast(pl.Int128, strict=False).cast(pl.String) == cells
    return pl.when(long & is_exact).then(_float_text(number)).otherwise(cells)


def _texts(table: pl.DataFrame) -> pl.DataFrame:
    table = table.rename(dict(zip(table.columns, _trimmed(table.columns), strict=True)))
    return table.select(_text(pl.col(name), kind).alias(name) for name, kind in table.schema.items())


def _text(cells: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind.is_float():
        return _float_text(cells.cast(pl.Float64) if kind == pl.Float64 else cells.cast(pl.String).cast(pl.Float64))
    if kind == pl.Datetime:
        zone = getattr(kind, "time_zone", None)
        moment = cells.dt.convert_time_zone("UTC") if zone else cells
        return moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.f" + ("Z" if zone else ""))
    return cells.cast(pl.String)


def _float_text(number: pl.Expr) -> pl.Expr:
    whole = (number == number.floor()) & (number.abs() < EXACT)
    shortest = number.cast(pl.String)
    # The shortest text of a small number has an exponent; twelve places are more than any price has.
    small = (number.abs() < 1e-4) & (number != 0)
    plain = number.cast(pl.Decimal(38, 18), strict=False).cast(pl.String).str.strip_chars_end("0")
    damaged = number.abs() >= EXACT
    return (
        pl.when(number.is_nan() | number.is_infinite())
        .then(None)
        .when(whole)
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .when(damaged)
        .then(pl.when(shortest.str.contains("e")).then(shortest).otherwise(shortest.str.strip_suffix(".0") + "e+0"))
        .when(small)
        .then(plain)
        .otherwise(shortest)
    )
