"""An incremental build gives what a full refresh gives, and touches only what changed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sluice.operations.absorb import absorb as take_in
from tests.warehouse import raw
from tests.warehouse.conftest import Warehouse

MARTS = {
    "fct_orders": "channel, shop, order_id",
    "fct_order_lines": "channel, shop, order_id, line_id",
    "fct_order_status": "event_id",
    "dim_customers": "channel, shop, customer_id",
    "demand_daily": "demand_date, channel, shop, facility_id, sku",
    "stock_position": "facility_id, sku",
    "dim_products": "sku",
    "order_journey": "channel, shop, order_id, event, record_id",
}
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
LONG_AGO = YESTERDAY - timedelta(days=1)
"""Further back than the overlap that an incremental build reads again."""

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Story:
    house: Warehouse
    states: dict[str, str]
    before: dict[str, Any]
    incremental: dict[str, list[tuple[Any, ...]]]
    refreshed: dict[str, list[tuple[Any, ...]]]
    written_again: set[str]
    calendars: list[set[tuple[str, str]]]
    """After the first build and after the second."""


def contents(house: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {mart: house.rows(f"select * from marts.{mart} order by {key}") for mart, key in MARTS.items()}


def versions(house: Warehouse) -> dict[str, str]:
    """The transaction that wrote each order's row."""
    return dict(house.rows("select order_id, xmin::text from marts.fct_orders"))


def calendar(house: Warehouse) -> set[tuple[str, str]]:
    """The transactions that wrote the rows of tables that no order changes."""
    tables = ("dim_dates", "dim_holidays", "dim_exchange_rates")
    return set(house.rows(" union ".join(f"select '{table}', xmin::text from marts.{table}" for table in tables)))


def absorb(house: Warehouse) -> None:
    take_in(house.db, everything=True)


def begin(house: Warehouse) -> None:
    db = house.db
    raw.shops(db)
    raw.erp(db, LONG_AGO)
    raw.trade(db, "same", [("A", 3, "10.10"), ("B", 1, "30.00")], LONG_AGO, postage="8.00")
    raw.trade(db, "moved", [("A", 5, "10.00")], YESTERDAY, created="2026-03-02 10:00:00")
    raw.trade(db, "cancelled", [("B", 2, "30.00")], YESTERDAY, created="2026-03-03 10:00:00", status="WAIT_SELLER_SEND_GOODS")
    raw.trade(db, "edited", [("A", 1, "10.00"), ("B", 1, "30.00")], YESTERDAY, created="2026-03-04 10:00:00")
    raw.trade(db, "emptied", [("A", 1, "10.00")], YESTERDAY, created="2026-03-05 10:00:00")
    raw.trade(db, "returned", [("B", 2, "30.00")], YESTERDAY, created="2026-03-06 10:00:00")
    # 23:30 of 28 February in Los Angeles
    raw.shopify_order(db, "1001", LONG_AGO, processed_at="2026-03-01 07:30:00+00")


def change(house: Warehouse) -> None:
    db, now = house.db, datetime.now(UTC)
    raw.trade(db, "moved", [("A", 5, "10.00")], now, created="2026-03-12 10:00:00")
    raw.trade(db, "cancelled", [("B", 2, "30.00")], now, created="2026-03-03 10:00:00", status="TRADE_CLOSED")
    raw.trade(db, "edited", [("A", 1, "10.00")], now, created="2026-03-04 10:00:00")
    raw.trade(db, "emptied", [], now, created="2026-03-05 10:00:00")
    raw.trade(db, "new", [("SET", 2, "45.00")], now, created="2026-03-13 23:30:00")
    # the trade itself is not landed again
    raw.refund(db, "returned", 0, "30.00", now)


@pytest.fixture(scope="module")
def story(house: Warehouse) -> Story:
    begin(house)
    states = house.dbt("build")
    absorb(house)
    before, written, first = contents(house), versions(house), calendar(house)
    change(house)
    absorb(house)
    states |= house.dbt("build", "--select", "path:models/marts")
    incremental, again, second = contents(house), versions(house), calendar(house)
    house.dbt("run", "--select", "path:models/marts", "--full-refresh")
    written_again = {order for order, version in again.items() if written.get(order) != version}
    return Story(house, states, before, incremental, contents(house), written_again, [first, second])


def test_every_model_builds_and_every_check_passes_on_sound_data(story: Story) -> None:
    assert {name: state for name, state in story.states.items() if state not in ("success", "pass", "no-op")} == {}


