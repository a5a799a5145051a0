"""The forecast on frames: corrected, adding up over channels and facilities, whatever the frames hold."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from sluice.planning.demand_matrix import Known, closed_days, matrix
from sluice.planning.forecast import Forecast, forecast, learned, scores
from sluice.planning.forecasting.week import WEEK
from sluice.planning_policy import Planning

AS_OF = date(2026, 3, 31)
DAYS = 210
POLICY = Planning(forecast_history_days=DAYS, forecast_weeks=4)
ITEM = ["facility_id", "sku"]
COLUMNS = {
    "demand_date": pl.Date,
    "channel": pl.String,
    "shop": pl.String,
    "facility_id": pl.String,
    "sku": pl.String,
    "quantity": pl.Int64,
    "revenue": pl.Float64,
}
MARKED = {"facility_id": pl.String, "sku": pl.String, "day": pl.Date}
NOTHING = Known(
    sold_out=pl.DataFrame(schema=MARKED),
    promoted=pl.DataFrame(schema=MARKED),
    closed=pl.DataFrame(schema={"facility_id": pl.String, "day": pl.Date}),
    events=pl.DataFrame(schema={"name": pl.String, "day": pl.Date}),
    products=pl.DataFrame(schema={"sku": pl.String, "category": pl.String, "price": pl.Float64}),
)


def demand(skus: int = 12, seed: int = 1, days: int = DAYS) -> pl.DataFrame:
    """Every SKU at two facilities through two channels, a few pieces a day."""
    draw = np.random.default_rng(seed)
    rows = [
        (AS_OF - timedelta(days=ago), channel, "main", facility, f"S{sku}", int(pieces), float(pieces) * 3)
        for sku in range(skus)
        for facility in ("BJ", "SH")
        for channel, rate in (("own", 2.0), ("market", 5.0))
        for ago, pieces in enumerate(draw.poisson(rate * (1 + sku % 3), days), start=1)
        if pieces
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def made(sales: pl.DataFrame, known: Known = NOTHING, policy: Planning = POLICY) -> Forecast:
    found = matrix(sales, known, AS_OF, policy.forecast_history_days, policy.forecast_weeks * WEEK)
    return forecast(found, learned(found, policy, AS_OF), policy, AS_OF)


def test_channels_add_up_to_their_item_and_weeks_to_its_mean() -> None:
    one = made(demand())
    sums = one.channels.group_by(ITEM).agg(pl.col("demand_mean").sum()).sort(ITEM)
    assert np.allclose(sums["demand_mean"], one.items["demand_mean"], rtol=1e-9)
    weeks = one.weeks.group_by(ITEM).agg(pl.col("mean").sum() / (POLICY.forecast_weeks * WEEK)).sort(ITEM)
    assert np.allclose(weeks["mean"], one.items["demand_mean"], rtol=1e-9)
    assert one.items.height == 24
    assert one.channels.height == 48
    assert one.weeks["week_start"].unique().sort().to_list() == [AS_OF + timedelta(days=7 * week) for week in range(4)]


def test_it_is_about_what_is_sold() -> None:
    one = made(demand())
    assert one.items["demand_mean"].sum() == pytest.approx(sum(7 * (1 + sku % 3) * 2 for sku in range(12)), rel=0.03)
    by_channel = one.channels.group_by("channel").agg(pl.col("demand_mean").sum()).sort("channel")["demand_mean"]
    assert by_channel[0] / by_channel[1] == pytest.approx(2.5, rel=0.1)
    quantiles = one.weeks.select("q10", "q50", "q90", "q95").to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_a_sold_out_month_is_not_a_month_without_demand() -> None:
    sales = demand()
    gone = [AS_OF - timedelta(days=ago) for ago in range(1, 29)]
    empty = (pl.col("sku") == "S1") & (pl.col("facility_id") == "BJ") & pl.col("demand_date").is_in(gone)
    sold_out = pl.DataFrame([("BJ", "S1", day) for day in gone], schema=MARKED, orient="row")

    def rate(known: Known) -> float:
        items = made(sales.filter(~empty), known).items
        return float(items.filter(facility_id="BJ", sku="S1")["demand_mean"][0])

    known = Known(sold_out, NOTHING.promoted, NOTHING.closed, NOTHING.events, NOTHING.products)
    assert rate(known) == pytest.approx(14, rel=0.12)
    assert rate(NOTHING) < 8
    found = made(sales.filter(~empty), known).items.filter(facility_id="BJ", sku="S1")
    assert found["sold_out_days"][0] == 28


def test_a_festival_ahead_is_forecast_where_one_was_before() -> None:
    sales, before, ahead = demand(), AS_OF - timedelta(days=60), AS_OF + timedelta(days=9)
    festive = pl.when(pl.col("demand_date") == before).then(pl.col("quantity") * 6).otherwise(pl.col("quantity"))
    events = pl.DataFrame({"name": ["618", "618"], "day": [before, ahead]})
    known = Known(NOTHING.sold_out, NOTHING.promoted, NOTHING.closed, events, NOTHING.products)
    weeks = (
        made(sales.with_columns(quantity=festive), known)
        .weeks.group_by("week_start")
        .agg(pl.col("mean").sum())
        .sort("week_start")
    )
    first, second, *_ = weeks["mean"]
    assert second / first == pytest.approx(1 + 5 / 7, rel=0.1)


def test_a_facility_is_closed_where_nothing_sells_among_busy_days() -> None:
    days = [AS_OF - timedelta(days=ago) for ago in range(30, 0, -1) if ago not in (12, 13)]
    lines = pl.DataFrame({"facility_id": "BJ", "demand_date": days, "lines": 40})
    quiet = pl.DataFrame({"facility_id": "SH", "demand_date": days[::3], "lines": 2})
    found = closed_days(pl.concat([lines, quiet]), AS_OF - timedelta(days=40), AS_OF)
    assert found.sort("day").rows() == [("BJ", AS_OF - timedelta(days=13)), ("BJ", AS_OF - timedelta(days=12))]


def test_one_row_and_none() -> None:
    for sales in (demand(0), demand(1, days=1).head(1)):
        one = made(sales)
        assert one.items.height == sales.height
        assert np.isfinite(one.weeks["mean"].to_numpy()).all()


def test_odd_rows_are_no_demand_and_no_fault() -> None:
    odd = [
        (AS_OF - timedelta(days=3), "own", "main", "BJ", None, 5, 1.0),
        (AS_OF - timedelta(days=3), "own", "main", "BJ", "S1", -50, None),
        (AS_OF + timedelta(days=3), "own", "main", "BJ", "S1", 900, 1.0),
        (AS_OF - timedelta(days=900), "own", "main", "BJ", "S1", 900, 1.0),
        (None, "own", "main", "BJ", "S1", 900, 1.0),
    ]
    plain, extra = demand(), pl.DataFrame(odd, schema=COLUMNS, orient="row")
    assert made(pl.concat([extra, plain])).items.equals(made(plain).items)


def test_the_order_of_rows_does_not_matter() -> None:
    sales = demand()
    one, other = made(sales), made(sales.sample(fraction=1, shuffle=True, seed=1))
    assert one.items.equals(other.items)
    assert one.weeks.equals(other.weeks)


def test_batches_give_what_all_at_once_gives() -> None:
    """Quantiles are pooled within a batch; the rest is the item's own, or learned before."""
    sales = demand()
    whole = matrix(sales, NOTHING, AS_OF, DAYS, 28)
    known = learned(whole, POLICY, AS_OF)
    half = matrix(sales.filter(pl.col("sku") < "S4"), NOTHING, AS_OF, DAYS, 28)
    one, other = forecast(whole, known, POLICY, AS_OF).items, forecast(half, known, POLICY, AS_OF).items
    same = one.join(other.select(ITEM), on=ITEM, how="semi").sort(ITEM)
    for name in ("demand_mean", "demand_sd"):
        assert np.allclose(same[name], other.sort(ITEM)[name])


