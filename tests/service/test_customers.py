"""Persons over HTTP, on the views and marts that dbt really builds."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from sluice import warehouse
from sluice.service.keys import create
from tests.conftest import copy_of
from tests.service.conftest import serving

WANG, LI, OLD = uuid4(), uuid4(), uuid4()
RECORDS = """
insert into raw.shopify_customers (shop, legacy_resource_id, first_name, default_email_address_email_address,
    default_phone_number_phone_number, _received_at, _loaded_at, _file_id, _digest)
values ('main', '9', 'Wang', 'wang@example.com', '+86 138 0013 8000', now(), now(), 1, 'd'),
    ('main', 'b1', 'Other', 'other@example.com', null, now(), now(), 1, 'd');
insert into raw.taobao_trades (shop, tid, status, created, modified, buyer_open_uid, receiver_name,
    _received_at, _loaded_at, _file_id, _digest)
values ('flagship', '1', 'WAIT_SELLER_SEND_GOODS', '2026-03-01 10:00:00', '2026-03-01 10:01:00', 'b1', '王芳',
    now(), now(), 1, 'd')
"""
FACTS = """
insert into marts.customer_facts (customer_key, account_count, channels, purchase_days, order_count, cancelled_order_count,
    refunded_order_count, unit_count, returned_unit_count, base_currency, net_revenue_base, refunded_amount_base,
    open_order_count, late_order_count, open_refund_count)
values (%s, %s, 'shopify, taobao', 9, 9, 1, 0, 12, 0, 'CNY', 1288.10, 0, 2, 1, 1)
"""
EVENT = """
insert into marts.order_journey (channel, shop, order_id, event, record_id, customer_id, occurred_at, amount, currency)
values (%s, %s, %s, %s, '', %s, timestamptz '2026-03-01 08:00:00+00' + %s * interval '1 second', 10.5, 'CNY')
"""


def fill(db: psycopg.Connection) -> None:
    db.execute(RECORDS)
    db.execute("insert into customers.keys (customer_key) values (%s), (%s)", (WANG, LI))
    db.execute("insert into customers.keys (customer_key, merged_into, ended_at) values (%s, %s, now())", (OLD, WANG))
    places = [("shopify", "main", "9", WANG), ("taobao", "flagship", "b1", WANG), ("shopify", "main", "b1", LI)]
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into customers.crosswalk (channel, shop, customer_id, customer_key, reason) values (%s, %s, %s, %s, 'new')",
            places,
        )
        cursor.executemany(
            FACTS,
            [(WANG, 2), (LI, 1)],
        )
        # many at one time, over two accounts, and those of another person who shares an id
        cursor.executemany(
            EVENT,
            [
                (channel, shop, f"{customer}-{number:02}", event, customer, number % 3)
                for channel, shop, customer, _ in places
                for number in range(20)
                for event in ("ordered", "paid")
            ],
        )
    db.execute(
        "insert into customers.valuations (as_of, people, repeat_buyers, horizon, models) values ('2026-03-01', 1, 1, '{}', '{}')"
    )
    db.execute(
        "insert into customers.value (as_of, customer_key, recency_days, frequency, net_revenue, recency_score, frequency_score,"
        " monetary_score, segment, value_tier, churn_probability, clv, clv_low, clv_high)"
        " values ('2026-03-01', %s, 3, 9, 1288.10, 5, 5, 5, 'champion', 'A', 0.25, 640.2, 0, 1500.55)",
        (WANG,),
    )
    db.commit()


@dataclass(frozen=True)
class Desk:
    reader: httpx.Client
    trusted: httpx.Client


@pytest.fixture(scope="module")
def desk(postgres: warehouse.Embedded, built_template: str) -> Iterator[Desk]:
    with copy_of(postgres, built_template) as url:
        with warehouse.connect(url) as db:
            fill(db)
            keys = create(db, "reader"), create(db, "trusted", ["pii"])
            db.commit()
        with (
            serving(url) as address,
            httpx.Client(base_url=address, headers={"X-API-Key": keys[0]}, timeout=60) as reader,
            httpx.Client(base_url=address, headers={"X-API-Key": keys[1]}, timeout=60) as trusted,
        ):
            yield Desk(reader, trusted)


def test_a_person_is_told_whole_with_contacts_masked(desk: Desk) -> None:
    person = desk.reader.get(f"/customers/{WANG}").raise_for_status().json()
    assert (person["order_count"], person["net_revenue_base"], person["base_currency"]) == (9, "1288.1000", "CNY")
    assert (person["segment"], person["value_tier"], person["clv_high"]) == ("champion", "A", "1500.55")
    assert person["open_issue_count"] == 2
    found = [(one["channel"], one["customer_id"], one["name"], one["email"], one["phone"]) for one in person["accounts"]]
    assert found == [("shopify", "9", "W***", "w***@example.com", "*******8000"), ("taobao", "b1", "王***", None, None)]
    assert "wang@example.com" not in str(person)


def test_contacts_are_clear_to_who_may_see_them(desk: Desk) -> None:
    accounts = desk.trusted.get(f"/customers/{WANG}").raise_for_status().json()["accounts"]
    assert (accounts[0]["email"], accounts[1]["name"]) == ("wang@example.com", "王芳")


def test_who_was_never_valued_has_no_value(desk: Desk) -> None:
    person = desk.reader.get(f"/customers/{LI}").raise_for_status().json()
    assert (person["segment"], person["clv"], person["value_as_of"]) == (None, None, None)


@pytest.mark.parametrize("limit", [1, 7, 80, 500])
def test_a_journey_is_given_once_and_in_order_of_time(desk: Desk, limit: int) -> None:
    found, cursor = [], {}
    while True:
        page = desk.reader.get(f"/customers/{WANG}/events", params={"limit": limit} | cursor).raise_for_status().json()
        found += [(one["occurred_at"], one["channel"], one["order_id"], one["event"]) for one in page["events"]]
        if page["next_cursor"] is None:
            break
        assert len(page["events"]) == limit
        cursor = {"cursor": page["next_cursor"]}
    assert len(found) == len(set(found)) == 80
    assert found == sorted(found, reverse=True)
    assert {(channel) for _, channel, _, _ in found} == {"shopify", "taobao"}


@pytest.mark.parametrize("path", ["", "/events"])
def test_nobody_and_a_merged_person_are_not_found(desk: Desk, path: str) -> None:
    stranger = desk.reader.get(f"/customers/{UUID(int=7)}{path}")
    assert stranger.status_code == 404
    if not path:
        assert f"was merged into {WANG}" in desk.reader.get(f"/customers/{OLD}").json()["detail"]


def test_what_is_no_key_and_no_cursor_is_refused(desk: Desk) -> None:
    assert desk.reader.get("/customers/wang").status_code == 422
    assert desk.reader.get(f"/customers/{WANG}/events", params={"cursor": "x"}).status_code == 400
    # a cursor of the orders' list is none of this one
    orders = "WyIyMDI2LTAzLTAxVDA4OjAwOjAwWiIsImEiLCJiIiwiYyJd"
    assert desk.reader.get(f"/customers/{WANG}/events", params={"cursor": orders}).status_code == 400


def test_without_a_key_nobody_is_told(desk: Desk) -> None:
    assert httpx.get(f"{desk.reader.base_url}/customers/{WANG}").status_code == 401
