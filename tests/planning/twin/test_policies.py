"""Items in the twin are ordered as the plan orders them: by its own levels, lots and seasons."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.stock_levels import stock_levels
from sluice.planning.twin.kept import Kept, kept
from sluice.planning.twin.knowledge import outlook
from sluice.planning.twin.policies import Policies
from sluice.planning.twin.scenario import Ordering, Scenario
from sluice.planning.twin.simulate import simulate
from sluice.planning.twin.world import World, side_by_side
from sluice.planning_policy import Planning
from tests.planning.twin.worlds import FREE, company, random_world

START = date(2026, 5, 1)
KINDS = ("periodic", "base_stock", "r_q", "s_s", "newsvendor")
BY_POLICY = Scenario(name="by policy", allocation="pool", sourcing="own", ordering=Ordering(rule="policy"), costs=FREE)
PLANNING = Planning.model_validate(
    {
        "review_period_days": 7,
        "service_level": 0.9,
        "service": [{"kind": "fill_rate", "level": 0.95, "sku": "S1*"}],
        "replenishment": {"holding_rate": 0.3, "policies": [{"policy": kind} for kind in KINDS if kind != "newsvendor"]},
    }
)


def items(policies: list[str], lead: float = 5.0, season: int = 30) -> pl.DataFrame:
    count = len(policies)
    seasonal = pl.col("policy") == "newsvendor"
    return pl.DataFrame({"policy": policies}).with_columns(
        facility_id=pl.lit("F0"),
        sku=pl.Series([f"S{number}" for number in range(count)]),
        abc=pl.lit("A"),
        forecast_mean=pl.lit(None, pl.Float64),
        forecast_sd=pl.lit(None, pl.Float64),
        lead_time_mean_days=pl.lit(lead),
        lead_time_sd_days=pl.lit(1.0),
        lead_time_source=pl.lit("policy"),
        order_cost=pl.when(pl.int_range(pl.len()) % 2 == 0).then(40.0),
        unit_cost=pl.lit(20.0),
        waiting_cost=pl.when(pl.int_range(pl.len()) % 3 == 0).then(0.4),
        minimum_pieces=pl.lit(10, pl.Int64),
        multiple=pl.lit(4, pl.Int64),
        shelf_pieces=pl.lit(None, pl.Int64),
        season_ends=pl.when(seasonal).then(pl.lit(START + timedelta(days=season - 1))),
        season_days=pl.when(seasonal).then(pl.lit(season, pl.Int64)),
        season_expected=pl.lit(None, pl.Float64),
        price=pl.lit(50.0),
        salvage=pl.lit(5.0),
    )


def planned(rows: pl.DataFrame, history: np.ndarray) -> tuple[pl.DataFrame, Kept]:
    levels = stock_levels(rows, history, PLANNING)
    allowed = rows.select("facility_id", "sku", "minimum_pieces", "multiple", "shelf_pieces")
    return levels, kept(levels.join(allowed, on=["facility_id", "sku"]), ["F0"], rows["sku"].to_list(), START, PLANNING)


def known_as(levels: pl.DataFrame, days: int = 120, seed: int = 0) -> World:
    """A world of Poisson demand that is known to be as the levels take it to be."""
    count = levels.height
    mean, sd = levels["demand_mean"].to_numpy(), levels["demand_sd"].to_numpy()
    made = random_world(1, channels=1, facilities=1, items=count, days=days, warmup=0)
    draws = np.random.default_rng(seed)
    lead = levels["lead_time_mean_days"].to_numpy()
    return replace(
        made,
        demand=draws.poisson(mean, (days, 1, 1, count)).astype(np.int32),
        lift=np.ones((days, 1, count), np.float32),
        lead=np.broadcast_to(lead.astype(np.int16), (days, 1, count)),
        comes=np.ones((days, 1, count), np.float32),
        on_hand=levels["up_to"].to_numpy()[None],
        arrivals=np.zeros((days, 1, count), np.int32),
        rate=mean[None, None],
        spread=sd[None],
        lead_mean=lead[None],
        lead_sd=levels["lead_time_sd_days"].to_numpy()[None],
    )


@pytest.mark.parametrize("days", [400, 20])
def test_levels_are_those_of_the_plan(days: int) -> None:
    """By what past forecasts missed where there is a past, by formulas where there is none; all policies, with and without
    costs."""
    rows = items(list(KINDS) * 6)
    mean = np.linspace(0.2, 9, rows.height)
    history = np.random.default_rng(3).poisson(mean[:, None], (rows.height, days)).astype(float)
    rows = rows.with_columns(forecast_mean=pl.Series(mean), forecast_sd=pl.Series(np.sqrt(mean)))
    levels, told = planned(rows, history)
    assert ("calibrated" in " ".join(levels["method"])) == (days == 400)
    made = Policies(told, outlook(known_as(levels), calendar=True)).wanted(0)
    assert made.point[0].tolist() == levels["reorder_point"].to_list()
    assert made.up_to[0].tolist() == levels["up_to"].to_list()
    assert made.lot[0].tolist() == levels["order_quantity"].fill_null(0).to_list()
    reserve = Policies(told, outlook(known_as(levels), calendar=True)).reserve(0)
    assert np.ceil(reserve[0] - 1e-6).astype(int).tolist() == levels["safety_stock"].to_list()


def test_levels_follow_what_is_known_later() -> None:
    rows = items(["periodic", "base_stock", "s_s", "r_q"])
    levels, told = planned(rows, np.random.default_rng(4).poisson(3.0, (4, 300)).astype(float))
    world = known_as(levels)
    more = replace(world, demand=world.demand * 4)
    first, later = (Policies(told, outlook(one, calendar=True)).wanted(56) for one in (world, more))
    assert (later.up_to > 2 * first.up_to).all()


def test_an_order_by_hand() -> None:
    """r = 12, lots of 8; s = 12, S = 20; up to 20. The supplier sends at least 10, in fours."""
    rows = items(["r_q", "s_s", "base_stock"])
    levels, told = planned(rows, np.full((3, 100), 2.0))
    buyer = Policies(told, outlook(known_as(levels), calendar=True))
    wanted = replace(buyer.wanted(0), point=np.array([[12, 12, 20]]), up_to=np.array([[20, 20, 20]]), lot=np.array([[8, 0, 0]]))
    for position, ordered in {13: [0, 0, 12], 12: [12, 12, 12], 3: [16, 20, 20], 20: [0, 0, 0], 21: [0, 0, 0]}.items():
        assert buyer.order(wanted, np.full((1, 3), position))[0].tolist() == ordered, position


def test_the_shelf_bounds_an_order() -> None:
    rows = items(["base_stock"]).with_columns(shelf_pieces=pl.lit(30, pl.Int64))
    levels, told = planned(rows, np.full((1, 100), 20.0))
    buyer = Policies(told, outlook(known_as(levels), calendar=True))
    assert buyer.order(buyer.wanted(0), np.array([[5]])).tolist() == [[24]]
    assert buyer.order(buyer.wanted(0), np.array([[25]])).tolist() == [[0]], "no lot of the supplier's fits"


@pytest.mark.parametrize("kind", ["base_stock", "periodic"])
def test_what_is_promised_is_reached(kind: str) -> None:
    """No more than one review in ten ends short, so a fill rate far above nine in ten."""
    rows = items([kind] * 40).with_columns(
        minimum_pieces=pl.lit(1, pl.Int64), multiple=pl.lit(1, pl.Int64), waiting_cost=pl.lit(None, pl.Float64)
    )
    history = np.random.default_rng(6).poisson(4.0, (40, 400)).astype(float)
    levels, told = planned(rows, history)
    world = known_as(levels, days=400, seed=7)
    tally = simulate(world, [BY_POLICY], replace(company(1, 1), policy=PLANNING, kept=[told]), keep_days=True)[0]
    refused = tally.daily["refused"][50:].sum() / world.demand[50:].sum()
    assert 0 < refused < 0.05
    half = [replace(told, items=told.items.with_columns(service_level=pl.lit(0.5), error_shift=pl.lit(0.0)))]
    worse = simulate(world, [BY_POLICY], replace(company(1, 1), policy=PLANNING, kept=half), keep_days=True)[0]
    assert worse.daily["refused"][50:].sum() > 2 * tally.daily["refused"][50:].sum()


def test_a_season_is_bought_for_once_and_never_after_its_end() -> None:
    rows = items(["newsvendor"], season=40)
    levels, told = planned(rows, np.random.default_rng(8).poisson(5.0, (1, 300)).astype(float))
    world = replace(known_as(levels, days=90), on_hand=np.zeros((1, 1), np.int64))
    buyer = Policies(told, outlook(world, calendar=True))
    wanted = [int(buyer.wanted(day).up_to[0, 0]) for day in range(90)]
    assert wanted[0] == levels["up_to"][0] > 100
    assert wanted[30] < wanted[0] / 2, "less of it is left"
    assert wanted[34] > 0
    assert wanted[35:] == [0] * 55, "what is ordered five days before the end or later comes after it"
    tally = simulate(world, [BY_POLICY], replace(company(1, 1), policy=PLANNING, kept=[told]), keep_days=True)[0]
    assert tally.daily["stock"][39:].max() < 60


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from(["silo", "percent", "pool", "nested", "quotas"]), st.sampled_from([0.0, 1.0]))
def test_no_piece_is_lost_however_items_are_ordered(seed: int, allocation: str, held: float) -> None:
    """Each day's books are kept by the run itself, which ends where a piece is missing."""
    made = np.random.default_rng(seed)
    world = side_by_side([random_world(seed, channels=3, facilities=2, items=6)] * 2)
    rows = pl.concat(
        [items([str(kind) for kind in made.choice(KINDS, 6)]).with_columns(facility_id=pl.lit(name)) for name in ("F0", "F1")]
    )
    levels = stock_levels(rows, made.poisson(2.0, (12, 60)).astype(float), PLANNING)
    allowed = rows.select("facility_id", "sku", "minimum_pieces", "multiple", "shelf_pieces")
    told = kept(levels.join(allowed, on=["facility_id", "sku"]), ["F0", "F1"], [f"S{n}" for n in range(6)], START, PLANNING)
    scenario = Scenario.model_validate({"name": "x", "allocation": allocation, "held_back": held, "ordering": {"rule": "policy"}})
    one, other = simulate(world, [scenario, scenario], replace(company(), policy=PLANNING, kept=[told]))
    assert (one.by_unit() == other.by_unit()).all()
    assert np.allclose(one.by_unit()[0], one.by_unit()[1]), "worlds that are alike come out alike, side by side"


def test_without_levels_the_rule_says_what_it_lacks() -> None:
    world = random_world(1)
    with pytest.raises(ValueError, match="by policy: the rule `policy` orders by levels that a warehouse tells"):
        simulate(world, [BY_POLICY], company())
    _, told = planned(items(["periodic"] * 4), np.full((4, 50), 1.0))
    with pytest.raises(ValueError, match="levels of 4 SKUs are no levels of 6 items"):
        Policies(told, outlook(world, calendar=True))


def test_replenishment_looks_every_night_unless_said_otherwise() -> None:
    assert Ordering(rule="policy").every_days == 1
    assert Ordering(rule="policy", every_days=3).every_days == 3
    assert Ordering(rule="quantile").every_days == 7
