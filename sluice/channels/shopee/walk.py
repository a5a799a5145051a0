"""How Shopee's lists are read: in windows of at most 15 days, to the end, and again until nothing new is told.

In which order a list comes the documentation does not say, and its pages are numbered or counted: a record that leaves a window
while the window is read, since it changed once more, may shift another past us. That one is still there at the next reading.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import msgspec

from sluice.channels.protocol import ChannelError, Cursor
from sluice.channels.shopee.contract import ListedItem, Listing, OrderNumber, listing
from sluice.channels.shopee.gateway import Gateway

log = logging.getLogger(__name__)

LONGEST = timedelta(days=15)
OVERLAP = timedelta(minutes=10)
"""Read again at every run, for what was stamped before it could be seen."""
LISTED = 100
"""Entries a page, the most that Shopee gives."""
READINGS = 5
MOST_PAGES = 10_000
"""Pages of one list, beyond which it is taken to have no end."""

Window = tuple[int, int]


def windows(cursor: Cursor | None, since: datetime, now: datetime) -> Iterator[Window]:
    """Spans of at most 15 days, as seconds since 1970, from `cursor` (without one: from `since`) to `now`."""
    end = int(now.timestamp())
    start = int(since.timestamp()) if cursor is None else int(cursor["until"]) - int(OVERLAP.total_seconds())
    while start < end:
        last = min(start + int(LONGEST.total_seconds()), end)
        yield start, last
        start = last


def order_numbers(gateway: Gateway, field: str, window: Window) -> tuple[list[str], bytes]:
    """Numbers of all orders whose `field` (create_time, update_time) lies in `window`, and the last answer."""

    def pages() -> Iterator[bytes]:
        cursor, seen = "", set[str]()
        while True:
            body = gateway.get(
                "/api/v2/order/get_order_list",
                time_range_field=field,
                time_from=window[0],
                time_to=window[1],
                page_size=LISTED,
                cursor=cursor,
                request_order_status_pending="true",
            )
            yield body
            page = listing(body)
            if not page.more:
                return
            cursor = page.next_cursor
            if not cursor or cursor in seen:
                raise ChannelError("Shopee's list of orders says that more follows and not where; the next run tries again")
            seen.add(cursor)

    def numbers(page: Listing) -> list[str]:
        return [msgspec.json.decode(record, type=OrderNumber).order_sn for record in page.order_list]

    return settled(pages, numbers, "orders")


def items(
    gateway: Gateway, statuses: tuple[str, ...], since: int | None = None, until: int | None = None
) -> tuple[list[ListedItem], bytes]:
    """All items of the shop in these states, changed in a span of seconds since 1970 where one is given, and the last answer."""
    known: dict[int, ListedItem] = {}

    def pages() -> Iterator[bytes]:
        offset = 0
        while True:
            body = gateway.get(
                "/api/v2/product/get_item_list",
                offset=offset,
                page_size=LISTED,
                item_status=list(statuses),
                update_time_from=since,
                update_time_to=until,
            )
            yield body
            page = listing(body)
            if not page.has_next_page:
                return
            if page.next_offset <= offset:
                raise ChannelError("Shopee's list of items says that more follows and not where; the next run tries again")
            offset = page.next_offset

    def ids(page: Listing) -> list[str]:
        entries = [msgspec.json.decode(record, type=ListedItem) for record in page.item]
        known.update((entry.item_id, entry) for entry in entries)
        return [str(entry.item_id) for entry in entries]

    found, body = settled(pages, ids, "items")
    return [known[int(one)] for one in found], body


def settled(pages: Callable[[], Iterator[bytes]], ids: Callable[[Listing], list[str]], what: str) -> tuple[list[str], bytes]:
    """Ids of a list, read again until a reading tells no new one; a list of one page can't shift. Also the last page."""
    found: dict[str, None] = {}
    for _ in range(READINGS):
        before, count, body = len(found), 0, b""
        for count, body in enumerate(pages(), start=1):
            found.update(dict.fromkeys(ids(listing(body))))
            if count > MOST_PAGES:
                raise ChannelError(f"Shopee's list of {what} had no end after {MOST_PAGES} pages")
        if count == 1 or (before and len(found) == before):
            return list(found), body
    log.warning("Shopee's list of %s gained some at each of %d readings; the next run reads on", what, READINGS)
    return list(found), body
