"""A republisher that ends at any point, however it ends, leaves the rest of its work to the next, and no more than the rest."""

import itertools
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice import warehouse
from sluice.operations.outbox import Outlet
from sluice.operations.publish import deliver
from sluice.operations.republish import Republisher
from tests.operations.market import CHANGES, EVENTS, SHOPS, Market, one


class Killed(BaseException):
    """The process ended here."""


class Mortal(psycopg.Cursor[Any]):
    """Its connection is gone before or after the nth statement of the pass, as if the process had been killed there."""

    points: Iterator[int] = iter(())
    fatal = 0

    def _point(self) -> None:
        if next(Mortal.points) == Mortal.fatal:
            self.connection.pgconn.finish()
            raise Killed

    def execute(self, *values: Any, **named: Any) -> Any:
        self._point()
        done = super().execute(*values, **named)
        self._point()
        return done

    def executemany(self, *values: Any, **named: Any) -> None:
        self._point()
        super().executemany(*values, **named)
        self._point()

    def copy(self, *values: Any, **named: Any) -> Any:
        self._point()
        return super().copy(*values, **named)


@pytest.mark.timeout(600)
def test_a_crash_at_any_statement_loses_nothing_and_doubles_nothing(stall: Market) -> None:
    facility, sku = stall.item()
    before = stall.shown("main", sku)[facility]
    own, other = Outlet("shopify", "main", True), Outlet("shopify", "second", True)
    order: str | None = None
    for fatal in itertools.count(1):
        sold = fatal % 2
        order = stall.order("main", facility, sku, sold, None if sold else order)
        events, messages = one(stall.db, EVENTS), len(stall.told("second", sku))
        Mortal.points, Mortal.fatal = itertools.count(1), fatal
        survived = False
        db = warehouse.connect(stall.url)
        db.cursor_factory = Mortal
        try:
            Republisher(db, [own, other]).decide(sweep=True)
            for outlet in (own, other):
                deliver(db, outlet, stall.channel(outlet.shop))
            survived = True
        except Killed:
            pass
        finally:
            if not db.closed:
                db.close()
        # who comes after it finds the rest of the work, and no more
        with warehouse.connect(stall.url) as next_one:
            Republisher(next_one, [own, other]).decide(sweep=True)
            for outlet in (own, other):
                deliver(next_one, outlet, stall.channel(outlet.shop))
        assert one(stall.db, EVENTS) == events + 1, fatal
        assert len(stall.told("second", sku)) == messages + 1, fatal
        assert one(stall.db, "select count(*) from ops.outbox where state = 'pending' and shop <> 'third'") == 0
        assert one(stall.db, CHANGES) == 0
        assert stall.shown("second", sku)[facility] == stall.shown("main", sku)[facility] == before - sold, fatal
        if survived:
            break
    assert fatal > 40
    stall.order("main", facility, sku, 0, order)


@pytest.mark.timeout(600)
def test_a_republisher_that_is_killed_again_and_again_gets_everything_there(stall: Market) -> None:
    chance = random.Random(5)
    facility, sku = stall.item()
    before = stall.shown("main", sku)[facility]
    hosts = [f"{shop}={stall.connections[shop].url.removesuffix('/shopify')}" for shop in SHOPS]
    command = [sys.executable, "-m", "tests.operations.republishing", stall.url, *hosts]
    orders: list[str] = []
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2])
        assert process.stdout
        for _ in range(3):
            orders.append(stall.order(chance.choice(SHOPS), facility, sku, 1))
            if len(orders) > 2:
                shop = one(stall.db, "select shop from ops.commitments where order_id = %s and quantity > 0 limit 1", orders[0])
                stall.order(shop, facility, sku, 0, orders.pop(0))
        process.stdout.readline()
        time.sleep(chance.random() * 0.1)
        process.kill()
        process.wait()
        process.stdout.close()
    stall.republish()
    stall.deliver()
    assert [stall.shown(shop, sku)[facility] for shop in SHOPS] == [before - len(orders)] * 3
    assert one(stall.db, "select count(*) from ops.outbox where state = 'pending'") == 0
    assert stall.wrong() == []
    held = stall.db.execute(
        "select shop, order_id from ops.commitments where quantity > 0 and sku = %s and order_id like 'order-%%'", (sku,)
    ).fetchall()
    stall.db.commit()
    for shop, order in held:
        stall.order(shop, facility, sku, 0, order)
