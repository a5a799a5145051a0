"""What changed is absorbed in the landing transaction; a replay tells operations nothing that is not so now."""

from pathlib import Path

import psycopg
import pytest

from sluice.landing.land import land
from sluice.landing.proof import LandingMismatch
from sluice.landing.replay import replay
from tests.landing.state import one
from tests.landing.toy import CONNECTION, ORDERS, order, page, toy


@pytest.fixture
def unified(raw: psycopg.Connection) -> psycopg.Connection:
    raw.execute((Path(__file__).parent / "unified.sql").read_text())
    raw.commit()
    return raw


def payments(db: psycopg.Connection) -> list[tuple[str, str | None, str]]:
    return db.execute(
        "select order_id, from_status, to_status from ops.order_events where axis = 'payment' order by event_id"
    ).fetchall()


def test_new_and_changed_orders_are_absorbed(unified: psycopg.Connection) -> None:
    land(unified, toy({"orders": [page([order(1), order(2)], cursor=0)]}), CONNECTION, ORDERS)
    assert payments(unified) == [("1", None, "pending"), ("2", None, "pending")]
    assert one(unified, "select sum(quantity) from ops.commitments") == 6
    land(unified, toy({"orders": [page([order(1, 1, paid=True), order(2)], at=1)]}), CONNECTION, ORDERS)
    assert payments(unified)[2:] == [("1", "pending", "paid")]


def test_what_is_rolled_back_is_not_absorbed(unified: psycopg.Connection) -> None:
    unified.execute(
        "create function lose() returns trigger language plpgsql as $$ begin delete from raw.toy_orders; return null; end $$;"
        "create trigger lose after insert on raw.toy_orders for each statement execute function lose()"
    )
    with pytest.raises(LandingMismatch):
        land(unified, toy({"orders": [page([order(1)])]}), CONNECTION, ORDERS)
    assert payments(unified) == []


def test_a_replay_repeats_no_history(unified: psycopg.Connection) -> None:
    for at, paid in enumerate([False, True, False]):
        pages = [page([])] * at + [page([order(1, at, paid=paid)], at=at, cursor=at + 1)]
        land(unified, toy({"orders": pages}), CONNECTION, ORDERS)
    before = payments(unified)
    assert [event[2] for event in before] == ["pending", "paid", "pending"]
    unified.execute("delete from raw.toy_orders")
    replay(unified, toy(), "main", ORDERS)
    assert payments(unified) == before
