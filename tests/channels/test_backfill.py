"""Stores of any size: one that has sold nothing yet, and the history of a large one, broken off and gone on with."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from sluice import warehouse
from sluice.channels.protocol import Checking, Connection, Connector, Cursor, Stream
from sluice.channels.registry import connectors
from sluice.landing.land import land
from sluice.landing.reconcile import reconcile
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF, START
from sluice.sandbox.sellers import Seller, sellers
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.channels.every import house

pytestmark = pytest.mark.timeout(600)
MANY = 7_000
"""Orders: more than two batches."""
OPENING = AS_OF - timedelta(days=3)


def alone(seller: Seller, orders: int) -> SandboxState:
    return SandboxState(World.generate(3, orders, [seller.shop]))


def orders_of(connector: Connector) -> Stream:
    return next(stream for stream in connector.streams if stream.order_key in stream.key)


def walk(connector: Connector, connection: Connection, cursor: Cursor | None) -> Iterator[tuple[Cursor | None, set[Any]]]:
    """Each page's cursor, and the ids of the orders in it."""
    stream = orders_of(connector)
    assert stream.order_key
    for page in connector.open(connection).pages(stream, cursor):
        bodies = connector.records(stream, page.body, page.context)
        records = [msgspec.json.decode(body, type=stream.record, strict=False) for body in bodies]
        yield page.cursor, {getattr(record, stream.order_key) for record in records}


@pytest.mark.parametrize("name", list(sellers()))
def test_a_walk_goes_on_from_its_cursor_and_not_from_the_start(name: str) -> None:
    connector, seller = connectors()[name], sellers()[name]
    with hosted(alone(seller, 1_200)) as url:
        connection = seller.connection(connector, url, lambda: AS_OF)
        pages = list(walk(connector, connection, None))
        everything = set().union(*(ids for _, ids in pages))
        known: set[Any] = set()
        for reached, ids in pages:
            known |= ids
            if reached is not None and len(known) >= len(everything) / 3:
                break
        assert len(known) < 0.6 * len(everything), "no cursor until near the end"
        rest = set().union(*(ids for _, ids in walk(connector, connection, msgspec.json.decode(msgspec.json.encode(reached)))))
    assert known | rest == everything
    assert len(rest) < 0.75 * len(everything)


def test_a_backfill_that_is_killed_goes_on_where_it_was(
    postgres: warehouse.Embedded, every_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    with house("jd", alone(sellers()["jd"], MANY), postgres, every_template) as found:
        command = [sys.executable, "-m", "tests.channels.backfill", found.url, found.database]
        with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as dying:
            assert dying.stdout
            told = int(dying.stdout.readline())
            dying.kill()
        assert dying.returncode == -signal.SIGKILL
        kept = stored(found.db, "jd")
        found.db.rollback()
        assert 0 < told <= kept < MANY, "killed before or after the work, not in the middle of it"
        progress: list[int] = []
        stream = found.connector.stream("orders")
        rest = land(found.db, found.connector, found.connection(), stream, lambda landed: progress.append(landed.delivered))
        assert rest.new == MANY - kept
        # but for the pages of the window that it was in
        assert rest.delivered < MANY - kept + 1_000
        assert progress == sorted(progress)
        assert progress[-1] == rest.delivered
        assert stored(found.db, "jd") == MANY
        account = reconcile(found.db, found.connector, found.connection(), START, AS_OF)
        assert account.agrees, account.sentence()


@pytest.mark.parametrize("name", list(sellers()))
def test_a_store_that_has_sold_nothing_yet_is_landed_and_then_its_first_orders(
    name: str, postgres: warehouse.Embedded, every_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a key that nothing was ever asked with."""
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    shop = replace(sellers()[name].shop, opened=OPENING)
    state = SandboxState(World.generate(3, 40, [shop]), OPENING - timedelta(days=1))
    with house(name, state, postgres, every_template) as found:
        channel = found.connector.open(found.connection())
        if isinstance(channel, Checking):
            assert all(len(said) > 20 for said in channel.check())
        for _ in range(2):
            empty = found.land()
            assert sum(one.quarantined for one in empty) == 0
            assert stored(found.db, name) == 0
        account = reconcile(found.db, found.connector, found.connection(), START, state.now)
        assert account.agrees, account.sentence()
        assert account.claimed_orders == 0
        state.set_clock(AS_OF)
        found.land()
        orders, _, ids = found.told()
        assert len(orders) > 20
        assert stored(found.db, name) == len(ids)


def stored(db: psycopg.Connection, channel: str) -> int:
    return count(db, "select count(distinct order_id) from unified.orders where channel = %s", channel)


def count(db: psycopg.Connection, query: str, *given: str) -> int:
    row = db.execute(query, given).fetchone()
    assert row
    return int(row[0])
