"""Those who were forgotten are landed anonymous, by page and by event; what they do later lands whole."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import psycopg

from sluice.channels.protocol import Connector, Event, Page, Stream, Webhook
from sluice.landing import forgotten, lake
from sluice.landing.events import Events
from sluice.landing.land import land
from sluice.landing.received import Received, received
from sluice.landing.replay import replay
from tests.landing.state import held
from tests.landing.toy import CONNECTION, ORDERS, START, Order, order, page, toy

EMAIL = "lin@example.com"
ERASED = START + timedelta(days=1)
STREAM = replace(ORDERS, made="processed_at")


def event(headers: Mapping[str, str], body: bytes) -> Event:
    stream = None if headers["topic"] == "kept" else "orders"
    return Event(headers["id"], headers["topic"], stream, (str(json.loads(body)["id"]),) if stream else None)


def record(stream: Stream, body: bytes, whole: Order | None) -> Order:
    return msgspec.json.decode(body, type=Order)


WEBHOOK = Webhook("secret", lambda secrets, headers, body: True, event, record, bodies={"orders": Order})


def connected(*pages: Page) -> Connector:
    made = toy({"orders": pages})
    return replace(made, webhook=WEBHOOK, streams=(STREAM, *made.streams[1:]))


def bought(number: int, day: int, version: int = 0, **more: Any) -> dict[str, Any]:
    return order(number, version, customerEmail=EMAIL.upper(), processedAt=(START + timedelta(days=day)).isoformat(), **more)


def told(name: str, content: dict[str, Any], topic: str = "orders") -> Received:
    at = START + timedelta(days=3)
    return received(connected(), {"id": name, "topic": topic}, json.dumps(content).encode(), at)


def bury(db: psycopg.Connection) -> None:
    key = forgotten.read(db, "toy", "main").key
    db.execute(
        "insert into customers.tombstones (digest, erased_at) values (%s, %s)", (forgotten.digest(key, "email", EMAIL), ERASED)
    )
    db.execute("update customers.tombstones_changed set generation = generation + 1")
    db.commit()


def emails(db: psycopg.Connection) -> dict[str, str | None]:
    return dict(db.execute("select id, customer_email from raw.toy_orders").fetchall())


def test_pages_bring_nobody_back(raw: psycopg.Connection) -> None:
    bury(raw)
    land(raw, connected(page([bought(1, 0), bought(2, 2), order(3)])), CONNECTION, STREAM)
    assert emails(raw) == {"1": None, "2": EMAIL.upper(), "3": None}
    (path,) = [row[0] for row in raw.execute("select path from raw.manifest")]
    _, (kept,) = lake.read(path)
    assert kept.body.count(EMAIL.upper().encode()) == 1
    before = held(raw)
    replay(raw, connected(), "main", STREAM)
    assert held(raw) == before


def test_a_page_without_them_is_kept_as_it_came(raw: psycopg.Connection) -> None:
    bury(raw)
    sent = page([order(3, customerEmail="somebody@else.example")])
    land(raw, connected(sent), CONNECTION, STREAM)
    (path,) = [row[0] for row in raw.execute("select path from raw.manifest")]
    assert lake.read(path)[1][0].body == sent.body


def test_whoever_comes_back_is_noted(raw: psycopg.Connection) -> None:
    bury(raw)
    land(raw, connected(page([bought(2, 2)])), CONNECTION, STREAM)
    assert raw.execute("select returned_at is not null from customers.tombstones").fetchall() == [(True,)]


def test_events_see_tombstones_that_came_after_they_began(raw: psycopg.Connection) -> None:
    events = Events(raw, connected(), "main")
    events.take([told("e1", bought(1, 0))])
    assert emails(raw) == {"1": EMAIL.upper()}
    bury(raw)
    events.take([told("e2", bought(1, 0, 1)), told("e3", bought(2, 2)), told("e4", bought(4, 0, note="new"), "kept")])
    assert emails(raw) == {"1": None, "2": EMAIL.upper()}
    bodies = dict(raw.execute("select event_id, body from raw.events").fetchall())
    assert EMAIL.upper().encode() not in bodies["e2"]
    assert EMAIL.upper().encode() in bodies["e3"]
    assert bodies["e4"] == b"{}"
