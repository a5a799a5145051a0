"""Events beside pages: kept once, landed in any order to the same rows, replayed, never at the cost of what they lack."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.channels.protocol import Connector, Event, Page, Stream, Webhook
from sluice.landing import overlay
from sluice.landing.delivery import digest
from sluice.landing.events import Events, rounds
from sluice.landing.land import land
from sluice.landing.received import Maker, Received, received
from sluice.landing.replay import replay
from sluice.landing.shape import shape
from sluice.landing.store import Store
from tests.landing.state import held, one
from tests.landing.toy import CONNECTION, ORDERS, START, Line, Lines, Order, order, page, toy


def event(headers: Mapping[str, str], body: bytes) -> Event:
    try:
        key = (str(json.loads(body)["id"]),)
    except (ValueError, KeyError, TypeError):
        key = None
    at = datetime.fromisoformat(headers["at"]) if "at" in headers else None
    topic = headers.get("topic", "orders")
    return Event(headers["id"], topic, "orders" if topic == "orders" else None, key, at)


def record(stream: Stream, body: bytes, whole: Order | None) -> Order:
    """A notification carries neither the buyer's address, nor attributes, nor the lines' discounts."""
    told = msgspec.json.decode(body, type=Order)
    known = {line.id: line for line in whole.line_items.nodes} if whole and whole.line_items else {}
    lines = [msgspec.structs.replace(line, discounts=_discounts(known.get(line.id))) for line in _lines(told)]
    return msgspec.structs.replace(
        told,
        customer_email=whole.customer_email if whole else None,
        attributes=whole.attributes if whole else None,
        line_items=None if told.line_items is None else Lines(lines),
    )


def _lines(told: Order) -> list[Line]:
    return told.line_items.nodes if told.line_items else []


def _discounts(line: Line | None) -> Any:
    return line.discounts if line else []


WEBHOOK = Webhook("secret", lambda secrets, headers, body: True, event, record)


def connected(pages: Sequence[Page] = ()) -> Connector:
    return replace(toy({"orders": pages}), webhook=WEBHOOK)


def told(name: str, content: dict[str, Any] | bytes, at: int, **headers: str) -> Received:
    """An event received `at` minutes after START."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    moment = START + timedelta(minutes=at)
    return received(connected(), {"id": name, "at": moment.isoformat(), **headers}, body, moment)


def rich(number: int, version: int, name: str) -> dict[str, Any]:
    """An order with all that an event does not carry."""
    full = order(number, version, name=name, customerEmail=f"{name}@example.com", attributes={"by": name})
    for line in full["lineItems"]["nodes"]:
        line["discounts"] = [{"code": name, "allocated": {"amount": "1.00", "currencyCode": "EUR"}}]
    return full


Step = Page | Received


def take(db: psycopg.Connection, steps: Sequence[Step]) -> None:
    for step in steps:
        if isinstance(step, Page):
            land(db, connected([step]), CONNECTION, ORDERS)
        else:
            Events(db, connected(), "main").take([step])
            db.commit()


def clear(db: psycopg.Connection) -> None:
    store = Store(db, shape("toy", ORDERS), "toy", "main")
    store.clear()
    overlay.forget(store)
    for table in ("raw.events", "raw.manifest", "raw.cursors"):
        db.execute(f"delete from {table}")
    db.commit()


def state(db: psycopg.Connection) -> dict[str, Any]:
    beside = db.execute("select key, whole, whole_received_at, whole_digest from raw.event_records order by key").fetchall()
    return held(db) | {"beside": [(key, whole and json.loads(whole), *rest) for key, whole, *rest in beside]}


def test_an_event_lands_and_is_kept_as_it_came(raw: psycopg.Connection) -> None:
    body = json.dumps(order(1, 0), indent=3).encode()
    take(raw, [told("e1", body, 1)])
    assert one(raw, "select name from raw.toy_orders") == "#1"
    assert bytes(one(raw, "select body from raw.events where event_id = 'e1'")) == body
    assert one(raw, "select count(*) from raw.toy_orders__line_items") == 2


def test_an_event_told_again_changes_nothing(raw: psycopg.Connection) -> None:
    take(raw, [told("e1", order(1, 0), 1)])
    before = state(raw)
    loaded = one(raw, "select _loaded_at from raw.toy_orders")
    take(raw, [told("e1", order(1, 5, name="other"), 9)])
    assert state(raw) == before
    assert one(raw, "select _loaded_at from raw.toy_orders") == loaded
    assert one(raw, "select count(*) from raw.events") == 1


def test_one_twice_in_a_batch_counts_once(raw: psycopg.Connection) -> None:
    Events(raw, connected(), "main").take([told("e1", order(1, 0), 1), told("e1", order(1, 0), 1)])
    assert one(raw, "select count(*) from raw.events") == 1
    assert one(raw, "select count(*) from raw.toy_orders") == 1


