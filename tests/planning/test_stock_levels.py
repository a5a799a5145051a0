"""One level for plan and replenishment: by which method, from which rate, and the same again from the terms that are kept."""

import numpy as np
import polars as pl
import pytest

from sluice.planning.inventory.choose import CALIBRATED, COUNTS, NORMAL
from sluice.planning.kept_levels import safety_again
from sluice.planning.stock_levels import stock_levels
from sluice.planning_policy import Planning

DAYS = 240


def items(number: int, **columns: object) -> pl.DataFrame:
    given = {"lead_time_mean_days": 9.0, "lead_time_sd_days": 2.0, "forecast_mean": None, "forecast_sd": None, **columns}
    return pl.DataFrame(
        {"facility_id": ["WH"] * number, "sku": [f"S{one:04}" for one in range(number)], "abc": ["B"] * number}
    ).with_columns(pl.lit("sku").alias("lead_time_source"), *(pl.lit(one, pl.Float64).alias(name) for name, one in given.items()))


def lumpy(number: int, days: int = DAYS) -> np.ndarray:
    draw = np.random.default_rng(5)
    return np.where(draw.random((number, days)) < 0.1, draw.geometric(0.1, (number, days)), 0).astype(np.float64)


POLICIES = [
    Planning(service_level=0.95),
    Planning.model_validate({"service": [{"kind": "fill_rate", "level": 0.9}]}),
    Planning(service_level=0.98, review_period_days=0),
]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("days", [DAYS, 20, 0])
def test_the_terms_that_are_kept_give_the_safety_stock_again(policy: Planning, days: int) -> None:
    known = items(60)
    history = np.where(np.arange(60)[:, None] % 7 == 0, np.nan, lumpy(60, days))
    made = stock_levels(known, history, policy)
    assert safety_again(made.to_dicts()) == made["safety_stock"].to_list()
    assert (made["up_to"] >= made["reorder_point"]).all()
    assert (made["reorder_point"] >= made["safety_stock"]).all()
    assert set(made["method"]) <= {CALIBRATED, COUNTS, NORMAL}
    unsold = made.filter(pl.int_range(pl.len()) % 7 == 0)
    assert (unsold["up_to"] == 0).all(), "what never sold is not filled up"


@pytest.mark.parametrize("column", ["demand_mean", "lead_time_mean_days", "error_shift", "error_spread"])
def test_a_term_that_was_changed_gives_another(column: str) -> None:
    made = stock_levels(items(60), lumpy(60), POLICIES[0])
    changed = made.with_columns(pl.col(column) * 2 + 1)
    assert safety_again(changed.to_dicts()) != made["safety_stock"].to_list()


def test_lumpy_demand_is_calibrated_and_kept_and_the_formula_says_another() -> None:
    history = lumpy(400, 400)
    past, to_come = history[:, :-16], history[:, -16:].sum(axis=1)
    made = stock_levels(items(400, lead_time_sd_days=0.0), past, Planning(service_level=0.95, lead_time_sd_days=0))
    assert set(made["method"]) == {CALIBRATED}
    assert (to_come <= made["up_to"].to_numpy()).mean() == pytest.approx(0.95, abs=0.03)


def test_the_forecast_goes_before_the_trailing_mean() -> None:
    history = lumpy(60)
    half = items(60).with_columns(forecast_mean=pl.when(pl.int_range(60) < 30).then(40.0), forecast_sd=pl.lit(5.0))
    made, without = (stock_levels(one, history, POLICIES[0]) for one in (half, items(60)))
    assert set(made["demand_mean"][:30]) == {40.0}
    assert made["demand_mean"][30:].to_list() == without["demand_mean"][30:].to_list()
    assert (made["up_to"][:30] > without["up_to"][:30]).all()


def test_sold_out_days_do_not_make_an_item_look_unwanted() -> None:
    steady = np.random.default_rng(2).poisson(6, (60, DAYS)).astype(np.float64)
    gone = steady.copy()
    gone[:5, -30:] = 0
    unknown = gone.copy()
    unknown[:5, -30:] = np.nan
    blind, seeing, full = (stock_levels(items(60), one, POLICIES[0])["up_to"][:5].sum() for one in (gone, unknown, steady))
    assert seeing == pytest.approx(full, rel=0.1)
    assert blind < 0.7 * full


def test_nothing_gives_an_empty_frame() -> None:
    assert stock_levels(items(0), np.zeros((0, 0)), POLICIES[0]).height == 0
