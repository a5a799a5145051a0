"""The forecast through a real warehouse: kept by run, believed by the plan, batches as one."""

import io
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl
import psycopg
import pytest
from rich.console import Console

from sluice import warehouse
from sluice.cli.backtest import _worth
from sluice.cli.explain_plan import _tree
from sluice.operations.decide import decide, planned
from sluice.operations.explain_plan import explain_plan
from sluice.operations.forecast import expected, make, sold
from sluice.operations.levels import demand_history, levels_of
from sluice.planning.service_targets import abc
from sluice.planning_policy import Planning
from tests.conftest import copy_of

AS_OF = date(2026, 3, 31)
POLICY = Planning(as_of=AS_OF, forecast_weeks=4, forecast_history_days=210)


@pytest.fixture
def db(postgres: warehouse.Embedded, built_template: str) -> Iterator[psycopg.Connection]:
    """Empty marts, and 210 days of two facilities: 14 pieces a day of A at WH, none of which is left in the last four weeks."""
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as connection:
        draw = np.random.default_rng(1)
        rows = [
            (AS_OF - timedelta(days=ago), channel, "main", facility, sku, int(pieces), 10 * int(pieces))
            for sku in "ABCDEF"
            for facility in ("WH", "SH")
            for channel, rate in (("shopify", 4), ("taobao", 10))
            for ago, pieces in enumerate(draw.poisson(rate, 210), start=1)
            if pieces and not (sku == "A" and facility == "WH" and ago <= 28)
        ]
        with connection.cursor().copy(
            "copy marts.demand_daily (demand_date, channel, shop, facility_id, sku, quantity, revenue_base, returned_quantity)"
            " from stdin"
        ) as copy:
            for row in rows:
                copy.write_row([*row, 0])
        connection.commit()
        yield connection


def sell_out(db: psycopg.Connection, sku: str, facility: str, ago: int) -> None:
    """Counted long ago, and gone on the day."""
    db.execute("insert into ops.stock_feeds values (%s, %s) on conflict do nothing", (facility, AS_OF - timedelta(days=101)))
    for key, kind, pieces, days in (("in", "receipt", 50, 100), ("out", "adjustment", -50, ago)):
        at = AS_OF - timedelta(days=days)
        db.execute("select ops.adjust_stock(%s, %s, %s, %s, %s, %s)", (f"{key}-{sku}", kind, facility, sku, pieces, at))
    db.commit()


def items(db: psycopg.Connection, forecast_id: int) -> dict[tuple[str, str], tuple[float, int]]:
    rows = db.execute(
        "select facility_id, sku, demand_mean, sold_out_days from planning.forecast_items where forecast_id = %s", [forecast_id]
    ).fetchall()
    return {(facility, sku): (mean, days) for facility, sku, mean, days in rows}


def test_it_is_kept_and_adds_up(db: psycopg.Connection) -> None:
    made = make(db, POLICY, AS_OF, {"CN"})
    assert (made.items, made.fallbacks) == (12, 0)
    found = items(db, made.forecast_id)
    assert found["SH", "B"][0] == pytest.approx(14, rel=0.1)
    gaps = db.execute(
        "select max(abs(i.demand_mean - c.mean)), max(abs(i.demand_mean - w.mean / 28)) from planning.forecast_items as i"
        " join (select facility_id, sku, sum(demand_mean) as mean from planning.forecast_channels group by 1, 2) as c"
        "   using (facility_id, sku)"
        " join (select facility_id, sku, sum(mean) as mean from planning.forecasts group by 1, 2) as w using (facility_id, sku)"
    ).fetchone()
    assert gaps
    assert max(gaps) < 1e-9
    assert made.models.filter("is_chosen").height == 4
    weeks = sold(db, AS_OF, 4)
    assert weeks["week_start"].to_list() == [AS_OF - timedelta(days=7 * ago) for ago in (4, 3, 2, 1)]
    assert weeks["pieces"].sum() == pytest.approx(11 * 14 * 28, rel=0.05)


