"""Pages of a sorted and filtered list are those that sorting and filtering the whole would give."""

from datetime import timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from sluice.sandbox.paged import matching, ordered
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world

FRAMES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99)), max_size=30, unique_by=lambda row: row[1]).map(
    lambda rows: pl.DataFrame(rows, schema={"stamp": pl.Int64, "id": pl.Int64}, orient="row")
)


@given(FRAMES, st.booleans(), st.integers(0, 6), st.integers(0, 40), st.integers(0, 10))
def test_a_page_is_the_slice_of_what_is_found(frame: pl.DataFrame, descending: bool, least: int, start: int, size: int) -> None:
    wanted = [pl.col("stamp") >= least, pl.col("id") % 2 == 0]
    shown = ordered(SandboxState(world()), ("shop",), frame, ("stamp", "id"), descending)
    found = matching(shown, *wanted)
    whole = frame.filter(*wanted).sort("stamp", "id", descending=descending)
    assert len(found) == len(whole)
    assert_frame_equal(shown[found.slice(start, size)], whole.slice(start, size))
    assert_frame_equal(shown[matching(shown)], shown)


def test_a_list_is_sorted_once_until_it_is_another_or_the_clock_moves() -> None:
    state, frame = SandboxState(world(), AS_OF), pl.DataFrame({"id": [2, 1]})
    first = ordered(state, ("shop",), frame, ("id",))
    assert ordered(state, ("shop",), frame, ("id",)) is first
    assert ordered(state, ("other",), frame, ("id",)) is not first
    assert ordered(state, ("shop",), pl.DataFrame({"id": [3, 0]}), ("id",))["id"].to_list() == [0, 3]
    assert ordered(state, ("shop",), frame, ("id",), descending=True)["id"].to_list() == [2, 1]
    again = ordered(state, ("shop",), frame, ("id",))
    state.set_clock(AS_OF + timedelta(days=1))
    assert ordered(state, ("shop",), frame, ("id",)) is not again