def test_what_an_event_does_not_carry_is_kept(raw: psycopg.Connection) -> None:
    take(raw, [page([rich(1, 0, "A")], at=0), told("e1", order(1, 1, name="B"), 1)])
    found = raw.execute("select name, customer_email, attributes from raw.toy_orders").fetchall()
    assert found == [("B", "A@example.com", {"by": "A"})]
    assert one(raw, "select count(*) from raw.toy_orders__line_items__discounts") == 2


def test_a_page_that_comes_late_fills_what_the_event_lacks(raw: psycopg.Connection) -> None:
    take(raw, [told("e1", order(1, 2, name="B"), 2), page([rich(1, 0, "A")], at=0)])
    assert raw.execute("select name, customer_email from raw.toy_orders").fetchall() == [("B", "A@example.com")]
    assert one(raw, "select count(*) from raw.toy_orders__line_items__discounts") == 2


def test_polling_the_same_version_takes_the_events_place(raw: psycopg.Connection) -> None:
    take(raw, [told("e1", order(1, 2, name="A"), 2), page([rich(1, 2, "A")], at=3)])
    assert raw.execute("select name, customer_email from raw.toy_orders").fetchall() == [("A", "A@example.com")]
    assert raw.execute("select * from raw.event_records").fetchall() == []


def test_an_event_that_is_only_kept(raw: psycopg.Connection) -> None:
    take(raw, [told("e1", b"ping=1", 1, topic="ping")])
    assert raw.execute("select stream, body from raw.events").fetchall() == [(None, b"ping=1")]
    assert held(raw)["toy_orders"] == held(raw)["quarantine"] == []


@pytest.mark.parametrize(
    "body",
    [b"\xff\x00", b"{", b"[]", json.dumps(order(1, 0, paid="perhaps")).encode(), json.dumps(order(1, 0, name="\x00")).encode()],
)
def test_an_event_that_breaks_the_contract_is_quarantined(raw: psycopg.Connection, body: bytes) -> None:
    Events(raw, connected(), "main").take([told("e1", body, 1), told("e2", order(2, 0), 1)])
    assert one(raw, "select name from raw.toy_orders") == "#2"
    assert one(raw, "select count(*) from raw.quarantine where resolved_at is null") == 1
    assert bytes(one(raw, "select body from raw.events where event_id = 'e1'")) == body


def test_a_failed_batch_leaves_nothing(raw: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    raw.execute("alter table raw.event_records add constraint never check (false)")
    raw.commit()
    with pytest.raises(psycopg.errors.CheckViolation):
        Events(raw, connected(), "main").take([told("e1", order(1, 0), 1)])
    raw.rollback()
    assert held(raw)["toy_orders"] == []
    assert one(raw, "select count(*) from raw.events") == 0


@st.composite
def steps(draw: st.DrawFn) -> Step:
    number, version, at = draw(st.integers(1, 2)), draw(st.integers(0, 2)), draw(st.integers(0, 5))
    name = draw(st.sampled_from(["A", "B"]))
    if draw(st.booleans()):
        return page([rich(number, version, name)], at)
    fault = draw(st.sampled_from([{}, {}, {}, {"paid": "perhaps"}, {"lineItems": None}]))
    content = order(number, version, name=name, **fault)
    return told(digest(json.dumps([content, at]).encode()), content, at)


def when(step: Step) -> datetime:
    return step.received_at if isinstance(step, Page) else step.occurred_at


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(steps(), min_size=1, max_size=7), seed=st.randoms(use_true_random=False))
def test_pages_and_events_in_any_order_give_the_same_rows(
    raw: psycopg.Connection, found: list[Step], seed: random.Random
) -> None:
    clear(raw)
    take(raw, sorted(found, key=when))
    straight = state(raw)
    clear(raw)
    shuffled = [*found, *found]
    seed.shuffle(shuffled)
    take(raw, shuffled)
    assert state(raw) == straight
    replay(raw, connected(), "main", ORDERS)
    assert state(raw) == straight


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(steps(), min_size=1, max_size=7), ready=st.booleans())
def test_one_batch_is_as_good_as_many_and_rows_made_before_as_those_made_then(
    raw: psycopg.Connection, found: list[Step], ready: bool
) -> None:
    maker = Maker(connected(), "main")
    clear(raw)
    take(raw, found)
    straight = state(raw)
    clear(raw)
    taking = Events(raw, connected(), "main")
    for is_page, some in groupby(found, key=lambda step: isinstance(step, Page)):
        steps = list(some)
        if is_page:
            take(raw, steps)
        else:
            told = [step for step in steps if isinstance(step, Received)]
            taking.take([maker.ready(step) for step in told] if ready else told)
            raw.commit()
    assert state(raw) == straight


def test_events_of_one_order_wait_for_each_other() -> None:
    """Platforms tell of an order several times within a moment: each form finds the one before it landed."""
    first, second, third = (told(f"e{number}", order(1, number), number) for number in range(3))
    other, broken = told("o", order(2, 0), 1), [told(f"b{number}", b"[]", 1) for number in range(2)]
    assert rounds([first, broken[0], other, second, broken[1], third]) == [
        [first, broken[0], other, broken[1]],
        [second],
        [third],
    ]
    assert rounds([]) == []
