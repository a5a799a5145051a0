"""A stock kept over a demand that happened, by hand and by its promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.inventory.ordering import Levels, filled
from sluice.planning.inventory.rolling import Kept, keep


def fixed(level: float, demand: list[float], lead: int, review: int, lost: bool = False) -> Kept:
    history = np.array([demand], float)
    reviews = -(-len(demand) // review)
    return keep(history, 0, lambda day: filled(np.array([level], float)), np.full((1, reviews), lead), review, lost)


def test_by_hand() -> None:
    """Filled up to 10 every 2 days, 2 days of lead time. Counted from day 5 on: the second review's order came on day 4."""
    demand = [3.0, 4.0, 2.0, 6.0, 5.0, 1.0, 9.0, 0.0]
    # ordered: 0 on day 0, 7 on day 2 (due 4), 8 on day 4 (due 6), 6 on day 6 (due 8)
    made = fixed(10, demand, lead=2, review=2)
    # after each day: 7, 3, 1, -5, -5 + 7 - 5 = -3, -4, -4 + 8 - 9 = -5, -5
    assert (made.asked.tolist(), made.served.tolist()) == ([10.0], [4.0])
    assert (made.on_hand.tolist(), made.bought.tolist(), made.lines.tolist()) == ([0.0], [6.0], [1])
    assert (made.cycles.tolist(), made.clear.tolist()) == ([2], [0])


def test_lost_sales_leave_more_for_the_next() -> None:
    demand = [3.0, 4.0, 2.0, 6.0, 5.0, 1.0, 9.0, 0.0]
    kept, lost = fixed(10, demand, 2, 2), fixed(10, demand, 2, 2, lost=True)
    assert lost.served.sum() > kept.served.sum()


@settings(max_examples=60)
@given(
    demand=st.lists(st.integers(0, 20), min_size=10, max_size=60), level=st.integers(0, 120), lead=st.integers(0, 9),
    review=st.integers(1, 9), lost=st.booleans(),
)  # fmt: skip
def test_more_stock_never_serves_less_and_enough_serves_all(
    demand: list[int], level: int, lead: int, review: int, lost: bool
) -> None:
    asked = [float(one) for one in demand]
    less, more = fixed(level, asked, lead, review, lost), fixed(level + 10, asked, lead, review, lost)
    assert less.served.sum() <= more.served.sum() <= more.asked.sum()
    assert less.clear.sum() <= more.clear.sum() <= more.cycles.sum()
    enough = fixed(sum(asked), asked, lead, review, lost)
    assert enough.served.sum() == enough.asked.sum()
    assert enough.clear.sum() == enough.cycles.sum()


def test_a_rule_is_asked_at_reviews_only_and_for_that_day() -> None:
    days: list[int] = []

    def rule(day: int) -> Levels:
        days.append(day)
        return filled(np.array([5.0]))

    keep(np.ones((1, 20)), 6, rule, np.full((1, 3), 2), 7)
    assert sorted(set(days)) == [6, 13]


@pytest.mark.parametrize("first", [0, 8])
def test_what_came_before_the_first_order_could_arrive_does_not_count(first: int) -> None:
    demand = np.full((1, 30), np.nan)
    demand[:, first:] = 1.0
    made = keep(demand, 0, lambda day: filled(np.zeros(1)), np.full((1, 5), 4), 7)
    assert made.asked.tolist() == [30 - (first + 7 + 4 + 1)]
