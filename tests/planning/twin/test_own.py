"""From records to worlds and back: arrays, stock walked back, what is fitted to a history, and how far the twin is off."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.twin.drawn import Demand, Supply, draw
from sluice.planning.twin.error import FEWEST, twin_error
from sluice.planning.twin.history import Records, best_sellers, by_day, on_shelves, pace, walked_back
from sluice.planning.twin.own import ahead, as_received, fitted, replayed
from sluice.planning.twin.scenario import Ordering, Scenario
from tests.planning.twin.worlds import company

FIRST = date(2026, 1, 1)
DAYS = 120
SOLD = Scenario(name="", allocation="pool", sourcing="own", ordering=Ordering(rule="quantile", every_days=7))


def records(seed: int = 0, stock: int = 500, days: int = DAYS, channels: int = 2, facilities: int = 2, skus: int = 5) -> Records:
    made = np.random.default_rng(seed)
    asked = made.poisson(made.gamma(1, 1, (channels, facilities, skus)), (days, channels, facilities, skus))
    received = made.integers(0, 30, (days, facilities, skus)) * (made.random((days, facilities, skus)) < 0.05)
    at = np.argwhere(received)
    supply = pl.DataFrame(
        {
            "facility_id": [f"F{place}" for _, place, _ in at],
            "sku": [f"S{item}" for _, _, item in at],
            "ordered_on": [FIRST + timedelta(days=int(day) - 10) for day, _, _ in at],
            "received_on": [FIRST + timedelta(days=int(day)) for day, _, _ in at],
            "received": received[tuple(at.T)],
        },
        schema_overrides={"received": pl.Int64},
    )
    now = np.full((facilities, skus), stock)
    never = np.full(facilities, days)
    return Records(
        until=FIRST + timedelta(days=days),
        channels=[(f"c{number}", "x") for number in range(channels)],
        facilities=[f"F{number}" for number in range(facilities)],
        skus=[f"S{number}" for number in range(skus)],
        asked=asked,
        received=received,
        supply=supply,
        stock=now,
        stood=walked_back(now, asked.sum(axis=1), received, np.zeros_like(received), never),
        coming=np.zeros((30, facilities, skus), np.int64),
        lead_mean=np.full((facilities, skus), 9.0),
        lead_sd=np.full((facilities, skus), 2.0),
        counted=np.ones(facilities, bool),
        told_from=np.zeros(facilities, np.int64),
    )


def test_rows_become_a_grid_and_nothing_else_does() -> None:
    frame = pl.DataFrame(
        [
            (0, "F0", "A", 2), (0, "F0", "A", 3), (2, "F1", "B", 5),
            (9, "F0", "A", 7), (-1, "F0", "A", 7), (1, "F9", "A", 7), (1, "F0", None, 7),
        ],
        schema=["day", "facility_id", "sku", "quantity"],
        orient="row",
    ).with_columns(day=pl.lit(FIRST) + pl.duration(days="day"))  # fmt: skip
    made = by_day(frame, "day", "quantity", [(["facility_id"], ["F0", "F1"]), (["sku"], ["A", "B"])], FIRST, 3)
    wanted = np.zeros((3, 2, 2), int)
    wanted[0, 0, 0], wanted[2, 1, 1] = 5, 5
    assert (made == wanted).all()
    empty = frame.clear()
    assert by_day(empty, "day", "quantity", [(["sku"], ["A"])], FIRST, 3).tolist() == [[0], [0], [0]]


def test_best_sellers_and_shelves() -> None:
    sold = pl.DataFrame({"sku": ["A", "B", "B", "C", "D"], "quantity": [2, 1, 3, -5, 0]})
    assert best_sellers(sold, 5) == ["A", "B"]
    assert best_sellers(sold, 1) == ["B"]
    stock = pl.DataFrame({"facility_id": ["F0", "F1"], "sku": ["A", "Z"], "free": [4, 9]})
    assert on_shelves(stock, "free", ["F0", "F1"], ["A", "B"]).tolist() == [[4, 0], [0, 0]]


def test_stock_is_walked_back_by_the_ledger_as_far_as_it_reaches() -> None:
    """Now 10. Day 3: 4 sold. Day 2: the ledger booked -1 where orders say 2: a day of the ledger's. Day 1: 5 came, 3 sold."""
    asked, received = (np.array(rows).reshape(4, 1, 1) for rows in ([1, 3, 2, 4], [0, 5, 0, 0]))
    booked = np.array([0, 99, -1, -4]).reshape(4, 1, 1)
    now = np.array([[10]])
    assert walked_back(now, asked, received, booked, np.array([2])).ravel().tolist() == [13, 15, 14, 10]
    assert walked_back(now, asked, received, booked, np.array([4])).ravel().tolist() == [14, 16, 14, 10]


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_with_stock_for_all_the_twin_is_the_records(seed: int) -> None:
    """Nothing is refused, so the simulated month ends on every evening where the records end."""
    known = records(seed)
    with_its_own = twin_error(known, SOLD, company(2, 2), 30)[0]
    assert (with_its_own.refused, with_its_own.stock_wape) == (0, 0.0)
    assert with_its_own.sold[0] == with_its_own.sold[1]
    assert with_its_own.closing_stock[0] == with_its_own.closing_stock[1]


