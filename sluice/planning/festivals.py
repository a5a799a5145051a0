"""Days that people shop by and no statute names: festivals, shopping festivals, the weeks when China's suppliers are closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

EUROPE = ("DE", "ES", "FR", "GB", "IT", "NL", "PL")
WEST = ("US", *EUROPE)
COUNTRIES = ("CN", *WEST)


@dataclass(frozen=True, slots=True)
class Yearly:
    """Days of every year since `since`, (month, day) to (month, day), both ends included."""

    name: str
    kind: str
    countries: tuple[str, ...]
    first: tuple[int, int]
    last: tuple[int, int]
    since: int


YEARLY = (
    Yearly("Valentine's Day", "festival", COUNTRIES, (2, 14), (2, 14), 1),
    Yearly("520", "festival", ("CN",), (5, 20), (5, 20), 2012),
    Yearly("Halloween", "festival", WEST, (10, 31), (10, 31), 1),
    Yearly("Christmas Eve", "festival", WEST, (12, 24), (12, 24), 1),
    Yearly("Women's Day sale", "shopping", ("CN",), (3, 8), (3, 8), 2014),
    # JD's own until then; from 2014 every marketplace of China joins in
    Yearly("618", "shopping", ("CN",), (6, 18), (6, 18), 2010),
    Yearly("618 warm-up", "shopping", ("CN",), (6, 1), (6, 17), 2014),
    Yearly("Singles' Day", "shopping", ("CN",), (11, 11), (11, 11), 2009),
    # one wave of payments on the 11th until 2019, two (from the 1st) since 2020
    Yearly("Singles' Day warm-up", "shopping", ("CN",), (11, 1), (11, 10), 2020),
    Yearly("Double 12", "shopping", ("CN",), (12, 12), (12, 12), 2012),
)

QIXI = (
    "0826",
    "0816",
    "0806",
    "0823",
    "0813",
    "0802",
    "0820",
    "0809",
    "0828",
    "0817",
    "0807",
    "0825",
    "0814",
    "0804",
    "0822",
    "0810",
    "0829",
    "0819",
    "0808",
    "0826",
    "0816",
    "0805",
    "0824",
    "0812",
    "0801",
    "0820",
    "0810",
)
"""Seventh day of the seventh lunar month, 2009 to 2035. A test holds them against the moon."""

PRIME_DAYS = {
    2015: ("0715", "0715"),
    2016: ("0712", "0712"),
    2017: ("0711", "0711"),
    2018: ("0716", "0717"),
    2019: ("0715", "0716"),
    2020: ("1013", "1014"),
    2021: ("0621", "0622"),
    2022: ("0712", "0713"),
    2023: ("0711", "0712"),
    2024: ("0716", "0717"),
    2025: ("0708", "0711"),
}
"""First and last day, as Amazon announced them. It names the days some weeks before, so a later year is not known here."""

CLOSED_BEFORE, CLOSED_AFTER = 7, 14
"""Days around the lunar New Year on which factories and couriers of China work little: a rule of thumb, no published date."""

Day = tuple[date, str, str, str]
"""Day, country, name, kind."""


def of_year(year: int, new_year: date) -> Iterator[Day]:
    """The festivals of a year whose lunar New Year is `new_year`."""
    for one in YEARLY:
        if year >= one.since:
            yield from _span(date(year, *one.first), date(year, *one.last), one.countries, one.name, one.kind)
    yield from _of_the_west(year)
    yield from _of_the_moon(year, new_year)
    if year in PRIME_DAYS:
        first, last = (_day(year, text) for text in PRIME_DAYS[year])
        yield from _span(first, last, ("US", "DE", "ES", "FR", "GB", "IT"), "Prime Day", "shopping")


def _of_the_west(year: int) -> Iterator[Day]:
    thanksgiving = _nth_weekday(year, 11, 3, 4)
    # in shops of Europe, on a broad front, since about 2014
    countries = WEST if year >= 2014 else ("US",)
    yield from _span(thanksgiving + timedelta(1), thanksgiving + timedelta(1), countries, "Black Friday", "shopping")
    yield from _span(thanksgiving + timedelta(4), thanksgiving + timedelta(4), countries, "Cyber Monday", "shopping")
    yield _nth_weekday(year, 5, 6, 2), "US", "Mother's Day", "festival"
    yield _nth_weekday(year, 6, 6, 3), "US", "Father's Day", "festival"


def _of_the_moon(year: int, new_year: date) -> Iterator[Day]:
    yield new_year - timedelta(1), "CN", "Lunar New Year's Eve", "festival"
    yield new_year, "CN", "Lunar New Year", "festival"
    # a month that begins with the new moon of New Year has its full moon on the 15th day
    yield new_year + timedelta(14), "CN", "Lantern Festival", "festival"
    first, last = new_year - timedelta(CLOSED_BEFORE), new_year + timedelta(CLOSED_AFTER)
    yield from _span(first, last, ("CN",), "Lunar New Year closure", "closure")
    if 2009 <= year < 2009 + len(QIXI):
        yield _day(year, QIXI[year - 2009]), "CN", "Qixi Festival", "festival"


def _span(first: date, last: date, countries: tuple[str, ...], name: str, kind: str) -> Iterator[Day]:
    for number in range((last - first).days + 1):
        for country in countries:
            yield first + timedelta(number), country, name, kind


def _day(year: int, text: str) -> date:
    """'0826' is 26 August."""
    return date(year, int(text[:2]), int(text[2:]))


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth Monday (0) to Sunday (6) of a month."""
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))
