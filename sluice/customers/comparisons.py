"""How two records are compared, field by field: levels from agreeing to differing, in SQL for Splink on DuckDB.

Each level has m, how often true matches fall into it, and u, how often two strangers do. They are learned from the records; the
ones here stand where there is too little to learn from, and follow from the number of values that
a field usually has (u) and how often people change or mistype it (m).
"""

from dataclasses import dataclass
from typing import Any

from sluice.customers.likeness import ALIKE

ALIKE_NAMES = 0.92
MOSTLY, END = "what is shown agrees", "visible end same"
"""Levels of a masked number against one that is whole. Two masked ones are never the same."""
NAMED, NAMED_ALIKE = "name of it same", "name of it alike"
"""Levels of two mailboxes. Addresses are made of names, so namesakes have the like: beside the name it tells little more."""
MOST_WORTH = {MOSTLY: 2**14, END: 2**3, NAMED: 2**7, NAMED_ALIKE: 2}
"""How many times likelier than not a level may make it, whatever was learned."""


@dataclass(frozen=True, slots=True)
class Level:
    """A condition over `{column}_l` and `{column}_r`. `rare`: agreeing on a rare value of this column tells more."""

    label: str
    condition: str
    m: float
    u: float
    rare: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`unknown` is true where one side has nothing to compare; the last level is that they differ."""

    name: str
    columns: tuple[str, ...]
    unknown: str
    levels: tuple[Level, ...]
    differ: tuple[float, float]

    def settings(self) -> dict[str, Any]:
        """As Splink's settings have it."""
        levels: list[dict[str, Any]] = [{"sql_condition": self.unknown, "label_for_charts": "unknown", "is_null_level": True}]
        for level in self.levels:
            one: dict[str, Any] = {"sql_condition": level.condition, "label_for_charts": level.label}
            one |= {"m_probability": level.m, "u_probability": level.u}
            if level.rare:
                one |= {"tf_adjustment_column": level.rare, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 1e-6}
                one["disable_tf_exact_match_detection"] = True
            levels.append(one)
        last = {"sql_condition": "ELSE", "label_for_charts": "differs", "m_probability": self.differ[0]}
        levels.append(last | {"u_probability": self.differ[1]})
        return {"output_column_name": self.name, "comparison_levels": levels}


def _same(column: str) -> str:
    return f'"{column}_l" = "{column}_r"'


def _like(column: str, least: float) -> str:
    return f'jaro_winkler_similarity("{column}_l", "{column}_r") >= {least}'


def _slips(column: str, most: int) -> str:
    return f'damerau_levenshtein("{column}_l", "{column}_r") <= {most}'


def _missing(*columns: str) -> str:
    return " or ".join(f'"{column}_l" is null or "{column}_r" is null' for column in columns)


def _crossed(condition: str) -> str:
    """The same of given name and family name the other way round."""
    return condition.replace('"given_r"', "~").replace('"surname_r"', '"given_r"').replace("~", '"surname_r"')


def _either(condition: str) -> str:
    return f"({condition}) or ({_crossed(condition)})"


def _alike(least: float) -> str:
    return f"{_like('given', least)} and {_like('surname', least)}"


def _text(name: str, m: float, u: float) -> Comparison:
    levels = (Level("same", _same(name), m, u, rare=name), Level("alike", _like(name, ALIKE), 0.98 - m, u))
    return Comparison(name, (name,), _missing(name), levels, (0.02, 1 - 2 * u))


def _code(name: str, u: float) -> Comparison:
    levels = (
        Level("same", _same(name), 0.9, u),
        Level("one slip", _slips(name, 1), 0.06, u),
        Level("two slips", _slips(name, 2), 0.02, 4 * u),
    )
    return Comparison(name, (name,), _missing(name), levels, (0.02, 1 - 6 * u))


NAME = Comparison(
    "name",
    ("surname", "given", "full_name"),
    '("given_l" is null and "surname_l" is null) or ("given_r" is null and "surname_r" is null)',
    (
        Level("same", _same("full_name"), 0.5, 0.0002, rare="full_name"),
        Level("alike", _either(_alike(ALIKE_NAMES)), 0.1, 0.0004),
        Level("somewhat alike", _either(_alike(0.8)), 0.05, 0.001),
        # beside a family name a title, or stars: all that is told agrees
        Level(
            "family name same, no other",
            f'("given_l" is null or "given_r" is null) and {_same("surname")}',
            0.2,
            0.01,
            rare="surname",
        ),
        Level("family name same", _either(_same("surname")), 0.06, 0.005, rare="surname"),
        Level("given name same", _either(_same("given")), 0.06, 0.01, rare="given"),
        Level("one alike", f"{_either(_like('surname', ALIKE))} or {_like('given', ALIKE)}", 0.02, 0.02),
    ),
    (0.01, 0.96),
)
BIRTH = Comparison(
    "birth_date",
    ("birth_date",),
    _missing("birth_date"),
    (
        Level("same", _same("birth_date"), 0.85, 0.0001),
        Level("one slip", _slips("birth_date", 1), 0.09, 0.001),
        Level("two slips", _slips("birth_date", 2), 0.03, 0.01),
        Level("year same", 'left("birth_date_l", 4) = left("birth_date_r", 4)', 0.01, 0.02),
    ),
    (0.02, 0.96),
)
EMAIL = Comparison(
    "email",
    ("mailbox", "mailbox_name"),
    _missing("mailbox"),
    (
        Level("same", _same("mailbox"), 0.75, 0.00005),
        Level(NAMED, _same("mailbox_name"), 0.05, 0.0004),
        Level(NAMED_ALIKE, _like("mailbox_name", ALIKE_NAMES), 0.05, 0.025),
    ),
    (0.15, 0.9798),
)
_BOTH_MASKED = '"phone_l" is null and "phone_r" is null'
PHONE = Comparison(
    "phone",
    ("tail", "phone", "shown"),
    f"{_missing('tail')} or ({_BOTH_MASKED} and {_same('tail')})",
    (
        Level("same", _same("phone"), 0.5, 0.00005),
        Level("one slip", _slips("phone", 1), 0.05, 0.0001),
        Level(
            MOSTLY,
            '("phone_l" like "shown_r" and length("shown_r") >= 9) or ("phone_r" like "shown_l" and length("shown_l") >= 9)',
            0.3,
            0.00002,
        ),
        Level(END, _same("tail"), 0.05, 0.01),
    ),
    (0.1, 0.9895),
)
ALL = (
    NAME,
    BIRTH,
    _code("national_id", 0.00005),
    EMAIL,
    PHONE,
    _text("street_number", 0.8, 0.01),
    _text("street", 0.75, 0.001),
    _text("address", 0.75, 0.005),
    _text("city", 0.8, 0.01),
    _code("postcode", 0.002),
    _text("region", 0.9, 0.3),
    _text("birth_place", 0.8, 0.02),
    _text("occupation", 0.6, 0.05),
)
