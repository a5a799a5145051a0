"""The same records are the same persons, whenever and wherever they are looked at; and strangers part nobody."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.customers.link import Known, Linkage, link
from tests.customers.people import fake_1000, partition
from tests.customers.shops import shops
from tests.customers.test_link import SLOW, frame, record

pytestmark = pytest.mark.timeout(300)
RECORDS = 3_000
"""More than a sample of pairs is drawn from, so that an order of the records, or a clock, could tell."""


def digest(persons: np.ndarray) -> str:
    return hashlib.sha256(repr(sorted(map(sorted, partition(persons)))).encode()).hexdigest()


@pytest.fixture(scope="module")
def town() -> tuple[pl.DataFrame, Linkage]:
    records, _ = shops(RECORDS)
    return records, link(records)


def test_the_order_of_records_tells_nothing_where_weights_are_learned(town: tuple[pl.DataFrame, Linkage]) -> None:
    records, found = town
    order = np.random.default_rng(3).permutation(records.height)
    again = link(records[order])
    back = np.empty_like(again.persons)
    back[order] = again.persons
    assert again.model == found.model
    assert digest(back) == digest(found.persons)


def test_another_process_finds_the_same(town: tuple[pl.DataFrame, Linkage]) -> None:
    code = (
        "from tests.customers.test_repeatable import RECORDS, digest, link, shops; print(digest(link(shops(RECORDS)[0]).persons))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": "5"}, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == digest(town[1].persons)


def likely(found: Linkage) -> pl.DataFrame:
    return found.edges.filter(pl.col("method") == "probabilistic")


def strangers(count: int) -> list[dict[str, str | None]]:
    """People who share nothing with anybody."""
    return [
        {
            "shop": "z",
            "name": f"{chr(97 + one)}qx {chr(98 + one)}vw",
            "phone": f"1390000{one:04}",
            "email": f"{one}@alone.example",
        }
        for one in range(count)
    ]


@SLOW
@given(st.lists(record, min_size=2, max_size=10), st.integers(1, 4))
def test_strangers_change_nobody(rows: list[dict[str, str | None]], count: int) -> None:
    before = link(frame(rows))
    fresh = pl.Series([False] * len(rows) + [True] * count)
    after = link(frame(rows + strangers(count)), known=Known(fresh, likely(before), before.model))
    assert partition(after.persons[: len(rows)]) == partition(before.persons)


@SLOW
@given(st.lists(record, min_size=2, max_size=10), st.integers(1, 4))
def test_strangers_part_nobody_even_when_it_is_learned_anew(rows: list[dict[str, str | None]], count: int) -> None:
    before = link(frame(rows))
    after = link(frame(rows + strangers(count)), known=Known(pl.Series([True] * (len(rows) + count)), likely(before)))
    found = partition(after.persons[: len(rows)])
    assert all(any(group <= other for other in found) for group in partition(before.persons))


def test_a_pair_at_the_threshold_is_tipped_by_strangers_unless_it_is_known() -> None:
    pair: list[dict[str, str | None]] = [
        {"shop": shop, "name": name, "phone": phone, "email": None}
        for shop, name, phone in (("a", "Johnas Smithon", "****8001"), ("b", "Johnny Smithers", "13800138001"))
    ]
    before = link(frame(pair))
    assert len(partition(before.persons)) == 1
    rows = frame(pair + strangers(40))
    anew, kept = link(rows), link(rows, known=Known(pl.Series([True] * rows.height), likely(before)))
    assert anew.persons[0] != anew.persons[1], "nobody was tipped: the test shows nothing"
    assert kept.persons[0] == kept.persons[1]


def test_learning_anew_from_more_records_leaves_nearly_everybody_as_they_were() -> None:
    records, _ = fake_1000()
    before = link(records[:800])
    after = link(records, known=Known(pl.Series([True] * records.height), likely(before)))
    old, new = partition(before.persons), partition(after.persons[:800])
    assert sum(any(group <= other for other in new) for group in old) >= 0.99 * len(old)
