"""What is told of a person is told again where something of theirs changed, as a full refresh tells it; others are left alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice import dbt
from tests.warehouse import raw
from tests.warehouse.conftest import Warehouse

MARTS = {
    "dim_customers": "channel, shop, customer_id",
    "order_buyers": "channel, shop, order_id, customer_id",
    "customer_accounts": "channel, shop, customer_id",
    "customer_facts": "customer_key",
    "customer_habits": "customer_key",
    "customer_preferences": "customer_key",
}
SELECT = ("--select", "path:models/marts")
LANDED = datetime.now(UTC) - timedelta(days=2)
PROMISED = LANDED + timedelta(days=1)

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Story:
    house: Warehouse
    incremental: dict[str, list[tuple[Any, ...]]]
    refreshed: dict[str, list[tuple[Any, ...]]]
    written_again: set[str]


def contents(house: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {mart: house.rows(f"select * from marts.{mart} order by {key}") for mart, key in MARTS.items()}


def versions(house: Warehouse) -> dict[str, str]:
    """The transaction that wrote each person's row, by each customer who they are."""
    accounts = "inner join marts.customer_accounts using (customer_key)"
    return dict(house.rows(f"select customer_id, facts.xmin::text from marts.customer_facts as facts {accounts}"))


def take_for(house: Warehouse, channel: str, customer: str, person: str, at: datetime) -> None:
    """What identity writes where it finds that a customer is the person whose own account is called so."""
    shop = raw_shop(channel)
    key = house.value("select customers.own_key(%s, %s, %s)", channel, shop, person)
    house.db.execute("insert into customers.keys (customer_key) values (%s) on conflict do nothing", (key,))
    house.db.execute(
        "insert into customers.crosswalk (channel, shop, customer_id, customer_key, since_at, reason)"
        " values (%s, %s, %s, %s, %s, 'new') on conflict (channel, shop, customer_id)"
        " do update set customer_key = excluded.customer_key, since_at = excluded.since_at",
        (channel, shop, customer, key, at),
    )


def raw_shop(channel: str) -> str:
    return {"taobao": "flagship", "shopify": "main"}[channel]


def begin(house: Warehouse) -> None:
    """Customers of an order each; p-one and p-two are one person, m-one and m-two are two. Two buy at Shopify."""
    db = house.db
    raw.shops(db)
    raw.erp(db, LANDED)
    for number, buyer in enumerate(("still", "p-one", "p-two", "m-one", "m-two", "regretful", "giver")):
        # 'still' further back than the overlap that an incremental build reads again
        at = LANDED - timedelta(days=1) if buyer == "still" else LANDED
        raw.trade(db, buyer, [("A", 1 + number, "10.00")], at, created="2026-02-01 10:00:00", buyer=buyer)
        take_for(house, "taobao", buyer, "p-one" if buyer == "p-two" else buyer, at)
    raw.trade(db, "given", [("B", 1, "30.00")], LANDED, created="2026-02-02 10:00:00", buyer="giver")
    for order, customer in (("1001", "impatient"), ("1002", "vanished")):
        raw.put(db, "shopify_customers", shop="main", legacy_resource_id=customer, created_at=LANDED, **raw.landed(LANDED))
        raw.shopify_order(db, order, LANDED, processed_at="2026-03-01 07:30:00+00", customer_legacy_resource_id=customer)
        take_for(house, "shopify", customer, customer, LANDED)
    raw.put(
        db, "shopify_orders__fulfillment_orders", shop="main", _parent_legacy_resource_id="1001", _position=0,
        id="gid://shopify/FulfillmentOrder/1", status="OPEN", fulfill_by=PROMISED,
    )  # fmt: skip


def change(house: Warehouse, now: datetime) -> None:
    """Identity parts and unites, an old order is refunded, one is another's, a customer is gone, a promise is broken."""
    db = house.db
    take_for(house, "taobao", "p-two", "p-two", now)
    take_for(house, "taobao", "m-two", "m-one", now)
    raw.refund(db, "regretful", 0, "10.00", now)
    raw.trade(db, "given", [("B", 1, "30.00")], now, created="2026-02-02 10:00:00", buyer="taker")
    db.execute("update raw.shopify_customers set _deleted_at = now() where legacy_resource_id = 'vanished'")
    db.execute("delete from customers.crosswalk where customer_id = 'vanished'")
    # as a build that was before the promise left it
    own = "customers.own_key('shopify', 'main', 'impatient')"
    db.execute(f"update marts.customer_facts set late_order_count = 0 where customer_key = {own}".encode())


@pytest.fixture(scope="module")
def story(house: Warehouse) -> Story:
    begin(house)
    below = ("path:seeds", "path:models/unified", *dbt.staging(("odoo", "shopify", "taobao")))
    first = house.dbt("build", "--select", *below, "path:models/marts", "--resource-type", "model", "--resource-type", "seed")
    assert set(first.values()) <= {"success", "no-op"}, first
    change(house, datetime.now(UTC))
    written = versions(house)
    again_built = house.dbt("run", *SELECT)
    assert set(again_built.values()) <= {"success", "no-op"}, again_built
    incremental, again = contents(house), versions(house)
    house.dbt("run", *SELECT, "--full-refresh")
    return Story(house, incremental, contents(house), {name for name, version in again.items() if written.get(name) != version})


@pytest.mark.parametrize("mart", MARTS)
def test_incremental_equals_full_refresh(story: Story, mart: str) -> None:
    if mart == "order_buyers":
        # it remembers whose an order was, which a full refresh can't know
        assert set(story.incremental[mart]) > set(story.refreshed[mart])
    else:
        assert story.incremental[mart] == story.refreshed[mart]
    assert story.incremental[mart], "an empty mart proves nothing"


def test_who_is_not_touched_is_not_written_again(story: Story) -> None:
    assert story.written_again == {"p-one", "p-two", "m-one", "m-two", "regretful", "giver", "taker", "impatient"}


def of(story: Story, customer: str, *columns: str) -> tuple[Any, ...]:
    query = f"select {', '.join(columns)} from marts.customer_360 inner join marts.customer_accounts as a using (customer_key)"
    (row,) = story.house.rows(f"{query} where a.customer_id = %s", customer)
    return row


def test_each_has_what_is_theirs(story: Story) -> None:
    assert of(story, "p-one", "order_count", "unit_count", "account_count") == (1, 2, 1)
    assert of(story, "p-two", "order_count", "unit_count", "account_count") == (1, 3, 1)
    assert of(story, "m-one", "order_count", "unit_count", "account_count") == (2, 9, 2)
    assert of(story, "giver", "order_count", "unit_count") == (1, 7)
    assert of(story, "taker", "order_count", "net_revenue_base") == (1, 30)
    assert of(story, "regretful", "refunded_order_count", "refunded_amount_base") == (1, 10)
    assert of(story, "impatient", "late_order_count") == (1,)


def test_who_is_gone_is_nobody(story: Story) -> None:
    assert story.house.value("select count(*) from marts.dim_customers where customer_id = 'vanished'") == 0
    gone = "customers.own_key('shopify', 'main', 'vanished')"
    assert story.house.value(f"select count(*) from marts.customer_360 where customer_key = {gone}") == 0
    assert story.house.value("select count(*) from marts.fct_orders where customer_id = 'vanished'") == 1
