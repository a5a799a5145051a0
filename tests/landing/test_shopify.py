"""Real contracts land whole: every order, line, unit and cent of the sandbox's Shopify, counted from its JSON by other means."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from sluice.channels.protocol import Connection, Page
from sluice.channels.shopify.connector import CONNECTOR
from sluice.landing import raw_tables
from sluice.landing.land import land as land_stream
from sluice.landing.shape import shape
from sluice.landing.store import Store
from sluice.sandbox.host import hosted
from sluice.sandbox.shopify.server import SECRETS
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.landing.state import rows

ORDERS = CONNECTOR.stream("orders")


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    state = SandboxState(World.generate(7, 600))
    with hosted(state) as address:
        connection = Connection(
            "main",
            f"{address}/shopify",
            SECRETS,
            "USD",
            "UTC",
            datetime(2000, 1, 1, tzinfo=UTC),
            CONNECTOR.options(),
            lambda: state.now,
        )
        return list(CONNECTOR.open(connection).pages(ORDERS, None))


class Recorded:
    def __init__(self, pages: list[Page]) -> None:
        self._pages = pages

    def pages(self, stream: Any, cursor: Any) -> Any:
        return iter(self._pages)


def land(db: psycopg.Connection, pages: list[Page]) -> None:
    connection = Connection("main", "", {}, "USD", "UTC", datetime(2000, 1, 1, tzinfo=UTC), CONNECTOR.options())
    connector = replace(CONNECTOR, open=lambda connection: Recorded(pages))
    landed = land_stream(db, connector, connection, ORDERS)
    assert landed.quarantined == 0


def test_every_line_and_cent_is_there(db: psycopg.Connection, home: Any, pages: list[Page]) -> None:
    raw_tables.ensure(db, [CONNECTOR])
    land(db, pages)
    orders = {
        node["legacyResourceId"]: node
        for page in pages
        for node in json.loads(page.body, parse_float=Decimal)["data"]["orders"]["nodes"]
    }
    assert len(orders) > 200
    lines = [line for node in orders.values() for line in node["lineItems"]["nodes"]]
    assert db.execute("select count(*), sum(total_price_set_shop_money_amount) from raw.shopify_orders").fetchone() == (
        len(orders),
        sum(Decimal(node["totalPriceSet"]["shopMoney"]["amount"]) for node in orders.values()),
    )
    assert db.execute(
        "select count(*), sum(quantity), sum(original_unit_price_set_shop_money_amount) from raw.shopify_orders__line_items"
    ).fetchone() == (
        len(lines),
        sum(line["quantity"] for line in lines),
        sum(Decimal(line["originalUnitPriceSet"]["shopMoney"]["amount"]) for line in lines),
    )


def test_in_any_order_and_twice(db: psycopg.Connection, home: Any, pages: list[Page]) -> None:
    raw_tables.ensure(db, [CONNECTOR])
    found = shape(CONNECTOR.name, ORDERS)
    land(db, pages)
    straight = {table.name: rows(db, table.name, {"_loaded_at", "_file_id"}) for table in found.tables}
    Store(db, found, CONNECTOR.name, "main").clear()
    shuffled = [*pages, *pages]
    random.Random(3).shuffle(shuffled)
    land(db, shuffled)
    assert {table.name: rows(db, table.name, {"_loaded_at", "_file_id"}) for table in found.tables} == straight
