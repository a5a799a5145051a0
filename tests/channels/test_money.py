"""What a currency's smallest unit is worth, said three times: in Python, in SQL and in the seed of currencies."""

import csv
import re
from decimal import Decimal

from sluice.channels.money import NO_DECIMALS, THREE_DECIMALS, from_minor
from sluice.project import DBT_PROJECT


def test_amounts_are_exact() -> None:
    assert [str(from_minor(1234, currency)) for currency in ("USD", "JPY", "KWD")] == ["12.34", "1234", "1.234"]
    assert from_minor(-5, "EUR") == Decimal("-0.05")


def test_the_macro_says_the_same() -> None:
    text = (DBT_PROJECT / "macros" / "minor_unit.sql").read_text(encoding="utf-8")
    found = [frozenset(re.findall(r"'([A-Z]{3})'", part)) for part in re.findall(r" in \((.*?)\)", text, re.DOTALL)]
    assert found == [NO_DECIMALS, THREE_DECIMALS]


def test_the_seed_of_currencies_says_the_same() -> None:
    with (DBT_PROJECT / "seeds" / "currencies.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert from_minor(1, row["currency"]) == Decimal(1).scaleb(-int(row["minor_units"])), row["currency"]
