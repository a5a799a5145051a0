"""Promotions: read, matched, their uplift learned where the truth is known, put on the days to come and on no others."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.planning.demand_matrix import matrix
from sluice.planning.forecast import forecast, learned
from sluice.planning.forecasting.week import WEEK
from sluice.planning.promotions import DISCOUNT, covered, kinds, lifted, planner, running, share
from sluice.promotions import Promotion
from sluice.sandbox.catalogue import SHOPS
from sluice.sandbox.seasons import AS_OF as NOW
from sluice.sandbox.seasons import PROMOTIONS
from sluice.sandbox.world import World
from tests.planning.test_forecast import AS_OF, COLUMNS, NOTHING, POLICY, demand, made

SINCE = date(2026, 1, 1)
ITEMS = pl.DataFrame({"facility_id": ["BJ", "SH", "SH"], "sku": ["LMP-1", "LMP-1", "SHD-2"]})
PRODUCTS = pl.DataFrame({"sku": ["LMP-1", "SHD-2"], "category": ["lamps", None], "price": [1.0, 2.0]})
MARKET = {"channel": "market"}


def promotion(first: date, last: date, **terms: object) -> Promotion:
    return Promotion.model_validate({"from": first, "to": last, **terms})


def days_ago(first: int, last: int, **terms: object) -> Promotion:
    return promotion(AS_OF - timedelta(days=first), AS_OF - timedelta(days=last), **terms)


def test_a_promotion_runs_where_and_when_it_is_planned() -> None:
    plan = [
        promotion(date(2025, 12, 1), date(2026, 1, 2), sku="LMP-*"),
        promotion(date(2026, 1, 2), date(2026, 1, 3), kind="618", facility="SH"),
        promotion(date(2026, 1, 5), date(2026, 9, 1), kind="618", category="lam*", channel="market"),
        promotion(date(2027, 1, 5), date(2027, 9, 1), kind="far"),
    ]
    assert [one.name for one in kinds(plan)] == [DISCOUNT, "promotion", "618", "618", "far"]
    found = running(plan, ITEMS, PRODUCTS, SINCE, 6).astype(int)
    assert found[1].tolist() == [[1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]], (
        "on the 2nd the last of the plan runs"
    )
    assert found[2].tolist() == [[0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0], [0, 1, 1, 0, 0, 0]]
    assert found[3].tolist() == [[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]]
    assert not found[[0, 4]].any()
    channels = pl.DataFrame({"channel": ["own", "market", None], "shop": ["main", "main", None]})
    assert covered(kinds(plan), channels)[:, 3].tolist() == [False, True, False]
    assert covered(kinds(plan), channels)[:, 1].all()


def test_the_planners_word_is_the_last_of_its_kind() -> None:
    day = date(2026, 1, 1)
    plan = [promotion(day, day, uplift=2), promotion(day, day, uplift=3), promotion(day, day), promotion(day, day, kind="x")]
    assert planner(plan)[1:].tolist()[0] == 3
    assert np.isnan(planner(plan)[[0, 2]]).all()


def test_the_share_of_a_channel_is_its_part_of_the_pieces() -> None:
    on = np.array([[True, True], [True, False], [True, True]])
    found = share(np.array([6.0, 2.0, 0.0]), on, np.array([0, 0, 1]), 3)
    assert found[:, 0].tolist() == [1, 1, 1]
    assert found[:, 1] == pytest.approx([0.75, 0.75, 0.75]), "what never sold is like all"


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_channels_add_up_with_promotions_as_they_do_without(seed: int) -> None:
    draw = np.random.default_rng(seed)
    items, days, of = 5, 14, 3
    item_of = np.sort(draw.integers(0, items, 9))
    channels = draw.gamma(1, 3, 9) * (draw.random(9) < 0.8)
    mean = np.bincount(item_of, channels, items)
    daily = draw.dirichlet(np.ones(days), items) * mean[:, None] * days
    planned, uplift = draw.random((of, items, days)) < 0.3, 1 + draw.gamma(1, 2, (items, of))
    ahead = lifted(planned, uplift, daily, channels, draw.random((9, of)) < 0.5, item_of)
    assert np.allclose(np.bincount(item_of, ahead.channels, items), ahead.daily.mean(axis=1))
    assert (ahead.daily >= daily - 1e-9).all()
    idle = ~planned.any(axis=0)
    assert np.allclose(ahead.daily[idle], daily[idle])
    none = lifted(np.zeros_like(planned), uplift, daily, channels, np.ones((9, of), bool), item_of)
    assert np.array_equal(none.daily, daily)
    assert np.array_equal(none.channels, channels)


def promoted(sales: pl.DataFrame, times: int, plan: list[Promotion], **where: str) -> pl.DataFrame:
    """On the plan's days and of what is `where`, what other customers like them buy too, so many times as many."""
    day = pl.col("demand_date")
    ran = pl.any_horizontal(day.is_between(one.first, one.last) for one in plan)
    more = [demand(seed=100 + number).filter(ran, **where) for number in range(times - 1)]
    keys = [name for name in COLUMNS if name not in ("quantity", "revenue")]
    return pl.concat([sales, *more]).group_by(keys).agg(pl.col("quantity", "revenue").sum()).sort(keys)


