"""What an order holds, and the history of its statuses, follow from the orders however often they are read."""

from pathlib import Path

import psycopg

from sluice.operations.absorb import absorb
from tests.operations.shop import company

HELD = "select channel, shop, order_id, line_id, sku, quantity from ops.commitments where quantity > 0 order by 1, 2, 3, 4, 5"
RECOMPUTED = """
select s.channel, s.shop, h.order_id, h.line_id, h.sku, h.quantity
from raw.shops as s
cross join lateral ops.held_pieces(s.channel, s.shop, (
    select array_agg(o.order_id) from unified.orders as o where o.channel = s.channel and o.shop = s.shop
)) as h
where h.quantity > 0 order by 1, 2, 3, 4, 5
"""


def events(db: psycopg.Connection) -> list[tuple[object, ...]]:
    return db.execute("select order_id, axis, from_status, to_status from ops.order_events order by event_id").fetchall()


def test_commitments_are_what_the_open_orders_hold_day_after_day(prepared_url: str, home: Path) -> None:
    with company(prepared_url) as shop:
        held_at_all = 0
        for _ in range(4):
            shop.land()
            held = shop.db.execute(HELD).fetchall()
            assert held == shop.db.execute(RECOMPUTED).fetchall()
            held_at_all += len(held)
            shop.advance(3)
        assert held_at_all > 0


def test_each_change_of_a_status_is_told_once_and_follows_the_last(prepared_url: str, home: Path) -> None:
    with company(prepared_url) as shop:
        for _ in range(3):
            shop.land()
            shop.advance(5)
        last: dict[tuple[object, object], object] = {}
        for order_id, axis, before, after in events(shop.db):
            assert before == last.get((order_id, axis))
            assert after != before
            last[order_id, axis] = after
        now = shop.db.execute("select order_id, order_status, payment_status, fulfilment_status from unified.orders").fetchall()
        assert {
            (order, axis): status
            for order, *found in now
            for axis, status in zip(("order", "payment", "fulfilment"), found, strict=True)
        } == last


def test_absorbing_again_changes_nothing(prepared_url: str, home: Path) -> None:
    with company(prepared_url) as shop:
        shop.land()
        absorb(shop.db)  # dates the promises of presales by the purchases that came meanwhile
        before = events(shop.db), shop.db.execute("select * from ops.commitments order by 1, 2, 3, 4, 5").fetchall()
        absorb(shop.db, everything=True)
        absorb(shop.db)
        assert (events(shop.db), shop.db.execute("select * from ops.commitments order by 1, 2, 3, 4, 5").fetchall()) == before


def test_a_mapping_that_is_mended_is_taken_in(prepared_url: str, home: Path) -> None:
    """What landing could not absorb, since the views were not there, is taken in when they are."""
    with company(prepared_url) as shop:
        shop.db.execute("alter view unified.orders rename to orders_away")
        shop.db.commit()
        shop.land()
        assert events(shop.db) == []
        shop.db.execute("alter view unified.orders_away rename to orders")
        absorb(shop.db)
        assert events(shop.db)
        assert shop.db.execute(HELD).fetchall() == shop.db.execute(RECOMPUTED).fetchall() != []
