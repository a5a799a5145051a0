"""Measures and their differences: by hand, against themselves, and wide enough."""

import numpy as np
import pytest

from sluice.config import ConfigError
from sluice.planning.twin.compare import compare, together
from sluice.planning.twin.files import load_scenario
from sluice.planning.twin.measures import MEASURES, measured
from sluice.planning.twin.network import ABROAD, OWN, SAME_CITY, SAME_COUNTRY, SAME_REGION, network
from sluice.planning.twin.scenario import LADDER, Costs, Ordering, Scenario
from sluice.planning.twin.simulate import simulate
from sluice.planning.twin.tally import COUNTS
from sluice.planning.twin.world import World
from sluice.planning_policy import Planning
from sluice.project import ROOT
from tests.planning.twin.worlds import FREE, company, random_world

NONE = Ordering(rule="none")


def example() -> World:
    """docs/digital-twin.md, by hand: one SKU, one facility, two shops, four days, 10 pieces and 2 more on the last morning."""
    asked = np.array([[1, 3], [1, 3], [1, 2], [1, 1]], np.int32).reshape(4, 2, 1, 1)
    one = np.ones((1, 1), np.float32)
    return World(
        demand=asked,
        lift=np.ones((4, 2, 1), np.float32),
        lead=np.ones((4, 1, 1), np.int16),
        comes=np.ones((4, 1, 1), np.float32),
        on_hand=np.array([[10]]),
        arrivals=np.array([0, 0, 0, 2], np.int32).reshape(4, 1, 1),
        rate=np.ones((2, 1, 1), np.float32),
        spread=one,
        lead_mean=one,
        lead_sd=one,
        world=np.zeros(1, np.int64),
        unit=np.zeros(1, np.int64),
        warmup=0,
    )


def test_the_worked_example_is_right() -> None:
    scenarios = [Scenario(name=name, allocation=name, sourcing="own", ordering=NONE) for name in ("silo", "pool")]
    silo, pool = simulate(example(), scenarios, company(2, 1), keep_days=True)
    assert silo.daily["stock"].ravel().tolist() == [6, 3, 2, 2]
    assert pool.daily["stock"].ravel().tolist() == [6, 2, 0, 0]
    assert silo.daily["refused"].ravel().tolist() == [0, 1, 2, 0]
    assert pool.daily["refused"].ravel().tolist() == [0, 0, 1, 0]
    measures = [measured(one.by_unit()[0], 4, Costs()) for one in (silo, pool)]
    assert [float(one["stockout_rate"]) for one in measures] == [0.25, 0.125]
    assert [round(float(one["fill_rate"]), 3) for one in measures] == [0.769, 0.923]
    assert [round(float(one["turnover"]), 1) for one in measures] == [280.8, 547.5]


def test_a_scenario_against_itself_is_no_different() -> None:
    same = [Scenario(name=name, allocation="pool", ordering=NONE) for name in ("one", "other")]
    counts, days = together((random_world(seed) for seed in range(4)), same, company())
    one = compare(same, counts, days)[1]
    assert set(one.change.values()) == {0.0}
    assert set(one.interval.values()) == {(0.0, 0.0)}


def test_worlds_in_parts_are_worlds_at_once() -> None:
    scenarios = [LADDER[0], LADDER[-1]]
    at_once, days = together((random_world(seed) for seed in range(5)), scenarios, company())
    in_parts, _ = together((random_world(seed) for seed in range(5)), scenarios, company(), at_once=1)
    assert days == 35
    assert all(np.allclose(one, other) for one, other in zip(at_once, in_parts, strict=True))
    by_item, _ = together((random_world(seed) for seed in range(5)), scenarios, company(), by_item=True, at_once=12)
    assert np.allclose(by_item[0].sum(axis=0) * 5, at_once[0].sum(axis=0))


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    """Counts drawn with a true change of -20 % in stock-outs: of 80 intervals some 75 hold it."""
    made = np.random.default_rng(3)
    refused, asked = COUNTS.index("refused_cells"), COUNTS.index("asked_cells")
    held = 0
    for seed in range(80):
        base, other = np.zeros((20, len(COUNTS))), np.zeros((20, len(COUNTS)))
        base[:, asked] = other[:, asked] = 1000
        common = made.normal(0, 20, 20)
        base[:, refused] = 200 + common
        other[:, refused] = 0.8 * (200 + common) + made.normal(0, 8, 20)
        low, high = compare([LADDER[0], LADDER[1]], [base, other], 30, seed=seed)[1].interval["stockout_rate"]
        held += low <= -0.2 <= high
    assert 67 <= held < 80


