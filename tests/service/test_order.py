"""A single order comes whole and live; contacts are masked for callers without the right."""

import httpx
import psycopg
import pytest

from sluice import warehouse

ORDER = "/orders/taobao/flagship/4611686018427387905"
ROWS = """
insert into unified.orders (channel, shop, order_id, order_number, order_kind, customer_id, currency, order_status,
    payment_status, fulfilment_status, native_order_status, items_amount, discount_amount, shipping_amount, tax_amount,
    adjustment_amount, total_amount, refunded_amount, is_presale, ordered_at, loaded_at)
values ('taobao', 'flagship', '4611686018427387905', '4611686018427387905', 'sale', '王芳', 'CNY', 'open', 'paid', 'unfulfilled',
    'WAIT_SELLER_SEND_GOODS', 1234567890123456.78, 0.10, 0, 0, 0, 1234567890123456.68, 0, false, '2026-03-01 10:00+08', now());
insert into unified.order_lines
    (channel, shop, order_id, line_id, position, line_kind, sku, quantity, unit_price, total_amount, currency)
values ('taobao', 'flagship', '4611686018427387905', 'b', 1, 'product', 'S2', 1, 2.00, 2.00, 'CNY'),
    ('taobao', 'flagship', '4611686018427387905', 'a', 0, 'product', 'S1', 3, 1.05, 3.15, 'CNY'),
    ('taobao', 'other', '4611686018427387905', 'x', 0, 'product', 'S9', 9, 1.00, 9.00, 'CNY');
insert into unified.payments (channel, shop, order_id, payment_id, kind, status, amount, currency)
values ('taobao', 'flagship', '4611686018427387905', 'p', 'payment', 'paid', 5.15, 'CNY');
insert into unified.refunds (channel, shop, order_id, refund_id, kind, status, amount, currency)
values ('taobao', 'flagship', '4611686018427387905', 'r', 'return', 'requested', 1.05, 'CNY');
insert into unified.shipments (channel, shop, order_id, shipment_id, status, carrier)
values ('taobao', 'flagship', '4611686018427387905', 's', 'shipped', 'SF');
insert into unified.customers (channel, shop, customer_id, name, email, phone, city)
values ('taobao', 'flagship', '王芳', '王芳', 'fang@example.com', '+86 138 0013 8000', '杭州市'),
    ('shopify', 'main', '王芳', 'another', 'other@example.com', '1', 'x');
"""


@pytest.fixture(scope="module")
def order(warehouse_url: str) -> None:
    with warehouse.connect(warehouse_url) as db:
        db.execute(ROWS)


@pytest.mark.usefixtures("order")
def test_order_has_its_parts_and_no_others(client: httpx.Client) -> None:
    order = client.get(ORDER).raise_for_status().json()
    assert order["total_amount"] == "1234567890123456.68"
    assert order["native_order_status"] == "WAIT_SELLER_SEND_GOODS"
    assert order["ordered_at"] == "2026-03-01T02:00:00Z"
    assert [(line["sku"], line["total_amount"]) for line in order["lines"]] == [("S1", "3.15"), ("S2", "2.00")]
    parts = [(order[name][0]["amount"]) for name in ("payments", "refunds")]
    assert parts == ["5.15", "1.05"]
    assert order["shipments"][0]["carrier"] == "SF"


@pytest.mark.usefixtures("order")
def test_contacts_are_masked_without_the_right(client: httpx.Client, keys: dict[str, str]) -> None:
    answer = client.get(ORDER)
    customer = answer.json()["customer"]
    assert (customer["name"], customer["email"], customer["phone"]) == ("王***", "f***@example.com", "*******8000")
    assert customer["city"] == "杭州市"
    assert "fang@" not in answer.text
    seen = client.get(ORDER, headers={"X-API-Key": keys["pii"]}).json()["customer"]
    assert (seen["name"], seen["email"], seen["phone"]) == ("王芳", "fang@example.com", "+86 138 0013 8000")


@pytest.mark.usefixtures("order")
def test_order_is_live(client: httpx.Client, warehouse_url: str) -> None:
    with warehouse.connect(warehouse_url, autocommit=True) as db:
        db.execute("update unified.orders set order_status = 'completed' where order_id = '4611686018427387905'")
        assert client.get(ORDER).json()["order_status"] == "completed"
        db.execute("update unified.orders set order_status = 'open' where order_id = '4611686018427387905'")
        assert client.get(ORDER).json()["order_status"] == "open"


def test_order_that_is_not_there(client: httpx.Client) -> None:
    answer = client.get("/orders/taobao/flagship/1")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "taobao/flagship has no order 1",
    }


def test_id_with_odd_characters_is_found(client: httpx.Client, db: psycopg.Connection, warehouse_url: str) -> None:
    odd = "A/1 #2?3%"
    with warehouse.connect(warehouse_url) as own:
        own.execute(
            "insert into unified.orders (channel, shop, order_id, order_kind, currency, order_status, payment_status,"
            " fulfilment_status, loaded_at) values ('file', 'hangzhou', %s, 'sale', 'CNY', 'open', 'paid', 'shipped', now())",
            (odd,),
        )
    answer = client.get("/orders/file/hangzhou/A%2F1%20%232%3F3%25")
    assert answer.json()["order_id"] == odd
