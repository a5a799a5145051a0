"""The service as it runs: uvicorn on loopback, on a real database."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn

from sluice import warehouse
from sluice.service.app import create_app
from sluice.service.keys import create

WORLD = Path(__file__).with_name("world.sql").read_text()
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
STATUSES = [("open", "paid", "unfulfilled"), ("completed", "paid", "delivered"), ("cancelled", "voided", "unknown")]


def add_orders(db: psycopg.Connection, first: int, count: int) -> None:
    """Orders number `first` to `first + count - 1`: several a second, so that times tie, over three shops."""
    rows = []
    for number in range(first, first + count):
        channel, shop, currency = [("shopify", "main", "USD"), ("taobao", "flagship", "CNY"), ("file", "hangzhou", "CNY")][
            number % 3
        ]
        at = START + timedelta(seconds=number * 7919 % 500 // 3)
        rows.append((channel, shop, str(10**18 + number), f"buyer {number % 5}", currency, *STATUSES[number % 7 % 3], at))
    columns = "channel, shop, order_id, customer_id, currency, order_status, payment_status, fulfilment_status, ordered_at"
    with db.cursor() as cursor:
        cursor.executemany(
            f"insert into unified.orders ({columns}, order_number, order_kind, items_amount, discount_amount, shipping_amount, "
            "tax_amount, adjustment_amount, total_amount, refunded_amount, is_presale, updated_at, loaded_at) "
            f"values ({', '.join(['%s'] * 9)}, 'N', 'sale', 10.10, 0.00, 0, 0.00000000, 0, 10.10, 0, false, now(), now())",
            rows,
        )
    db.execute("insert into marts.fct_orders select * from unified.orders on conflict do nothing")
    db.commit()


@contextmanager
def serving(url: str) -> Iterator[str]:
    """Address of a running service."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(url), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def warehouse_url(postgres: warehouse.Embedded, template: str) -> Iterator[str]:
    """A database with 300 orders, for tests that only read it or add orders."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database service template {template}")
    with warehouse.connect(postgres.url("service")) as db:
        db.execute(WORLD)
        add_orders(db, 0, 300)
    yield postgres.url("service")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute("drop database service with (force)")


@pytest.fixture(scope="module")
def keys(warehouse_url: str) -> dict[str, str]:
    """Keys by what they may see."""
    with warehouse.connect(warehouse_url) as db:
        return {"plain": create(db, "plain"), "pii": create(db, "pii", ["pii"])}


@pytest.fixture(scope="module")
def address(warehouse_url: str) -> Iterator[str]:
    with serving(warehouse_url) as found:
        yield found


@pytest.fixture(scope="module")
def client(address: str, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, headers={"X-API-Key": keys["plain"]}, timeout=30) as found:
        yield found
