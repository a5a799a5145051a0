"""Holds over HTTP: never more than is available, whoever asks at once; every answer is right; asking again changes nothing."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from sluice import warehouse
from sluice.service.database import writing_pool
from sluice.service.hold_writer import HoldWriter
from sluice.service.keys import create
from tests.service.conftest import WORLD, serving

STOCK = """
insert into ops.stock_feeds values ('WH', now() - interval '1 hour');
select ops.lock_items(array['WH', 'WH', 'WH'], array['A', 'B', 'HOT']);
insert into ops.stock_movements (occurred_at, facility_id, sku, kind, quantity, on_hand) values
    (now(), 'WH', 'A', 'snapshot', 10, 10), (now(), 'WH', 'B', 'snapshot', 5, 5), (now(), 'WH', 'HOT', 'snapshot', 300, 300);
insert into ops.kits values ('SET', 'A', 2), ('SET', 'B', 1);
"""


@pytest.fixture
def url(database_url: str) -> str:
    with warehouse.connect(database_url) as db:
        db.execute(WORLD)
        db.execute(STOCK)
    return database_url


@pytest.fixture
def shop(url: str) -> Iterator[httpx.Client]:
    """A checkout that may hold stock."""
    with warehouse.connect(url) as db:
        key = create(db, "checkout", ["holds"])
    with serving(url) as address, httpx.Client(base_url=address, headers={"X-API-Key": key}, timeout=30) as client:
        yield client


def wanting(hold_id: str, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    spelled = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    return {"hold_id": hold_id, "channel": "shopify", "shop": "main", "lines": spelled} | more


def held(url: str) -> dict[str, int]:
    with warehouse.connect(url) as db:
        assert db.execute("select * from ops.verify_stock()").fetchall() == []
        return dict(db.execute("select sku, held from ops.stock_positions where held <> 0").fetchall())


def test_a_hold_from_asking_to_its_order(shop: httpx.Client, url: str) -> None:
    made = shop.post("/holds", json=wanting("cart-1", ("A", 3), for_minutes=5))
    assert (made.status_code, made.json()["state"]) == (201, "held")
    assert made.json()["lines"] == [{"facility_id": "WH", "sku": "A", "quantity": 3}]
    assert shop.get("/holds/cart-1").json() == made.json()
    reviewed = shop.post("/holds/cart-1/review", json={"on_review": True})
    assert (reviewed.status_code, reviewed.json()["on_review"]) == (200, True)
    confirmed = shop.post("/holds/cart-1/confirm", json={"order_id": "5501"})
    assert (confirmed.status_code, confirmed.json()["state"], confirmed.json()["order_id"]) == (200, "confirmed", "5501")
    assert shop.post("/holds/cart-1/confirm", json={"order_id": "5501"}).json() == confirmed.json()
    other = shop.post("/holds/cart-1/confirm", json={"order_id": "5502"})
    assert (other.status_code, other.json()["detail"]) == (409, "cart-1 became the order 5501 before")
    assert held(url) == {"A": 3}


def test_asking_again_is_answered_with_the_hold_there_is(shop: httpx.Client, url: str) -> None:
    first = shop.post("/holds", json=wanting("cart-1", ("A", 3)))
    again = shop.post("/holds", json=wanting("cart-1", ("A", 3)))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert held(url) == {"A": 3}
    of_another = shop.post("/holds", json=wanting("cart-1", ("A", 3)) | {"shop": "other"})
    assert (of_another.status_code, of_another.headers["content-type"]) == (409, "application/problem+json")


def test_a_refusal_names_what_is_short_and_keeps_nothing(shop: httpx.Client, url: str) -> None:
    refused = shop.post("/holds", json=wanting("cart-1", ("SET", 4), ("B", 2)))
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert refused.json()["short"] == [{"sku": "B", "wanted": 6, "available": 5}]
    assert refused.json()["detail"] == "not enough is available: 5 of 6 B"
    assert held(url) == {}
    assert shop.get("/holds/cart-1").status_code == 404
    assert shop.post("/holds", json=wanting("cart-1", ("SET", 4), ("B", 1))).status_code == 201
    assert held(url) == {"A": 8, "B": 5}


def test_what_is_released_is_free_and_stays_released(shop: httpx.Client, url: str) -> None:
    shop.post("/holds", json=wanting("cart-1", ("B", 5)))
    assert shop.post("/holds", json=wanting("cart-2", ("B", 1))).status_code == 409
    first, again = shop.delete("/holds/cart-1"), shop.delete("/holds/cart-1")
    assert [(one.status_code, one.json()["state"]) for one in (first, again)] == [(200, "released")] * 2
    assert held(url) == {}
    for path, body in (("confirm", {"order_id": "1"}), ("review", {"on_review": True})):
        late = shop.post(f"/holds/cart-1/{path}", json=body)
        assert (late.status_code, late.json()["detail"]) == (409, "cart-1 is released: its pieces are not promised any more")
    repeated = shop.post("/holds", json=wanting("cart-1", ("B", 5)))
    assert (repeated.status_code, repeated.json()["state"]) == (200, "released"), "an id names one hold for ever"
    assert shop.post("/holds", json=wanting("cart-2", ("B", 5))).status_code == 201


def test_an_order_that_is_here_has_taken_over_its_hold(shop: httpx.Client, url: str) -> None:
    shop.post("/holds", json=wanting("cart-1", ("B", 5)))
    with warehouse.connect(url) as db:
        db.execute("insert into ops.order_events (channel, shop, order_id, axis, to_status, occurred_at)"
                   " values ('shopify', 'main', '5501', 'order', 'open', now())")  # fmt: skip
    assert shop.post("/holds/cart-1/confirm", json={"order_id": "5501"}).json()["state"] == "consumed"
    gone = shop.delete("/holds/cart-1")
    assert (gone.status_code, "5501" in gone.json()["detail"]) == (409, True)


def test_only_a_key_with_the_scope_may_hold(shop: httpx.Client, url: str) -> None:
    with warehouse.connect(url) as db:
        reader = {"X-API-Key": create(db, "reader", ["pii"])}
    asked = [
        ("POST", "/holds", wanting("cart-1", ("A", 1))),
        ("GET", "/holds/cart-1", None),
        ("POST", "/holds/cart-1/confirm", {"order_id": "1"}),
        ("POST", "/holds/cart-1/review", {"on_review": True}),
        ("DELETE", "/holds/cart-1", None),
    ]
    for method, path, body in asked:
        for headers, status in ((reader, 403), ({"X-API-Key": ""}, 401), ({}, 404 if "cart" in path else 201)):
            answer = shop.request(method, path, json=body, headers=headers)
            if status >= 401 or method == "POST":
                assert answer.status_code == status, (method, path, headers)
        shop.delete("/holds/cart-1")
        with warehouse.connect(url) as db:
            db.execute("delete from ops.hold_lines")
            db.execute("delete from ops.holds")


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"hold_id": "with/slash"}, "hold_id"),
        ({"hold_id": ""}, "hold_id"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "A", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "A\0", "quantity": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "A", "quantity": 1, "gift": True}]}, "lines.0.gift"),
        ({"for_minutes": 0}, "for_minutes"),
        ({"for_minutes": 2000}, "for_minutes"),
        ({"facility": "WH"}, "facility"),
    ],
)
def test_a_request_that_is_wrong_is_told_which_part(shop: httpx.Client, change: dict[str, Any], parameter: str) -> None:
    answer = shop.post("/holds", json=wanting("cart-1", ("A", 1)) | change)
    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.json()["errors"]] == [parameter]


def test_fifty_clients_on_one_sku_get_what_there_is_and_not_a_piece_more(shop: httpx.Client, url: str) -> None:
    """Everyone asks, some give back, some ask again under the same id; 300 pieces for wishes of some 800, at two services."""
    there, clients = 300, 50
    addresses = [str(shop.base_url)]

    def customer(number: int) -> list[tuple[int, int, int]]:
        """(status, wanted, what the answer says is there or held)"""
        luck, answers = random.Random(number), []
        with httpx.Client(base_url=addresses[number % 2], headers=shop.headers, timeout=30) as mine:
            for cart in range(5):
                hold_id, wanted = f"c{number}-{cart}", luck.randint(1, 6)
                answer = mine.post("/holds", json=wanting(hold_id, ("HOT", wanted)))
                if answer.status_code == 201:
                    answers.append((201, wanted, sum(line["quantity"] for line in answer.json()["lines"])))
                    if luck.random() < 0.3:
                        assert mine.post("/holds", json=wanting(hold_id, ("HOT", wanted))).status_code == 200
                    if luck.random() < 0.3:
                        assert mine.delete(f"/holds/{hold_id}").json()["state"] == "released"
                        answers[-1] = (200, wanted, 0)
                else:
                    answers.append((answer.status_code, wanted, answer.json()["short"][0]["available"]))
        return answers

    watched: list[int] = []
    over = threading.Event()

    def watch() -> None:
        with warehouse.connect(url, autocommit=True) as db:
            while not over.is_set():
                watched.extend(row[0] for row in db.execute("select held from ops.stock_positions where sku = 'HOT'"))

    watching = threading.Thread(target=watch)
    watching.start()
    with serving(url) as second, ThreadPoolExecutor(clients) as pool:
        addresses.append(second)
        answers = [one for some in pool.map(customer, range(clients)) for one in some]
    over.set()
    watching.join()

    granted = sum(is_held for status, _, is_held in answers if status == 201)
    assert {status for status, _, _ in answers} == {200, 201, 409}
    assert all(wanted == is_held for status, wanted, is_held in answers if status == 201)
    assert all(available < wanted for status, wanted, available in answers if status == 409)
    assert held(url) == {"HOT": granted}
    assert max(watched) <= there
    assert granted <= there
    if there > granted:
        rest = shop.post("/holds", json=wanting("the-rest", ("HOT", there - granted)))
        assert rest.status_code == 201, "what was given back last is there for who asks next"
    assert shop.post("/holds", json=wanting("one-more", ("HOT", 1))).status_code == 409


def test_a_duplicate_within_a_batch_and_one_that_fails_leave_the_others_right(url: str) -> None:
    """Three of one batch: the same hold twice, and one that the database refuses, which must not take the others with it."""
    good = {"hold_id": "one", "channel": "shopify", "shop": "main", "lines": [{"sku": "A", "quantity": 4}], "facility_id": None}
    broken = good | {"hold_id": "bad", "lines": [{"sku": "A", "quantity": -1}]}
    with writing_pool(url) as pool:
        writer = HoldWriter(pool)
        asked = [writer.ask(request) for request in (good, good, broken, good | {"hold_id": "two"})]
        with writer:
            one, again, last = (asked[number].result(10) for number in (0, 1, 3))
            assert (one.is_new, again.is_new, last.is_new) == (True, False, True)
            assert one.hold == again.hold
            assert isinstance(asked[2].exception(10), psycopg.errors.InvalidParameterValue)
    assert held(url) == {"A": 8}


def test_a_database_that_is_gone_is_told_and_nothing_is_held_twice(
    shop: httpx.Client, url: str, postgres: warehouse.Embedded
) -> None:
    name = url.rsplit("/", 1)[-1]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        lost = shop.post("/holds", json=wanting("cart-1", ("B", 2)))
        assert (lost.status_code, lost.headers["content-type"]) == (503, "application/problem+json")
        admin.execute(f"alter database {name} allow_connections true")
    deadline = time.monotonic() + 60
    while (again := shop.post("/holds", json=wanting("cart-1", ("B", 2)))).status_code == 503:
        assert time.monotonic() < deadline, "the service has not found its database again"
    assert again.status_code in (200, 201)
    assert held(url) == {"B": 2}


def test_a_hold_that_waits_too_long_for_a_lock_is_told(shop: httpx.Client, url: str) -> None:
    with warehouse.connect(url) as blocker:
        blocker.execute("select ops.lock_items(array['WH'], array['A'])")
        waiting = shop.post("/holds", json=wanting("cart-1", ("A", 1)))
        assert waiting.status_code == 503
        assert "Retry-After" in waiting.headers
    assert shop.post("/holds", json=wanting("cart-1", ("A", 1))).status_code == 201
