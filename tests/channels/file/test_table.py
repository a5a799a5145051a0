"""What reading a file promises: whatever it was written as, the same table comes back, and no damage goes unseen."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from sluice.channels.file.options import StreamMap
from sluice.channels.file.table import EXCESS, ROW, Unreadable, read

ANY = StreamMap(files="*", columns={})
CHARACTERS = st.characters(codec="gb18030", exclude_categories=["C", "Z"])
TEXT = st.text(CHARACTERS, min_size=1, max_size=12).filter(lambda text: not text.startswith("="))  # that is a formula
AWKWARD = st.sampled_from(['a "quoted" one', "a, b; c", "two\nlines", "é｜中文", "0007", "1.50"])
CELL = st.one_of(st.none(), TEXT, st.integers(0, 10**18).map(str), AWKWARD)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str | None]]:
    """A header and rows, as text; no row without any cell, which is no row."""
    width = draw(st.integers(2, 5))
    header = [f"列 {number}" for number in range(width)]
    rows = st.lists(CELL, min_size=width, max_size=width).filter(any)
    return [header, *draw(st.lists(rows, max_size=8))]


def cells(name: str, body: bytes, mapping: StreamMap = ANY) -> list[list[str | None]]:
    table = read(name, body, mapping).drop(ROW, EXCESS)
    return [table.columns, *map(list, table.rows())]


def written(table: list[list[str | None]], delimiter: str, encoding: str, end: str) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator=end).writerows(table)
    return buffer.getvalue().encode(encoding)


def workbook(rows: list[list[Any]], mac: bool = False) -> bytes:
    book = openpyxl.Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@settings(max_examples=60)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_text_file_comes_back_whatever_it_was_written_as(
    table: list[list[str | None]], delimiter: str, encoding: str, end: str
) -> None:
    body = written(table, delimiter, encoding, end)
    if encoding == "gb18030" and is_utf8(body):
        return  # bytes that are both: UTF-8 is tried first
    assert cells("x.csv", body) == table


def is_utf8(body: bytes) -> bool:
    try:
        return body.decode("utf-8") != body.decode("gb18030")
    except UnicodeDecodeError:
        return False


@settings(max_examples=30)
@given(table=tables())
def test_a_spreadsheet_comes_back(table: list[list[str | None]]) -> None:
    assert cells("x.xlsx", workbook(table)) == table


@settings(max_examples=60)
@given(numbers=st.lists(st.decimals(-(10**9), 10**9, places=4), min_size=1, max_size=8))
def test_a_number_in_a_typed_file_is_the_decimal_it_was_written_as(numbers: list[Decimal]) -> None:
    buffer = io.BytesIO()
    pl.DataFrame({"price": [float(number) for number in numbers]}).write_parquet(buffer)
    for body in (buffer.getvalue(), workbook([["price"], *([float(number)] for number in numbers)])):
        found = [row[0] for row in cells("x", body)[1:]]
        assert [Decimal(text or "") for text in found] == numbers
        assert not any("." in text for text, number in zip(found, numbers, strict=True) if text and number == int(number))


@pytest.mark.parametrize("mac", [False, True], ids=["1900", "1904"])
def test_a_date_means_the_same_in_both_calendars_of_spreadsheets(mac: bool) -> None:
    body = workbook([["at", "on"], [datetime(2020, 2, 29, 13, 30), date(2021, 1, 2)]], mac)
    assert cells("x.xlsx", body)[1] == ["2020-02-29T13:30:00", "2021-01-02T00:00:00"]


@pytest.mark.parametrize(
    "ids", [[1234567890123456789], [1234567890123456789, "2234567890123456789"]], ids=["numbers only", "numbers and texts"]
)
def test_an_id_that_a_spreadsheet_holds_as_a_number_shows_that_it_is_damaged(ids: list[Any]) -> None:
    found = [row[0] or "" for row in cells("x.xlsx", workbook([["id"], *([one] for one in ids)]))[1:]]
    assert "e+" in found[0].lower()
    assert found[1:] == ids[1:]


def test_ids_written_as_text_keep_every_digit() -> None:
    ids = ["700000000000000128", "0007", "1234567890123456789"]
    assert [row[0] for row in cells("x.xlsx", workbook([["id"], *([one] for one in ids)]))[1:]] == ids


@pytest.mark.parametrize(
    "cell", ['="700000000000000001"', '"700000000000000001\t"', "\t700000000000000001", "  700000000000000001 "]
)
def test_what_keeps_a_spreadsheet_off_an_id_is_no_part_of_it(cell: str) -> None:
    assert cells("x.csv", f"a ,b\n{cell},1\n".encode())[1] == ["700000000000000001", "1"]


def test_headers_are_known_without_the_blanks_around_them() -> None:
    assert cells("x.csv", "收货地址 , 退款金额\n上海,1\n".encode())[0] == ["收货地址", "退款金额"]


def test_a_row_with_more_cells_than_the_header_is_told_and_the_others_are_read() -> None:
    table = read("x.csv", b"a,b\n1,2\n3,4,5\n6\n", ANY)
    assert table["a"].to_list() == ["1", "3", "6"]
    assert table[EXCESS].to_list() == [None, "5", None]


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    table = read("x.csv", b"made on Monday\n\na,b\n1,2\n\n3,4\n", StreamMap(files="*", columns={}, skip_rows=2))
    assert table[ROW].to_list() == [4, 6]


def test_a_separator_named_in_the_first_line_counts() -> None:
    assert cells("x.csv", b"sep=;\na,x;b\n1,5;2\n") == [["a,x", "b"], ["1,5", "2"]]


@pytest.mark.parametrize(
    ("body", "mapping", "says"),
    [
        (b"", ANY, "empty"),
        (b"a\xff\xff\n", ANY, "`encoding`"),
        ("é".encode("cp1252"), StreamMap(files="*", columns={}, encoding="utf-8"), "set `encoding`"),
        (b"PK\x03\x04 no book", ANY, "no readable spreadsheet"),
        (b"one line only", StreamMap(files="*", columns={}, skip_rows=3), "`skip_rows`"),
        (workbook([["a"], ["1"]]), StreamMap(files="*", columns={}, sheet="Orders"), "it has Sheet"),
    ],
)
def test_a_file_that_is_no_table_says_what_to_change(body: bytes, mapping: StreamMap, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read("x.csv", body, mapping)
