"""The calendar against dates that governments, observatories and shops published, and against the moon."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.planning.calendar import KINDS, SCHEMA, calendar, seed
from sluice.planning.festivals import COUNTRIES
from sluice.project import DBT_PROJECT
from tests.planning.moon import lunar_day

WHOLE = calendar(date(2009, 1, 1), date(2035, 12, 31))
PUBLISHED = {
    # almanacs
    ("CN", "Lunar New Year"): """2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08
        2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17
        2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08""",
    ("CN", "Dragon Boat Festival"): """2020-06-25 2021-06-14 2022-06-03 2023-06-22 2024-06-10 2025-05-31 2026-06-19 2027-06-09
        2028-05-28 2029-06-16 2030-06-05 2031-06-24 2032-06-12 2033-06-01 2034-06-20 2035-06-10""",
    ("CN", "Mid-Autumn Festival"): """2020-10-01 2021-09-21 2022-09-10 2023-09-29 2024-09-17 2025-10-06 2026-09-25 2027-09-15
        2028-10-03 2029-09-22 2030-09-12 2031-10-01 2032-09-19 2033-09-08 2034-09-27 2035-09-16""",
    ("CN", "Tomb-Sweeping Day"): "2020-04-04 2021-04-04 2022-04-05 2023-04-05 2024-04-04 2025-04-04 2026-04-05",
    ("CN", "Lantern Festival"): "2023-02-05 2024-02-24 2025-02-12 2026-03-03",
    ("CN", "Qixi Festival"): "2019-08-07 2020-08-25 2021-08-14 2022-08-04 2023-08-22 2024-08-10 2025-08-29 2026-08-19",
    # notices of the State Council on each year's holidays
    ("CN", "Working weekend"): """2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12
        2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11""",
    ("US", "Thanksgiving Day"): "2022-11-24 2023-11-23 2024-11-28 2025-11-27 2026-11-26",
    ("US", "Black Friday"): "2022-11-25 2023-11-24 2024-11-29 2025-11-28 2026-11-27",
    ("DE", "Cyber Monday"): "2022-11-28 2023-11-27 2024-12-02 2025-12-01 2026-11-30",
    ("US", "Prime Day"): "2022-07-12 2022-07-13 2023-07-11 2023-07-12 2024-07-16 2024-07-17",
    **{(country, "Easter Monday"): "2024-04-01 2025-04-21 2026-04-06" for country in ("DE", "FR", "GB", "IT", "NL", "PL")},
    ("DE", "German Unity Day"): "2024-10-03 2025-10-03 2026-10-03",
    ("FR", "National Day"): "2024-07-14 2025-07-14 2026-07-14",
    ("IT", "Republic Day"): "2024-06-02 2025-06-02 2026-06-02",
    ("ES", "Constitution Day"): "2023-12-06 2024-12-06 2027-12-06",
}


def days(country: str, name: str, *kinds: str) -> list[date]:
    found = WHOLE.filter(pl.col("country") == country, pl.col("name") == name)
    return found.filter(pl.col("kind").is_in(kinds or [kind for kind in KINDS if kind != "observed"]))["date_day"].to_list()


@pytest.mark.parametrize(("country", "name"), PUBLISHED)
def test_days_are_those_that_were_published(country: str, name: str) -> None:
    published = [date.fromisoformat(day) for day in PUBLISHED[country, name].split()]
    years = {day.year for day in published}
    assert [day for day in days(country, name) if day.year in years] == published


def test_a_day_off_in_place_of_another_is_told_apart() -> None:
    # 4 July 2026 is a Saturday
    assert date(2026, 7, 3) in days("US", "Independence Day", "observed")
    assert date(2026, 7, 4) in days("US", "Independence Day", "public")


LUNAR = {"Lunar New Year": 1, "Lantern Festival": 15, "Dragon Boat Festival": 5, "Qixi Festival": 7, "Mid-Autumn Festival": 15}


@pytest.mark.parametrize("name", LUNAR)
def test_lunar_days_are_where_the_moon_is(name: str) -> None:
    """A lunar month begins on the day, in China, of the true new moon."""
    found = days("CN", name)
    assert {day.year for day in found} == set(range(2009, 2036))
    assert {lunar_day(day) for day in found} == {LUNAR[name]}


def test_qixi_is_a_lunar_month_and_eight_days_before_the_mid_autumn_festival() -> None:
    apart = {
        (full - qixi).days for full, qixi in zip(days("CN", "Mid-Autumn Festival"), days("CN", "Qixi Festival"), strict=True)
    }
    assert apart == {37, 38}


def test_the_seed_is_what_the_calendar_says() -> None:
    """`make calendar` writes it anew, after the library learned of another year."""
    assert (DBT_PROJECT / "seeds" / "holidays.csv").read_text(encoding="utf-8") == seed()


# a year is worked out when it is first asked for
@given(st.dates(date(2005, 1, 1), date(2040, 1, 1)), st.integers(-5, 400), st.sets(st.sampled_from(COUNTRIES)))
def test_any_part_is_cut_from_the_whole(first: date, length: int, countries: set[str]) -> None:
    last = first + timedelta(length)
    found = calendar(first, last, countries)
    assert dict(found.schema) == SCHEMA
    assert set(found["country"]) <= countries
    assert found["date_day"].is_between(first, last).all()
    assert not found.select("date_day", "country", "name").is_duplicated().any()
    inside = pl.col("date_day").is_between(date(2009, 1, 1), date(2035, 12, 31))
    wanted = WHOLE.filter(pl.col("date_day").is_between(first, last), pl.col("country").is_in(sorted(countries)))
    assert found.filter(inside).equals(wanted)


def test_a_country_without_a_calendar_is_said() -> None:
    with pytest.raises(ValueError, match=r"no calendar of XX; there is one of CN"):
        calendar(date(2026, 1, 1), date(2026, 1, 2), ["CN", "XX"])
