"""The twin loses no piece, does what a plain loop does, runs a world the same alone and among others, and sees when it leaks."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.twin.access import Access, Cut
from sluice.planning.twin.scenario import Ordering, Scenario
from sluice.planning.twin.simulate import Leak, simulate
from sluice.planning.twin.tally import COUNTS, Tally
from sluice.planning.twin.world import side_by_side
from tests.planning.twin.loop import shelf
from tests.planning.twin.worlds import SCENARIOS, company, random_world

POOL = Scenario(name="pool", allocation="pool", sourcing="own", ordering=Ordering(rule="cover", every_days=14, cover_days=20))


def lost_pieces(tally: Tally) -> int:
    """Pieces that the books of a run can't place: opening and what came, less what customers got and what is there. Counted from
    the kept days and from the world, not from what the twin says of itself; orders that come are taken from the evenings."""
    world, stock = tally.world, tally.daily["stock"].sum(axis=1)
    sold = world.demand.sum(axis=(1, 2)) - tally.daily["refused"].sum(axis=1)
    before = np.concatenate([world.on_hand.sum(axis=0)[None], stock[:-1]])
    came = stock - before + sold
    return int(np.minimum(0, came - world.arrivals.sum(axis=1)).sum())


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(SCENARIOS), st.integers(1, 4), st.integers(1, 4), st.sampled_from([0.0, 0.3, 1.0])
)
def test_units_in_are_units_out_and_stock_on_every_day(
    seed: int, scenario: Scenario, channels: int, facilities: int, pool_share: float
) -> None:
    world = random_world(seed, channels, facilities)
    tally = simulate(world, [scenario], company(channels, facilities, pool_share=pool_share), keep_days=True)[0]
    assert lost_pieces(tally) == 0
    assert (tally.daily["stock"] >= 0).all()
    sold = world.demand.sum(axis=(1, 2)) - tally.daily["refused"].sum(axis=1)
    assert (sold >= 0).all()
    if scenario.ordering.rule == "none":
        came = np.cumsum(world.arrivals.sum(axis=1), axis=0) + world.on_hand.sum(axis=0)
        assert (tally.daily["stock"].sum(axis=1) == came - np.cumsum(sold, axis=0)).all()


class _Lossy(Access):
    """A cut that counts a piece twice: two facilities think that it is theirs."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces

    def cut(self, odd: np.ndarray, items: np.ndarray, on_hand: np.ndarray) -> Cut:
        return Cut(None, np.maximum(0, on_hand + self.pieces), None)


def test_a_piece_sold_twice_is_seen() -> None:
    world = random_world(3)
    with pytest.raises(Leak, match="below zero"):
        simulate(world, [POOL], company(), fault=lambda access: _Lossy(1))


def test_a_piece_that_is_gone_is_seen() -> None:
    """The fault takes a piece from a shelf after the day's sales are written down, as a lost update would."""
    world = random_world(3)

    class Thief(Access):
        def lacks(self, level: np.ndarray, rate: np.ndarray, on_hand: np.ndarray) -> np.ndarray:
            on_hand[0, on_hand[0].argmax()] -= 1
            return super().lacks(level, rate, on_hand)

    with pytest.raises(Leak, match="1 items whose pieces don't add up"):
        simulate(world, [POOL], company(), fault=lambda access: Thief())


@pytest.mark.parametrize("seed", range(6))
def test_the_twin_does_what_a_plain_loop_does(seed: int) -> None:
    world = random_world(seed, channels=3, facilities=2, items=8, days=80)
    tally = simulate(world, [POOL], company(), keep_days=True)[0]
    lines = np.zeros(8)
    refused = np.zeros((80, 2, 8))
    for place, item in itertools.product(range(2), range(8)):
        stock, lost, ordered = shelf(world, POOL.ordering, place, item)
        assert tally.daily["stock"][:, place, item].tolist() == stock, (place, item)
        refused[:, place, item] = lost
        lines[item] += ordered
    assert (tally.daily["refused"] == refused).all()
    assert (tally.counts["order_lines"] == lines).all()


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_facilities_together_refuse_only_when_all_are_empty(seed: int) -> None:
    world = random_world(seed, facilities=3)
    scenario = Scenario(name="pool everywhere", allocation="pool", sourcing="nearest", ordering=Ordering(rule="none"))
    tally = simulate(world, [scenario], company(facilities=3), keep_days=True)[0]
    empty = tally.daily["stock"].sum(axis=1) == 0
    assert (empty | (tally.daily["refused"].sum(axis=1) == 0)).all()


@pytest.mark.parametrize("scenario", SCENARIOS[::5], ids=lambda one: one.name)
def test_a_world_runs_alone_as_it_does_among_others(scenario: Scenario) -> None:
    worlds = [random_world(seed) for seed in range(3)]
    together = simulate(side_by_side(worlds), [scenario], company())[0].by_unit()
    for number, world in enumerate(worlds):
        alone = simulate(world, [scenario], company())[0]
        assert np.allclose(alone.by_unit().sum(axis=0), together[number], atol=1e-6)


@pytest.mark.parametrize("scenario", SCENARIOS[::7], ids=lambda one: one.name)
def test_the_same_world_gives_the_same_run(scenario: Scenario) -> None:
    once, again = (simulate(random_world(5), [scenario], company())[0] for _ in range(2))
    assert all((once.counts[name] == again.counts[name]).all() for name in COUNTS)


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["own", "nearest"]), st.sampled_from([0.0, 0.5]))
def test_what_is_not_scarce_would_be_cut_the_same(seed: int, sourcing: str, held_back: float) -> None:
    """Items are left out of a day's cut where it can't matter; looking at all of them gives the same run."""
    world = random_world(seed)
    for allocation in ("percent", "nested", "quotas"):
        ordering = Ordering(rule="quantile", every_days=7, level=0.8)
        scenario = Scenario(name="", allocation=allocation, sourcing=sourcing, held_back=held_back, ordering=ordering)
        usual = simulate(world, [scenario], company(pool_share=0.3))[0]

        def all_of_them(access: Access) -> Access:
            access.scarce = lambda demand, asked, on_hand: np.ones(asked.shape, bool)  # type: ignore[method-assign]
            return access

        thorough = simulate(world, [scenario], company(pool_share=0.3), fault=all_of_them)[0]
        assert all(np.allclose(usual.counts[name], thorough.counts[name]) for name in COUNTS)