def test_what_the_ledger_says_was_sold_out_is_not_taken_for_no_demand(db: psycopg.Connection) -> None:
    blind = items(db, make(db, POLICY, AS_OF).forecast_id)["WH", "A"]
    sell_out(db, "A", "WH", 29)
    seeing = items(db, make(db, POLICY, AS_OF).forecast_id)["WH", "A"]
    assert blind[1] == 0
    assert seeing[1] == 29, "the day it went, and four weeks"
    assert seeing[0] == pytest.approx(14, rel=0.25)
    assert blind[0] < 8


def test_a_finished_forecast_says_what_it_said(db: psycopg.Connection) -> None:
    made = make(db, POLICY, AS_OF)
    for statement in (
        "update planning.forecasts set mean = 0",
        "delete from planning.forecast_items",
        "insert into planning.forecast_models values (1, 'smooth', 'x', 0, 0, false)",
        "update planning.forecast_runs set as_of = '2000-01-01'",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation), db.transaction():
            db.execute(statement.replace("values (1", f"values ({made.forecast_id}"))  # type: ignore[arg-type]


def test_the_plan_believes_a_fresh_forecast_and_no_old_one(db: psycopg.Connection) -> None:
    sell_out(db, "A", "WH", 29)
    without = planned(db, POLICY)[1].safety_stock
    assert expected(db, AS_OF) is None
    made = make(db, POLICY, AS_OF)
    decision = decide(db, POLICY)
    kept = db.execute("select forecast_id from planning.runs where run_id = %s", [decision.run_id]).fetchone()
    assert kept == (made.forecast_id,)
    rows = db.execute(
        "select s.demand_mean, i.demand_mean from planning.safety_stock as s join planning.forecast_items as i"
        " using (facility_id, sku) where s.run_id = %s",
        [decision.run_id],
    ).fetchall()
    assert len(rows) == 12
    assert all(plans == forecasts for plans, forecasts in rows)
    by_history = planned(db, POLICY.model_copy(update={"demand": "history"}))[1].safety_stock
    assert by_history.equals(without)
    assert not by_history.equals(planned(db, POLICY)[1].safety_stock)
    assert expected(db, AS_OF + timedelta(days=8)) is None
    assert expected(db, AS_OF - timedelta(days=1)) is None, "it knows a day that the plan does not"


def test_batches_are_as_one(db: psycopg.Connection) -> None:
    whole = make(db, POLICY, AS_OF)
    parts = make(db, POLICY, AS_OF, batch_items=4)
    assert parts.items == whole.items == 12
    one, other = items(db, whole.forecast_id), items(db, parts.forecast_id)
    assert one.keys() == other.keys()
    assert all(other[key][0] == pytest.approx(one[key][0], rel=0.1) for key in one)


