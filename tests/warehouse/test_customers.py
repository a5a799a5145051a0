"""The 360 of persons, on what dbt really builds: recomputed by another engine from the unified views, to the cent."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl
import pytest

from sluice import dbt
from sluice.operations.value import revalue
from sluice.planning_policy import Planning
from tests.warehouse import raw
from tests.warehouse.conftest import Warehouse

pytestmark = pytest.mark.timeout(900)
LANDED = datetime.now(UTC) - timedelta(days=2)
SKUS = (("A", "10.10"), ("B", "30.00"))


@dataclass(frozen=True)
class Town:
    house: Warehouse
    states: dict[str, str]
    pair: UUID


def begin(house: Warehouse) -> UUID:
    """Sixty buyers of Taobao with one to five trades, refunds, cancellations; one of them buys at Shopify, too."""
    db = house.db
    raw.shops(db)
    raw.erp(db, LANDED)
    for buyer in range(60):
        for nth in range(1 + buyer % 5):
            tid = f"t{buyer}-{nth}"
            day = date(2026, 1, 1) + timedelta(days=buyer + nth * 11)
            lines = [(*SKUS[(buyer + nth) % 2], 1)] if nth % 2 else [("A", "10.10", 1 + buyer % 3), ("B", "30.00", 1)]
            status = "TRADE_CLOSED" if (buyer + nth) % 7 == 0 else "TRADE_FINISHED"
            placed = [(sku, pieces, price) for sku, price, pieces in lines]
            raw.trade(db, tid, placed, LANDED, created=f"{day} {(buyer * 5) % 24:02}:30:00", status=status)
            db.execute("update raw.taobao_trades set buyer_open_uid = %s where tid = %s", (f"b{buyer}", tid))
            if (buyer + nth) % 11 == 3:
                raw.refund(db, tid, 0, "10.10", LANDED)
    raw.trade(db, "odd", [("Z", 1, "5.00")], LANDED, created="2026-02-01 10:00:00")
    db.execute("update raw.taobao_trades set buyer_open_uid = 'b59' where tid = 'odd'")
    raw.shopify_order(db, "1001", LANDED, processed_at="2026-03-01 07:30:00+00", customer_legacy_resource_id="9")
    raw.put(db, "shopify_customers", shop="main", legacy_resource_id="9", created_at=LANDED, **raw.landed(LANDED))
    raw.shopify_order(
        db, "1002", LANDED, processed_at="2026-03-02 07:30:00+00", email="ann@example.com", billing_address_name="Ann Lee"
    )
    return unite(house)


def unite(house: Warehouse) -> UUID:
    """Identity finds that the buyer of the Shopify order is b4 of Taobao."""
    own: UUID = house.value("select customers.own_key('taobao', 'flagship', 'b4')")
    house.db.execute("insert into customers.keys (customer_key) values (%s)", (own,))
    for record in (("taobao", "flagship", "b4"), ("shopify", "main", "9")):
        house.db.execute(
            "insert into customers.crosswalk (channel, shop, customer_id, customer_key, reason) values (%s, %s, %s, %s, 'ruled')",
            (*record, own),
        )
    return own


@pytest.fixture(scope="module")
def town(house: Warehouse) -> Town:
    pair = begin(house)
    models = ("path:models/unified", "path:models/marts", "path:seeds")
    # of the connected channels: checks of others find no views
    channels = dbt.staging(("odoo", "shopify", "taobao"))
    without = ("--exclude-resource-type", "unit_test", "--indirect-selection", "cautious")
    states = house.dbt("build", "--select", *channels, *models, *without)
    revalue(house.db, Planning(as_of="last_order"))
    return Town(house, states, pair)


def frame(town: Town, query: str) -> pl.DataFrame:
    cursor = town.house.db.execute(query)  # type: ignore[arg-type]
    assert cursor.description
    names = [column.name for column in cursor.description]
    return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


def test_everything_builds_and_every_check_passes(town: Town) -> None:
    # a town of stores alone has no ERP that tells of its articles
    others = {name: state for name, state in town.states.items() if state not in ("success", "pass", "no-op")}
    assert others == {"every_article_sold_is_a_known_product": "warn"}


def test_who_ordered_without_an_account_is_a_person_too(town: Town) -> None:
    found = frame(
        town,
        "select order_count, unit_count, name_masked, email_masked from marts.customer_360 as c where exists ("
        " select from marts.customer_accounts as a where a.customer_key = c.customer_key and a.customer_id like 'guest:%')",
    )
    assert found.rows() == [(1, 2, "A***", "a***@example.com")]


def test_facts_are_what_another_engine_finds_in_the_unified_views(town: Town) -> None:
    keys = frame(town, "select channel, shop, customer_id, customer_key::text from unified.customer_keys")
    orders = frame(
        town,
        "select channel, shop, order_id, customer_id, order_kind, order_status, currency, items_amount, discount_amount,"
        " refunded_amount from unified.orders where customer_id is not null",
    )
    pieces = frame(town, "select channel, shop, order_id, quantity, line_kind from unified.order_lines")
    rate = town.house.value("select rate from marts.dim_exchange_rates where currency = 'USD' and rate_date = date '2026-02-28'")
    sold = (
        orders.filter((pl.col("order_kind") == "sale") & (pl.col("order_status") != "cancelled"))
        .join(keys, on=["channel", "shop", "customer_id"])
        .join(
            pieces.filter(pl.col("line_kind") == "product").group_by("channel", "shop", "order_id").agg(pl.col("quantity").sum()),
            on=["channel", "shop", "order_id"],
            how="left",
        )
    )
    expected: dict[str, list[Any]] = {}
    for row in sold.iter_rows(named=True):
        worth = Decimal(rate) if row["currency"] == "USD" else Decimal(1)
        signed = (("items_amount", 1), ("discount_amount", -1), ("refunded_amount", -1))
        net = sum(round(row[name] * worth, 4) * sign for name, sign in signed)
        found = expected.setdefault(row["customer_key"], [0, 0, Decimal(0)])
        found[0] += 1
        found[1] += row["quantity"] or 0
        found[2] += net
    facts = frame(
        town,
        "select customer_key::text, order_count, unit_count, net_revenue_base from marts.customer_facts where order_count > 0",
    )
    assert {key: list(rest) for key, *rest in facts.iter_rows()} == expected
    assert len(expected) > 40


def test_one_person_is_one_row_over_both_channels(town: Town) -> None:
    row = town.house.rows("select channels, account_count from marts.customer_360 where customer_key = %s", town.pair)
    assert row == [("shopify, taobao", 2)]
    everybody = town.house.value("select count(*) from marts.customer_360")
    assert everybody == town.house.value("select count(distinct customer_key) from unified.customer_keys")
    assert everybody == town.house.value("select count(*) - 1 from unified.customer_keys")


def test_the_360_agrees_with_net_sales_of_all_orders_that_have_a_customer(town: Town) -> None:
    sales = town.house.value(
        "select sum(items_amount_base - discount_amount_base - refunded_amount_base) from marts.fct_orders"
        " where order_kind = 'sale' and not is_cancelled and customer_id is not null"
    )
    assert town.house.value("select sum(net_revenue_base) from marts.customer_360") == sales > 0


def test_a_journey_is_in_order_of_time_over_channels(town: Town) -> None:
    events = town.house.rows(
        "select event, channel from marts.fct_customer_events where customer_key = %s order by occurred_at, event", town.pair
    )
    assert {channel for _, channel in events} == {"taobao", "shopify"}
    counted = dict(town.house.rows("select event, count(*) from marts.fct_customer_events group by 1"))
    sales = town.house.value("select count(*) from unified.orders where customer_id is not null and order_kind = 'sale'")
    assert counted["ordered"] == sales
    refunds = town.house.value("select count(*) from unified.refunds")
    assert counted["returned"] == refunds > 0


def test_after_sales_tells_of_every_order_and_refund(town: Town) -> None:
    counted = dict(town.house.rows("select record_kind, count(*) from marts.customer_after_sales group by 1"))
    for kind, view in (("order", "orders"), ("shipment", "shipments"), ("return", "refunds")):
        assert counted[kind] == town.house.value(f"select count(*) from unified.{view}")


def test_margin_is_null_where_a_cost_is_unknown(town: Town) -> None:
    odd = "customer_key = customers.own_key('taobao', 'flagship', 'b59')"
    assert town.house.rows(f"select margin_amount_base, net_revenue_base > 0 from marts.customer_360 where {odd}") == [
        (None, True)
    ]
    assert town.house.value("select count(*) from marts.customer_360 where margin_amount_base is not null") > 40


def test_value_is_kept_by_day_and_a_day_has_one_answer(town: Town) -> None:
    db = town.house.db
    first = town.house.value("select max(as_of) from customers.valuations")
    again = revalue(db, Planning(as_of="last_order"))
    assert again.as_of == first
    assert again.models.refused is None
    people = town.house.value("select count(*) from customers.value where as_of = %s", first)
    assert people == again.models.people == town.house.value("select count(*) from marts.customer_360 where order_count > 0")
    later = first + timedelta(days=400)
    kept = town.house.rows("select * from customers.value where as_of = %s order by customer_key", first)
    revalue(db, Planning(as_of=later))
    assert town.house.rows("select * from customers.value where as_of = %s order by customer_key", first) == kept
    history = "select as_of from marts.customer_value_history where as_of <= %s and (until_date > %s or until_date is null)"
    for day, answer in ((first, first), (first + timedelta(days=399), first), (later, later)):
        assert town.house.rows(f"select distinct as_of from ({history}) as h", day, day) == [(answer,)]
    churn = dict(town.house.rows("select as_of, avg(churn_probability) from customers.value group by 1"))
    assert churn[later] > churn[first]
    assert town.house.value("select count(*) from marts.customer_360 where value_as_of = %s", later) == people


def test_clear_contacts_are_in_a_schema_apart(town: Town) -> None:
    found = town.house.rows(
        "select table_schema from information_schema.columns where table_name = 'customer_contacts' and column_name = 'email'"
    )
    assert found == [("personal",)]
    columns = (
        "select table_name from information_schema.columns where table_schema = 'marts' and column_name in ('email', 'phone')"
    )
    clear = town.house.rows(columns)
    assert clear == []


def test_a_person_who_is_parted_is_two_again_at_the_next_build(town: Town) -> None:
    """Facts follow identity though no order changed: last, as it changes the town."""
    db, apart = town.house.db, "customers.own_key('shopify', 'main', '9')"
    before = town.house.value("select count(*) from marts.customer_360")
    db.execute(f"insert into customers.keys (customer_key) values ({apart})")
    db.execute(f"update customers.crosswalk set customer_key = {apart}, reason = 'split' where channel = 'shopify'")
    states = town.house.dbt("build", "--select", "path:models/marts/customers")
    assert set(states.values()) <= {"success", "pass", "no-op"}
    assert town.house.value("select count(*) from marts.customer_360") == before + 1
    assert town.house.value("select channels from marts.customer_360 where customer_key = %s", town.pair) == "taobao"
