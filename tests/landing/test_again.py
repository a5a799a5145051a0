"""What a platform changes without moving the order's stamp is found all the same, and so is what it no longer has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from sluice.channels.protocol import ChannelError, Connector, Cursor, OrderClaim, Page, Stream
from sluice.landing.land import Landed, land
from sluice.landing.reconcile import reconcile
from sluice.landing.replay import replay
from tests.landing.toy import CONNECTION, ORDERS, START, Toy, order, page, toy

DAY = timedelta(days=1)
STREAM = replace(ORDERS, unstamped=("payments",), unstamped_days=30)


@dataclass
class Shop(Toy):
    """Orders as they are at the shop; `pages` shows what the stamp tells: nothing but new orders."""

    orders: dict[int, bool] = field(default_factory=dict)
    at: datetime = START
    asked: list[list[str]] = field(default_factory=list)
    fails: bool = False

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        start = cursor["next"] if cursor else 0
        fresh = [order(number, paid=paid) for number, paid in self.orders.items() if number > start]
        yield replace(page(fresh, cursor=max(self.orders, default=start)), received_at=self.at)

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        self.asked.append(list(ids))
        if self.fails:
            raise ChannelError("not now")
        found = [order(int(one), paid=self.orders[int(one)]) for one in ids if int(one) in self.orders]
        gone = [[one] for one in ids if int(one) not in self.orders]
        yield replace(page(found), received_at=self.at, context={"gone": gone} if gone else {})

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        yield from (OrderClaim(str(number), Decimal(f"{number}.10"), "EUR") for number in self.orders)


@pytest.fixture
def db(raw: psycopg.Connection) -> psycopg.Connection:
    """Orders that were paid are final."""
    text = (Path(__file__).parent / "unified.sql").read_text()
    raw.execute(text.replace("'open' as order_status", "case when o.paid then 'completed' else 'open' end as order_status"))
    return raw


def connector(shop: Shop) -> Connector:
    return replace(toy(), streams=(STREAM,), open=lambda connection: shop)


def landed(db: psycopg.Connection, shop: Shop) -> Landed:
    shop.at += timedelta(minutes=1)
    return land(db, connector(shop), replace(CONNECTION, now=lambda: shop.at), STREAM)


def paid(db: psycopg.Connection) -> list[str]:
    return [row[0] for row in db.execute("select order_id from unified.orders where payment_status = 'paid' order by 1")]


def test_the_first_landing_reads_nothing_twice(db: psycopg.Connection) -> None:
    shop = Shop(orders={1: False, 2: True})
    landed(db, shop)
    assert shop.asked == []


def test_a_change_of_an_order_that_is_not_final_is_found_at_the_next_landing(db: psycopg.Connection) -> None:
    shop = Shop(orders={1: False, 2: True, 3: False})
    landed(db, shop)
    shop.orders[3] = True
    found = landed(db, shop)
    assert shop.asked == [["1", "3"]]
    assert (found.changed, found.unchanged, paid(db)) == (1, 1, ["2", "3"])


def test_a_change_of_a_final_one_is_found_within_a_day(db: psycopg.Connection) -> None:
    shop = Shop(orders={1: True})
    landed(db, shop)
    shop.orders[1] = False
    landed(db, shop)
    assert (shop.asked, paid(db)) == ([], ["1"])
    shop.at += DAY
    landed(db, shop)
    assert (shop.asked, paid(db)) == ([["1"]], [])
    shop.orders[1] = True
    landed(db, shop)
    shop.asked.clear()
    landed(db, shop)
    assert shop.asked == []


def test_what_is_long_final_is_left_alone_and_what_never_ended_is_read_once_a_day(db: psycopg.Connection) -> None:
    shop = Shop(orders={1: True, 2: False})
    landed(db, shop)
    shop.at += 40 * DAY
    landed(db, shop)
    assert shop.asked == [["2"]]
    landed(db, shop)
    assert shop.asked == [["2"]]


def test_what_could_not_be_read_is_due_still(db: psycopg.Connection) -> None:
    shop = Shop(orders={1: True})
    landed(db, shop)
    shop.at += DAY
    shop.fails = True
    with pytest.raises(ChannelError):
        landed(db, shop)
    db.rollback()
    shop.fails = False
    landed(db, shop)
    assert shop.asked == [["1"], ["1"]]


def test_an_order_that_is_gone_is_marked_once_replayed_alike_and_no_surplus(db: psycopg.Connection) -> None:
    shop = Shop(orders={1: False, 2: False})
    landed(db, shop)
    del shop.orders[1]
    assert landed(db, shop).deleted == 1
    marks = "select id, _deleted_at from raw.toy_orders order by 1"
    marked = db.execute(marks).fetchall()
    assert marked == [("1", shop.at), ("2", None)]
    assert landed(db, shop).deleted == 0
    assert db.execute(marks).fetchall() == marked
    replay(db, connector(shop), "main", STREAM)
    assert db.execute(marks).fetchall() == marked
    db.execute("create or replace view unified.orders as " + _all_of(db))
    assert reconcile(db, connector(shop), CONNECTION, START - DAY, START + DAY).agrees


def _all_of(db: psycopg.Connection) -> str:
    """The view with its deleted orders, as channels' staging shows them."""
    row = db.execute("select pg_get_viewdef('unified.orders'::regclass)").fetchone()
    assert row is not None
    return str(row[0]).replace("WHERE (_deleted_at IS NULL)", "").replace("WHERE (o._deleted_at IS NULL)", "")


def test_an_order_that_comes_back_is_there_again(db: psycopg.Connection) -> None:
    shop = Shop(orders={1: False, 2: False})
    landed(db, shop)
    del shop.orders[2]
    landed(db, shop)
    shop.orders[2] = False
    db.execute("create or replace view unified.orders as " + _all_of(db))
    landed(db, shop)
    assert db.execute("select count(*) from raw.toy_orders where _deleted_at is null").fetchone() == (2,)
