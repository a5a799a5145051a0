"""Holidays, festivals and shopping festivals of China, the United States and Europe, a row a day.

Statutory holidays are those of the library `holidays`, lunar ones among them. China announces each year's swapped working days
in the November before; later years have the statutory days and no swaps until the library knows them.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

import polars as pl

from sluice.planning.festivals import COUNTRIES, Day, of_year

FIRST_YEAR, LAST_YEAR = 2009, 2035
"""Of dim_dates and its seed."""
SUBDIVISIONS = {"GB": "ENG"}
"""Whose holidays speak for the country: the United Kingdom as a whole has fewer than each of its parts."""
SPRING_FESTIVAL = "Chinese New Year (Spring Festival)"
KINDS = ("public", "observed", "workday", "festival", "shopping", "closure")
"""A statutory holiday; a day off in its place; a weekend day that is worked in exchange for one (China); a day that is
celebrated; one that is sold on; one that suppliers are closed on."""
SCHEMA = {"date_day": pl.Date, "country": pl.String, "name": pl.String, "kind": pl.String}


def calendar(first: date, last: date, countries: Iterable[str] = COUNTRIES) -> pl.DataFrame:
    """What is special about the days from `first` to `last`, both included.

    Returns date_day, country (ISO 3166), name (English, the same every year) and kind (of KINDS), one row a (date_day, country,
    name), in this order. Raises ValueError for a country that is not of COUNTRIES.
    """
    wanted = set(countries)
    if unknown := wanted - set(COUNTRIES):
        raise ValueError(f"no calendar of {', '.join(sorted(unknown))}; there is one of {', '.join(COUNTRIES)}")
    # what is observed for 1 January may fall into December
    days = [day for year in range(first.year - 1, last.year + 2) for day in _of_year(year)]
    return (
        pl.DataFrame(days, schema=SCHEMA, orient="row")
        .filter(pl.col("date_day").is_between(first, last) & pl.col("country").is_in(sorted(wanted)))
        .with_columns(pl.col("kind").cast(pl.Enum(KINDS)))
        .sort("date_day", "country", "name", "kind")
        # a day off that is also the holiday it stands for is that holiday
        .unique(["date_day", "country", "name"], keep="first", maintain_order=True)
        .with_columns(pl.col("kind").cast(pl.String))
    )


def seed() -> str:
    """What dbt_project/seeds/holidays.csv holds: the calendar of dim_dates as CSV, its days in one cell a (country, name, kind).

    dbt binds a seed's cells one by one: as a row a day this would cost each run seconds.
    """
    whole = calendar(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
    days = pl.col("date_day").sort().dt.to_string().str.join(" ").alias("days")
    return whole.group_by("country", "name", "kind").agg(days).sort("country", "name", "kind").write_csv()


@cache
def _of_year(year: int) -> tuple[Day, ...]:
    return tuple(_days(year))


def _days(year: int) -> Iterator[Day]:
    # costs 100 ms, and the plan may do without it
    import holidays

    new_year = None
    for country in COUNTRIES:
        found = holidays.country_holidays(country, subdiv=SUBDIVISIONS.get(country), years=year, language="en_US")
        for day, names in found.items():
            for name in names.split("; "):
                if country == "CN" and name == SPRING_FESTIVAL:
                    new_year = min(day, new_year or day)
                yield day, country, *_kind(name)
        for day in found.weekend_workdays:
            yield day, country, "Working weekend", "workday"
    if new_year is not None:
        yield from of_year(year, new_year)


def _kind(name: str) -> tuple[str, str]:
    """The holiday's own name, and whether the day stands in for it."""
    if re.match(r"Day off \(substituted from", name):
        return "Day off for a working weekend", "observed"
    if name.endswith(" (observed)"):
        return name.removesuffix(" (observed)"), "observed"
    return name, "public"
