"""Reading a list of changes that a platform tells window by window, newest first: Taobao, JD and Pinduoduo do.

A record that changes while we read leaves its window, and what lies behind it moves one place forward: onto pages that are still
to be read, when we come from the last page. Records that appear late (a commit that took its time) move the others the other way;
the count at the end tells, and the window is read again.
"""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Raw

from sluice.channels.protocol import ChannelError, Cursor, Page

log = logging.getLogger(__name__)

WALKS = 3
"""How often a window is read that gains records while it is read."""
SILENCE = 200
"""Empty windows after which a page is handed on all the same, so that a long way through nothing is not lost with the process."""


@dataclass(frozen=True, slots=True)
class Told:
    """One page of a window: as it came, its records, and how many the whole window has (0 where that was not asked)."""

    body: bytes
    records: Sequence[Raw]
    total: int = 0


Ask = Callable[[datetime, datetime, int, bool], Told]
"""One page of the window from a moment to a moment (both aware). Pages count from 1; True where the total is wanted."""


@dataclass(frozen=True)
class Changes:
    """A list of changes: how a page of it is asked for, and what the platform bears.

    `name` is for messages, `key` the field that its records are known by, `cursor` what says that all is read up to a moment.
    Where a window has more than `most_per_window` records a shorter one is asked, between `shortest` and `longest`.
    """

    name: str
    key: str
    ask: Ask
    page_size: int
    longest: timedelta
    cursor: Callable[[datetime], Cursor] = lambda moment: {}
    shortest: timedelta = timedelta(minutes=1)
    most_per_window: int = 2000

    def pages(self, start: datetime, until: datetime) -> Iterator[Page]:
        """Everything that changed from `start` to `until`, both included. Raises ChannelError if a window never rests."""
        span, silent, empty = self.longest, 0, b""
        while start < until:
            end = min(start + span, until)
            first = self.ask(start, end, 1, True)
            if first.total > self.most_per_window and span > self.shortest:
                span = max(self.shortest, min(span, end - start) * self.most_per_window / first.total / 2)
                continue
            silent, empty = (0, b"") if first.total else (silent + 1, first.body)
            if first.total:
                yield from self._window(start, end, first)
            elif silent % SILENCE == 0:
                yield Page(first.body, cursor=self.cursor(end))
            start = end
            span = min(self.longest, span * 2) if first.total < self.most_per_window / 2 else span
        if empty:
            yield Page(empty, cursor=self.cursor(until))

    def _window(self, start: datetime, end: datetime, first: Told) -> Iterator[Page]:
        """All pages of a window whose first is known."""
        cursor, total = self.cursor(end), first.total
        if total <= self.page_size:
            yield Page(first.body, cursor=cursor)
            return
        seen: set[bytes] = set()
        for _ in range(WALKS):
            for number in range(math.ceil(total / self.page_size), 1, -1):
                told = self.ask(start, end, number, False)
                seen.update(identity(record, self.key) for record in told.records)
                yield Page(told.body)
            told = self.ask(start, end, 1, True)
            seen.update(identity(record, self.key) for record in told.records)
            if len(seen) >= told.total:
                yield Page(told.body, cursor=cursor)
                return
            yield Page(told.body)
            log.warning("%s: %s to %s gained records while it was read; reading it again", self.name, start, end)
            total = told.total
        raise ChannelError(
            f"{self.name} from {start} to {end} still told more than could be read after {WALKS} readings;"
            " the next run starts again there"
        )


@dataclass(frozen=True, slots=True)
class Span:
    """How far the platform's lists reach at `now`: back by `first` and `changes`, and up to `lag` before now."""

    now: datetime
    first: timedelta
    changes: timedelta
    lag: timedelta
    overlap: timedelta


def identity(record: Raw, key: str) -> bytes:
    """The record's id; for one too broken to have an id, the record itself."""
    try:
        return bytes(msgspec.json.decode(record, type=dict[str, Raw])[key])
    except (msgspec.DecodeError, KeyError):
        return bytes(record)


def first_then_changes(first: Changes, then: Changes, cursor: Cursor | None, since: datetime, span: Span) -> Iterator[Page]:
    """Everything: at the first read by another list (`first`), which takes longer windows or goes further back; then changes.

    The changes begin where the first read began, so that what changed meanwhile is told. The cursor is {"until": seconds}, with
    {"first": seconds} beside it until the first read is through.
    """
    began = _aware(cursor["until"]) if cursor else span.now - span.lag
    reached = _aware(cursor["first"]) if cursor and "first" in cursor else None
    if cursor is None or reached:
        start = begin(first.name, reached, since, span.now - span.first, timedelta(0))
        yield from replace(
            first, cursor=lambda end: {"until": _seconds(began)} | ({"first": _seconds(end)} if end < span.now else {})
        ).pages(start, span.now)
    start = begin(then.name, began, since, span.now - span.changes, span.overlap)
    yield from replace(then, cursor=lambda end: {"until": _seconds(end)}).pages(start, span.now - span.lag)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _aware(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def begin(name: str, reached: datetime | None, since: datetime, earliest: datetime, overlap: timedelta) -> datetime:
    """Where to go on: `overlap` before what was `reached` (None: `since`), but not before what the platform still tells."""
    if reached is None:
        return max(since, earliest)
    if reached < earliest:
        log.warning("%s was last read up to %s; changes before %s are no longer told", name, reached, earliest)
    return max(reached - overlap, earliest)
