"""What changed in a model, by (stamp, id).

`write_date` is null until the first change, so what was never changed is walked by `create_date` first, then the rest by
`write_date`: what is written between the two is found by the second. One transaction gives all its records the same stamp, when
it starts, and they are seen when it ends: the cursor never enters the last minutes.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Cursor
from sluice.channels.tryton.records import plain, written

SETTLING = timedelta(minutes=10)
"""How long a transaction may run, and clocks differ, with every change still seen: what is younger is read again."""

Read = Callable[[list[Any], list[list[str]]], bytes]
"""(conditions, order) -> the body of an answer of at most a page."""
WALKS: tuple[tuple[str, list[Any]], ...] = (
    ("create_date", [["write_date", "=", None]]),
    ("write_date", [["write_date", "!=", None]]),
)


class _Stamp(Struct):
    id: int
    create_date: datetime
    write_date: datetime | None = None


def found_in(body: bytes) -> list[Any]:
    """The records of an answer, plain. Raises ChannelError."""
    try:
        return [plain(record) for record in msgspec.json.decode(body)["result"]]
    except (msgspec.MsgspecError, KeyError, TypeError) as fault:
        raise ChannelError(f"Tryton answered with something that is no list of records ({fault})") from fault


def settled(now: datetime) -> datetime:
    """Up to when all that was stamped is seen."""
    return now - SETTLING


def changes(read: Read, page_size: int, now: Callable[[], datetime], cursor: Cursor | None) -> Iterator[tuple[bytes, Cursor]]:
    """Answers with where to go on after each. Raises ChannelError."""
    kept: dict[str, Any] = dict(cursor or {})
    for name, only in WALKS:
        place = kept.get(name)
        full = True
        while full:
            latest = settled(now())
            body = read([*only, *_after(name, place)], [[name, "ASC"], ["id", "ASC"]])
            stamps = _stamps(body)
            full = len(stamps) == page_size
            if stamps:
                at = getattr(stamps[-1], name)
                place = {"at": at.isoformat(), "id": stamps[-1].id}
                kept[name] = place if at < latest else {"at": latest.isoformat(), "id": 0}
            yield body, dict(kept)


def _after(name: str, place: dict[str, Any] | None) -> list[Any]:
    if place is None:
        return []
    at = written(datetime.fromisoformat(place["at"]))
    return [["OR", [[name, ">", at]], [[name, "=", at], ["id", ">", place["id"]]]]]


def _stamps(body: bytes) -> list[_Stamp]:
    try:
        return msgspec.convert(found_in(body), type=list[_Stamp])
    except msgspec.ValidationError as fault:
        raise ChannelError(f"Tryton answered with records that bear no stamp ({fault})") from fault
