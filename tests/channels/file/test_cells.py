"""What the text of a cell means, and that a doubtful one means nothing rather than something else."""

from datetime import datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.channels.file import cells as file_cells


def one(text: str) -> pl.Series:
    return pl.Series("cell", [text], dtype=pl.String)


@pytest.mark.parametrize(
    ("text", "comma", "value"),
    [
        ("12", False, "12"),
        ("-3.50", False, "-3.50"),
        ("+3.50", False, "3.50"),
        ("1,234.50", False, "1234.50"),
        ("12,345,678", False, "12345678"),
        ("$1,325.00", False, "1325.00"),
        ("¥ 37", False, "37"),
        ("R$ 9.90", False, "9.90"),
        ("1.234,50", True, "1234.50"),
        ("1,5", True, "1.5"),
        ("1.500", True, "1500"),
        ("12 345,00 €", True, "12345.00"),
        # Neither a thousand nor a fraction: nobody knows.
        ("1,5", False, None),
        ("1.5", True, None),
        ("1,23,456", False, None),
        ("1.2.3", False, None),
        ("twelve", False, None),
        ("1E+5", False, None),
        ("--", False, None),
    ],
)
def test_a_number_is_read_exactly_or_not_at_all(text: str, comma: bool, value: str | None) -> None:
    assert file_cells.decimal(one(text), comma).to_list() == [value]


@settings(max_examples=100)
@given(number=st.decimals(-(10**12), 10**12, places=2), comma=st.booleans())
def test_a_number_with_thousands_marks_is_the_number(number: Decimal, comma: bool) -> None:
    text = f"{number:,.2f}"
    written = text.translate(str.maketrans(",.", ".,")) if comma else text
    found = file_cells.decimal(one(written), comma).to_list()
    assert [Decimal(value) for value in found] == [number]


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-3", -3), ("3.0", 3), ("1,000", 1000), ("1.25", None), ("", None), ("3000000000", None), ("ten", None)],
)
def test_a_quantity_is_whole_and_fits(text: str, value: int | None) -> None:
    assert file_cells.integer(one(text)).to_list() == [value]


@pytest.mark.parametrize(
    ("text", "written", "value"),
    [
        ("2020-02-29", None, "2020-02-29T00:00:00"),
        ("2020/2/9 3:04", None, "2020-02-09T03:04:00"),
        ("2020-02-09T03:04:05", None, "2020-02-09T03:04:05"),
        ("2020-02-09 03:04:05.5", None, "2020-02-09T03:04:05.500"),
        ("2020-02-09T03:04:05Z", None, "2020-02-09T03:04:05Z"),
        ("2020-02-09 03:04:05 +0800", None, "2020-02-08T19:04:05Z"),
        ("2025-03-30T00:59:59+00:00", None, "2025-03-30T00:59:59Z"),
        ("31/12/2020 10:00:00", "%d/%m/%Y %H:%M:%S", "2020-12-31T10:00:00"),
        ("12/31/2020 01:30:00 PM", "%m/%d/%Y %I:%M:%S %p", "2020-12-31T13:30:00"),
        ("Jul-21-25", "%b-%d-%y", "2025-07-21T00:00:00"),
        ("2020-12-31 10:00:00", "%d/%m/%Y %H:%M:%S", "2020-12-31T10:00:00"),
        # Which is the day and which the month, a file must be asked, not guessed.
        ("01/02/2020", None, None),
        ("2021-02-29", None, None),
        ("2020-13-01", None, None),
        ("20200-01-01", None, None),
        ("soon", None, None),
    ],
)
def test_a_time_is_read_as_written_or_not_at_all(text: str, written: str | None, value: str | None) -> None:
    assert file_cells.time(one(text), written).to_list() == [value]


@settings(max_examples=60)
@given(moment=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))
def test_every_local_time_comes_back(moment: datetime) -> None:
    assert datetime.fromisoformat(file_cells.time(one(str(moment)))[0]) == moment


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.23457E+18", None),
        ("4.0128e+10", None),
        ("12E5", "12E5"),
        ("85123E", "85123E"),
        ("700000000000000001", "700000000000000001"),
    ],
)
def test_an_id_that_a_spreadsheet_rounded_is_no_id(text: str, value: str | None) -> None:
    assert file_cells.convert("id", one(text), False, None).to_list() == [value]


@pytest.mark.parametrize(("text", "value"), [("Yes", True), ("是", True), ("0", False), ("否", False), ("maybe", None)])
def test_yes_and_no(text: str, value: bool | None) -> None:
    assert file_cells.flag(one(text)).to_list() == [value]
