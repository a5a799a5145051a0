"""Everybody's value on a day, from purchases as the warehouse has them: CDNOW whole, and companies that no model fits."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from sluice.customers.value.value import FEWEST_REPEAT_BUYERS, PURCHASES, value
from tests.customers.value import cdnow

DAY = date(2026, 3, 1)
PREDICTED = ["churn_probability", "expected_purchases", "expected_spend", "clv", "clv_low", "clv_high"]


def buyers(*rows: tuple[int, int, int, str], as_of: date = DAY) -> pl.DataFrame:
    """(days since the first purchase, days since the last, days with a purchase, net revenue) each."""
    return pl.DataFrame(
        [
            (f"{number:04}", as_of - timedelta(first), as_of - timedelta(last), days, days, Decimal(revenue))
            for number, (first, last, days, revenue) in enumerate(rows)
        ],
        schema=PURCHASES,
        orient="row",
    )


def test_cdnow_is_valued_whole() -> None:
    of, models = value(cdnow.people(cdnow.purchases(until=cdnow.END)), cdnow.END)
    assert models.buying
    assert models.buying.log_likelihood == pytest.approx(-9582.43, abs=0.005)
    assert of.height == models.people == 2357
    assert of.null_count().sum_horizontal().item() == 0
    assert (of["clv_low"] <= of["clv_high"]).all()
    assert of["churn_probability"].is_between(0, 1).all()


def test_without_repeat_buyers_scores_are_told_and_nothing_is_made_up() -> None:
    of, models = value(buyers((10, 10, 1, "5"), (3, 3, 1, "7")), DAY)
    assert of[PREDICTED].null_count().sum_horizontal().item() == 2 * len(PREDICTED)
    assert of["recency_score"].to_list() == [1, 2]
    assert models.refused == f"0 people bought twice; {FEWEST_REPEAT_BUYERS} are needed"


@pytest.mark.parametrize("people", [0, 1])
def test_nobody_and_one_person_are_valued(people: int) -> None:
    of, models = value(buyers((10, 10, 1, "5")).head(people), DAY)
    assert of.height == models.people == people


def test_who_bought_nothing_has_no_row() -> None:
    assert value(buyers((10, 10, 0, "0"), (3, 3, 1, "7")), DAY)[0]["customer_key"].to_list() == ["0001"]


def test_all_refunded_leaves_chances_and_no_amounts() -> None:
    of, models = value(buyers(*[(100 + n, n, 3, "0") for n in range(40)]), DAY)
    assert models.refused == "nobody spent anything"
    assert of["churn_probability"].null_count() == 0
    assert of["clv"].null_count() == 40


@pytest.mark.parametrize(
    "rows",
    [
        [(100, 10, 4, "80")] * 60,
        [(100, 10, 4, "80")] * 60 + [(300, 0, 250, "9000000.99")],
        [(100 + n, n, 2 + n % 3, "-4.50" if n % 4 == 0 else "30") for n in range(80)],
        [(100, -40, 3, "20")] * 30,
        [(0, 0, 1, "20")] * 30 + [(9, 0, 2, "20")] * 30,
    ],
    ids=["all_the_same", "a_huge_spender", "refunds", "dated_ahead", "opened_today"],
)
def test_odd_companies_get_finite_values(rows: list[tuple[int, int, int, str]]) -> None:
    of, models = value(buyers(*rows), DAY)
    assert models.refused is None
    assert of.select(PREDICTED).null_count().sum_horizontal().item() == 0
    assert (of["clv_high"] >= of["clv_low"]).all()
    assert (of["clv_low"] >= 0).all()
    assert (of["recency_days"] >= 0).all()
