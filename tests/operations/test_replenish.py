"""Replenishment on a real database: positions, purchases under way and demand in; levels and suggestions out, and kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from sluice import warehouse
from sluice.config import Planning
from sluice.operations.replenish import replenish
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


def test_a_budget_is_kept_and_what_was_cut_is_said(db: psycopg.Connection) -> None:
    poor = POLICY.model_copy(update={"replenishment": POLICY.replenishment.model_copy(update={"budget": Decimal("20.00")})})
    replenish(db, poor)
    (cut,) = rows(db, "sku, quantity, wanted, state, reason", "kind = 'buy'")
    assert (cut[0], cut[1], cut[3], cut[4]) == ("SHADE", 0, "cut", "budget")


def test_nothing_is_suggested_where_nobody_counts(db: psycopg.Connection) -> None:
    db.execute("update ops.stock_feeds set counted_at = now() - interval '90 days' where facility_id = 'SH'")
    db.commit()
    assert (replenish(db, POLICY).items, rows(db, "sku")) == (1, [])


@pytest.mark.parametrize("table", ["replenishments", "reorder_policies", "replenishment_suggestions"])
def test_what_was_said_is_kept(db: psycopg.Connection, table: str) -> None:
    first, second = replenish(db, POLICY), replenish(db, POLICY)
    assert second.replenishment_id > first.replenishment_id
    for change in (f"delete from planning.{table}", f"truncate planning.{table} cascade"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            db.execute(change.encode())
        db.rollback()