def test_measures_of_nothing_are_numbers() -> None:
    assert all(np.isfinite(value).all() for value in measured(np.zeros(len(COUNTS)), 1, Costs()).values())
    assert set(measured(np.zeros(len(COUNTS)), 1, Costs())) == set(MEASURES)


def test_margin_is_worth_where_nothing_else_costs() -> None:
    world = random_world(1)
    tally = simulate(world, [Scenario(name="", allocation="pool", costs=FREE)], company())[0]
    made = measured(tally.by_unit().sum(axis=0), 35, FREE)
    assert float(made["margin"]) == pytest.approx(10 * float(made["worth"]))


def test_what_another_facility_sends_goes_further() -> None:
    ordering = Ordering(rule="cover", every_days=10, cover_days=15)
    scenarios = [Scenario(name="", allocation="pool", sourcing=sourcing, ordering=ordering) for sourcing in ("own", "nearest")]
    counts, days = together((random_world(seed) for seed in range(5)), scenarios, company())
    before, after = (measured(one.sum(axis=0), days, Costs()) for one in counts)
    assert after["fill_rate"] > before["fill_rate"]
    assert before["carbon"] == pytest.approx(50 * 0.1)
    assert after["carbon"] == pytest.approx((50 + 300 * after["across_share"]) * 0.1)
    assert before["split_share"] == 0 < after["split_share"] < after["across_share"]


def test_kilometres_by_city_region_and_country() -> None:
    import polars as pl

    rows = [
        ("a", "CN", "Zhejiang", "Hangzhou"),
        ("b", "CN", "Zhejiang", "Hangzhou"),
        ("c", "CN", "Zhejiang", "Ningbo"),
        ("d", "CN", "Guangdong", "Shenzhen"),
        ("e", "DE", None, None),
        ("f", None, None, None),
    ]
    places = pl.DataFrame(rows, schema=["facility_id", "country", "region", "city"], orient="row")
    orders = pl.DataFrame({"lines": [1, 3], "orders": [3, 1], "pieces": [4, 6]})
    made = network(places, [row[0] for row in rows] + ["unknown"], orders)
    assert made.km[0].tolist() == [OWN, SAME_CITY, SAME_REGION, SAME_COUNTRY, ABROAD, SAME_COUNTRY, SAME_COUNTRY]
    assert (made.km == made.km.T).all()
    assert made.lines.tolist() == [0.75, 0, 0.25]
    assert made.pieces_an_order == 2.5
    assert network(places, ["a"], orders.clear()).lines.tolist() == [1.0]


def test_the_files_are_the_ladder() -> None:
    files = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))
    assert tuple(load_scenario(file, Planning()) for file in files) == LADDER


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("allocation: all", "allocation: Input should be 'silo', 'percent', 'pool', 'nested' or 'quotas'"),
        ("quota: 1", "quota: unknown key"),
        ("ordering: {level: 2}", "ordering.level: Input should be less than 1"),
        ("planning: {pool_share: 3}", "pool_share: Input should be less than or equal to 1"),
        ("- a", "must hold keys and values"),
        ("a: [", "no valid YAML"),
    ],
)
def test_a_broken_scenario_says_what_to_do(tmp_path, text: str, told: str) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "one.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as fault:
        load_scenario(file, Planning())
    assert told in str(fault.value)
