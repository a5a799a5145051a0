"""Globs match names, and two of them overlap where some name matches both."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.globs import is_name, matcher, overlap

PATTERN = st.text("ab*?", min_size=1, max_size=4)
NAMES = ["".join(letters) for length in range(9) for letters in product("ab", repeat=length)]
"""A name that two patterns of up to four characters share needs no more than eight."""


@pytest.mark.parametrize(
    ("patterns", "matching", "other"),
    [
        (["*"], ["", "LMP-001"], []),
        (["LMP-001"], ["LMP-001"], ["LMP-0011", "lmp-001"]),
        (["LMP-*", "CHR-?"], ["LMP-", "LMP-9", "CHR-1"], ["CHR-12", "XLMP-1"]),
        (["S[02]"], ["S0", "S2"], ["S1", "S02"]),
        (["a.c"], ["a.c"], ["abc"]),
    ],
)
def test_names(patterns: list[str], matching: list[str], other: list[str]) -> None:
    matches = matcher(patterns)
    assert [name for name in matching if not matches(name)] == []
    assert [name for name in other if matches(name)] == []


@given(PATTERN, PATTERN)
def test_two_overlap_where_a_name_matches_both(one: str, other: str) -> None:
    both = [name for name in NAMES if matcher([one])(name) and matcher([other])(name)]
    assert overlap([one], [other]) == bool(both)
    assert overlap([one], [other]) == overlap([other], [one])


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [("LMP-*", "*-WHT", True), ("LMP-*", "CHR-*", False), ("a*b", "*c", False), ("S[01]", "S2", True), ("S[01]", "S22", False)],
)
def test_overlaps(one: str, other: str, meet: bool) -> None:
    assert overlap([one], [other]) is meet


def test_a_plain_name_is_told_from_a_glob() -> None:
    assert [is_name(name) for name in ("main", "ma*n", "m?in", "[m]ain")] == [True, False, False, False]
