"""Shopify's webhooks: Shopify's own schemas hold for what we read and what the sandbox sends; two spellings, one order."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Page
from sluice.channels.shopify.connector import CONNECTOR
from sluice.channels.shopify.webhook import WHOLE_ORDER, event, record, signed, verify
from sluice.landing.events import Events
from sluice.landing.land import land
from sluice.landing.received import received
from sluice.sandbox.host import hosted
from sluice.sandbox.shopify.hooks import as_created, delivery
from sluice.sandbox.shopify.rest import rest_order
from sluice.sandbox.shopify.store import Store
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.channels.shopify.shop import ORDERS, connection, shop

FIXTURES = Path(__file__).parents[2] / "fixtures" / "shopify" / "webhooks"
SCHEMA = json.loads((FIXTURES / "orders.updated.schema.json").read_text())
EXEMPLAR = json.loads((FIXTURES / "orders.create.metadata.json").read_text())["response"]
NOW = datetime(2027, 1, 1, tzinfo=UTC)

NOT_CARRIED = {
    "orders": {"facility_id", "promised_at", "paid_at", "native_fulfilment_status"},
    "order_lines": {"promised_at"},
    "refunds": set(),
    "shipments": {"facility_id", "delivered_at"},
    "customers": set(),
}
"""What REST does not tell of an order; payments are not told at all. Of what is not sent it tells no more than that."""


@pytest.fixture(scope="module")
def state() -> SandboxState:
    return SandboxState(World.generate(11, 1500))


@pytest.fixture(scope="module")
def orders(state: SandboxState) -> list[dict[str, Any]]:
    return Store(state, "main").changed(datetime(2000, 1, 1, tzinfo=UTC))


def test_a_webhook_is_verified_by_its_raw_body() -> None:
    body, secret = '{"id":1,"note":"很好"}'.encode(), "hush"
    header = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    assert signed(secret, body, header)
    assert not signed(secret, body + b" ", header)
    assert not signed("other", body, header)
    assert not signed(secret, body, "")
    assert not signed(secret, body, "é" + header)


def test_the_webhook_rule_is_the_published_one() -> None:
    # RFC 4231, test case 2, in base64.
    assert signed("Jefe", b"what do ya want for nothing?", "W9zBRr9gdU5qBCQIJpRMPBmlzcO/CHBJEmkuuCn+M0k=") is False
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert signed("Jefe", b"what do ya want for nothing?", base64.b64encode(digest).decode())


def test_an_empty_secret_verifies_nothing() -> None:
    header = base64.b64encode(hmac.new(b"", b"{}", hashlib.sha256).digest()).decode()
    assert not verify({}, {"x-shopify-hmac-sha256": header}, b"{}")
    assert not verify({"webhook_secret": ""}, {"x-shopify-hmac-sha256": header}, b"{}")


def test_the_exemplar_is_an_order_of_the_contract() -> None:
    found = record(ORDERS, json.dumps(EXEMPLAR).encode(), None)
    assert found.id == "gid://shopify/Order/820982911946154508"
    # not the number beside it, which has gone through JavaScript
    assert found.legacyResourceId == "820982911946154508" != str(EXEMPLAR["id"])
    assert (found.totalPriceSet.shopMoney.amount, found.currencyCode) == (
        Decimal("404.95"),
        "USD",
    )
    assert found.cancelReason == "CUSTOMER"
    assert found.cancelledAt == datetime(2022, 1, 1, tzinfo=UTC)
    assert found.displayFinancialStatus == "VOIDED"
    assert found.tags == ["tag1", "tag2"]
    assert [line.sku for line in found.lineItems.nodes][:2] == ["SKU2006-001", "LENS-PROTECT-2YR"]
    assert found.shippingAddress is not None
    assert found.shippingAddress.countryCodeV2 == "US"


def test_events_are_told_apart_by_event_and_topic() -> None:
    body = json.dumps(EXEMPLAR).encode()
    headers = {"x-shopify-topic": "orders/paid", "x-shopify-event-id": "e", "x-shopify-webhook-id": "w"}
    first = event(headers, body)
    assert (first.stream, first.key) == ("orders", ("820982911946154508",))
    assert event(headers | {"x-shopify-webhook-id": "again"}, body) == first
    assert event(headers | {"x-shopify-topic": "orders/updated"}, body).event_id != first.event_id
    assert event({}, body) == event({}, body)
    assert event({}, body).stream is None


def test_an_edit_is_a_hint_only() -> None:
    edit = json.loads((FIXTURES / "orders.edited.metadata.json").read_text())["response"]
    assert event({"x-shopify-topic": "orders/edited"}, json.dumps(edit).encode()).stream is None
    assert "orders/edited" not in WHOLE_ORDER


@pytest.mark.parametrize(
    "moment", ["2026-03-29T18:00:27.877041743Z", "2026-03-29T14:00:27-04:00", "yesterday", "2026-03-29T18:00:27", ""]
)
def test_when_an_event_occurred(moment: str) -> None:
    found = event({"x-shopify-topic": "orders/paid", "x-shopify-triggered-at": moment}, b"{}").occurred_at
    assert (found is None) == (moment in ("yesterday", "2026-03-29T18:00:27", ""))
    assert found is None or abs(found - datetime(2026, 3, 29, 18, 0, 27, tzinfo=UTC)) < timedelta(seconds=1)


def test_the_sandbox_sends_what_shopifys_schema_says(orders: list[dict[str, Any]]) -> None:
    """But for what the schema can't know: it was read off one exemplar, without refunds and with every address filled."""
    loose = _loosened(SCHEMA)
    for order in orders[::7]:
        for sent in (order, as_created(order)):
            jsonschema.validate(json.loads(json.dumps(rest_order(sent))), loose)


