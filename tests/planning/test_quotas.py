"""The allocator keeps its ten promises on 120,000 random rows, is the greedy it claims to be, and the checker sees when not."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.quotas import greedy_row
from sluice.planning.quotas import UNLIMITED, Allocation, Channels, Stock, allocate
from tests.planning.cases import random_rows
from tests.planning.properties import violations


@pytest.mark.parametrize(("channels", "pool_share", "seed"), [(5, 0.0, 1), (5, 0.2, 2), (3, 0.5, 3), (1, 0.1, 4), (8, 1.0, 5)])
def test_ten_properties_on_random_rows(channels: int, pool_share: float, seed: int) -> None:
    stock, wants = random_rows(24_000, channels, seed)
    found = violations(stock, wants, lambda stock, wants: allocate(stock, wants, pool_share))
    assert found == dict.fromkeys(found, 0)
    assert len(found) == 10


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(0, 1))
def test_ten_properties_for_any_seed_and_share(seed: int, channels: int, pool_share: float) -> None:
    stock, wants = random_rows(50, channels, seed)
    found = violations(stock, wants, lambda stock, wants: allocate(stock, wants, pool_share))
    assert found == dict.fromkeys(found, 0)


def _rounded_shares(stock: Stock, wants: Channels) -> Allocation:
    """Proportional split, each share rounded by itself: the sum is off by a piece or two."""
    made = allocate(stock, wants)
    total = made.quota.sum(axis=1, keepdims=True)
    share = wants.demand_mean / np.maximum(1e-9, wants.demand_mean.sum(axis=1, keepdims=True))
    return replace(made, quota=np.rint(share * total).astype(np.int64))


def _pool_twice(stock: Stock, wants: Channels) -> Allocation:
    made = allocate(stock, wants)
    return replace(made, published=made.quota + 2 * made.pool[:, None])


def _worst_first(stock: Stock, wants: Channels) -> Allocation:
    return allocate(stock, replace(wants, value=1.05 - wants.value))


def _shared_twice(stock: Stock, wants: Channels) -> Allocation:
    """Quotas that are also counted into the pool."""
    made = allocate(stock, wants)
    return replace(made, pool=made.pool + made.quota.sum(axis=1))


def _jumpy(stock: Stock, wants: Channels) -> Allocation:
    """Keeps the books but moves every quota to the pool on odd stock."""
    made = allocate(stock, wants)
    odd = stock.on_hand % 2 == 1
    quota = np.where(odd[:, None], 0, made.quota)
    return replace(made, quota=quota, pool=made.pool + (made.quota - quota).sum(axis=1))


@pytest.mark.parametrize(
    ("broken", "shows_as"),
    [
        (_rounded_shares, "conserved"),
        (_pool_twice, "published within quota and pool"),
        (_worst_first, "best channel sees the whole pool"),
        (_worst_first, "equal wants, more worth, never less"),
        (_shared_twice, "accepted never exceeds stock"),
        (_jumpy, "one piece more takes from no one"),
        (_jumpy, "floors where affordable"),
    ],
)
def test_the_checker_sees_a_broken_allocator(broken: Callable[[Stock, Channels], Allocation], shows_as: str) -> None:
    stock, wants = random_rows(2_000, 5, 9)
    assert violations(stock, wants, broken)[shows_as] > 0


def test_the_same_as_giving_out_piece_by_piece() -> None:
    stock, wants = random_rows(1_500, 4, 21)
    made = allocate(stock, wants)
    available = np.maximum(0, stock.on_hand - stock.committed - stock.held - stock.presale)
    available -= np.minimum(available, stock.buffer)
    rows = np.flatnonzero(available < 3_000)
    assert len(rows) > 1_000
    for row in rows:
        quota, worth = greedy_row(int(available[row]), wants, row)
        assert int(made.quota[row].sum()) == sum(quota)
        assert _worth(wants, row, made.quota[row]) == pytest.approx(worth, rel=1e-9, abs=1e-9)


def _worth(wants: Channels, row: int, quota: np.ndarray) -> float:
    return greedy_row(0, wants, row, at=quota.tolist())[1]


def one(on_hand: int, committed: int = 0, held: int = 0, presale: int = 0, buffer: int = 0) -> Stock:
    return Stock(*(np.array([number]) for number in (on_hand, committed, held, presale, buffer)))


def two(**given: list[float]) -> Channels:
    usual: dict[str, list[float]] = {
        "value": [1, 1],
        "demand_mean": [10, 10],
        "demand_sd": [4, 4],
        "floor": [0, 0],
        "cap": [UNLIMITED, UNLIMITED],
        "isolation": [10, 10],
    }
    wants = usual | given
    return Channels(
        *(np.array([wants[name]], np.float64) for name in ("value", "demand_mean", "demand_sd")),
        *(np.array([wants[name]], np.int64) for name in ("floor", "cap", "isolation")),
    )


def test_promised_and_held_back_come_off_first() -> None:
    made = allocate(one(100, committed=15, held=5, presale=30, buffer=15), two())
    assert (made.buffer.tolist(), made.quota.tolist(), made.pool.tolist()) == ([15], [[10, 10]], [15])
    assert made.published.tolist() == [[25, 25]]


def test_more_promised_than_there_is_shows_the_shortfall_and_hands_out_nothing() -> None:
    made = allocate(one(40, committed=15, held=10, presale=30, buffer=5), two(floor=[3, 3]))
    assert made.oversold.tolist() == [15]
    assert made.published.tolist() == [[0, 0]]
    assert (made.buffer.tolist(), made.pool.tolist()) == ([0], [0])


def test_scarce_floors_go_to_the_channel_worth_more() -> None:
    made = allocate(one(8), two(value=[0.5, 1.0], floor=[6, 6]))
    assert made.quota.tolist() == [[2, 6]]


def test_equal_channels_share_scarce_stock_evenly_even_far_below_demand() -> None:
    made = allocate(one(5_000), two(demand_mean=[10_000, 10_000], demand_sd=[100, 100], isolation=[10_000, 10_000]))
    assert made.quota.tolist() == [[2_500, 2_500]]


def test_a_valued_channels_demand_is_protected_in_the_pool() -> None:
    made = allocate(one(12), two(value=[1.0, 0.5], isolation=[0, 0]))
    assert made.pool.tolist() == [12]
    assert made.protected.tolist() == [[0, 10]]
    assert made.published.tolist() == [[12, 2]]


def test_the_pool_keeps_its_share() -> None:
    made = allocate(one(20), two(), pool_share=0.2)
    assert (made.quota.tolist(), made.pool.tolist()) == ([[8, 8]], [4])


def test_no_channels_leave_everything_in_the_pool() -> None:
    stock, wants = random_rows(5, 1, 3)
    none = Channels(*(getattr(wants, name)[:, :0] for name in Channels.__slots__))
    made = allocate(replace(stock, on_hand=np.full(5, 10**6)), none)
    assert made.quota.shape == (5, 0)
    assert (made.pool > 0).all()


def test_a_hundred_thousand_rows_take_seconds_not_minutes() -> None:
    stock, wants = random_rows(100_000, 5, 11)
    began = time.process_time()
    allocate(stock, wants, 0.1)
    assert time.process_time() - began < 5