def test_a_promotion_to_come_sells_what_those_of_the_past_did_and_lasts_as_long() -> None:
    past = [days_ago(120, 114), days_ago(60, 54)]
    ahead = promotion(AS_OF + timedelta(days=WEEK), AS_OF + timedelta(days=2 * WEEK - 1))
    sales = promoted(demand(), 3, past)
    plain = made(demand())
    one = made(sales, replace(NOTHING, promotions=[*past, ahead]))
    total, usual = (
        each.weeks.group_by("week_start").agg(pl.col("mean", "baseline", "q90").sum()).sort("week_start") for each in (one, plain)
    )
    assert (total["mean"] / usual["mean"]).to_list() == pytest.approx([1, 3, 1, 1], rel=0.04)
    assert total["baseline"].to_list() == pytest.approx(usual["mean"].to_list(), rel=0.04)
    assert (total["q90"] / usual["q90"]).to_list() == pytest.approx([1, 3, 1, 1], rel=0.06)
    assert one.promotions["uplift_of_all"].unique().to_list() == pytest.approx([3], rel=0.03)
    assert set(one.promotions["planned_days"]) == {7}
    blind = made(sales)
    assert blind.items["demand_mean"].sum() > 1.01 * plain.items["demand_mean"].sum(), "not told, it takes them for usual"
    assert blind.weeks["baseline"].equals(blind.weeks["mean"])


def test_a_promotion_on_one_channel_lifts_that_channel() -> None:
    """The market sells five of seven pieces: three times of it is 1 + 5/7 x 2 of the item."""
    past = [days_ago(120, 107, kind="fair", **MARKET), days_ago(60, 47, kind="fair", **MARKET)]
    ahead = promotion(AS_OF, AS_OF + timedelta(days=27), kind="fair", **MARKET)
    sales = promoted(demand(), 3, past, **MARKET)
    one, plain = made(sales, replace(NOTHING, promotions=[*past, ahead])), made(demand())
    assert one.promotions["uplift_of_all"][0] == pytest.approx(3, rel=0.04)
    assert one.items["demand_mean"].sum() / plain.items["demand_mean"].sum() == pytest.approx(1 + 5 / 7 * 2, rel=0.03)
    rise = [
        each.channels.group_by("channel").agg(pl.col("demand_mean").sum()).sort("channel")["demand_mean"] for each in (one, plain)
    ]
    assert (rise[0] / rise[1]).to_list() == pytest.approx([3, 1], rel=0.08)
    sums = one.channels.group_by("facility_id", "sku").agg(pl.col("demand_mean").sum()).sort("facility_id", "sku")
    assert np.allclose(sums["demand_mean"], one.items["demand_mean"])


def test_items_that_differ_are_believed_as_far_as_they_show() -> None:
    """A third of the SKUs is sold five times as much, the others as usual: each gets near its own, a rare one its kind's."""
    past = [days_ago(ago, ago - 9) for ago in (180, 120, 60)]
    sales = demand()
    for sku in [f"S{number}" for number in range(0, 12, 3)]:
        sales = promoted(sales, 5, past, sku=sku)
    rare = pl.DataFrame([(AS_OF - timedelta(days=100), "own", "main", "BJ", "RARE", 1, 3.0)], schema=COLUMNS, orient="row")
    found = made(pl.concat([sales, rare]), replace(NOTHING, promotions=past)).promotions
    number = pl.col("sku").str.strip_prefix("S").cast(pl.Int64, strict=False)
    assert found.filter(number % 3 == 0)["uplift"].min() > 4.2  # type: ignore[operator]
    assert found.filter(number % 3 > 0)["uplift"].max() < 1.6  # type: ignore[operator]
    lone = found.filter(sku="RARE")
    assert lone["uplift"][0] == pytest.approx(lone["uplift_of_all"][0], rel=0.1)


def test_items_that_are_alike_share_one_uplift() -> None:
    """Differences of chance are no differences: own uplifts scatter much less than what was seen of each."""
    past = [days_ago(62, 60), days_ago(30, 28)]
    found = made(promoted(demand(), 2, past), replace(NOTHING, promotions=past)).promotions
    seen = found["sold"] / found["usual"]
    assert found["uplift"].std() < 0.4 * seen.std()  # type: ignore[operator]
    assert found["uplift"].mean() == pytest.approx(2, rel=0.03)


def test_a_kind_never_seen_takes_the_planners_word_or_that_of_all() -> None:
    past = [days_ago(120, 107, kind="a"), days_ago(60, 47, kind="a")]
    ahead = promotion(AS_OF, AS_OF + timedelta(days=6), kind="b")
    sales = promoted(demand(), 3, past)

    def uplift(one: Promotion) -> float:
        told = made(sales, replace(NOTHING, promotions=[*past, one])).promotions
        return float(told.filter(kind="b")["uplift"][0])

    assert uplift(ahead) == pytest.approx(3, rel=0.05)
    assert uplift(ahead.model_copy(update={"uplift": 1.5})) == 1.5


