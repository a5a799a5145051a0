"""Medusa's lists, paged by offset only: walked by time, or from their end, so that what changes meanwhile hides nothing.

What changes leaves its place and moves all behind it up. So a list by time is always asked for its first page, from the
millisecond on that the last page ended in; and where offsets are all there is, the last page is read first: what moves up is then
seen twice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from sluice.channels.medusa.client import Client, Parameters

INSTANT = timedelta(milliseconds=1)
"""How finely Medusa writes times. It may keep them finer, which only rounds down what it shows."""


def shown(moment: datetime) -> str:
    """2026-01-31T12:00:00.123Z, as Medusa writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def by_time(
    client: Client, path: str, field: str, since: datetime, until: datetime, size: int, asked: Parameters
) -> Iterator[tuple[bytes, datetime]]:
    """Pages of records whose `field` is in [since, until), oldest first, each with the latest in it. Ties come twice."""
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    while since < until:
        window = (*asked, (f"{field}[$gte]", shown(since)), (f"{field}[$lt]", shown(until)), ("order", field))
        body = client.get(path, (*window, ("limit", str(size)), ("offset", "0")))
        found = moments(body, path, field)
        if not found:
            return
        last = max((moment for moment in found if moment), default=since)
        last = last.replace(microsecond=last.microsecond // 1000 * 1000)
        if len(found) == size and last <= since:
            # more records of one instant than a page holds: an import
            instant = (*asked, (f"{field}[$gte]", shown(since)), (f"{field}[$lt]", shown(since + INSTANT)), ("order", "id"))
            yield from ((one, since) for one, _ in from_the_end(client, path, size, instant))
            since += INSTANT
            continue
        yield body, last
        if len(found) < size:
            return
        since = last


def from_the_end(client: Client, path: str, size: int, asked: Parameters) -> Iterator[tuple[bytes, bool]]:
    """Every record, the last page first, and whether the page is the last to come. Of an empty list: one empty page."""
    head = client.get(path, (*asked, ("limit", "1"), ("offset", "0")))
    count = msgspec.json.decode(msgspec.json.decode(head, type=dict[str, msgspec.Raw])["count"], type=int)
    for number in range(max(0, count - 1) // size, -1, -1):
        yield client.get(path, (*asked, ("limit", str(size)), ("offset", str(number * size)))), number == 0


def listed(body: bytes, path: str) -> list[msgspec.Raw]:
    """The records of an answer: under the path's own name, or what follows its last hyphen."""
    answer = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    name = path.replace("-", "_")
    return msgspec.json.decode(answer[name] if name in answer else answer[path.rsplit("-", 1)[-1]], type=list[msgspec.Raw])


def moments(body: bytes, path: str, field: str) -> list[datetime | None]:
    """The time of each record; None where it does not say it, which is landing's to judge."""
    return [moment(record, field) for record in listed(body, path)]


def moment(record: msgspec.Raw, field: str) -> datetime | None:
    try:
        fields = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(fields[field], type=datetime).astimezone(UTC)
    except (msgspec.MsgspecError, KeyError):
        return None
