"""Events on their way into the warehouse: those that wait are landed together, and each is answered once it is durable."""

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from sluice.channels.protocol import Connection, Connector
from sluice.landing.events import Events
from sluice.landing.received import Maker, Received
from sluice.service.fetcher import Fetcher, can_fetch
from sluice.service.group_commit import GroupCommit

log = logging.getLogger(__name__)

MOST_WAITING = 5_000
MOST_AT_ONCE = 200
"""Events a transaction: enough to share its cost, few enough that nobody waits long for the others."""
PATIENCE = 4.5
"""Seconds until a sender is told to come again. Shopify hangs up after 5."""
OPTIONS = (
    "-c timezone=UTC -c lock_timeout=3000 -c statement_timeout=4000 -c plan_cache_mode=force_generic_plan"
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c random_page_cost=1.1 -c enable_material=off"
)
"""A batch is small and its statements are always the same: each is planned once a connection, to look up what it needs by key.
So the plan holds too when the tables were empty as it was made."""


class Unavailable(Exception):
    """The event could not be taken now. The sender shall come again."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A shop whose channel tells of changes, what the telling is verified with, and how the channel is asked for an order."""

    connector: Connector
    shop: str
    secrets: Mapping[str, str] = field(repr=False)
    connect: Callable[[], Connection] | None = field(default=None, repr=False)


class Intake:
    """The one writer of a shop's events: a thread with a connection of its own.

    Whatever waits when it becomes free goes into one transaction, so that a lone event goes at once and many share its cost.
    """

    def __init__(self, url: str, hook: Hook) -> None:
        self.hook = hook
        self._url = url
        self._events: Events | None = None
        self._stopping = False
        self._maker = Maker(hook.connector, hook.shop)
        asked = hook.connect if can_fetch(hook.connector) else None
        self._fetcher = Fetcher(url, hook.connector, hook.shop, asked) if asked else None
        name = f"events {hook.connector.name}/{hook.shop}"
        self._commit = GroupCommit(name, self._land, self._may_be_of_one, MOST_AT_ONCE, first=self._try_to_connect)

    def start(self) -> None:
        self._commit.start()
        if self._fetcher:
            self._fetcher.start()

    def stop(self) -> None:
        """Land what waits, then end."""
        self._stopping = True
        self._commit.stop()
        self._disconnect()
        if self._fetcher:
            self._fetcher.stop()

    async def take(self, event: Received) -> None:
        """Return once the event is durable and all that follows from it can be read. Raises Unavailable."""
        if self._stopping or self._commit.waiting >= MOST_WAITING:
            raise Unavailable("too many events wait")
        landed = asyncio.wrap_future(self._commit.ask(self._maker.ready(event)))
        try:
            # shielded: an event that its sender no longer waits for lands all the same
            await asyncio.wait_for(asyncio.shield(landed), PATIENCE)
        except TimeoutError as fault:
            raise Unavailable("the warehouse is busy") from fault
        except Exception:
            # it has been reported; what it says may be personal
            raise Unavailable("the event could not be landed") from None
        if self._fetcher and event.changed is not None:
            self._fetcher.ask(event.changed)

    def _land(self, events: Sequence[Received]) -> list[None]:
        try:
            self._take(events)
        except Exception as fault:
            self._report(fault, len(events))
            raise
        return [None] * len(events)

    def _may_be_of_one(self, fault: Exception, count: int) -> bool:
        """Without a connection it is of none. A lone event has its second try too."""
        return not isinstance(fault, psycopg.OperationalError) or self._events is not None

    def _take(self, events: Sequence[Received]) -> None:
        taking = self._events or self._connect()
        try:
            taking.take(events)
        except psycopg.Error:
            if taking.db.broken or taking.db.closed:
                # the server may only have been restarted
                self._disconnect()
                self._connect().take(events)
                return
            raise

    def _connect(self) -> Events:
        db = psycopg.connect(self._url, autocommit=True, options=OPTIONS, application_name="sluice-events", connect_timeout=3)
        self._events = Events(db, self.hook.connector, self.hook.shop)
        return self._events

    def _try_to_connect(self) -> None:
        """Before the first event comes: plans are made, which takes longer than the event."""
        try:
            self._connect().warm()
        except psycopg.Error as fault:
            self._report(fault, 0)

    def _disconnect(self) -> None:
        events, self._events = self._events, None
        if events is not None:
            events.db.close()

    def _report(self, fault: Exception, count: int) -> None:
        """What went wrong, without what may be personal: values stand in the details of a fault, not in its first line."""
        where = f"{self.hook.connector.name}/{self.hook.shop}"
        if isinstance(fault, psycopg.Error):
            log.error(
                "%d events of %s were not landed: %s %s", count, where, type(fault).__name__, fault.diag.message_primary or ""
            )
        else:
            trace = "".join(traceback.format_tb(fault.__traceback__))
            log.error("%d events of %s were not landed: %s at\n%s", count, where, type(fault).__name__, trace)
