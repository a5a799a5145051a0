"""How a contract's names become names in the warehouse."""

import re

LONGEST = 63
"""Bytes. PostgreSQL cuts longer identifiers silently, so they are refused."""

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class ShapeError(TypeError):
    """A contract that can't become tables. The message names the field."""


def snake(name: str) -> str:
    """totalPriceSet -> total_price_set; countryCodeV2 -> country_code_v2."""
    return _WORD.sub("_", name).lower()


def checked(name: str) -> str:
    """The name itself. Raises ShapeError where PostgreSQL would cut it."""
    if len(name.encode()) > LONGEST:
        raise ShapeError(f"{name} has more than {LONGEST} bytes: give the contract's attribute a shorter name")
    return name


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'
