"""A notification that only names an order: the order is read from its channel at once, not at the next poll."""

import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import httpx
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Connection
from sluice.channels.tiktok.connector import CONNECTOR
from sluice.landing.land import land
from sluice.landing.shape import shape
from sluice.landing.store import Store
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from sluice.sandbox.tiktok.server import SECRETS
from sluice.sandbox.world import World
from sluice.service.intake import Hook
from tests.channels.tiktok.shop import ORDERS, connection
from tests.landing.state import one
from tests.service.webhook_shop import serving

KEYS = {"webhook_secret": "whispered", "app_key": SECRETS["app_key"]}

AS_READ = "select to_jsonb(o) - 'loaded_at' from unified.orders as o where order_id = %s"


@pytest.fixture
def shop() -> Iterator[Connection]:
    state = SandboxState(World.generate(7, 100))
    with hosted(state) as address:
        yield connection(f"{address}/tiktok", now=lambda: state.now)


def notify(client: httpx.Client, order_id: str) -> int:
    said = {"type": 1, "tts_notification_id": f"n {order_id}", "shop_id": "7", "timestamp": 1_790_000_000}
    body = json.dumps(said | {"data": {"order_id": order_id, "order_status": "AWAITING_SHIPMENT"}}).encode()
    signature = hmac.new(KEYS["webhook_secret"].encode(), KEYS["app_key"].encode() + body, sha256).hexdigest()
    return client.post("/webhooks/tiktok/main", content=body, headers={"Authorization": signature}).status_code


def soon(db: psycopg.Connection, query: str, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not one(db, query):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_an_order_that_is_only_named_is_read_at_once(prepared_url: str, shop: Connection) -> None:
    with warehouse.connect(prepared_url) as db:
        land(db, CONNECTOR, shop, ORDERS)
        order = one(db, "select order_id from unified.orders where channel = 'tiktok' order by ordered_at desc limit 1")
        straight = db.execute(AS_READ, (order,)).fetchall()
        place = one(db, "select cursor from raw.cursors where channel = 'tiktok' and stream = 'orders'")
        Store(db, shape("tiktok", ORDERS), "tiktok", "main").clear()
    with (
        serving(prepared_url, [Hook(CONNECTOR, "main", KEYS, lambda: shop)]) as address,
        httpx.Client(base_url=address, timeout=30) as client,
        warehouse.connect(prepared_url, autocommit=True) as db,
    ):
        assert notify(client, order) == 200
        assert soon(db, f"select count(*) from unified.orders where order_id = '{order}'")
        assert db.execute(AS_READ, (order,)).fetchall() == straight
        assert one(db, "select count(*) from unified.orders where channel = 'tiktok'") == 1
        assert one(db, "select cursor from raw.cursors where channel = 'tiktok' and stream = 'orders'") == place


def test_a_channel_that_does_not_answer_keeps_no_notification_out(prepared_url: str) -> None:
    away = replace(connection("http://127.0.0.1:9"), secrets=SECRETS)
    with (
        serving(prepared_url, [Hook(CONNECTOR, "main", KEYS, lambda: away)]) as address,
        httpx.Client(base_url=address, timeout=30) as client,
        warehouse.connect(prepared_url, autocommit=True) as db,
    ):
        assert notify(client, "577") == 200
        assert notify(client, "578") == 200
        assert one(db, "select count(*) from raw.events where stream is null") == 2
