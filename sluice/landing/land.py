"""Landing: from a channel's pages to the lake and the typed raw tables, a batch a transaction."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from psycopg import Connection

from sluice.channels import protocol
from sluice.channels.protocol import Channel, Connector, Page, Rereading, Stream
from sluice.landing import again, cursors, forgotten, personal
from sluice.landing.again import Due
from sluice.landing.ahead import ahead
from sluice.landing.delivery import FIRST, GROWTH, MOST_RECORDS, READING_FAULTS, Batch, Judge, LandingError, add
from sluice.landing.forgotten import Forgotten
from sluice.landing.lock import locked
from sluice.landing.transaction import Lander, Outcome

IN_HAND = 2
"""Batches at a time: one that is written, one that is made ready."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What one landing did, in records: delivered = new + changed + unchanged + quarantined.

    `deleted` are rows marked as gone, `seconds` is wall time.
    """

    channel: str
    shop: str
    stream: str
    delivered: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    deleted: int = 0
    pages: int = 0
    seconds: float = 0.0

    def plus(self, outcome: Outcome, seconds: float) -> "Landed":
        """After one more batch."""
        return replace(
            self,
            delivered=self.delivered + outcome.delivered,
            new=self.new + outcome.new,
            changed=self.changed + outcome.changed,
            unchanged=self.unchanged + outcome.unchanged,
            quarantined=self.quarantined + outcome.quarantined,
            deleted=self.deleted + outcome.deleted,
            pages=self.pages + outcome.pages,
            seconds=seconds,
        )


def land(
    db: Connection,
    connector: Connector,
    connection: protocol.Connection,
    stream: Stream,
    report: Callable[[Landed], None] | None = None,
    *,
    afresh: bool = False,
    guard: bool = True,
) -> Landed:
    """Read the stream from its cursor to now and land it; `report` hears the running total after each batch.

    Commits on `db` as it goes, what the caller left open included: what was landed before a fault stays landed, and the cursor
    stands where it ends. One landing of a stream runs at a time, a second waits. `afresh` reads from the connection's `since`
    instead and leaves the cursor where it is: what is known already changes nothing. `guard=False` leaves out the proof, for
    tests of the proof. Raises ChannelError, LandingError, LandingMismatch.
    """
    started = time.monotonic()
    total = Landed(connector.name, connection.shop, stream.name)
    with locked(db, connector.name, connection.shop, stream.name):
        lander = Lander(db, connector, connection.shop, stream, guard=guard, keeps_place=afresh)
        lost, judge = _judge(db, connector, connection.shop, stream)
        cursor = None if afresh else cursors.read(db, connector.name, connection.shop, stream.name)
        due = again.due(db, connector.name, connection, stream)
        lander.reserve(IN_HAND)
        lander.expects_new = cursor is None and not afresh
        db.commit()
        channel = connector.open(connection)
        # one walk after the other: where an order is told by both, what is read again is the newer
        for pages in (channel.pages(stream, cursor), _again(channel, stream, due)):
            for batch in ahead(lander.ready(batches(pages, connector, stream, judge))):
                total = total.plus(lander.land(batch), time.monotonic() - started)
                if report:
                    report(total)
        again.done(db, connector.name, connection.shop, stream, due)
        forgotten.came_back(db, lost, personal.accounts(connector))
        db.commit()
    return replace(total, seconds=time.monotonic() - started)


def land_again(
    db: Connection, connector: Connector, connection: protocol.Connection, stream: Stream, ids: Sequence[str]
) -> list[Outcome]:
    """Read these orders of a `Rereading` channel as they are now, and nothing else, and land them; the cursor stays.

    Raises as `land` does. It waits for no other landing: of two reads of an order the newer wins, whichever lands first.
    """
    channel = connector.open(connection)
    assert isinstance(channel, Rereading)
    lander = Lander(db, connector, connection.shop, stream, keeps_place=True)
    lost, judge = _judge(db, connector, connection.shop, stream)
    db.commit()
    landed = [lander.land(batch) for batch in batches(channel.again(stream, ids), connector, stream, judge)]
    forgotten.came_back(db, lost, personal.accounts(connector))
    db.commit()
    return landed


def _judge(db: Connection, connector: Connector, shop: str, stream: Stream) -> tuple[Forgotten, Judge | None]:
    """Who was forgotten, and what may be landed of the stream's records for their sake."""
    lost = forgotten.read(db, connector.name, shop)
    return lost, partial(lost.judge, stream) if lost and personal.is_personal(stream) else None


def _again(channel: Channel, stream: Stream, due: Due) -> Iterator[Page]:
    return channel.again(stream, due.ids) if due.ids and isinstance(channel, Rereading) else iter(())


def batches(pages: Iterable[Page], connector: Connector, stream: Stream, judge: Judge | None = None) -> Iterator[Batch]:
    """Pages gathered into transactions. When the channel fails midway, what it delivered until then still comes first."""
    batch = Batch(uuid.uuid4().hex, most=FIRST)
    try:
        for page in pages:
            add(batch, page, connector, stream, judge)
            if batch.full:
                yield batch
                most = min(int(batch.most * GROWTH), MOST_RECORDS)
                batch = Batch(uuid.uuid4().hex if batch.completes else batch.walk, most=most)
    except Exception as fault:
        if batch.pages:
            yield batch
        if isinstance(fault, READING_FAULTS):
            # what the connector reads of an answer beside its records is a contract too, and its breach is this stream's alone
            raise LandingError(
                f"{connector.name} {stream.name}: an answer is not as the platform describes it ({fault})"
            ) from fault
        raise
    if batch.pages:
        yield batch
