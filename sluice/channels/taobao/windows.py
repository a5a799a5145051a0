"""Reading TOP's lists of changes: window by window to the platform's now, each window from its last page to its first.

The list is newest first. A record that changes while we read leaves its window, and what lies behind it moves one place forward:
onto pages that are still to be read, when we come from the end. Records that appear late (a commit that took its time) move
the others the other way; the count at the end tells, and the window is read again.
"""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec import Raw

from sluice.channels.protocol import ChannelError, Cursor, Page
from sluice.channels.taobao.contract import Listing, Order, Refund, Trade, fields, listing
from sluice.channels.taobao.gateway import Gateway, beijing, moment

log = logging.getLogger(__name__)

HISTORY = timedelta(days=89)
"""Trades older than three months are not told; three calendar months are never shorter than this."""
LONGEST = timedelta(days=1)
"""What one question may span."""
SHORTEST = timedelta(minutes=1)
OVERLAP = timedelta(minutes=10)
"""How far behind the last window's end the next read starts, for changes that were committed late."""
WALKS = 3
"""How often a window is read that gains records while it is read."""
TYPES = "guarantee_trade,auto_delivery,ec,cod,step"
"""All that the list of trades gives unasked. The list of refunds would give only the first two."""


@dataclass(frozen=True)
class Feed:
    """A list of changes, and the name of its records' id."""

    method: str
    fields: str
    key: str

    def identity(self, record: Raw) -> bytes:
        """The record's id; for one too broken to have an id, the record itself."""
        try:
            return bytes(msgspec.json.decode(record, type=dict[str, Raw])[self.key])
        except (msgspec.DecodeError, KeyError):
            return bytes(record)


FEEDS = {
    "trades": Feed("taobao.trades.sold.increment.get", fields(Trade, orders=Order), "tid"),
    "refunds": Feed("taobao.refunds.receive.get", fields(Refund), "refund_id"),
}


@dataclass(frozen=True)
class Window:
    """Changes of one feed from `start` to `until`, both included."""

    gateway: Gateway
    feed: Feed
    start: datetime
    until: datetime
    page_size: int

    def ask(self, number: int, counted: bool) -> tuple[bytes, Listing]:
        """One page. Not to count saves the platform most of its work."""
        body = self.gateway.call(
            self.feed.method,
            fields=self.feed.fields,
            type=TYPES,
            start_modified=self.start,
            end_modified=self.until,
            page_no=number,
            page_size=self.page_size,
            use_has_next=not counted,
        )
        return body, listing(body)

    def pages(self, first: bytes, total: int) -> Iterator[Page]:
        """All pages of a window that has `total` records and `first` as its first page. Raises ChannelError if it never rests."""
        cursor = {"until": beijing(self.until)}
        if total <= self.page_size:
            yield Page(first, cursor=cursor)
            return
        seen: set[bytes] = set()
        for _ in range(WALKS):
            for number in range(math.ceil(total / self.page_size), 1, -1):
                body, page = self.ask(number, counted=False)
                seen.update(map(self.feed.identity, page.records))
                yield Page(body)
            body, page = self.ask(1, counted=True)
            seen.update(map(self.feed.identity, page.records))
            if len(seen) >= page.total_results:
                yield Page(body, cursor=cursor)
                return
            yield Page(body)
            log.warning("%s: %s gained records while it was read; reading it again", self.feed.method, cursor["until"])
            total = page.total_results
        raise ChannelError(
            f"Taobao: {self.feed.method} from {beijing(self.start)} to {beijing(self.until)} still told more than could be read"
            f" after {WALKS} readings; the next run starts again there"
        )


def changes(
    gateway: Gateway, feed: Feed, cursor: Cursor | None, since: datetime, page_size: int, most_per_window: int
) -> Iterator[Page]:
    """Everything in `feed` that changed since the cursor (without one: since `since`), to the platform's now.

    Where a window has more than `most_per_window` records a shorter one is asked.
    """
    now = gateway.now()
    start = _start(cursor, since, now)
    span, empty = LONGEST, b""
    while start < now:
        window = Window(gateway, feed, start, min(start + span, now), page_size)
        body, page = window.ask(1, counted=True)
        if page.total_results > most_per_window and span > SHORTEST:
            span = max(SHORTEST, min(span, window.until - start) * most_per_window / page.total_results / 2)
            continue
        empty = b"" if page.total_results else body
        if page.total_results:
            yield from window.pages(body, page.total_results)
        start = window.until
        span = min(LONGEST, span * 2) if page.total_results < most_per_window / 2 else span
    if empty:
        yield Page(empty, cursor={"until": beijing(now)})


def _start(cursor: Cursor | None, since: datetime, now: datetime) -> datetime:
    earliest = now - HISTORY
    if cursor is None:
        return max(since, earliest)
    reached = moment(cursor["until"])
    if reached < earliest:
        log.warning("Taobao was last read up to %s; changes before %s are no longer told", cursor["until"], beijing(earliest))
    return max(reached - OVERLAP, earliest)
