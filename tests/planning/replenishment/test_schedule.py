"""Orders of the weeks to come: by hand, and what holds of every schedule."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.planning.replenishment.schedule import Schedule, Terms, schedule
from sluice.planning.replenishment.suggest import UNLIMITED


def terms(point: int, up_to: int, lead: float, minimum: int = 1, multiple: int = 1, most: int = UNLIMITED, lot: int = 0) -> Terms:
    whole = (np.array([number]) for number in (point, up_to, lot))
    return Terms(*whole, np.array([float(lead)]), *(np.array([number]) for number in (minimum, multiple, most)))


def one(free: int, due: list[int], ordered: int, forecast: list[float], held: Terms, later: int = 0) -> Schedule:
    return schedule(
        np.array([free]), np.array([due]), np.array([later]), np.array([ordered]), np.array([forecast], np.float64), held
    )


def test_the_example_of_the_docs() -> None:
    made = one(30, [0, 6, 0, 0, 0], 0, [10.0] * 5, terms(20, 45, 10, 1, 12))
    assert made.order.tolist() == [[0, 0, 36, 0, 0]]
    assert made.received.tolist() == [[0, 0, 0, 0, 36]]
    assert made.end.tolist() == [[20.0, 16.0, 6.0, -4.0, 22.0]]


def test_what_comes_after_the_weeks_counts_in_the_position() -> None:
    assert one(10, [0, 0], 0, [5.0, 5.0], terms(8, 40, 7)).order.tolist() == [[0, 35]]
    assert one(10, [0, 0], 0, [5.0, 5.0], terms(8, 40, 7), later=30).order.tolist() == [[0, 0]]


def test_no_lead_time_is_this_week() -> None:
    made = one(0, [0, 0], 7, [7.0, 7.0], terms(0, 7, 0))
    assert (made.order.tolist(), made.received.tolist(), made.end.tolist()) == ([[7, 7]], [[7, 7]], [[0.0, 0.0]])


@given(st.data())
def test_pieces_are_lots_and_none_is_lost(data: st.DataObject) -> None:
    items, weeks = data.draw(st.integers(0, 5)), data.draw(st.integers(1, 8))

    def drawn(low: int, high: int, *shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        return np.array(data.draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), np.int64).reshape(shape)

    point, gap, minimum, multiple, most = (drawn(*bounds, items) for bounds in ((0, 50), (0, 50), (1, 30), (1, 12), (0, 300)))
    lot = drawn(0, 25, items) * drawn(0, 1, items)
    held = Terms(point, point + gap, lot, drawn(0, 30, items).astype(np.float64), minimum, multiple, most)
    free, due, later, ordered = drawn(-20, 90, items), drawn(0, 20, items, weeks), drawn(0, 9, items), drawn(0, 40, items)
    forecast = drawn(0, 30, items, weeks) / 4
    made = schedule(free, due, later, ordered, forecast, held)
    assert (made.order[:, 0] == ordered).all()
    assert (made.order[:, 1:] % multiple[:, None] == 0).all()
    assert ((made.order[:, 1:] == 0) | (made.order[:, 1:] >= minimum[:, None])).all()
    assert (made.received.sum(axis=1) <= made.order.sum(axis=1)).all()
    flows = free + due.sum(axis=1) + made.received.sum(axis=1) - forecast.sum(axis=1)
    assert made.end[:, -1].tolist() == pytest.approx(flows.tolist())
    # but for a supplier's terms, a position at or below its point is filled up, or lifted above it by lots, and no other
    one_each = np.ones(items, np.int64)
    by_piece = replace(held, minimum=one_each, multiple=one_each, most=one_each * UNLIMITED)
    single = schedule(free, due, later, ordered, forecast, by_piece)
    known = (free + due.sum(axis=1) + later)[:, None]
    before = known + np.cumsum(single.order, axis=1) - np.cumsum(forecast, axis=1) + forecast
    after = np.floor(before + 1e-9)[:, 1:]
    was = after - single.order[:, 1:]
    low, up_to, lots = was <= point[:, None], (point + gap)[:, None], lot[:, None]
    assert (np.where(low & (lots == 0), np.maximum(was, up_to), was) == after)[
        np.broadcast_to(~low | (lots == 0), was.shape)
    ].all()
    lifted = low & (lots > 0)
    assert (single.order[:, 1:] % np.maximum(lots, 1) == 0)[lifted].all()
    assert ((after > point[:, None]) & (after - lots <= point[:, None]))[lifted].all()