def test_scores_are_a_frame_without_nan() -> None:
    found = matrix(demand(), NOTHING, AS_OF, DAYS, 28)
    frame = scores(learned(found, POLICY, AS_OF).selection)
    assert frame.filter(pl.col("is_chosen"))["demand_class"].sort().to_list() == ["erratic", "intermittent", "lumpy", "smooth"]
    assert frame["rmsse"].is_nan().sum() == 0
    assert frame["rmsse"].null_count() > 0, "a class without items was not scored"


def test_the_worked_example_of_the_page_is_right() -> None:
    rows = [
        (AS_OF - timedelta(days=ago), channel, "main", "SH", "LMP-1", pieces, 1.0)
        for ago in range(15, 71)
        for channel, pieces in (("own", 6), ("market", 4))
    ]
    sales = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    gone = pl.DataFrame([("SH", "LMP-1", AS_OF - timedelta(days=ago)) for ago in range(1, 15)], schema=MARKED, orient="row")
    known = Known(gone, NOTHING.promoted, NOTHING.closed, NOTHING.events, NOTHING.products)
    one = made(sales, known)
    assert one.items["demand_mean"][0] == pytest.approx(10, rel=0.01)
    assert one.weeks["mean"].to_list() == pytest.approx([70] * 4, rel=0.01)
    assert one.channels["demand_mean"].to_list() == pytest.approx([4, 6], rel=0.02)
