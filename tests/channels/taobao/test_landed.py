"""From the sandbox through landing to the staged entities: what the warehouse then says is what the world knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.taobao.connector import CONNECTOR
from sluice.landing.land import Landed as Counts
from sluice.landing.land import land
from sluice.landing.reconcile import reconcile
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF, START
from sluice.sandbox.state import SandboxState
from sluice.sandbox.taobao.index import earliest
from sluice.sandbox.view import REFUND_EVENTS, clipped
from tests.channels.taobao.shop import connection
from tests.channels.taobao.test_reading import TOLD
from tests.conftest import copy_of
from tests.sandbox.worlds import world


@dataclass(frozen=True)
class Landed:
    """A sandbox, and a warehouse that it was landed in."""

    db: psycopg.Connection
    state: SandboxState
    url: str


@contextmanager
def sandbox_and_warehouse(state: SandboxState, server: warehouse.Embedded, template: str, home: Path) -> Iterator[Landed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_HOME", str(home))
        with hosted(state) as url, copy_of(server, template) as address, warehouse.connect(address) as db:
            yield Landed(db, state, f"{url}/taobao")


@pytest.fixture(scope="module")
def landed(postgres: warehouse.Embedded, prepared_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landed]:
    """All streams landed once; only to be looked at."""
    home = tmp_path_factory.mktemp("landed")
    with sandbox_and_warehouse(SandboxState(world(11, 3_000)), postgres, prepared_template, home) as found:
        land_all(found)
        yield found


@pytest.fixture
def fresh(postgres: warehouse.Embedded, prepared_template: str, tmp_path: Path) -> Iterator[Landed]:
    """Nothing landed yet."""
    with sandbox_and_warehouse(SandboxState(world()), postgres, prepared_template, tmp_path) as found:
        yield found


def land_all(into: Landed) -> list[Counts]:
    return [land(into.db, CONNECTOR, connection(into.url), stream) for stream in CONNECTOR.streams]


def rows(db: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return db.execute(query).fetchall()


def orders(state: SandboxState) -> pl.DataFrame:
    """Told since they were created, so that the warehouse has all of their history."""
    return state.view("taobao", "flagship").orders.filter(pl.col("created_at") >= TOLD)


def given_back(state: SandboxState) -> pl.DataFrame:
    refunds = clipped(state.world.refunds.filter(pl.col("channel") == "taobao"), REFUND_EVENTS, state.now)
    return refunds.join(orders(state).select("order_id"), on="order_id")


def fen(amount: Decimal) -> int:
    assert amount * 100 == int(amount * 100)
    return int(amount * 100)


def test_orders_are_the_world_s_to_the_cent(landed: Landed) -> None:
    db, state = landed.db, landed.state
    done = given_back(state).filter(pl.col("completed_at").is_not_null())
    refunded = dict(done.group_by("order_id").agg(pl.col("amount_minor").sum()).iter_rows())
    found = {
        row[0]: (*map(fen, row[1:8]), *row[8:])
        for row in rows(
            db,
            "select order_id, items_amount, discount_amount, shipping_amount, tax_amount, adjustment_amount, total_amount,"
            " refunded_amount, is_presale, customer_id, ordered_at, paid_at from staging.stg_taobao__orders",
        )
    }
    for order in orders(state).iter_rows(named=True):
        assert found[order["order_id"]] == (
            order["items_minor"],
            order["discount_minor"],
            order["shipping_minor"],
            order["tax_minor"],
            0,
            order["total_minor"],
            refunded.get(order["order_id"], 0),
            order["is_presale"],
            order["customer_id"],
            order["created_at"],
            order["paid_at"],
        )
    assert len(done) > 5


def test_statuses_follow_what_happened(landed: Landed) -> None:
    db, state = landed.db, landed.state
    found = {
        order_id: statuses
        for order_id, *statuses in rows(
            db, "select order_id, order_status, payment_status, fulfilment_status from staging.stg_taobao__orders"
        )
    }
    refunds = given_back(state).filter(pl.col("completed_at").is_not_null())["order_id"].to_list()
    seen: set[tuple[str, ...]] = set()
    for order in orders(state).iter_rows(named=True):
        expected = _statuses(order, order["order_id"] in refunds)
        if expected:
            seen.add(expected)
            assert tuple(found[order["order_id"]]) == expected, order
    assert len(seen) >= 5


def _statuses(order: dict[str, Any], refunded: bool) -> tuple[str, ...] | None:
    """None where a refund decides, which the money is tested for."""
    if order["cancelled_at"]:
        return ("cancelled", "refunded" if order["paid_at"] else "voided", "unfulfilled")
    if refunded:
        return None
    if order["completed_at"]:
        return ("completed", "paid", "delivered")
    if order["shipped_at"]:
        return ("open", "paid", "shipped")
    return ("open", "paid" if order["paid_at"] else "pending", "unfulfilled")


def test_lines_add_up_and_carry_the_merchant_s_code(landed: Landed) -> None:
    db, state = landed.db, landed.state
    lines = state.world.lines.filter(pl.col("channel") == "taobao").join(orders(state), on="order_id", how="semi")
    facts = ("line_no", "sku", "quantity", "unit_price_minor", "total_minor")
    expected = {(line["order_id"], line["line_id"]): tuple(line[name] for name in facts) for line in lines.iter_rows(named=True)}
    found = {
        (order_id, line_id): (position, sku, quantity, fen(price), fen(total))
        for order_id, line_id, position, sku, quantity, price, total in rows(
            db, "select order_id, line_id, position, sku, quantity, unit_price, total_amount from staging.stg_taobao__order_lines"
        )
    }
    assert expected.items() <= found.items()


def test_returned_pieces_are_found_from_the_money(landed: Landed) -> None:
    db, state = landed.db, landed.state
    found = {
        row[0]: row[1:]
        for row in rows(db, "select refund_id, order_id, quantity, kind, completed_at from staging.stg_taobao__refunds")
    }
    refunds = given_back(state)
    for refund in refunds.iter_rows(named=True):
        decided = refund["completed_at"] or refund["rejected_at"]
        assert found[refund["refund_id"]] == (refund["order_id"], refund["quantity"], refund["kind"], decided)
    assert set(refunds["kind"]) == {"return", "refund"}


def test_parcels_and_payments_are_derived(landed: Landed) -> None:
    db, state = landed.db, landed.state
    told = orders(state)
    shipments = state.world.shipments.filter(pl.col("channel") == "taobao", pl.col("shipped_at") <= state.now)
    expected = {
        (one["order_id"], one["tracking_number"], one["carrier"], one["facility_id"], one["shipped_at"])
        for one in shipments.join(told, on="order_id", how="semi").iter_rows(named=True)
    }
    found = rows(db, "select order_id, tracking_number, carrier, facility_id, shipped_at from staging.stg_taobao__shipments")
    assert expected <= set(found)
    assert len(set(found)) == len(found)
    paid = told.filter(pl.col("paid_at").is_not_null())
    payments = dict(rows(db, "select order_id, amount from staging.stg_taobao__payments"))
    assert set(paid["order_id"]) <= payments.keys()
    assert sum(fen(payments[order_id]) for order_id in paid["order_id"]) == paid["total_minor"].sum()


def test_listings_and_buyers_are_the_world_s(landed: Landed) -> None:
    db, state = landed.db, landed.state
    listed = state.world.listings.filter(pl.col("channel") == "taobao", pl.col("listed_at") <= AS_OF)
    many = pl.len().over("product_id") > 1
    expected = listed.select("product_id", pl.when(many).then("listing_id").otherwise("product_id"), "sku", "price_minor").rows()
    active = "from staging.stg_taobao__products where status = 'active'"
    assert sorted(rows(db, f"select product_id, listing_id, sku, (price * 100)::int {active}")) == sorted(expected)
    customers = dict(rows(db, "select customer_id, name from staging.stg_taobao__customers"))
    told = state.view("taobao", "flagship").orders.filter(pl.col("created_at") >= earliest(AS_OF), pl.col("updated_at") >= TOLD)
    identities = state.world.identities.filter(pl.col("channel") == "taobao").join(told, on="customer_id", how="semi")
    assert customers == dict(identities.select("customer_id", "name").iter_rows())


def test_landing_again_lands_only_what_is_new(fresh: Landed) -> None:
    first = land_all(fresh)
    assert all(counts.new == counts.delivered > 0 for counts in first)
    again = land_all(fresh)
    assert [(counts.new, counts.changed) for counts in again] == [(0, 0)] * 3
    fresh.state.advance(days=2)
    later = land_all(fresh)
    view = fresh.state.view("taobao", "flagship").orders
    assert later[0].new == view.filter(pl.col("created_at") > AS_OF).height
    assert later[0].new + later[0].changed == view.filter(pl.col("updated_at") > AS_OF).height


def test_a_malformed_trade_is_in_quarantine_and_nowhere_else(fresh: Landed) -> None:
    fresh.state.faults.plan("taobao", malformed=1)
    trades, *_ = land_all(fresh)
    assert trades.quarantined == 1
    ((order_id, reason),) = rows(fresh.db, "select order_id, reason from raw.quarantine")
    assert "payment" in reason
    assert rows(fresh.db, f"select 1 from staging.stg_taobao__orders where order_id = '{order_id}'") == []


def test_a_delisted_item_becomes_inactive(fresh: Landed) -> None:
    land_all(fresh)
    listing = "select distinct product_id from staging.stg_taobao__products where status = 'inactive'"
    assert rows(fresh.db, listing) == []
    index = fresh.state.cached(("taobao", "flagship", "index"), lambda: pytest.fail("it was made when it was read"))
    (product,) = next(iter(index.items))
    del index.items[product,]
    land_all(fresh)
    assert rows(fresh.db, listing) == [(product,)]


def test_the_warehouse_agrees_with_what_the_platform_claims(fresh: Landed) -> None:
    """Also when the platform has forgotten the oldest trades since."""
    fresh.state.faults.plan("taobao", malformed=1)
    land_all(fresh)
    for _ in range(2):
        found = reconcile(fresh.db, CONNECTOR, connection(fresh.url), START, fresh.state.now)
        assert found.agrees, found.sentence()
        assert found.claimed_orders > 20
        fresh.state.advance(days=20)
        land_all(fresh)


def test_an_order_is_looked_up_by_keys_alone(landed: Landed) -> None:
    landed.db.execute("analyze")
    landed.db.execute("set local enable_seqscan to off")
    for model in ("orders", "order_lines", "refunds", "payments"):
        query = f"explain select * from staging.stg_taobao__{model} where shop = 'flagship' and order_id = any(array['1', '2'])"
        plan = "\n".join(row[0] for row in rows(landed.db, query))
        assert "Seq Scan on taobao" not in plan, plan


def test_times_are_read_as_beijing_s(landed: Landed) -> None:
    """Whatever the session's zone is."""
    landed.db.execute("set local timezone to 'America/New_York'")
    ((newest,),) = rows(landed.db, "select max(ordered_at) from staging.stg_taobao__orders")
    assert newest == orders(landed.state)["created_at"].max()
