"""Whole pieces in proportion: exact shares rounded down or up, and not one piece lost."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sluice.planning.apportion import apportion

GROUP = st.tuples(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), min_size=1, max_size=7))


def cut(total: int, weights: list[int]) -> list[int]:
    return apportion(np.array([total]), np.array(weights), np.zeros(len(weights), np.int64)).tolist()


@given(st.lists(GROUP, min_size=1, max_size=5))
def test_every_share_is_rounded_down_or_up_and_none_is_lost(groups: list[tuple[int, list[int]]]) -> None:
    group = np.repeat(np.arange(len(groups)), [len(weights) for _, weights in groups])
    weight = np.array([weight for _, weights in groups for weight in weights])
    made = apportion(np.array([total for total, _ in groups]), weight, group)
    for number, (total, weights) in enumerate(groups):
        shares = made[group == number].tolist()
        assert sum(shares) == (total if sum(weights) else 0)
        for share, one in zip(shares, weights, strict=True):
            exact = Fraction(total * one, max(1, sum(weights)))
            assert abs(share - exact) < 1


@given(GROUP)
def test_a_limit_is_kept(group: tuple[int, list[int]]) -> None:
    total, limits = group
    shares = cut(min(total, sum(limits)), limits)
    assert all(share <= limit for share, limit in zip(shares, limits, strict=True))


@given(GROUP)
def test_larger_remainders_come_first(group: tuple[int, list[int]]) -> None:
    total, weights = group
    whole = max(1, sum(weights))
    rest = [
        (total * weight % whole, share - total * weight // whole)
        for weight, share in zip(weights, cut(total, weights), strict=True)
    ]
    up = [remainder for remainder, more in rest if more]
    down = [remainder for remainder, more in rest if not more]
    assert not up or not down or min(up) >= max(down)


def test_ties_go_to_the_earlier() -> None:
    assert cut(5, [1, 1]) == [3, 2]
    assert cut(2, [1, 1, 1]) == [1, 1, 0]


def test_large_numbers_are_exact() -> None:
    assert cut(2**31 - 1, [2**30, 2**30 + 1]) == [1_073_741_823, 1_073_741_824]
