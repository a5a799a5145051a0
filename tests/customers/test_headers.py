"""Files name their columns as they like; what is read of them is the same."""

import polars as pl
import pytest

from sluice.customers.headers import NAMES, as_read
from sluice.customers.link import link
from sluice.customers.records import prepare
from sluice.customers.score import score
from tests.customers.registers import register


def columns(*names: str) -> list[str]:
    return as_read(pl.DataFrame({name: ["x"] for name in names})).columns


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("Given Name", "given_name"),
        ("LAST_NAME", "surname"),
        ("Date of Birth", "birth_date"),
        ("dob", "birth_date"),
        ("soc_sec_id", "national_id"),
        ("Suburb", "city"),
        ("address_1", "street"),
        ("Zip-Code", "postcode"),
        ("E-Mail", "email"),
        ("手机号", "phone"),
        ("favourite colour", "favourite colour"),
    ],
)
def test_a_header_is_known_in_any_spelling(header: str, read: str) -> None:
    assert columns(header) == [read]


def test_prepares_own_name_goes_before_another_for_the_same() -> None:
    assert columns("town", "city") == ["town", "city"]
    assert columns("town", "suburb") == ["city", "suburb"]


def test_every_name_is_one_that_linkage_reads() -> None:
    words = [word for names in NAMES.values() for word in names]
    assert len(words) == len(set(words))
    assert set(NAMES) <= set(prepare(pl.DataFrame({"name": ["Ann Lee"]})).columns)


@pytest.mark.parametrize(
    "records",
    [
        pl.DataFrame({"Name": ["Ann Lee"]}),
        pl.DataFrame({"Name": []}, schema={"Name": pl.String}),
        pl.DataFrame({"colour": ["red", "red"]}),
        pl.DataFrame({"Name": [None, None], "dob": ["", " "]}, schema={"Name": pl.String, "dob": pl.String}),
    ],
)
def test_what_tells_nothing_joins_nobody(records: pl.DataFrame) -> None:
    assert len(set(link(as_read(records)).persons.tolist())) == records.height


def test_dates_are_read_with_the_year_in_front() -> None:
    told = ["5/12/1990", "05.12.1990", "1990-5-12", "1990-05-12T00:00:00", "19900512", "12 May 1990", "xx/05/1990", None, ""]
    read = prepare(pl.DataFrame({"birth_date": told}))["birth_date"].to_list()
    assert read == ["19900512"] * 5 + ["12may1990", "xx051990", None, None]


@pytest.mark.timeout(300)
def test_a_register_in_capitals_under_other_names_is_resolved() -> None:
    records, truth = register(400, 500, 4, seed=3)
    whole = pl.concat_str("given_name", "surname", separator=" ", ignore_nulls=True).str.to_uppercase()
    born = pl.col("birth_date")
    told = records.select(
        pl.when(whole != "").then(whole).alias("FULL NAME"),
        pl.concat_str(born.str.slice(6), born.str.slice(4, 2), born.str.slice(0, 4), separator="/").alias("DOB"),
        pl.col("city").str.to_uppercase().alias("SUBURB"),
        pl.col("postcode").alias("ZIP"),
    )
    found = score(truth, link(as_read(told)).persons)
    assert found.precision >= 0.98
    assert found.f1 >= 0.95
