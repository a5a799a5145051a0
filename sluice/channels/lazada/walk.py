"""How Lazada's lists are read: windows of time that are small enough to be paged, each from its last page to its first.

A list is sorted by time, oldest first, and its window's end stays: a record that changes meanwhile leaves it. From the end to the
start, what leaves can only move records onto pages that are still to be read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.channels.lazada.contract import Listed, listing
from sluice.channels.protocol import Cursor

OVERLAP = timedelta(minutes=10)
"""Read again at every run, for what was stamped before it could be seen."""
SECOND = timedelta(seconds=1)

Ask = Callable[[datetime, datetime, int], bytes]
"""(first, last, offset) -> answer; both moments included."""


@dataclass(frozen=True)
class Walked:
    """One answer; `until` is where its window ends, on the window's last answer."""

    body: bytes
    until: datetime | None


def start(cursor: Cursor | None, since: datetime) -> datetime:
    """Where to read from: `since`, or where the last read ended less an overlap."""
    return since if cursor is None else datetime.fromisoformat(cursor["until"]) - OVERLAP


def walk(ask: Ask, count: Callable[[Listed], int], first: datetime, last: datetime, size: int, most: int) -> Iterator[Walked]:
    """All pages of [first, last], split where there are more than `most` records: further than that no offset reaches."""
    body = ask(first, last, 0)
    total = count(listing(body))
    if total > most and last - first > SECOND:
        middle = (first + (last - first) / 2).replace(microsecond=0)
        yield from walk(ask, count, first, middle, size, most)
        yield from walk(ask, count, middle, last, size, most)
        return
    if total > size:
        for offset in range((total - 1) // size * size, 0, -size):
            yield Walked(ask(first, last, offset), None)
        body = ask(first, last, 0)
    yield Walked(body, last)
