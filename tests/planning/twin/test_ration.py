"""No piece is lost or made when there are too few; what is protected stays; nobody is refused what was free for them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sluice.planning.twin.ration import STEPS, offsets, offsets_of, portions, ration

pieces = st.integers(0, 60)
rows = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        arrays.arrays(np.int64, n, elements=pieces),
        arrays.arrays(np.int64, (4, n), elements=st.integers(0, 25)),
        arrays.arrays(np.int64, (4, n), elements=st.integers(0, 40)),
        arrays.arrays(np.float64, n, elements=st.integers(0, STEPS - 1).map(lambda part: part / STEPS)),
    )
)


@given(rows)
def test_portions_add_up_and_no_part_is_above_its_weight(case: tuple[np.ndarray, ...]) -> None:
    total, weight, _, odd = case
    some = np.minimum(total, weight.sum(axis=0))
    made = portions(some, weight, odd)
    assert (made.sum(axis=0) == some).all()
    assert (made >= 0).all()
    assert (made <= weight).all()
    exact = some * weight / np.maximum(1, weight.sum(axis=0))
    assert (np.abs(made - exact) < 1 + 1e-9).all()


def test_odd_pieces_favour_nobody() -> None:
    one, weight = np.ones(1, np.int64), np.ones((4, 1), np.int64)
    base = offsets(np.zeros(1, np.int64))
    got = sum(portions(one, weight, offsets_of(day, base)).ravel() for day in range(400))
    assert got.sum() == 400
    assert np.abs(got - 100).max() <= 2


@given(rows)
def test_a_ration_keeps_what_is_protected_and_refuses_nothing_that_is_free(case: tuple[np.ndarray, ...]) -> None:
    pool, wanted, protected, odd = case
    protected = np.sort(protected, axis=0)
    protected[0] = 0
    got = ration(pool, wanted, protected, odd)
    assert (got >= 0).all()
    assert (got <= wanted).all()
    left = pool - got.sum(axis=0)
    assert (left >= 0).all()
    from_here_on = np.cumsum(got[::-1], axis=0)[::-1]
    assert (from_here_on <= np.maximum(0, pool - protected)).all()
    assert (((wanted - got) == 0) | (left <= protected)).all()


@given(rows)
def test_without_protection_a_ration_is_the_whole_pool_or_all_that_is_wanted(case: tuple[np.ndarray, ...]) -> None:
    pool, wanted, _, odd = case
    got = ration(pool, wanted, None, odd)
    assert (got.sum(axis=0) == np.minimum(pool, wanted.sum(axis=0))).all()
    assert (got == ration(pool, wanted, np.zeros_like(wanted), odd)).all()