def test_a_twin_that_is_off_says_so() -> None:
    known = records(1)
    wrong = replace(known, stood=np.maximum(0, known.stood - 100))
    assert twin_error(wrong, SOLD, company(2, 2), 30)[0].stock_wape == 0  # off from the start, so off alike
    lost = known.stood.copy()
    lost[-10:] = np.maximum(0, lost[-10:] - 50)
    assert twin_error(replace(known, stood=lost), SOLD, company(2, 2), 30)[0].stock_wape > 0.01
    scarce = replace(known, stood=np.zeros_like(known.stood), received=np.zeros_like(known.received))
    assert twin_error(scarce, SOLD, company(2, 2), 30)[0].refused == known.asked[-30:].sum()


def test_a_stock_that_no_ledger_tells_is_not_held_against_itself() -> None:
    """Walked back by orders and receipts it agrees with the twin to the piece, even where all of it is wrong."""
    known = records(6, stock=5_000)
    wrong = replace(
        known, stood=walked_back(known.stock + 999, known.asked.sum(axis=1), known.received, known.received, np.full(2, DAYS))
    )
    assert twin_error(wrong, SOLD, company(2, 2), 30)[0].stock_wape == 0, "were the ledger that old, nothing would be amiss"
    young = replace(known, told_from=np.full(2, DAYS - FEWEST + 1))
    assert twin_error(young, SOLD, company(2, 2), 30) == []
    assert twin_error(replace(known, counted=np.zeros(2, bool)), SOLD, company(2, 2), 30) == []


def test_the_error_is_of_the_days_and_facilities_that_the_ledger_tells() -> None:
    known = replace(records(7, stock=5_000), told_from=np.array([DAYS - 12, DAYS - 9]))
    lost = known.stood.copy()
    lost[-4:, 1] = 0
    made = twin_error(replace(known, stood=lost), SOLD, company(2, 2), 30)
    assert [(one.days, one.facilities) for one in made] == [(12, ("F0",))] * 2
    assert made[0].sold == (known.asked[-12:, :, 0].sum(),) * 2
    assert made[0].stock_wape == 0, "what the other facility lost is not known to be wrong"
    both = twin_error(replace(known, stood=lost), SOLD, company(2, 2), 9)
    assert (both[0].days, both[0].facilities) == (9, ("F0", "F1"))
    assert both[0].stock_wape > 0.05
    short = replace(
        known, counted=np.array([True, False]), stood=np.zeros_like(known.stood), received=np.zeros_like(known.received)
    )
    assert twin_error(short, SOLD, company(2, 2), 12)[0].refused == known.asked[-12:, :, 0].sum()


def test_a_replay_has_the_days_and_what_was_on_order_then() -> None:
    known = records(2)
    world = replayed(known, 30, 0)
    assert (world.demand == known.asked[-30:]).all()
    assert (world.on_hand == known.stood[-31]).all()
    # ordered ten days before they came: of the last 30 days' receipts those of the first ten were on order
    assert (world.arrivals[:10] == known.received[-30:-20]).all()
    assert world.arrivals[10:].sum() == 0
    assert (as_received(known, 30).arrivals == known.received[-30:]).all()
    with pytest.raises(ValueError, match="120 days can't be replayed: there are 120 days of orders"):
        replayed(known, 120, 0)


def test_a_facility_that_nobody_counts_starts_with_some_weeks_of_demand() -> None:
    known = replace(records(3), counted=np.array([True, False]))
    world = replayed(known, 30, 0)
    rate = pace(known.asked[:-30])[0].sum(axis=0)
    assert (world.on_hand[0] == known.stood[-31, 0]).all()
    assert (world.on_hand[1] == np.ceil(45 * rate[1])).all()


def test_days_to_come_start_with_the_stock_of_today_and_bring_what_is_on_order() -> None:
    known = records(4)
    coming = known.coming.copy()
    coming[3, 1, 2] = 17
    world = ahead(replace(known, coming=coming), 20, 1)
    assert (world.on_hand == known.stock).all()
    assert (world.arrivals[3, 1, 2], world.arrivals.sum()) == (17, 17)
    assert ahead(known, 60, 1).demand.shape[0] == 60


def test_what_is_drawn_looks_like_what_was_asked() -> None:
    """Drawn from known parameters, fitted, drawn again: means, weekdays and dispersion come back."""
    items = 60
    week = np.array([[0.6, 0.7, 0.9, 1.0, 1.1, 1.4, 1.3], [1.0] * 7])
    mean = np.random.default_rng(1).gamma(2, 2, (2, 2, items))
    true = Demand(mean, week, np.zeros(2, bool), k=2.0, yearly=0, drift=0, promotions=0, spikes=0)
    supply = Supply(np.full((2, items), 9.0), np.full((2, items), 2.0))
    asked = draw(true, supply, 364, 0, 7).demand
    found = fitted(asked)
    assert np.abs(found.weekday - week).max() < 0.06
    assert np.corrcoef(found.mean.ravel(), mean.ravel())[0, 1] > 0.99
    assert found.mean.sum() == pytest.approx(mean.sum(), rel=0.02)
    assert 1.4 < found.k < 2.2  # weekdays are in the dispersion too
    again = draw(found, supply, 364, 0, 8).demand
    assert again.mean() == pytest.approx(asked.mean(), rel=0.03)
    assert again.std() == pytest.approx(asked.std(), rel=0.1)


@pytest.mark.parametrize("asked", [np.zeros((10, 1, 1, 3), int), np.ones((1, 2, 1, 1), int)])
def test_records_without_a_sale_or_of_one_day_are_fitted_too(asked: np.ndarray) -> None:
    found = fitted(asked)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.weekday).all()
    assert found.k > 0
