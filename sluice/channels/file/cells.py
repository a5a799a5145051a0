"""What the text in a cell means: numbers, times, ids and yes or no, each as its canonical text or null where it means nothing."""

from collections.abc import Callable, Sequence

import polars as pl

PLAIN = r"^-?\d+(\.\d+)?$"
MARKS = r"[\s\u00a0€$£¥￥]|^R\$|^CN¥"
DAMAGED = r"^\d+(\.\d+)?[eE]\+\d+$"
LARGEST = 2**31 - 1
"""Quantities are PostgreSQL integers."""
YES, NO = ["true", "yes", "y", "1", "是"], ["false", "no", "n", "0", "否"]

EXPECTED = {
    "decimal": "no number",
    "integer": "no whole number",
    "time": "no time (set datetime_format to how it is written)",
    "id": "no id any more: a spreadsheet has rounded it, export the column as text",
    "flag": "neither yes nor no",
    "text": "no text",
}
"""Said of a cell that is not what its field wants."""


def convert(kind: str, cells: pl.Series, decimal_comma: bool, datetime_formats: Sequence[str]) -> pl.Series:
    """`cells` as values of `kind`; null where a cell is empty or is no such value."""
    readers: dict[str, Callable[[], pl.Series]] = {
        "decimal": lambda: decimal(cells, decimal_comma),
        "integer": lambda: integer(cells, decimal_comma),
        "time": lambda: time(cells, datetime_formats),
        "id": lambda: _where(~cells.str.contains(DAMAGED), cells),
        "flag": lambda: flag(cells),
        "text": lambda: cells,
    }
    return readers[kind]()


def decimal(cells: pl.Series, comma: bool = False) -> pl.Series:
    """Decimal text with a point. Thousands marks count only where they cut threes, so that 1,5 is never read as 15."""
    if not comma and cells.str.contains(PLAIN).all():
        return cells
    thousands, point = (".", ",") if comma else (",", ".")
    text = cells.str.replace_all(MARKS, "").str.strip_prefix("+")
    grouped = text.str.contains(rf"^-?\d{{1,3}}(\{thousands}\d{{3}})+(\{point}\d+)?$")
    text = _where(grouped, text.str.replace_all(thousands, "", literal=True), text)
    if comma:
        text = _where(~text.str.contains(".", literal=True) | grouped, text.str.replace(",", ".", literal=True))
    return _where(text.str.contains(PLAIN), text)


def integer(cells: pl.Series, comma: bool = False) -> pl.Series:
    text = decimal(cells, comma)
    whole = _where(text.str.contains(r"^-?\d+(\.0+)?$"), text.str.replace(r"\.0+$", ""))
    number = whole.cast(pl.Int64, strict=False)
    return _where(number.is_between(-LARGEST, LARGEST), number)


def flag(cells: pl.Series) -> pl.Series:
    text = cells.str.to_lowercase()
    return _where(text.is_in(YES + NO), text.is_in(YES))


def time(cells: pl.Series, written: str | Sequence[str] | None = None) -> pl.Series:
    """ISO 8601: local without a zone, UTC with a Z where the cell tells an offset."""
    frame = cells.str.replace_all("/", "-", literal=True).str.replace("T", " ", literal=True).to_frame("text")
    text = pl.col("text")
    is_dated = text.str.contains(r"^\d{4}-\d{1,2}-\d{1,2}($| )")
    offset = r" ?(Z|[+-]\d{2}:?\d{2})$"
    is_aware = text.str.contains(r":\d{2}(\.\d+)?" + offset)
    clock = pl.when(is_dated).then(text)
    zoned = pl.when(is_dated & is_aware).then(text.str.replace(r" ?Z$", "+00:00").str.replace(r" ([+-])", "${1}"))
    readings = [
        *(_written(cells, one) for one in ([written] if isinstance(written, str) else written or ())),
        _local(clock.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False)),
        _local(clock.str.to_datetime("%Y-%m-%d %H:%M", strict=False)),
        _local(clock.str.to_date("%Y-%m-%d", strict=False)),
        _utc(zoned.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", time_zone="UTC", strict=False)),
    ]
    return frame.select(pl.coalesce(readings)).to_series().rename(cells.name)


def _written(cells: pl.Series, written: str) -> pl.Expr:
    text = pl.lit(cells)
    if "%z" in written:
        return _utc(text.str.to_datetime(written, time_zone="UTC", strict=False))
    if any(mark in written for mark in ("%H", "%I", "%T", "%R")):
        return _local(text.str.to_datetime(written, strict=False))
    return _local(text.str.to_date(written, strict=False))


def _local(moment: pl.Expr) -> pl.Expr:
    return moment.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S%.f")


def _utc(moment: pl.Expr) -> pl.Expr:
    return _local(moment.dt.replace_time_zone(None)) + "Z"


def _where(mask: pl.Series, then: pl.Series, otherwise: pl.Series | None = None) -> pl.Series:
    """`then` where `mask` holds, else `otherwise` (null)."""
    choice = pl.when(pl.lit(mask)).then(pl.lit(then)).otherwise(None if otherwise is None else pl.lit(otherwise))
    return pl.select(choice).to_series().rename(then.name)
