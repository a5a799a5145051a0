"""Lists that can only be paged by number, walked so that what changes meanwhile hides nothing.

A page's number is no place: an order that changes leaves its page, and all behind it move up. So a list by time is walked by its
times, always page 1, each page starting in the second that the last one ended in. And where numbers are all there is, pages
are read from the last to the first: what moves up is then seen twice, and nothing is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sluice.channels.protocol import ChannelError
from sluice.channels.woocommerce.client import Client

SECOND = timedelta(seconds=1)
FORMAT = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True, slots=True)
class Times:
    """The parameters that limit a list by a time, what it is sorted by then, and where a record says it."""

    after: str
    before: str
    orderby: str
    field: str


MODIFIED = Times("modified_after", "modified_before", "modified", "date_modified_gmt")
CREATED = Times("after", "before", "date", "date_created_gmt")

Records = list[dict[str, msgspec.Raw]]


def utc(text: str) -> datetime:
    """2026-01-31T12:00:00, which WooCommerce writes without a zone, as the moment in UTC that it is."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=UTC)


def naive(moment: datetime) -> str:
    """The other way. With a zone WooCommerce would turn it into the site's time and compare that with UTC."""
    return moment.astimezone(UTC).strftime(FORMAT)


def after(moment: datetime, zone: ZoneInfo) -> str:
    """As `naive`, or earlier. WordPress reads a time as the site's own before it compares it with UTC, and takes one in the hour
    that clocks leave out in spring for an hour later: what changed in between would be passed over."""
    moment = moment.astimezone(UTC)
    while moment.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
        moment -= timedelta(minutes=30)
    return naive(moment)


def by_time(
    client: Client, path: str, times: Times, since: datetime, until: datetime, size: int, **filters: Any
) -> Iterator[tuple[bytes, datetime]]:
    """Pages of records with a time in [since, until), oldest first, each with the latest time in it. Whole seconds.

    WooCommerce's limits are exclusive, hence a second before. Records that share a second with the end of a page come twice.
    """
    since = since.replace(microsecond=0)
    while since < until:
        body = _page(client, path, times, since, until, size, 1, filters).content
        found = _moments(body, times)
        if not found:
            return
        last = max((moment for moment in found if moment), default=since)
        if len(found) == size and last <= since:
            yield from ((one, since) for one in _second(client, path, times, since, size, filters))
            since += SECOND
            continue
        yield body, last
        if len(found) < size:
            return
        since = last


def _second(client: Client, path: str, times: Times, second: datetime, size: int, filters: dict[str, Any]) -> Iterator[bytes]:
    """All that is of one second, which fills a page by itself: a bulk edit, an import."""
    first = _page(client, path, times, second, second + SECOND, size, 1, filters)
    for number in range(_pages(first), 0, -1):
        yield _page(client, path, times, second, second + SECOND, size, number, filters).content


def _page(
    client: Client, path: str, times: Times, since: datetime, until: datetime, size: int, number: int, filters: dict[str, Any]
) -> Any:
    window = {times.after: after(since - SECOND, client.zone), times.before: naive(until), "dates_are_gmt": "true"}
    return client.get(path, **window, **filters, orderby=times.orderby, order="asc", per_page=size, page=number)


def whole(client: Client, path: str, size: int, **filters: Any) -> Iterator[tuple[bytes, bool]]:
    """Every record, highest id first, and whether the page is the last. Of an empty list: one empty page."""
    asked = {"orderby": "id", "order": "asc", "per_page": size, **filters}
    count = max(1, _pages(client.get(path, **asked, page=1, _fields="id")))
    for number in range(count, 0, -1):
        yield client.get(path, **asked, page=number).content, number == 1


def numbered(client: Client, path: str, size: int = 100) -> Records:
    """A short list that hangs on one record, whole."""
    found: Records = []
    number, full = 1, True
    while full:
        page = msgspec.json.decode(client.get(path, per_page=size, page=number).content, type=Records)
        known = {bytes(record["id"]) for record in found}
        found += [record for record in page if bytes(record["id"]) not in known]
        number, full = number + 1, len(page) == size
        if number > 1000:
            raise ChannelError(f"{path} has no end: a plugin or cache gives the same page for every number")
    return found


def _pages(response: Any) -> int:
    """How many pages there are; told rightly with the first one only."""
    try:
        return int(response.headers["X-WP-TotalPages"])
    except (KeyError, ValueError) as fault:
        raise ChannelError("The answer has no X-WP-TotalPages: a proxy or plugin takes WooCommerce's headers away") from fault


def _moments(body: bytes, times: Times) -> list[datetime | None]:
    """The time of each record; None where it does not say it, which is landing's to judge."""
    found: list[datetime | None] = []
    for record in msgspec.json.decode(body, type=Records):
        try:
            found.append(utc(msgspec.json.decode(record[times.field], type=str)))
        except (KeyError, ValueError):
            found.append(None)
    return found
