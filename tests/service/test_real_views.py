"""The service on the views and marts that dbt really builds: each column that it reads is there, under its name and type."""

from collections.abc import Iterator

import httpx
import pytest

from sluice import warehouse
from sluice.service.keys import create
from tests.conftest import copy_of
from tests.service.conftest import serving

TRADE = """
insert into raw.taobao_trades (shop, tid, status, created, modified, pay_time, payment, total_fee, buyer_open_uid, receiver_name,
    _received_at, _file_id, _digest)
values ('flagship', '4611686018427387905', 'WAIT_SELLER_SEND_GOODS', '2026-03-01 10:00:00', '2026-03-01 10:01:00',
    '2026-03-01 10:01:00', 19.80, 19.80, 'buyer', '王**', now(), 1, 'd');
insert into raw.taobao_trades__orders (shop, _parent_tid, _position, oid, status, num, price, payment, total_fee, outer_iid)
values ('flagship', '4611686018427387905', 0, '4611686018427387906', 'WAIT_SELLER_SEND_GOODS', 2, 9.90, 19.80, 19.80, 'A');
"""


@pytest.fixture(scope="module")
def real(postgres: warehouse.Embedded, built_template: str) -> Iterator[httpx.Client]:
    with copy_of(postgres, built_template) as url:
        with warehouse.connect(url) as db:
            db.execute(TRADE)
            key = create(db, "reader")
        with serving(url) as address, httpx.Client(base_url=address, headers={"X-API-Key": key}, timeout=30) as client:
            yield client


def test_an_order_is_readable_as_soon_as_it_is_landed(real: httpx.Client) -> None:
    order = real.get("/orders/taobao/flagship/4611686018427387905").raise_for_status().json()
    assert (order["payment_status"], order["fulfilment_status"]) == ("paid", "unfulfilled")
    assert order["ordered_at"] == "2026-03-01T02:00:00Z"
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [("A", 2)]
    assert len(order["payments"]) == 1
    assert (order["refunds"], order["shipments"]) == ([], [])


def test_lists_read_the_marts(real: httpx.Client) -> None:
    filters = {
        "channel": "taobao",
        "order_kind": "sale",
        "customer_id": "buyer",
        "payment_status": "paid",
        "updated_since": "2026-01-01T00:00:00Z",
        "ordered_from": "2026-01-01T00:00:00Z",
    }
    assert real.get("/orders", params=filters).raise_for_status().json() == {"orders": [], "next_cursor": None}
    assert real.get("/stock/A").status_code == 404