@pytest.mark.parametrize("mart", MARTS)
def test_incremental_equals_full_refresh(story: Story, mart: str) -> None:
    assert story.incremental[mart] == story.refreshed[mart]
    assert story.incremental[mart], "an empty mart proves nothing"


def test_only_what_changed_is_written_again(story: Story) -> None:
    assert story.written_again == {"moved", "cancelled", "edited", "emptied", "new", "returned"}


def test_tables_whose_rows_are_what_they_were_are_not_written_again(story: Story) -> None:
    first, second = story.calendars
    assert first == second
    assert len(first) == 3, "a table is empty: this proves nothing"


def demand(rows: list[tuple[Any, ...]]) -> dict[tuple[date, str], tuple[int, int, Decimal]]:
    return {(row[0], row[4]): (row[5], row[6], row[7]) for row in rows if row[1] == "taobao"}


def test_tables_have_statistics_as_soon_as_they_are_made(story: Story) -> None:
    """The full refresh made them anew; autovacuum, which comes later, is counted apart."""
    seen = story.house.rows("select relname from pg_stat_user_tables where schemaname = 'marts' and analyze_count > 0")
    assert {*MARTS, "order_days", "customer_facts"} - {name for (name,) in seen} == set()


def test_demand_follows_the_orders(story: Story) -> None:
    march = {day: date(2026, 3, day) for day in range(1, 14)}
    common = {
        (march[1], "A"): (3, 0, Decimal("30.30")),
        (march[1], "B"): (1, 0, Decimal("30.00")),
        (march[4], "A"): (1, 0, Decimal("10.00")),
    }
    assert demand(story.before["demand_daily"]) == common | {
        (march[2], "A"): (5, 0, Decimal("50.00")),
        (march[3], "B"): (2, 0, Decimal("60.00")),
        (march[4], "B"): (1, 0, Decimal("30.00")),
        (march[5], "A"): (1, 0, Decimal("10.00")),
        (march[6], "B"): (2, 0, Decimal("60.00")),
    }
    # the moved order left the 2nd, the cancelled one the 3rd and the emptied one the 5th without a row
    assert demand(story.incremental["demand_daily"]) == common | {
        (march[6], "B"): (2, 1, Decimal("60.00")),
        (march[12], "A"): (5, 0, Decimal("50.00")),
        # two sets: four A at 10, two B at 30, so that A takes 40 of every 100 of the revenue of 90
        (march[13], "A"): (4, 0, Decimal("36.00")),
        (march[13], "B"): (2, 0, Decimal("54.00")),
    }


def test_totals_are_right_to_the_cent(story: Story) -> None:
    # 68.30 + 50 + 60 + 10 + 0 + 60 + 90
    assert story.house.value("select sum(total_amount) from marts.fct_orders where channel = 'taobao'") == Decimal("338.30")
    assert story.house.value("select refunded_amount from marts.fct_orders where order_id = 'returned'") == Decimal("30.00")


def test_foreign_orders_count_on_their_own_day_in_the_base_currency(story: Story) -> None:
    rate = story.house.value("select per_usd from seeds.exchange_rates where currency = 'CNY' and valid_from = '2026-01-01'")
    row = story.house.rows("select ordered_date, total_amount, total_amount_base from marts.fct_orders where order_id = '1001'")
    assert row == [(date(2026, 2, 28), Decimal("20.10"), Decimal("20.10") * rate)]


def test_lines_that_are_gone_leave_the_mart(story: Story) -> None:
    found = story.house.rows("select line_id from marts.fct_order_lines where order_id in ('edited', 'emptied')")
    assert found == [("edited-0",)]


def test_orders_that_nobody_placed_go_to_the_facility_of_best_priority(story: Story) -> None:
    assert story.house.rows("select distinct facility_id from marts.fct_orders where channel = 'taobao'") == [("WH-1",)]


def test_status_history_has_each_change_once(story: Story) -> None:
    found = story.house.rows(
        "select axis, from_status, to_status from marts.fct_order_status where order_id = 'cancelled' order by axis, event_id"
    )
    assert found == [
        ("fulfilment", None, "unfulfilled"),
        ("order", None, "open"),
        ("order", "open", "cancelled"),
        ("payment", None, "paid"),
        ("payment", "paid", "refunded"),
    ]


def test_no_personal_data_reaches_the_marts(story: Story) -> None:
    columns = story.house.rows(
        "select table_name, column_name from information_schema.columns where table_schema = 'marts'"
        " and (column_name in ('email', 'phone', 'receiver_name') or table_name = 'dim_customers' and column_name = 'name')"
    )
    assert columns == []