def test_a_planned_promotion_is_in_the_forecast_and_explained(db: psycopg.Connection) -> None:
    """taobao sells 10 of 14 pieces a day: twice of it in the first week is 24, for the SKUs of the plan alone."""
    db.execute(
        "update marts.demand_daily set quantity = 2 * quantity where channel = 'taobao' and sku in ('B', 'C')"
        " and demand_date between %s and %s",
        (AS_OF - timedelta(days=60), AS_OF - timedelta(days=47)),
    )
    db.commit()
    plan = [
        {
            "from": AS_OF - timedelta(days=60),
            "to": AS_OF - timedelta(days=47),
            "sku": ["B", "C"],
            "channel": "taobao",
            "kind": "fair",
        },
        {"from": AS_OF, "to": AS_OF + timedelta(days=6), "sku": ["B", "C"], "channel": "taobao", "kind": "fair"},
    ]
    policy = Planning.model_validate(POLICY.model_dump(by_alias=True) | {"promotions": plan})
    made = make(db, policy, AS_OF)
    assert made.planned_days == 4 * 7, "two SKUs at two facilities"
    decide(db, policy)
    kept = db.execute("select policy -> 'promotions' -> 1 ->> 'kind' from planning.runs order by run_id desc limit 1").fetchone()
    assert kept == ("fair",), "the plan's record says what was planned"
    db.commit()
    (row,) = explain_plan(db, "B", "SH")
    first, second = row["weeks"][:2]
    assert first["mean"] == pytest.approx(24 * 7, rel=0.1)
    assert first["baseline"] == pytest.approx(14 * 7, rel=0.08)
    assert (second["mean"], first["q90"] > second["q90"] * 1.5) == (second["baseline"], True)
    (promotion,) = row["promotions"]
    assert (promotion["kind"], promotion["channel"], promotion["past_days"], promotion["planned_days"]) == (
        "fair",
        "taobao",
        14,
        7,
    )
    assert promotion["uplift"] == pytest.approx(2, rel=0.1)
    (other,) = explain_plan(db, "D", "SH")
    assert other["promotions"] == []
    assert all(one["mean"] == one["baseline"] for one in other["weeks"])
    rendered = Console(width=160, record=True, file=io.StringIO())
    rendered.print(_tree(row))
    told = rendered.export_text()
    rise = f"x {first['mean'] / first['baseline']:.2f}"
    assert all(word in told for word in ("promotion fair on taobao/*", "baseline", rise, "planned on 7")), told


def test_the_backtest_ranks_items_as_the_plan_does(db: psycopg.Connection) -> None:
    """E brings in most of the money with the fewest pieces: by pieces it would be the last."""
    db.execute("update marts.demand_daily set revenue_base = 500 * quantity where sku = 'E'")
    db.execute("delete from marts.demand_daily where sku = 'E' and demand_date < %s", (AS_OF - timedelta(days=40),))
    db.commit()
    items, history = demand_history(db, POLICY, AS_OF, 210)
    pieces = np.nansum(history, axis=1)
    of_backtest = items.select("facility_id", "sku", abc=pl.Series(_worth(items, pieces))).sort("facility_id", "sku")
    of_plan = levels_of(db, items.select("facility_id", "sku"), POLICY, AS_OF, None).select("facility_id", "sku", "abc")
    assert of_backtest.equals(of_plan)
    assert of_plan.filter(sku="E")["abc"].to_list() == ["A", "A"]
    assert abc(np.zeros(len(pieces)), pieces).tolist() != of_plan["abc"].to_list()


def test_an_empty_warehouse_gives_an_empty_forecast(postgres: warehouse.Embedded, built_template: str) -> None:
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as connection:
        made = make(connection, POLICY, AS_OF)
        assert (made.items, made.total.height) == (0, 0)
        assert decide(connection, POLICY).safety_stock_rows == 0


def test_a_number_explains_itself(db: psycopg.Connection) -> None:
    sell_out(db, "A", "WH", 29)
    made = make(db, POLICY, AS_OF)
    decide(db, POLICY)
    assert explain_plan(db, "no such") == []
    assert [row["facility_id"] for row in explain_plan(db, "A")] == ["SH", "WH"]
    (row,) = explain_plan(db, "A", "WH")
    assert (row["forecast_id"], row["sold_out_days"], row["demand_class"]) == (made.forecast_id, 29, "smooth")
    assert [one["model"] for one in row["models"] if one["is_chosen"]] == [row["model"]]
    assert len(row["weeks"]) == POLICY.forecast_weeks
    assert sum(one["expected"] for one in row["channels"]) == pytest.approx(row["demand_mean"] * POLICY.horizon_days)
    rendered = Console(width=130, record=True, file=io.StringIO())
    rendered.print(_tree(row))
    told = rendered.export_text()
    assert all(word in told for word in ("sold out on 29", "smooth", row["model"], "safety stock", "stock isn't known"))
    decide(db, POLICY.model_copy(update={"demand": "history"}))
    (plain,) = explain_plan(db, "A", "WH")
    assert (plain["forecast_id"], plain["models"]) == (None, [])
