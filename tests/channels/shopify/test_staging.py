"""From the shop over HTTP through landing to the staging views: the same orders, pieces and money, to the cent."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from sluice import dbt, warehouse
from sluice.channels.shopify.connector import CONNECTOR
from sluice.landing.land import land
from sluice.landing.raw_tables import ensure
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import REFUND_EVENTS, clipped
from sluice.sandbox.world import World
from tests.channels.shopify.shop import connection
from tests.channels.shopify.worlds import HERE
from tests.conftest import DBT, copy_of

WORLD = World.generate(11, 1500)
STATE = SandboxState(WORLD)
ORDERS = WORLD.orders_at(*HERE, STATE.now)


@pytest.fixture(scope="module")
def staged(
    postgres: warehouse.Embedded, template: str, dbt_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """A database with the shop landed, its staging views built, and every dbt test of theirs passed."""
    with pytest.MonkeyPatch.context() as patch, copy_of(postgres, template, DBT) as url, warehouse.connect(url) as db:
        patch.setenv("SLUICE_HOME", str(tmp_path_factory.mktemp("home")))
        shop = ("shopify", "main", "Own shop", "own_shop", "USD", "America/Los_Angeles", "US", "CNY")
        db.execute("insert into raw.shops values (%s, %s, %s, %s, %s, %s, %s, %s)", shop)
        ensure(db, [CONNECTOR])
        db.commit()
        with hosted(STATE) as address:
            for stream in CONNECTOR.streams:
                land(db, CONNECTOR, connection(f"{address}/shopify", page_size=250), stream)
        dbt.run(url, ["build", "--select", "channel_status_map", "staging.shopify"])
        yield db


def rows(db: psycopg.Connection, sql: str) -> list[tuple[Any, ...]]:
    return db.execute(sql).fetchall()


def money(minor: int) -> Decimal:
    return Decimal(minor) / 100


def test_orders_are_the_worlds(staged: psycopg.Connection) -> None:
    found = rows(
        staged,
        """
        select order_id, order_number, case when customer_id not like 'guest:%' then customer_id end, currency,
            items_amount, discount_amount, shipping_amount, tax_amount,
            total_amount, is_presale, facility_id, ordered_at, paid_at, cancelled_at, closed_at, promised_at, updated_at
        from staging.stg_shopify__orders
        """,
    )
    wanted = {
        (
            order["order_id"], order["order_number"], order["customer_id"], "USD",
            *(money(order[f"{name}_minor"]) for name in ("items", "discount", "shipping", "tax", "total")),
            order["is_presale"], order["facility_id"], order["created_at"], order["paid_at"], order["cancelled_at"],
            order["completed_at"], order["promised_at"], order["updated_at"],
        )
        for order in ORDERS.to_dicts()
    }  # fmt: skip
    assert len(found) == len(ORDERS)
    assert set(found) == wanted


def test_amounts_make_up_the_total_and_no_status_is_unknown(staged: psycopg.Connection) -> None:
    [wrong] = rows(
        staged,
        """
        select
            count(*) filter (
                where items_amount - discount_amount + shipping_amount + tax_amount + adjustment_amount <> total_amount
            ),
            count(*) filter (where 'unknown' in (order_status, payment_status, fulfilment_status)),
            count(*) filter (where order_kind <> 'sale')
        from staging.stg_shopify__orders
        """,
    )
    assert wrong == (0, 0, 0)


def test_statuses_are_what_happened(staged: psycopg.Connection) -> None:
    sql = "select order_id, order_status, fulfilment_status from staging.stg_shopify__orders"
    found = {order: statuses for order, *statuses in rows(staged, sql)}
    for order in ORDERS.to_dicts():
        status = "cancelled" if order["cancelled_at"] else "completed" if order["completed_at"] else "open"
        fulfilment = "delivered" if order["delivered_at"] else "shipped" if order["shipped_at"] else "unfulfilled"
        assert found[order["order_id"]] == [status, fulfilment]


def test_lines_are_the_worlds(staged: psycopg.Connection) -> None:
    lines = WORLD.shops[HERE].lines.frame.join(ORDERS.select("order_id"), on="order_id", how="semi")
    shipped = set(ORDERS.filter(pl.col("shipped_at").is_not_null())["order_id"])
    found = rows(
        staged,
        """
        select order_id, line_id, position, sku, product_id, listing_id, quantity, unit_price, discount_amount, tax_amount,
            total_amount, shipped_quantity
        from staging.stg_shopify__order_lines
        """,
    )
    wanted = {
        (
            line["order_id"], line["line_id"], line["line_no"], line["sku"], line["product_id"], line["listing_id"],
            line["quantity"], money(line["unit_price_minor"]), money(line["discount_minor"]), money(line["tax_minor"]),
            money(line["total_minor"]), line["quantity"] if line["order_id"] in shipped else 0,
        )
        for line in lines.to_dicts()
    }  # fmt: skip
    assert len(found) == len(lines)
    assert set(found) == wanted


def test_who_orders_without_an_account_is_a_guest_by_their_contact(staged: psycopg.Connection) -> None:
    identities = WORLD.shops[HERE].identities[ORDERS["identity_no"]]
    placed = ORDERS.select("order_id", "is_guest").with_columns(
        told=identities["email"] + " " + identities["name"].str.to_lowercase()
    )
    told = {order: contact for order, is_guest, contact in placed.iter_rows() if is_guest}
    found = dict(rows(staged, "select order_id, customer_id from staging.stg_shopify__orders where customer_id like 'guest:%'"))
    assert found.keys() == told.keys()
    assert len(found) > 10
    # one guest a contact, one contact a guest
    assert len(set(found.values())) == len(set(told.values())) == len({(found[order], told[order]) for order in told})
    contacts = rows(staged, "select customer_id, email || ' ' || lower(name) from staging.stg_shopify__guests")
    assert set(contacts) == {(found[order], told[order]) for order in told}


def test_refunds_sum_to_what_was_paid_back(staged: psycopg.Connection) -> None:
    refunds = clipped(WORLD.shops[HERE].refunds.frame, REFUND_EVENTS, STATE.now)
    done = refunds.filter(pl.col("completed_at").is_not_null())
    sums = done.group_by("order_id").agg(pl.col("amount_minor").sum())
    wanted = {order: money(minor) for order, minor in sums.iter_rows()}
    assert dict(rows(staged, "select order_id, sum(amount) from staging.stg_shopify__refunds group by 1")) == wanted
    on_orders = rows(staged, "select order_id, refunded_amount from staging.stg_shopify__orders where refunded_amount <> 0")
    assert dict(on_orders) == wanted
    returns = done.filter(pl.col("kind") == "return")
    [pieces] = rows(staged, "select sum(quantity), count(*) from staging.stg_shopify__refunds where kind = 'return'")
    assert pieces == (returns["quantity"].sum(), len(returns))


def test_no_piece_is_counted_twice(staged: psycopg.Connection) -> None:
    [wrong] = rows(
        staged,
        """
        select count(*) filter (where refunded_quantity + cancelled_quantity > quantity),
            count(*) filter (where shipped_quantity + cancelled_quantity > quantity)
        from staging.stg_shopify__order_lines
        """,
    )
    assert wrong == (0, 0)
    unsent = rows(
        staged,
        """
        select sum(lines.quantity), sum(lines.cancelled_quantity)
        from staging.stg_shopify__order_lines as lines
        inner join staging.stg_shopify__orders as orders using (channel, shop, order_id)
        where orders.order_status = 'cancelled'
        """,
    )
    assert unsent[0][0] == unsent[0][1] > 0


def test_payments_parcels_customers_listings_are_all_there(staged: psycopg.Connection) -> None:
    view = STATE.view(*HERE)
    shipments = clipped(WORLD.shops[HERE].shipments.frame, ("shipped_at", "delivered_at"), STATE.now)
    paid = "select count(*), sum(amount) from staging.stg_shopify__payments where kind = 'payment' and status = 'paid'"
    paid_orders = ORDERS.filter(pl.col("paid_at").is_not_null())
    assert rows(staged, paid) == [(len(paid_orders), money(paid_orders["total_minor"].sum()))]
    columns = "order_id, shipment_id, facility_id, carrier, tracking_number, shipped_at, delivered_at"
    found = rows(staged, f"select {columns} from staging.stg_shopify__shipments")
    assert set(found) == set(shipments.select(columns.split(", ")).iter_rows())
    customers = rows(staged, "select customer_id, name, email, phone from staging.stg_shopify__customers")
    assert set(customers) == set(view.customers().select("customer_id", "name", "email", "phone").iter_rows())
    listed = WORLD.listings.filter(pl.col("channel") == "shopify", pl.col("listed_at") <= STATE.now)
    listings = listed.join(WORLD.products.select("sku", "category", "weight_g"), on="sku")
    found = rows(staged, "select listing_id, product_id, sku, category, weight_g, currency from staging.stg_shopify__products")
    assert set(found) == set(listings.select("listing_id", "product_id", "sku", "category", "weight_g", "currency").iter_rows())


@pytest.mark.parametrize("model", ["orders", "order_lines", "payments", "refunds", "shipments"])
def test_an_order_is_found_by_its_key(staged: psycopg.Connection, model: str) -> None:
    # So few rows are scanned for choice; what counts is that the keys reach the index through the view.
    staged.execute("set local enable_seqscan = off")
    keys = "where shop = 'main' and order_id = any(array['1', '2'])"
    plan = "\n".join(line for (line,) in rows(staged, f"explain select * from staging.stg_shopify__{model} {keys}"))
    assert "legacy_resource_id = ANY" in plan.split("Index Cond", 1)[1]
    assert "Seq Scan on shopify" not in plan


def test_a_file_of_this_folder_is_tested_or_described(staged: psycopg.Connection) -> None:
    folder = Path(__file__).parents[3] / "dbt_project" / "models" / "staging" / "shopify"
    assert {path.stem for path in folder.glob("stg_*.sql")} == {path.stem for path in folder.glob("stg_*.yml")}
