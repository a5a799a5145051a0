"""What changed in a model, by its stamp.

Answers carry whole seconds while the database keeps microseconds, so that `write_date = x` finds nothing and a page of one
second's rows can't be passed by time alone. A change is stamped with the start of its transaction and seen at the end: the cursor
never enters the last minutes.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from sluice.channels.odoo.rpc import Domain
from sluice.channels.protocol import ChannelError, Cursor

SETTLING = timedelta(minutes=10)
"""How long a transaction may run, and clocks differ, with every change still seen: what is younger is read again."""
FIRST = "1970-01-01 00:00:00"
FORMAT = "%Y-%m-%d %H:%M:%S"

Read = Callable[[Domain, str], bytes]
"""(conditions, order) -> the body of an answer of at most a page."""


class Stamp(Struct):
    """What every record is known by."""

    id: int
    write_date: str = ""


class _Stamps(Struct):
    result: list[Stamp]


def stamps(body: bytes) -> list[Stamp]:
    """Id and stamp of each record in an answer. Raises ChannelError."""
    try:
        return msgspec.json.decode(body, type=_Stamps).result
    except msgspec.MsgspecError as fault:
        raise ChannelError(f"Odoo answered with something that is no list of records ({fault})") from fault


def settled(now: datetime) -> str:
    """The time until which all changes can be seen, as Odoo writes times."""
    return written(now - SETTLING)


def written(moment: datetime) -> str:
    """A time as Odoo writes it: UTC, whole seconds, without a zone."""
    return moment.astimezone(UTC).strftime(FORMAT)


def changes(read: Read, page_size: int, now: Callable[[], datetime], cursor: Cursor | None) -> Iterator[tuple[bytes, Cursor]]:
    """Answers with where to go on after each, by (write_date, id) from the cursor's second on.

    A second that fills a page by itself is walked by id, then time goes on.
    """
    since, after = (cursor["write_date"], cursor["id"]) if cursor else (FIRST, None)
    while True:
        latest = settled(now())
        if after is None:
            body = read([["write_date", ">=", since]], "write_date asc, id asc")
        else:
            within = [["write_date", ">=", since], ["write_date", "<", _next(since)], ["id", ">", after]]
            body = read(within, "id asc")
        found = stamps(body)
        full = len(found) == page_size
        done = after is None and not full
        if after is not None:
            since, after = (since, found[-1].id) if full else (_next(since), None)
        elif found:
            after = 0 if full and found[-1].write_date == since else None
            since = found[-1].write_date
        yield body, {"write_date": since, "id": after} if since < latest else {"write_date": latest, "id": None}
        if done:
            return


def _next(second: str) -> str:
    return (datetime.strptime(second, FORMAT).replace(tzinfo=UTC) + timedelta(seconds=1)).strftime(FORMAT)
