"""A notification that only names an order: the order is read from its channel at once, not at the next poll."""

import hmac
import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Connection
from sluice.channels.tiktok.connector import CONNECTOR
from sluice.landing import raw_tables
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

AS_READ = """
select to_jsonb(o) - array['_loaded_at', '_received_at', '_file_id'] || jsonb_build_object('lines', (
    select jsonb_agg(l.id order by l.id) from raw.tiktok_orders__line_items as l where l._parent_id = o.id
))
from raw.tiktok_orders as o where id = '{}'
"""
PLACE = "select cursor from raw.cursors where channel = 'tiktok' and stream = 'orders'"


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


@pytest.fixture
def url(database_url: str, home: Path) -> str:
    with warehouse.connect(database_url) as db:
        raw_tables.ensure(db, [CONNECTOR])
    return database_url


def test_an_order_that_is_only_named_is_read_at_once(url: str, shop: Connection) -> None:
    with warehouse.connect(url) as db:
        land(db, CONNECTOR, shop, ORDERS)
        order = one(db, "select id from raw.tiktok_orders order by update_time desc limit 1")
        straight = one(db, AS_READ.format(order))
        place = one(db, PLACE)
        Store(db, shape("tiktok", ORDERS), "tiktok", "main").clear()
    with (
        serving(url, [Hook(CONNECTOR, "main", KEYS, lambda: shop)]) as address,
        httpx.Client(base_url=address, timeout=30) as client,
        warehouse.connect(url, autocommit=True) as db,
    ):
        assert notify(client, order) == 200
        assert soon(db, "select count(*) from raw.tiktok_orders")
        assert one(db, AS_READ.format(order)) == straight
        assert one(db, "select count(*) from raw.tiktok_orders") == 1
        assert one(db, PLACE) == place


def test_a_channel_that_does_not_answer_keeps_no_notification_out(url: str) -> None:
    away = connection("http://127.0.0.1:9")
    with (
        serving(url, [Hook(CONNECTOR, "main", KEYS, lambda: away)]) as address,
        httpx.Client(base_url=address, timeout=30) as client,
        warehouse.connect(url, autocommit=True) as db,
    ):
        assert [notify(client, order) for order in ("577", "578", "577")] == [200, 200, 200]
        assert one(db, "select count(*) from raw.events where stream is null") == 2
