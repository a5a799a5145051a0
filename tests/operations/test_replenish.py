"""Replenishment on a real database: positions, purchases under way and demand in; levels and suggestions out, and kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import psycopg
import pytest

from sluice import warehouse
from sluice.operations import decisions, kept_levels
from sluice.operations.decide import decide
from sluice.operations.explain_all import explain_all
from sluice.operations.explain_plan import explain_plan
from sluice.operations.forecast import make
from sluice.operations.levels import levels_of
from sluice.operations.policy_words import ordering
from sluice.operations.replenish import replenish
from sluice.planning_policy import Planning, policy_as_json
from tests.conftest import copy_of

AS_OF = date(2026, 3, 31)
POLICY = Planning.model_validate(
    {
        "as_of": AS_OF,
        "lead_time_days": 10,
        "lead_time_sd_days": 0,
        "service": [{"level": 0.9}, {"sku": "LAMP", "kind": "fill_rate", "level": 0.98}],
        "replenishment": {
            "suppliers": [{"supplier": "*", "multiple": 12, "unit_cost": "2.50"}, {"sku": "SHADE", "minimum_pieces": 50}],
        },
    }
)
STOCK = {("SH", "LAMP"): 5, ("BJ", "LAMP"): 900, ("SH", "SHADE"): 4, ("SH", "OLD"): 30}
GONE = AS_OF - timedelta(days=20)
SOLD = {("SH", "LAMP"): 4, ("BJ", "LAMP"): 1, ("SH", "SHADE"): 2}


@pytest.fixture
def db(postgres: warehouse.Embedded, built_template: str) -> Iterator[psycopg.Connection]:
    with copy_of(postgres, built_template) as address, warehouse.connect(address) as connection:
        counted = datetime.now(UTC) - timedelta(minutes=5)
        for (facility, sku), pieces in STOCK.items():
            connection.execute(
                "insert into ops.stock_feeds values (%s, %s) on conflict (facility_id) do nothing", (facility, counted)
            )
            received = (f"{facility}-{sku}", facility, sku, pieces, counted + timedelta(minutes=1))
            connection.execute("select ops.adjust_stock(%s, 'receipt', %s, %s, %s, %s)", received)
        for ago in range(1, 121):
            for (facility, sku), pieces in SOLD.items():
                connection.execute(
                    "insert into marts.demand_daily (demand_date, channel, shop, facility_id, sku, quantity, returned_quantity, "
                    "revenue_base, loaded_at) values (%s, 'file', 'x', %s, %s, %s, 0, 0, now())",
                    (AS_OF - timedelta(days=ago), facility, sku, pieces + (ago % 3) - 1),
                )
        connection.commit()
        yield connection


def rows(db: psycopg.Connection, columns: str, where: str = "true") -> list[tuple[object, ...]]:
    query = f"select {columns} from planning.replenishment_suggestions where {where} order by sku, facility_id"
    return db.execute(query.encode()).fetchall()


def test_surplus_is_moved_and_the_rest_is_bought_in_lots(db: psycopg.Connection) -> None:
    made = replenish(db, POLICY)
    assert (made.items, made.kinds) == (4, {"buy": 1, "transfer": 1})
    assert rows(db, "from_facility_id, facility_id, sku", "kind = 'transfer'") == [("BJ", "SH", "LAMP")]
    (bought,) = rows(db, "sku, quantity, unit_cost, amount, state", "kind = 'buy'")
    assert bought[0] == "SHADE"
    assert isinstance(bought[1], int)
    assert bought[1] % 12 == 0
    assert bought[1] >= 60, "fifty at least, in dozens"
    assert bought[2:] == (Decimal("2.5000"), bought[1] * Decimal("2.5000"), "suggested")
    levels = {(facility, sku): rest for facility, sku, *rest in db.execute(
        "select facility_id, sku, target_kind, target_level, reorder_point, up_to from planning.reorder_policies"
    ).fetchall()}  # fmt: skip
    assert levels["SH", "LAMP"][:2] == ["fill_rate", 0.98]
    assert levels["SH", "SHADE"][:2] == ["cycle_service_level", 0.9]
    assert 40 <= levels["SH", "LAMP"][2] < levels["SH", "LAMP"][3]
    assert levels["SH", "OLD"][2:] == [0, 0], "what does not sell is not filled up"


LEVELS = """
select s.facility_id, s.sku, s.method, s.service_level, s.quantile, s.demand_mean, s.safety_stock, s.reorder_point, s.up_to
from planning.safety_stock as s where s.run_id = (select max(run_id) from planning.runs) order by 1, 2
"""
POLICIES = """
select p.facility_id, p.sku, p.method, p.target_level, p.quantile, p.demand_mean, p.safety_stock, p.reorder_point, p.up_to
from planning.reorder_policies as p
where p.replenishment_id = (select max(replenishment_id) from planning.replenishments) order by 1, 2
"""


@pytest.mark.parametrize("demand", ["forecast", "history"])
def test_the_plan_and_replenishment_hold_the_same_levels(db: psycopg.Connection, demand: str) -> None:
    policy = POLICY.model_copy(update={"demand": demand})
    made = make(db, policy, AS_OF)
    decide(db, policy)
    replenish(db, policy)
    planned, held = db.execute(LEVELS).fetchall(), db.execute(POLICIES).fetchall()
    assert planned == held
    assert len(planned) == 4
    forecast: dict[str, float] = dict(db.execute(
        "select (facility_id, sku)::text, demand_mean from planning.forecast_items where forecast_id = %s", (made.forecast_id,)
    ).fetchall())  # fmt: skip
    believed = [forecast.get(f"({row[0]},{row[1]})") == row[5] for row in planned if row[1] != "OLD"]
    assert set(believed) == {demand == "forecast"}
    db.commit()
    assert explain_all(db).differences == []


def test_levels_are_read_where_they_are_still_the_same_and_worked_out_anew_where_not(db: psycopg.Connection) -> None:
    """A plan whose levels nobody would work out: they are held until something that levels are made from changes."""
    policy = POLICY.model_copy(update={"demand": "history"})
    items = pl.DataFrame({"facility_id": [key[0] for key in STOCK], "sku": [key[1] for key in STOCK]}).sort("facility_id", "sku")
    strange = levels_of(db, items, policy, AS_OF, None).with_columns(up_to=pl.col("up_to") + 7777)
    with decisions.turn(db):
        run = decisions.Run("plan", AS_OF, policy_as_json(policy), seen=kept_levels.seen(db, AS_OF))
        decisions.append(db, run, {"safety_stock": strange}, items.with_columns(movement_id=pl.lit(0)))
    assert kept_levels.levels(db, items, policy, AS_OF, None).equals(strange)
    assert kept_levels.levels(db, items.head(1), policy, AS_OF, None)["up_to"].to_list() == [strange["up_to"][0]]
    other_policy = policy.model_copy(update={"service_level": 0.91})
    other_item = pl.concat([items, pl.DataFrame({"facility_id": ["SH"], "sku": ["NEW"]})])
    for asked, held, day in (
        (items, other_policy, AS_OF),
        (other_item, policy, AS_OF),
        (items, policy, AS_OF + timedelta(days=1)),
    ):
        assert kept_levels.levels(db, asked, held, day, None)["up_to"].max() < 7777
    db.execute("update marts.demand_daily set quantity = quantity + 1 where demand_date = %s", (GONE,))
    assert kept_levels.levels(db, items, policy, AS_OF, None)["up_to"].max() < 7777


ORDERED = POLICY.model_copy(
    update={
        "demand": "history",
        "replenishment": Planning.model_validate(
            {
                "replenishment": {
                    "suppliers": [{"unit_cost": 40, "order_cost": 20}],
                    "policies": [
                        {"policy": "s_s"},
                        {"policy": "r_q", "sku": "SHADE", "waiting_cost": "0.5"},
                        {"policy": "newsvendor", "sku": "OLD", "season": {"ends": "2026-04-30", "price": 60, "salvage": 10}},
                    ],
                }
            }
        ).replenishment,
    }
)


def test_each_item_is_ordered_by_its_policy_and_says_why(db: psycopg.Connection) -> None:
    decide(db, ORDERED)
    replenish(db, ORDERED)
    held = {row[:2]: row[2:] for row in db.execute(
        "select facility_id, sku, policy, order_quantity, reorder_point, up_to, target_kind from planning.reorder_policies"
    ).fetchall()}  # fmt: skip
    policy, lot, point, up_to, kind = held["SH", "SHADE"]
    assert (policy, kind) == ("r_q", "fill_rate")
    # sqrt(2 x 20 x 730 / 10) = 54.04 pieces, x sqrt((0.0274 + 0.5) / 0.5) = 55.5
    assert lot == 56
    assert up_to == point + lot
    (bought,) = rows(db, "quantity, reason", "kind = 'buy' and sku = 'SHADE'")
    assert bought == (56, f"at or below {point}: in lots of 56")
    assert held["SH", "OLD"][:1] == ("newsvendor",)
    assert held["SH", "OLD"][3] == 0, "nobody wants it"
    assert held["SH", "LAMP"][0] == "s_s"
    ordered = db.execute("select distinct planned_order from planning.planned_orders where sku = 'SHADE'").fetchall()
    assert {row[0] for row in ordered} <= {0, 56, 112}
    db.commit()
    assert explain_all(db).differences == []
    (shade,) = explain_plan(db, "SHADE")
    said = ordering(shade)
    assert said[0] == f"r_q: every day; at or below r = {point} in lots of Q = 56"
    assert said[1].startswith("Q = sqrt(2 x 20 x 730 / 10) x sqrt((h + p) / p)")
    assert said[2].startswith("fill rate 0.9481 = p / (p + h): a piece waits for 0.5 a day and is held for 0.0274")
    (old,) = explain_plan(db, "OLD", "SH")
    assert ordering(old)[0] == "newsvendor: season until 2026-04-30, 31 days left in which 0.0 pieces are expected"
    assert ordering(old)[1] == "ratio 0.400 = 20 / (20 + 30), margin to margin and loss (Snyder & Shen 4.3)"


def test_batches_give_the_levels_of_one(db: psycopg.Connection) -> None:
    items = pl.DataFrame({"facility_id": ["BJ", "SH", "SH", "SH"], "sku": ["LAMP", "LAMP", "OLD", "SHADE"]})
    whole, parts = (levels_of(db, items, POLICY, AS_OF, None, most) for most in (4000, 1))
    assert whole["sku"].to_list() == parts["sku"].to_list() == items["sku"].to_list()
    assert whole["abc"].to_list() == parts["abc"].to_list()
    assert parts["demand_mean"].to_list() == pytest.approx(whole["demand_mean"].to_list())
    assert levels_of(db, items.clear(), POLICY, AS_OF, None).height == 0


def test_days_that_the_ledger_knows_to_be_sold_out_are_no_zeros(db: psycopg.Connection) -> None:
    items = pl.DataFrame({"facility_id": ["SH"], "sku": ["LAMP"]})
    db.execute("delete from marts.demand_daily where sku = 'LAMP' and facility_id = 'SH' and demand_date >= %s", (GONE,))
    blind = levels_of(db, items, POLICY, AS_OF, None)["demand_mean"][0]
    for key, kind, pieces, day in (("in", "receipt", 9, GONE - timedelta(days=9)), ("out", "adjustment", -9, GONE)):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        db.execute("select ops.adjust_stock(%s, %s, 'SH', 'LAMP', %s, %s)", (key, kind, pieces, at))
    seeing = levels_of(db, items, POLICY, AS_OF, None)["demand_mean"][0]
    assert blind < 3.5 < 3.9 < seeing < 4.1


def test_purchases_are_asked_for_sooner_or_called_off(db: psycopg.Connection) -> None:
    for number, (sku, facility, pieces, days) in enumerate([("LAMP", "SH", 500, 40), ("OLD", "SH", 10, 3)]):
        db.execute(
            "insert into ops.incoming (channel, shop, po_id, line_id, facility_id, sku, quantity, received_quantity, status, "
            "expected_at) values ('odoo', 'erp', 'PO1', %s, %s, %s, %s, 0, 'open', %s)",
            (str(number), facility, sku, pieces, AS_OF + timedelta(days=days)),
        )
    db.commit()
    replenish(db, POLICY)
    told = rows(db, "kind, sku, quantity, po_id, needed_on", "kind not in ('buy', 'transfer')")
    assert told == [("expedite", "LAMP", 500, "PO1", AS_OF + timedelta(days=1)), ("cancel", "OLD", 10, "PO1", None)]


def test_weeks_to_come_begin_with_what_is_suggested(db: psycopg.Connection) -> None:
    made = make(db, POLICY, AS_OF)
    db.execute(
        "insert into ops.incoming (channel, shop, po_id, line_id, facility_id, sku, quantity, received_quantity, status, "
        "expected_at) values ('odoo', 'erp', 'PO1', '1', 'SH', 'SHADE', 12, 6, 'open', %s)",
        (AS_OF + timedelta(days=15),),
    )
    db.commit()
    replenish(db, POLICY)
    weeks = db.execute(
        "select week_start, forecast, due, planned_order, planned_receipt, projected_stock from planning.planned_orders"
        " where (facility_id, sku) = ('SH', 'SHADE') order by 1"
    ).fetchall()
    assert [row[0] for row in weeks] == [AS_OF + timedelta(days=7 * week) for week in range(POLICY.forecast_weeks)]
    forecast = db.execute(
        "select mean from planning.forecasts where forecast_id = %s and (facility_id, sku) = ('SH', 'SHADE') order by week_start",
        (made.forecast_id,),
    ).fetchall()
    assert [(row[1],) for row in weeks] == forecast
    assert [row[2] for row in weeks] == [0, 0, 6, *[0] * (POLICY.forecast_weeks - 3)]
    (bought,) = rows(db, "quantity", "kind = 'buy' and sku = 'SHADE'")
    assert weeks[0][3] == bought[0]
    assert all(row[3] % 12 == 0 for row in weeks)
    assert sum(row[4] for row in weeks) <= sum(row[3] for row in weeks)
    assert weeks[0][5] == pytest.approx(4 - weeks[0][1])


def test_a_budget_is_kept_and_what_was_cut_is_said(db: psycopg.Connection) -> None:
    poor = POLICY.model_copy(update={"replenishment": POLICY.replenishment.model_copy(update={"budget": Decimal("20.00")})})
    replenish(db, poor)
    (cut,) = rows(db, "sku, quantity, wanted, state, reason", "kind = 'buy'")
    assert (cut[0], cut[1], cut[3], cut[4]) == ("SHADE", 0, "cut", "budget")


def test_nothing_is_suggested_where_nobody_counts(db: psycopg.Connection) -> None:
    db.execute("update ops.stock_feeds set counted_at = now() - interval '90 days' where facility_id = 'SH'")
    db.commit()
    assert (replenish(db, POLICY).items, rows(db, "sku")) == (1, [])


@pytest.mark.parametrize("table", ["replenishments", "reorder_policies", "replenishment_suggestions", "planned_orders"])
def test_what_was_said_is_kept(db: psycopg.Connection, table: str) -> None:
    first, second = replenish(db, POLICY), replenish(db, POLICY)
    assert second.replenishment_id > first.replenishment_id
    for change in (f"delete from planning.{table}", f"truncate planning.{table} cascade"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            db.execute(change.encode())
        db.rollback()
