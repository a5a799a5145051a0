"""Replay: the raw tables of a stream built again from the lake and its events, without asking the channel."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from psycopg import Connection

from sluice.channels.protocol import Connector, Stream
from sluice.landing import events, lake, overlay
from sluice.landing.ahead import ahead
from sluice.landing.delivery import Batch, add
from sluice.landing.land import Landed
from sluice.landing.lock import locked
from sluice.landing.transaction import Lander, absorb

ABSORBED_AT_ONCE = 5_000
"""Orders."""


def replay(
    db: Connection, connector: Connector, shop: str, stream: Stream, report: Callable[[Landed], None] | None = None
) -> Landed:
    """Remove what is held of the stream and shop and land the lake's pages and the events again, received when they were.

    One transaction: readers see the tables as they were until all of it is there. The cursor stays. Orders are absorbed once, at
    the end, so that no status of the past is taken for a change. Raises LakeError, LandingError, LandingMismatch.
    """
    started = time.monotonic()
    total = Landed(connector.name, shop, stream.name)
    with locked(db, connector.name, shop, stream.name), db.transaction():
        lander = Lander(db, connector, shop, stream)
        lander.store.alone()
        lander.store.clear()
        overlay.forget(lander.store)
        files = _files(db, connector.name, shop, stream.name)
        for batch in ahead(_batches(lander, files)):
            outcome, _ = lander.write(batch, batch.file_id)
            total = total.plus(outcome, time.monotonic() - started)
            if report:
                report(total)
        for outcome in events.again(db, connector, shop, stream):
            total = total.plus(outcome, time.monotonic() - started)
            if report:
                report(total)
        orders = lander.store.orders()
        for start in range(0, len(orders), ABSORBED_AT_ONCE):
            absorb(lander.store, orders[start : start + ABSORBED_AT_ONCE])
    return replace(total, seconds=time.monotonic() - started)


def _files(db: Connection, channel: str, shop: str, stream: str) -> list[tuple[int, str]]:
    return db.execute(
        "select file_id, path from raw.manifest where channel = %s and shop = %s and stream = %s order by file_id",
        (channel, shop, stream),
    ).fetchall()


def _batches(lander: Lander, files: Iterable[tuple[int, str]]) -> Iterator[Batch]:
    for file_id, path in files:
        walk, pages = lake.read(path)
        batch = Batch(walk, file_id=file_id)
        for page in pages:
            add(batch, page, lander.connector, lander.stream)
        lander.make_rows(batch)
        yield batch
