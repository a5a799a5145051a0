"""The chosen method keeps its target where the normal formula misses it, on demand it was not made for, and never looks ahead."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from sluice.planning.inventory.backtest import CHOSEN, NORMAL, Setting, backtest
from sluice.planning.inventory.choose import choose
from sluice.planning.inventory.history import daily, demand_classes
from sluice.planning.inventory.levels import Supply, Target, lead_times
from tests.planning.forecasting.demand_sets import online_retail, since_first_sale

TOLERANCE = 0.01


def setting(history: np.ndarray, level: float, fill: bool, lead: float, lead_sd: float = 0.0, start: int = 180) -> Setting:
    items = len(history)
    supply = Supply(np.full(items, lead), np.full(items, lead_sd), 7)
    return Setting(history, supply, Target(np.full(items, level), np.full(items, fill)), start)


def overall(made: pl.DataFrame, method: str, column: str = "achieved") -> float:
    return float(made.filter(pl.col("method") == method, pl.col("demand_class") == "all")[column][0])


def drawn(kind: str) -> np.ndarray:
    """200 items, 320 days: seasons, a tripling, rare sales."""
    draw = np.random.default_rng(7)
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(320) / 365) * np.ones((200, 1))
    if kind == "seasonal":
        rate = draw.gamma(0.8, 5, (200, 1)) * season
        return draw.negative_binomial(1.5, 1.5 / (1.5 + rate)).astype(float)
    rate = draw.gamma(1, 5, (200, 1)) * np.linspace(1, 3, 320) if kind == "rising" else draw.gamma(0.7, 0.3, (200, 1))
    return draw.poisson(np.broadcast_to(rate + 0.01, (200, 320))).astype(float)


@pytest.mark.parametrize("fill", [False, True], ids=["cycle service", "fill rate"])
def test_on_real_demand_the_target_is_reached_and_the_textbook_misses_it(fill: bool) -> None:
    history = since_first_sale(online_retail()[0])
    made = backtest(setting(history, 0.95, fill, 14, 3, start=230), ["every"] * len(history))
    assert overall(made, CHOSEN) >= 0.95 - TOLERANCE
    assert overall(made, CHOSEN) <= 0.975
    assert overall(made, NORMAL) < 0.9


@pytest.mark.parametrize("kind", ["seasonal", "rising", "rare"])
@pytest.mark.parametrize("fill", [False, True], ids=["cycle service", "fill rate"])
def test_on_drawn_demand_too(kind: str, fill: bool) -> None:
    history = since_first_sale(drawn(kind))
    made = backtest(setting(history, 0.95, fill, 10, start=200), ["every"] * len(history))
    assert overall(made, CHOSEN) >= 0.95 - 1.5 * TOLERANCE


def test_changing_the_future_never_changes_a_decision() -> None:
    history = since_first_sale(drawn("seasonal"))
    other = history.copy()
    other[:, 280:] = np.random.default_rng(9).poisson(50, other[:, 280:].shape)
    fill = setting(history, 0.95, True, 10, 2)
    for day in (200, 280):
        one, two = (choose(days[:, :day], fill.supply, fill.target) for days in (history, other))
        assert one.position.tolist() == two.position.tolist()
    changed = choose(other[:, :281], fill.supply, fill.target)
    assert changed.position.tolist() != choose(history[:, :281], fill.supply, fill.target).position.tolist()


def test_without_a_past_the_normal_formula_speaks() -> None:
    history = drawn("rare")[:, :40]
    made = choose(history, setting(history, 0.95, False, 7).supply, setting(history, 0.95, False, 7).target)
    assert not made.is_calibrated.any()
    assert (made.position >= made.mean * setting(history, 0.95, False, 7).supply.protected).all()


@pytest.mark.parametrize("rows", [0, 1])
def test_none_and_one(rows: int) -> None:
    history = drawn("seasonal")[:rows]
    made = choose(history, setting(history, 0.95, True, 7).supply, setting(history, 0.95, True, 7).target)
    assert len(made.position) == rows
    assert np.isfinite(made.position).all()


def test_lead_times_that_vary_have_their_mean_and_spread() -> None:
    drawn_times = lead_times(Supply(np.array([14.0, 5.0]), np.array([3.0, 0.0]), 7))
    assert drawn_times.mean(axis=1) == pytest.approx([14, 5], rel=0.01)
    assert drawn_times.std(axis=1) == pytest.approx([3, 0], rel=0.1)


def test_classes_by_hand() -> None:
    week = np.ones(7) / 7
    weekly = np.array([[5.0, 6, 5, 6, 5, 6], [1, 30, 2, 9, 50, 1], [0, 5, 0, 0, 5, 0], [0, 50, 0, 0, 0, 1]])
    history = np.kron(weekly, week)
    assert demand_classes(history, 7) == ["smooth", "erratic", "intermittent", "lumpy"]
    assert demand_classes(history[2:3], 21) == ["smooth"], "the class depends on the bucket"
    history[:, :-10] = np.nan
    assert set(demand_classes(history, 7)) == {"new"}


def test_days_as_a_matrix() -> None:
    rows = [
        (date(2026, 3, 28), "SH", "A", 2), (date(2026, 3, 30), "SH", "A", 3), (date(2026, 3, 30), "SH", "A", 1),
        (date(2026, 3, 30), "BJ", "B", -4), (date(2026, 3, 30), None, "C", 1), (date(2026, 3, 31), "SH", "D", 9),
        (date(2026, 3, 1), "SH", "E", 9), (date(2026, 3, 30), "SH", None, 9),
    ]  # fmt: skip
    schema = {"demand_date": pl.Date, "facility_id": pl.String, "sku": pl.String, "quantity": pl.Int64}
    items, found = daily(pl.DataFrame(rows, schema=schema, orient="row"), date(2026, 3, 31), 4)
    assert items.rows() == [("SH", "A"), ("default", "C")]
    assert np.nan_to_num(found, nan=-1).tolist() == [[-1, 2, 0, 4], [-1, -1, -1, 1]]
