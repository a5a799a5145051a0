"""Rates a day, over the calendar."""

from datetime import date, timedelta

import polars as pl
import pytest

from sluice.planning.demand import channel_rates, demand_rates

AS_OF = date(2026, 3, 31)
SCHEMA = {
    "demand_date": pl.Date,
    "channel": pl.String,
    "shop": pl.String,
    "facility_id": pl.String,
    "sku": pl.String,
    "quantity": pl.Int64,
    "returned_quantity": pl.Int64,
    "revenue_base": pl.Decimal(18, 2),
}


def demand(*rows: tuple[int, str, str, int]) -> pl.DataFrame:
    """Rows of (days before AS_OF, channel, sku, quantity)."""
    full = [(AS_OF - timedelta(days=ago), channel, "main", "WH", sku, quantity, 5, None) for ago, channel, sku, quantity in rows]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def test_days_without_a_sale_count_as_zeros() -> None:
    rates = demand_rates(demand((10, "a", "X", 4), (5, "a", "X", 6)), AS_OF, 180)
    assert rates.select("facility_id", "sku", "days").rows() == [("WH", "X", 10)]
    assert rates["demand_mean"][0] == pytest.approx(1.0)
    by_hand = pl.Series([4, 0, 0, 0, 0, 6, 0, 0, 0, 0]).std()
    assert rates["demand_sd"][0] == pytest.approx(by_hand)


def test_time_before_an_items_first_sale_does_not_dilute_it() -> None:
    rates = demand_rates(demand((100, "a", "OLD", 10), (2, "a", "NEW", 10)), AS_OF, 180)
    assert dict(rates.select("sku", "demand_mean").iter_rows()) == {"OLD": pytest.approx(0.1), "NEW": pytest.approx(5.0)}


def test_only_the_window_counts_and_today_is_not_over() -> None:
    rates = demand_rates(demand((31, "a", "X", 1000), (30, "a", "X", 30), (0, "a", "X", 1000), (-3, "a", "X", 1000)), AS_OF, 30)
    assert rates["demand_mean"].to_list() == [pytest.approx(1.0)]


def test_channels_of_one_day_are_one_days_demand_and_add_up_to_the_item() -> None:
    sales = demand((4, "a", "X", 3), (4, "b", "X", 3), (1, "b", "X", 2))
    item = demand_rates(sales, AS_OF, 30)
    assert item["demand_sd"][0] == pytest.approx(pl.Series([6, 0, 0, 2]).std())
    channels = channel_rates(sales, AS_OF, 30)
    assert channels.select("channel", "days").rows() == [("a", 4), ("b", 4)]
    assert channels["demand_mean"].sum() == pytest.approx(item["demand_mean"][0])


def test_a_return_or_a_negative_row_is_no_demand() -> None:
    rates = demand_rates(demand((4, "a", "X", 8), (3, "a", "X", -8), (2, "a", "GONE", -1)), AS_OF, 30)
    assert rates.select("sku", "demand_mean").rows() == [("X", 2.0)]


def test_a_single_day_of_history_has_the_spread_of_a_count() -> None:
    rates = demand_rates(demand((1, "a", "X", 9)), AS_OF, 30)
    assert rates.select("demand_mean", "demand_sd").rows() == [(9.0, 3.0)]


def test_no_demand_gives_no_rows() -> None:
    assert demand_rates(demand(), AS_OF, 30).is_empty()
    assert channel_rates(demand(), AS_OF, 30).columns == [
        "facility_id",
        "sku",
        "channel",
        "shop",
        "days",
        "demand_mean",
        "demand_sd",
    ]
