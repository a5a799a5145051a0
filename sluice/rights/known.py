"""What is known of a person, as it may stand in a text: searched for in every spelling, and taken out of texts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from sluice.landing import values

GAP = r"[\s().\-/]{0,3}"
LEAST_ID = 8
LEAST_NAME, LEAST_HAN_NAME = 6, 3
LEAST_PLACE = 8


@dataclass(slots=True)
class Known:
    """Values by kind. `shared` are those that records of others bear as well: theirs stay, so nothing is searched for by them."""

    values: set[tuple[str, str]] = field(default_factory=set)
    shared: set[tuple[str, str]] = field(default_factory=set)

    def add(self, found: Iterable[tuple[str, str]]) -> None:
        self.values |= {one for kind, value in found if (one := normal(kind, value))}

    def told_by_others(self, found: Iterable[tuple[str, str]]) -> None:
        """What records of others bear."""
        self.shared |= {one for kind, value in found if (one := normal(kind, value)) in self.values and one}

    @property
    def own(self) -> set[tuple[str, str]]:
        return self.values - self.shared

    def pattern(self) -> str:
        """A regular expression, for Python and PostgreSQL alike (any case), of what is theirs alone; empty where nothing is."""
        return "|".join(sorted({form for kind, value in self.own for form in forms(kind, value)}))


def normal(kind: str, value: str) -> tuple[str, str] | None:
    """(kind, value) as two spellings of one are the same; None where it says too little to be searched for in a text."""
    text = value.strip()
    if values.masked(text):
        return None
    if kind == "email":
        return ("email", found) if (found := values.email(text)) else None
    if kind == "phone":
        return ("phone", national(found)) if (found := values.phone(text)) else None
    if kind in ("customer", "token"):
        # a short number is the id of many things
        text = values.customer(text)
        tells = (len(text) >= LEAST_ID and not text.isdecimal()) or len(text) >= 2 * LEAST_ID
        return (kind, text) if tells else None
    if kind == "name":
        han = len(re.findall(r"[\u3400-\u9fff]", text))
        tells = han >= LEAST_HAN_NAME if han else len(text) >= LEAST_NAME and " " in text
        return ("name", text.lower()) if tells else None
    if kind == "place":
        # a street with its number; a city or postcode alone is many people's
        return ("place", text.lower()) if len(text) >= LEAST_PLACE and re.search(r"\d", text) and not text.isdecimal() else None
    return None


def forms(kind: str, value: str) -> list[str]:
    """Regular expressions of the ways a value is written."""
    if kind == "phone":
        return [_phone(digits) for digits in spellings(value)]
    if kind in ("customer", "token"):
        return [rf"(?<![0-9A-Za-z_]){escaped(value)}(?![0-9A-Za-z_])"]
    plain = escaped(value)
    if value.isascii():
        # 5 2nd St is not 1455 2nd St
        return [rf"(?<![0-9A-Za-z]){plain}(?![0-9A-Za-z])"]
    # within JSON the same may stand in escapes; a row as text doubles their backslashes
    shown = msgspec.json.decode(msgspec.json.encode(value), type=str)
    coded = "".join(escaped(letter) if letter.isascii() else _coded(letter) for letter in shown)
    return [plain, coded]


def national(digits: str) -> str:
    """Without the country's code, of the two that people leave out most: China's mobiles and North America's numbers."""
    found = re.fullmatch(r"86(1[3-9]\d{9})|1([2-9]\d{9})", digits)
    return next(part for part in found.groups() if part) if found else digits


def spellings(digits: str) -> set[str]:
    """A number with and without the code of those two countries."""
    bare = national(digits)
    prefixes = ["86"] * bool(re.fullmatch(r"1[3-9]\d{9}", bare)) + ["1"] * bool(re.fullmatch(r"[2-9]\d{9}", bare))
    return {digits, bare, *(prefix + bare for prefix in prefixes)}


def escaped(text: str) -> str:
    """A text as a regular expression that Python and PostgreSQL read alike."""
    return (
        re.sub(r"([^\w\s])", r"\\\1", text, flags=re.ASCII) if text.isascii() else re.sub(r"([.*+?^${}()|\[\]\\])", r"\\\1", text)
    )


def _phone(digits: str) -> str:
    return rf"(?<![0-9]){GAP.join(digits)}(?![0-9])"


def _coded(letter: str) -> str:
    units = letter.encode("utf-16-be")
    return "".join(rf"\\+u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))
