"""As time goes on, things are added to an order and never taken away."""

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.sandbox.catalogue import SHOPS
from sluice.sandbox.seasons import AS_OF, END, START
from sluice.sandbox.view import ORDER_EVENTS, REFUND_EVENTS
from tests.sandbox.worlds import world

NAMES = [(one.channel, one.shop) for one in SHOPS]
HOURS = st.integers(0, int((END - START) / timedelta(hours=1)))


@settings(max_examples=40)
@given(first=HOURS, more=HOURS, name=st.sampled_from(NAMES))
def test_later_knows_all_that_was_known_and_nothing_of_the_future(first: int, more: int, name: tuple[str, str]) -> None:
    before = START + timedelta(hours=first)
    after = min(before + timedelta(hours=more), END)
    early, late = world().orders_at(*name, before), world().orders_at(*name, after)
    assert early.select(pl.max_horizontal(*ORDER_EVENTS, "updated_at").max() <= before).item() is not False
    both = early.join(late, on="order_id", how="left", suffix="_later")
    assert both["created_at_later"].null_count() == 0
    for event in ORDER_EVENTS:
        known = both.filter(pl.col(event).is_not_null())
        assert known[event].equals(known[f"{event}_later"].alias(event))
        new = both.filter(pl.col(event).is_null(), pl.col(f"{event}_later").is_not_null())
        assert (new[f"{event}_later"] > before).all()
    assert (both["updated_at_later"] >= both["updated_at"]).all()
    fixed = ["total_minor", "items_minor", "customer_id", "person_id", "order_number"]
    assert both.select(fixed).equals(both.select(pl.col(f"{name}_later").alias(name) for name in fixed))


@pytest.mark.parametrize("name", NAMES)
def test_what_changed_since_is_found_by_updated_at(name: tuple[str, str]) -> None:
    """An order whose document differs has a later updated_at: a reader that asks by it misses nothing."""
    made, later = world(orders=20_000), AS_OF + timedelta(days=9)
    early, late = made.view(*name, AS_OF), made.view(*name, later)
    since = AS_OF - timedelta(days=70)
    before = {order["order_id"]: order for order in early.documents(early.orders.filter(pl.col("created_at") > since))}
    after = {order["order_id"]: order for order in late.documents(late.orders.filter(pl.col("created_at") > since))}
    assert before.keys() < after.keys()
    changed = {order_id for order_id in before if before[order_id] != after[order_id]}
    assert changed == {order_id for order_id in before if after[order_id]["updated_at"] > AS_OF}
    assert name[0] == "file" or changed


def test_events_come_in_order() -> None:
    orders = world(orders=20_000).orders
    for earlier, later in (
        ("created_at", "paid_at"), ("paid_at", "shipped_at"), ("shipped_at", "delivered_at"), ("delivered_at", "completed_at"),
        ("created_at", "cancelled_at"),
    ):  # fmt: skip
        assert (orders[later] >= orders[earlier]).all(), (earlier, later)
    for event in ("paid_at", "shipped_at", "cancelled_at"):
        assert orders.filter(pl.col(event).is_not_null()).height > 100
    assert orders.filter(pl.col("cancelled_at").is_not_null(), pl.col("shipped_at").is_not_null()).is_empty()
    assert orders.filter(pl.col("shipped_at").is_not_null(), pl.col("paid_at").is_null()).is_empty()


def test_refunds_follow_their_steps() -> None:
    refunds = world(orders=20_000).refunds
    for earlier, later in (("requested_at", "approved_at"), ("approved_at", "returned_at"), ("approved_at", "completed_at")):
        assert (refunds[later] >= refunds[earlier]).all()
    rejected = refunds.filter(pl.col("rejected_at").is_not_null())
    assert len(rejected) > 20
    assert rejected["completed_at"].null_count() == len(rejected)
    assert refunds.filter(pl.col("kind") == "refund")["returned_at"].is_null().all()
    assert refunds.filter(pl.col("kind") == "return", pl.col("restock"))["returned_at"].null_count() == 0


def test_nothing_is_promised_before_it_is_paid() -> None:
    for channel, shop in NAMES[:2]:
        orders = world(orders=20_000).orders_at(channel, shop, AS_OF)
        assert orders.filter(pl.col("paid_at").is_null() != pl.col("promised_at").is_null()).is_empty()
        assert orders["promised_at"].null_count() > 0


def test_store_orders_are_paid_and_taken_at_once_at_the_store() -> None:
    orders = world().orders.filter(pl.col("channel") == "file")
    for event in ("paid_at", "shipped_at", "delivered_at", "completed_at"):
        assert orders[event].equals(orders["created_at"].alias(event))
    assert set(orders["facility_id"]) == {"ST-HZ"}
    assert 0.1 < orders["customer_id"].is_null().mean() < 0.5
    hours = orders["created_at"].dt.convert_time_zone("Asia/Shanghai").dt.hour()
    assert (hours.is_between(10, 21)).all()


def test_some_parcels_are_late_and_some_are_lost() -> None:
    made = world(orders=20_000)
    late = made.shipments.join(made.orders.select("order_id", "promised_at"), on="order_id")
    assert 0.01 < late["is_late"].mean() < 0.1
    assert (late["is_late"] == (late["delivered_at"] > late["promised_at"]).fill_null(True)).all()
    assert late["delivered_at"].null_count() > 0


def test_documents_hold_the_rows_of_their_order_as_they_are_now() -> None:
    made = world(orders=20_000)
    view = made.view("taobao", "flagship", AS_OF)
    orders = view.orders.filter(pl.col("created_at") > AS_OF - timedelta(days=45)).sample(fraction=1, shuffle=True, seed=5)
    documents = view.documents(orders)
    taobao = made.refunds.filter(pl.col("channel") == "taobao").join(orders, on="order_id", how="semi")
    lines = dict(made.lines.group_by("order_id", maintain_order=True).agg("line_id").iter_rows())
    refunds = dict(taobao.filter(pl.col("requested_at") <= AS_OF).group_by("order_id").agg("refund_id").iter_rows())
    assert len(taobao.filter(pl.col("requested_at") > AS_OF)) > 5
    shown = [refund for order in documents for refund in order["refunds"]]
    assert {name for name in REFUND_EVENTS if any(refund[name] for refund in shown)} == set(REFUND_EVENTS)
    assert sum(refund["completed_at"] is None for refund in shown) > 3
    assert [order["order_id"] for order in documents] == orders["order_id"].to_list()
    for order in documents:
        assert [line["line_id"] for line in order["lines"]] == lines[order["order_id"]]
        assert {refund["refund_id"] for refund in order["refunds"]} == set(refunds.get(order["order_id"], []))
        happened = [order, *order["refunds"], *order["shipments"]]
        moments = {name: value for record in happened for name, value in record.items() if name.endswith("_at")}
        assert all(moment is None or moment <= AS_OF for name, moment in moments.items() if name != "promised_at")
        assert len(order["shipments"]) == (order["shipped_at"] is not None)
        assert order["person"]["person_id"] == order["identity"]["person_id"] == order["person_id"]
        assert order["identity"]["customer_id"] == order["customer_id"]


def test_customers_appear_with_their_first_order() -> None:
    made = world()
    for days in (-300, 0):
        now = AS_OF + timedelta(days=days)
        view = made.view("shopify", "main", now)
        assert set(view.customers()["customer_id"]) == set(view.orders["customer_id"].drop_nulls())