def test_a_promotion_that_always_runs_on_a_festival_is_not_counted_twice() -> None:
    past, ahead = days_ago(60, 56, kind="618"), promotion(AS_OF, AS_OF + timedelta(days=4), kind="618")
    fest = [past.first + timedelta(days=number) for number in range(5)] + [AS_OF + timedelta(days=number) for number in range(5)]
    known = replace(NOTHING, promotions=[past, ahead], events=pl.DataFrame({"name": ["618"] * 10, "day": fest}))
    one, plain = made(promoted(demand(), 4, [past]), known), made(demand())
    first = [float(each.weeks.filter(week_start=AS_OF)["mean"].sum()) for each in (one, plain)]
    assert first[0] / first[1] == pytest.approx(1 + 3 * 5 / 7, rel=0.05)


def test_without_promotions_nothing_changes() -> None:
    plain = made(demand())
    past_days = [days_ago(60, 54, sku="none such"), promotion(date(1999, 1, 1), date(1999, 1, 2))]
    beside = made(demand(), replace(NOTHING, promotions=past_days))
    for name in ("items", "channels", "weeks"):
        assert getattr(plain, name).equals(getattr(beside, name))
    assert plain.promotions.is_empty()
    assert beside.promotions.is_empty()


def test_promotions_that_did_nothing_are_forecast_to_do_nothing() -> None:
    past, ahead = [days_ago(120, 107), days_ago(60, 47)], promotion(AS_OF, AS_OF + timedelta(days=27))
    one, plain = made(demand(), replace(NOTHING, promotions=[*past, ahead])), made(demand())
    assert one.items["demand_mean"].sum() == pytest.approx(plain.items["demand_mean"].sum(), rel=0.03)


def sandbox(orders: int) -> pl.DataFrame:
    """What shops of the sandbox's world sell, to its end, by the days of each shop."""
    world = World.generate(20260101, orders)
    rows = []
    for (channel, shop), history in world.shops.items():
        zone = next(one.timezone for one in SHOPS if (one.channel, one.shop) == (channel, shop))
        rows.append(
            history.lines.frame.join(history.orders.select("order_id", "facility_id", "created_at"), on="order_id").select(
                demand_date=pl.col("created_at").dt.convert_time_zone(zone).dt.date(),
                channel=pl.lit(channel),
                shop=pl.lit(shop),
                facility_id="facility_id",
                sku="sku",
                quantity=pl.col("quantity").cast(pl.Int64),
                revenue=pl.col("total_minor").cast(pl.Float64),
            )
        )
    return (
        pl.concat(rows).group_by("demand_date", "channel", "shop", "facility_id", "sku").agg(pl.col("quantity", "revenue").sum())
    )


def test_the_sandboxs_known_uplift_is_found_and_its_next_season_forecast() -> None:
    """Double 11 sells three times as much at the marketplace and 2.6 times that on the 11th (seasons.py); a year ago is all the
    past there is. The world's own November, which the forecast has not seen, is the judge."""
    sales, as_of = sandbox(30_000), NOW.date() + timedelta(days=1)
    of = [one for one in PROMOTIONS if one.name != "BLACK FRIDAY"]
    plan = [
        promotion(date(year, *one.first), date(year, *one.last), kind=one.name, channel=channel)
        for channel in ("taobao", "shopify", "file")
        for one in of
        for year in (2025, 2026)
    ]
    policy = POLICY.model_copy(update={"forecast_history_days": 540, "forecast_weeks": 2})

    def fortnight(promotions: list[Promotion]) -> tuple[dict[str, float], pl.DataFrame]:
        found = matrix(sales.filter(pl.col("demand_date") < as_of), replace(NOTHING, promotions=promotions), as_of, 540, 14)
        one = forecast(found, learned(found, policy, as_of), policy, as_of)
        return dict(one.channels.group_by("channel").agg(pl.col("demand_mean").sum() * 14).iter_rows()), one.promotions

    made, told = fortnight(plan)
    market = {"618": (19 * 2.4 + 2.4 * 2.0) / 20, "SUMMER": 1.1, "DOUBLE 11": (10 * 3.0 + 3.0 * 2.6) / 11}
    for channel, truth in (("taobao", market), ("shopify", {"618": 1.0, "SUMMER": 1.7, "DOUBLE 11": 1.1})):
        for kind, uplift in truth.items():
            assert told.filter(kind=kind, channel=channel)["uplift_of_all"][0] == pytest.approx(uplift, rel=0.12), (channel, kind)
    came = sales.filter(pl.col("demand_date").is_between(as_of, as_of + timedelta(days=13)))
    actual = dict(came.group_by("channel").agg(pl.col("quantity").sum()).iter_rows())
    assert made["taobao"] == pytest.approx(actual["taobao"], rel=0.15)
    assert made["shopify"] == pytest.approx(actual["shopify"], rel=0.15)
    assert fortnight([])[0]["taobao"] < 0.6 * actual["taobao"], "without the plan it forecasts an ordinary fortnight"
