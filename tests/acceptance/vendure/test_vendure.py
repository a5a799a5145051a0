"""A Vendure that is paid, ships, takes back and cancels after its orders were landed, behind a network that spoils answers.

One story in the order of the file: what a test finds was done by those before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from graphql import build_client_schema, get_introspection_query, parse, validate

from sluice import warehouse
from sluice.channels.protocol import Connection, Dispatch, Quota
from sluice.channels.vendure import CONNECTOR, client, graphql
from sluice.channels.vendure.connector import Shop
from sluice.landing.land import Landed, land
from sluice.landing.reconcile import reconcile
from sluice.proofs import spoiled
from sluice.proofs.spoiled import Proxy, Spoil, proxied
from tests.acceptance.vendure.shop import Api, Vendure
from tests.conftest import copy_of

pytestmark = pytest.mark.timeout(900)
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
FAULTS: tuple[Spoil, ...] = (
    spoiled.throttled,
    spoiled.throttled_without_a_hint,
    spoiled.server_error,
    spoiled.hanging,
    spoiled.truncated,
    spoiled.cut,
    spoiled.not_the_api,
)
AGAIN = "again"
"""The same shop landed once more from nothing, under this name."""


@dataclass
class House:
    """The real shop behind a proxy, and a warehouse. `orders` are ids by what becomes of them."""

    vendure: Vendure
    proxy: Proxy
    db: psycopg.Connection
    key: str
    late_cart: Api
    orders: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)

    def connection(self, shop: str = "main", later: timedelta = timedelta(0)) -> Connection:
        # small pages, so that every list has several
        options = CONNECTOR.options(page_size=5)
        url, now = self.proxy.url, lambda: datetime.now(UTC) + later
        return Connection(shop, url, {"key": self.key}, "USD", "UTC", SINCE, options, now)

    def land(self, shop: str = "main", later: timedelta = timedelta(0)) -> list[Landed]:
        return [land(self.db, CONNECTOR, self.connection(shop, later), stream) for stream in CONNECTOR.streams]

    def rows(self, query: str, **names: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(query, names).fetchall()  # type: ignore[arg-type]

    def statuses(self, order: str) -> tuple[Any, ...]:
        query = (
            "select order_status, payment_status, fulfilment_status from unified.orders where shop = 'main' and order_id = %(id)s"
        )
        (found,) = self.rows(query, id=self.orders[order])
        return found

    def sums(self, order: str) -> tuple[Any, ...]:
        """(shipped, refunded, cancelled pieces, pieces, money given back)."""
        (found,) = self.rows(
            "select sum(shipped_quantity)::int, sum(refunded_quantity)::int, sum(cancelled_quantity)::int, sum(quantity)::int,"
            " max(refunded_amount) from unified.order_lines inner join unified.orders using (channel, shop, order_id)"
            " where shop = 'main' and order_id = %(id)s",
            id=self.orders[order],
        )
        return found


@pytest.fixture(scope="module")
def house(
    real_vendure: Vendure, postgres: warehouse.Embedded, every_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    home: Path = tmp_path_factory.mktemp("acceptance")
    with (
        pytest.MonkeyPatch.context() as patch,
        proxied(real_vendure.url) as proxy,
        copy_of(postgres, every_template) as address,
        warehouse.connect(address) as db,
    ):
        patch.setenv("SLUICE_HOME", str(home))
        late = real_vendure.cart({"1": 1}, "late")
        built = House(real_vendure, proxy, db, real_vendure.key(), late)
        for shop in ("main", AGAIN):
            db.execute(
                "insert into raw.shops (channel, shop, name, kind, currency, timezone, base_currency)"
                " values ('vendure', %s, '', 'own_shop', 'USD', 'UTC', 'CNY')",
                (shop,),
            )
        db.commit()
        yield built


def test_all_that_we_send_is_valid_by_the_server_s_own_schema(house: House) -> None:
    schema = build_client_schema({"__schema": house.vendure.staff(get_introspection_query())}, assume_valid=True)
    written = [
        text for text in vars(graphql).values() if isinstance(text, str) and text.lstrip().startswith(("query", "mutation"))
    ]
    sent = [*written, *(graphql.page(stream) for stream in graphql.ROOTS), client.LOGIN]
    assert len(sent) > 10
    assert [error.message for one in sent for error in validate(schema, parse(one))] == []


def test_the_key_may_all_that_is_needed(house: House) -> None:
    assert list(Shop(house.connection()).check()) == []


def test_orders_are_landed_and_a_cart_is_none(house: House) -> None:
    for name in ("waiting", "paid", "partly sent", "delivered", "refunded", "returned", "cancelled", "cut"):
        house.orders[name] = house.vendure.buy(house.vendure.cart({"1": 3, "5": 1}, name.replace(" ", "")))
    counts = house.land()
    assert [one.quarantined for one in counts] == [0, 0, 0, 0]
    found = dict(house.rows("select order_id, total_amount from unified.orders where shop = 'main'"))
    assert found == {order: Decimal(house.vendure.order(order)["totalWithTax"]) / 100 for order in house.orders.values()}
    assert {house.statuses(name) for name in house.orders} == {("open", "authorized", "unfulfilled")}
    house.stamps = {name: house.vendure.order(order)["updatedAt"] for name, order in house.orders.items()}


def test_what_happens_after_landing_is_found_though_the_stamp_says_nothing(house: House) -> None:
    shop, orders = house.vendure, house.orders
    lines = {name: {line["id"]: line["quantity"] for line in shop.order(order)["lines"]} for name, order in orders.items()}
    three = {name: next(line for line, quantity in found.items() if quantity == 3) for name, found in lines.items()}
    payments = {name: shop.settle(order) for name, order in orders.items() if name not in ("waiting", "cancelled")}
    shop.send(orders["partly sent"], {three["partly sent"]: 2}, "Shipped")
    for name in ("delivered", "refunded", "returned"):
        shop.send(orders[name], lines[name], "Shipped", "Delivered")
    shop.refund(payments["refunded"], 1234, {three["refunded"]: 1})
    shop.cancel(orders["returned"], {three["returned"]: 2})
    shop.refund(payments["returned"], 2000, {three["returned"]: 2})
    shop.cancel(orders["cancelled"])
    shop.cancel(orders["cut"], {three["cut"]: 1})
    orders["late"] = shop.buy(house.late_cart)

    unmoved = [name for name, stamp in house.stamps.items() if shop.order(orders[name])["updatedAt"] == stamp]
    assert {"paid", "partly sent", "delivered", "refunded"} <= set(unmoved)

    assert all(one.quarantined == 0 for one in house.land())
    assert {name: house.statuses(name) for name in orders} == {
        "waiting": ("open", "authorized", "unfulfilled"),
        "paid": ("open", "paid", "unfulfilled"),
        "partly sent": ("open", "paid", "partially_shipped"),
        "delivered": ("completed", "paid", "delivered"),
        "refunded": ("completed", "partially_refunded", "delivered"),
        "returned": ("completed", "partially_refunded", "delivered"),
        "cancelled": ("cancelled", "voided", "unfulfilled"),
        "cut": ("open", "paid", "unfulfilled"),
        "late": ("open", "authorized", "unfulfilled"),
    }
    assert house.sums("partly sent")[:4] == (2, 0, 0, 4)
    assert house.sums("refunded") == (4, 1, 0, 4, Decimal("12.34"))
    assert house.sums("returned") == (4, 2, 0, 4, Decimal("20"))
    assert house.sums("cancelled")[:4] == (0, 0, 4, 4)
    assert house.sums("cut")[:4] == (0, 0, 1, 4)
    kinds = dict(house.rows("select order_id, kind from unified.refunds where shop = 'main'"))
    assert kinds == {orders["refunded"]: "refund", orders["returned"]: "return"}


def test_the_channel_s_own_account_agrees_and_landing_again_changes_nothing(house: House) -> None:
    found = reconcile(house.db, CONNECTOR, house.connection(), SINCE, datetime.now(UTC) + timedelta(minutes=1))
    assert found.agrees, found.sentence()
    assert found.claimed_orders == len(house.orders)
    off = (
        "select order_id from unified.orders where shop = 'main'"
        " and items_amount - discount_amount + shipping_amount + tax_amount + adjustment_amount <> total_amount"
    )
    assert house.rows(off) == []
    assert [one.new + one.deleted for one in house.land()] == [0, 0, 0, 0]


def test_quotas_are_what_can_be_sold_at_each_location(house: House) -> None:
    places = {"WH-SH": "1", "WH-GZ": house.vendure.location("WH-GZ")}
    fields = "select sku, product_id, listing_id, stock_ref from unified.products where shop = 'main' and listing_id"
    listed = [*house.rows(f"{fields} = '1'"), *house.rows(f"{fields} <> '1' order by sku limit 4")]
    quotas = [
        Quota(f"{row[0]}/{facility}", *row, facility, 11 + number) for number, row in enumerate(listed) for facility in places
    ]
    connection = house.connection()
    connection.options.locations = places
    shop = Shop(connection)
    house.proxy.arm(spoiled.server_error, 2)
    for expected in ({"set"}, {"already so"}):
        answers = list(shop.publish(quotas))
        assert {answer.message for answer in answers} == expected
        assert {answer.decision_id: answer.read_back for answer in answers} == {one.decision_id: one.quantity for one in quotas}
    # variant 1 has pieces allocated to open orders: they are on hand besides
    shown = house.vendure.staff('{ productVariant(id: "1") { stockLevels { stockLocationId stockOnHand stockAllocated } } }')
    (main,) = [level for level in shown["stockLevels"] if level["stockLocationId"] == "1"]
    assert main["stockAllocated"] > 0
    assert main["stockOnHand"] - main["stockAllocated"] == 11


def test_a_parcel_that_we_tell_of_is_there_once(house: House) -> None:
    shop = Shop(house.connection())
    dispatch = Dispatch("x1", house.orders["paid"], "UPS", "1Z999", datetime.now(UTC))
    assert [answer.message for answer in shop.ship([dispatch, dispatch])] == ["shipped", "already so"]
    house.land()
    assert house.statuses("paid") == ("open", "paid", "shipped")
    query = "select carrier, tracking_number, status from unified.shipments where shop = 'main' and order_id = %(id)s"
    assert house.rows(query, id=house.orders["paid"]) == [("UPS", "1Z999", "shipped")]


def test_nothing_is_lost_on_a_bad_network(house: House) -> None:
    left = list(FAULTS)
    house.proxy.arm(lambda seen: left.pop(0)(seen), len(FAULTS))
    house.land(AGAIN)
    house.proxy.arm(None)
    assert left == []
    query = "select order_id, total_amount, order_status, payment_status from unified.orders where shop = %(shop)s order by 1"
    assert house.rows(query, shop=AGAIN) == house.rows(query, shop="main")
    products = "select listing_id, sku, price, status from unified.products where shop = %(shop)s order by 1"
    assert house.rows(products, shop=AGAIN) == house.rows(products, shop="main")


def test_a_refund_of_an_order_that_was_over_is_found_within_a_day(house: House) -> None:
    """Last of the landings: what is received tomorrow is newer than what is received today."""
    order = house.orders["delivered"]
    (payment,) = [one["id"] for one in house.vendure.order(order)["payments"]]
    house.vendure.refund(payment, 500, {})
    house.land(later=timedelta(hours=25))
    assert house.statuses("delivered") == ("completed", "partially_refunded", "delivered")


def test_wrong_keys_are_refused_in_words(house: House) -> None:
    house.key = "wrong"
    with pytest.raises(Exception, match="refused the API key"):
        house.land()