def _loosened(schema: Any) -> Any:
    """Nullability and item types were read off one exemplar: names and kinds are held, nulls and never-seen items let through."""
    if isinstance(schema, list):
        return [_loosened(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        name: _loosened(value) for name, value in schema.items() if name != "format" and not (name == "items" and value is False)
    }
    kind = found.get("type")
    if isinstance(kind, str):
        found["type"] = [kind, "null", *(["number"] if kind == "integer" else [])]
    elif isinstance(kind, list):
        found["type"] = sorted({*kind, "null"} | ({"string"} if kind == ["null"] else set()))
    if found.get("type") in (["null", "null"], ["null"]):
        del found["type"]
    return found


@pytest.fixture
def db(prepared_url: str, home: Path) -> Iterator[psycopg.Connection]:
    with warehouse.connect(prepared_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(state: SandboxState) -> list[Page]:
    with hosted(state) as address:
        return list(shop(f"{address}/shopify", page_size=250).pages(ORDERS, None))


class Recorded:
    def __init__(self, pages: list[Page]) -> None:
        self._pages = pages

    def pages(self, stream: Any, cursor: Any) -> Any:
        return iter(self._pages)


def poll(db: psycopg.Connection, pages: list[Page], name: str) -> None:
    connector = replace(CONNECTOR, open=lambda opened: Recorded(pages))
    assert land(db, connector, replace(connection(""), shop=name), ORDERS).quarantined == 0


def tell(db: psycopg.Connection, orders: list[dict[str, Any]], name: str) -> None:
    sent = [delivery(order, "orders/updated", "s", NOW) for order in orders]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    events = [received(CONNECTOR, {key.lower(): value for key, value in one.headers.items()}, one.body, at) for one in sent]
    Events(db, CONNECTOR, name).take(events)
    db.commit()


def unified(db: psycopg.Connection, name: str, without: dict[str, set[str]] | None = None) -> dict[str, list[Any]]:
    """Rows of one shop by view, but for its name, when they were loaded, and the columns left out."""
    found = {}
    for view, left_out in NOT_CARRIED.items():
        gone = ["shop", "loaded_at", *((without or {}).get(view, set()) and left_out)]
        rows = db.execute(f"select to_jsonb(v) - %s::text[] from unified.{view} as v where shop = %s", (gone, name)).fetchall()
        found[view] = sorted((row[0] for row in rows), key=str)
    return found


def test_two_spellings_give_one_order(db: psycopg.Connection, orders: list[dict[str, Any]], pages: list[Page]) -> None:
    poll(db, pages, "polled")
    tell(db, orders, "told")
    told = unified(db, "told", NOT_CARRIED)
    assert len(told["orders"]) == len(orders) > 400
    assert len(told["refunds"]) > 20
    assert len(told["shipments"]) > 300
    assert told == unified(db, "polled", NOT_CARRIED)
    # polling adds what was not told, and changes nothing that was
    poll(db, pages, "told")
    assert unified(db, "told", NOT_CARRIED) == told
    assert unified(db, "told") == unified(db, "polled")
    assert db.execute("select count(*) from raw.event_records").fetchone() == (0,)


def test_an_event_after_a_poll_takes_nothing_away(
    db: psycopg.Connection, orders: list[dict[str, Any]], pages: list[Page]
) -> None:
    poll(db, pages, "polled")
    poll(db, pages, "told")
    payments = "select count(*), sum(amount) from unified.payments where shop = %s"
    before = db.execute(payments, ("polled",)).fetchone()
    # told of the same orders a second later, so that each event is the newest form of its order
    later = [order | {"updatedAt": _later(order["updatedAt"])} for order in orders]
    tell(db, later, "told")
    assert db.execute("select count(*) from raw.event_records").fetchone() == (len(orders),)
    assert db.execute(payments, ("told",)).fetchone() == before
    told, polled = unified(db, "told"), unified(db, "polled")
    # a guest is as new as their newest order
    for row in (*told["orders"], *told["customers"], *polled["orders"], *polled["customers"]):
        del row["updated_at"]
    assert told == polled


def _later(text: str) -> str:
    return (datetime.fromisoformat(text) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
