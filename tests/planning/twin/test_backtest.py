"""The backtest of quotas keeps the fixed percent where nothing is sure, finds a gain that is there, gives each split its due."""

from dataclasses import replace

import numpy as np
import pytest

from sluice.planning.twin.backtest import SPLITS, Came, backtest, classes, verdicts
from sluice.planning.twin.history import Records
from sluice.planning.twin.simulate import Company
from tests.planning.twin.test_own import records
from tests.planning.twin.worlds import company


def of_two_shops(worth: float = 0.3, skus: int = 60, days: int = 168) -> tuple[Records, Company, np.ndarray]:
    """The second shop's pieces earn less."""
    known = records(5, stock=10_000, days=days, channels=2, facilities=1, skus=skus)
    firm = company(2, 1)
    terms = [firm.terms[0], replace(firm.terms[1], value=worth)]
    return known, Company(firm.network, terms, firm.policy), np.tile([[10.0], [10 * worth]], (1, skus))


def test_with_stock_for_all_nothing_is_lost_and_the_percent_stays() -> None:
    came = backtest(*of_two_shops(), weeks=4)
    assert [came[name].lost.sum() for name in SPLITS] == [0, 0, 0]
    assert {one.keep for one in verdicts(came, ["smooth"] * 60)} == {"percent"}


def test_when_stock_is_short_protection_earns_more_and_is_chosen() -> None:
    known, firm, margin = of_two_shops()
    came = backtest(known, firm, margin, weeks=8, stock=0.7)
    percent, pool, nested = (came[name] for name in SPLITS)
    assert nested.margin.sum() > pool.margin.sum()
    assert nested.margin.sum() > percent.margin.sum()
    assert percent.lost.sum() > pool.lost.sum()  # a fixed percent strands pieces, a pool none
    assert percent.stranded.sum() > pool.stranded.sum() == 0
    assert nested.stranded.sum() > 0  # kept for orders that did not come
    assert verdicts(came, ["smooth"] * 60)[-1].keep == "nested"


def test_where_all_shops_are_worth_the_same_protection_is_the_pool() -> None:
    known, firm, _ = of_two_shops(worth=1.0)
    came = backtest(known, firm, np.full((2, 60), 10.0), weeks=6, stock=0.8)
    assert (came["nested"].margin == came["pool"].margin).all()
    assert verdicts(came, ["smooth"] * 60)[-1].keep == "pool"


def test_pieces_asked_for_are_sold_or_lost() -> None:
    known, firm, _ = of_two_shops()
    came = backtest(known, firm, np.ones((2, 60)), weeks=3, stock=0.6)
    asked = known.asked[-21:].sum(axis=(0, 1, 2))
    for one in came.values():
        assert (one.margin + one.lost == asked).all()


def test_a_gain_of_chance_keeps_the_percent() -> None:
    made = np.random.default_rng(2)
    zeros = np.zeros(40)
    kept = 0
    for seed in range(100):
        base = made.normal(100, 10, 40)
        came = {name: Came(base + (made.normal(0, 5, 40) if name != "percent" else 0), zeros, zeros) for name in SPLITS}
        kept += verdicts(came, ["lumpy"] * 40, seed)[0].keep == "percent"
    assert 84 <= kept < 100  # each of the two is wrong some 2.5 times in a hundred, upwards


def test_a_class_of_few_skus_decides_nothing() -> None:
    some = np.arange(9.0)
    came = {name: Came(some + (5 if name == "nested" else 0), 0 * some, 0 * some) for name in SPLITS}
    made = verdicts(came, ["smooth"] * 9)[0]
    assert made.gain["nested"] == (45, 45, 45)
    assert made.keep == "percent"


def test_classes_are_told_from_the_weeks_before() -> None:
    known, _, _ = of_two_shops(skus=3)
    asked = np.zeros((168, 2, 1, 3), int)
    asked[:, :, 0, 0] = 5  # every day the same
    asked[3:140:35, 0, 0, 1] = 2  # now and then the same
    asked[-1, 0, 0, 2] = 50  # only in the weeks held out
    assert classes(replace(known, asked=asked), 4) == ["smooth", "intermittent", "lumpy"]


def test_too_few_days_are_told() -> None:
    known, firm, margin = of_two_shops(days=30)
    with pytest.raises(ValueError, match="8 weeks can't be held out of 30 days"):
        backtest(known, firm, margin, weeks=8)
