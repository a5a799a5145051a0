"""Which policy an item gets, what it is told wrongly, and the levels that come of it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from sluice.planning.inventory.season import Season, best_stock
from sluice.planning.item_policies import with_policies
from sluice.planning.kept_levels import safety_again
from sluice.planning.season_levels import with_season
from sluice.planning.stock_levels import stock_levels
from sluice.planning_policy import Planning
from tests.planning.test_stock_levels import items, lumpy

SEASON = {"ends": "2026-12-24"}


def policy(*entries: dict[str, object], **rest: object) -> Planning:
    return Planning.model_validate({"replenishment": {"policies": list(entries)}, **rest})


def test_the_last_entry_that_matches_says() -> None:
    known = pl.DataFrame(
        {"sku": ["LMP-1", "LMP-2", "XMAS", "OLD"], "abc": ["A", "C", "B", "C"], "supplier_id": ["7", "7", None, None]}
    ).with_columns(supplier=pl.lit("Ningbo Lighting"), category=pl.Series([None, "lamps", "Christmas", None]))
    told = policy(
        {"policy": "s_s"},
        {"policy": "base_stock", "abc": "C"},
        {"policy": "r_q", "sku": "LMP-*", "supplier": "7", "abc": ["A", "B"], "waiting_cost": 0.5},
        {"policy": "newsvendor", "category": "Christ*", "season": {**SEASON, "price": 9, "salvage": 2}},
    )
    made = with_policies(known, told.replenishment.policies)
    assert made["policy"].to_list() == ["r_q", "base_stock", "newsvendor", "base_stock"]
    assert made["waiting_cost"].to_list() == [0.5, None, None, None]
    assert made.row(2)[-3:] == (date(2026, 12, 24), 9.0, 2.0)
    assert with_policies(known, [])["policy"].unique().to_list() == ["periodic"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"policy": "newsvendor"}, "say when it ends"),
        ({"policy": "r_q", "season": SEASON}, "season does not go with r_q; it goes with newsvendor"),
        ({"policy": "periodic", "waiting_cost": 1}, "it goes with base_stock, r_q, s_s"),
        ({"policy": "weekly"}, "'periodic', 'base_stock', 'r_q', 's_s' or 'newsvendor'"),
        ({"policy": "r_q", "abc": "D"}, "'A', 'B' or 'C'"),
        ({"policy": "r_q", "waiting_cost": 0}, "greater than 0"),
        ({"policy": "newsvendor", "season": {"ends": "soon"}}, "date"),
    ],
)
def test_what_does_not_fit_is_said_with_what_does(entry: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=r"policies\.0") as fault:
        policy(entry)
    assert words in str(fault.value)


def test_every_item_has_the_level_of_its_policy_and_its_terms_give_it_again() -> None:
    known = items(100, order_cost=40.0, unit_cost=9.0).with_columns(
        policy=pl.Series(["periodic", "base_stock", "r_q", "s_s", "newsvendor"] * 20),
        season_ends=pl.lit(date(2026, 12, 24)), season_days=pl.lit(30, pl.Int64), price=pl.lit(20.0), salvage=pl.lit(3.0),
    )  # fmt: skip
    rules = policy({"policy": "r_q"}, {"policy": "s_s"}, {"policy": "base_stock"}, service=[{"kind": "fill_rate", "level": 0.9}])
    made = stock_levels(known, lumpy(100), rules)
    assert made["policy"].to_list() == known["policy"].to_list()
    assert made["sku"].to_list() == known["sku"].to_list()
    assert safety_again(made.to_dicts()) == made["safety_stock"].to_list()
    assert (made["reorder_point"] >= made["safety_stock"]).all()
    of = {name: made.filter(pl.col("policy") == name) for name in made["policy"].unique()}
    assert of["r_q"]["order_quantity"].min() >= 1
    assert (of["r_q"]["up_to"] - of["r_q"]["reorder_point"] == of["r_q"]["order_quantity"]).all()
    assert (of["s_s"]["up_to"] > of["s_s"]["reorder_point"]).all()
    assert of["s_s"]["order_quantity"].null_count() == 20
    assert (of["base_stock"]["up_to"] == of["base_stock"]["reorder_point"]).all()
    assert of["newsvendor"]["safety_stock"].sum() == 0
    assert set(made["review_period_days"].to_list()) == {1, 7}


def test_an_items_level_is_its_own_whatever_policy_others_have() -> None:
    known = items(100).with_columns(policy=pl.Series(["periodic", "r_q"] * 50))
    mixed = stock_levels(known, lumpy(100), policy({"policy": "r_q"}))
    alike = stock_levels(known.with_columns(policy=pl.lit("periodic")), lumpy(100), policy())
    periodic = pl.Series(known["policy"] == "periodic")
    assert mixed.filter(periodic)["up_to"].to_list() == alike.filter(periodic)["up_to"].to_list()


def test_a_season_by_hand() -> None:
    """Poisson demand of 6 that costs 4 where missing and 1 where left over: 8 (Snyder & Shen, problem 4.7's newsvendor)."""
    nothing = np.full((1, 0), np.nan)
    season = Season(np.array([6]), np.array([6.0]), np.array([1.0]), np.array([4.0]), np.array([1.0]))
    made = best_stock(nothing, season)
    assert (made.stock.tolist(), made.ratio.tolist()) == ([8.0], [0.8])
    over = Season(np.array([0]), np.array([0.0]), np.array([1.0]), np.array([4.0]), np.array([1.0]))
    assert best_stock(nothing, over).stock.tolist() == [0.0]
    dear = Season(np.array([6]), np.array([6.0]), np.array([1.0]), np.array([-2.0]), np.array([1.0]))
    assert best_stock(nothing, dear).stock.tolist() == [0.0], "what is sold below its cost is not bought"


def test_an_order_that_comes_after_the_season_is_none() -> None:
    known = items(2, unit_cost=9.0).with_columns(
        policy=pl.lit("newsvendor"), season_ends=pl.lit(date(2026, 12, 24)), price=pl.lit(20.0), salvage=pl.lit(0.0),
        season_days=pl.Series([9, 10]),
    )  # fmt: skip
    made = stock_levels(known, np.full((2, 60), 3.0), Planning())
    assert made["up_to"].to_list()[0] == 0
    assert made["up_to"].to_list()[1] >= 30


def test_a_season_takes_the_forecasts_days_and_goes_on_as_its_last_week() -> None:
    as_of = date(2026, 11, 23)
    known = pl.DataFrame({"facility_id": "A", "sku": ["X", "Y"], "season_ends": [date(2026, 12, 3), None]})
    starts = [as_of - timedelta(days=3), as_of + timedelta(days=4)]
    weeks = pl.DataFrame({"facility_id": "A", "sku": "X", "week_start": starts, "mean": [7.0, 14.0]})
    made = with_season(known, weeks, as_of)
    assert made["season_days"].to_list() == [11, None]
    assert made["season_expected"].to_list() == [4 * 1 + 7 * 2, None]
    longer = with_season(known.with_columns(season_ends=pl.lit(date(2026, 12, 13))), weeks, as_of)
    assert longer["season_expected"].to_list()[0] == 4 * 1 + 7 * 2 + 10 * 2


def test_a_seasons_stock_earns_more_than_the_mean_and_than_the_service_target() -> None:
    """Held-out seasons of 21 days on drawn demand: profit by the ratio's quantile against the mean and against 95 %."""
    draw = np.random.default_rng(3)
    rate = draw.gamma(2, 2, (300, 1))
    demand = draw.negative_binomial(0.6, 0.6 / (0.6 + rate), (300, 300)).astype(np.float64)
    past, to_come = demand[:, :-21], demand[:, -21:].sum(axis=1)
    expected = past[:, -84:].mean(axis=1) * 21

    def stock(missing: float, left_over: float) -> np.ndarray:
        whole = np.full(300, 21), expected, past.std(axis=1), np.full(300, missing), np.full(300, left_over)
        return np.ceil(best_stock(past, Season(*whole)).stock)

    def profit(held: np.ndarray) -> float:
        return float((6 * np.minimum(held, to_come) - 4 * np.maximum(0, held - to_come)).sum())

    assert profit(stock(6, 4)) > 1.01 * profit(stock(0.95, 0.05))
    assert profit(stock(6, 4)) >= 0.995 * profit(np.ceil(expected))
    served = (to_come <= stock(0.9, 0.1)).mean()
    assert served == pytest.approx(0.9, abs=0.05)
