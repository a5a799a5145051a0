"""Reading TikTok Shop's lists by `update_time`, oldest first, each page asked for from where the last one ended.

A page token is the platform's own affair: should it count places, a record that changes while we read would move the others past
us. So we go on by the stamp itself, which loses nothing whatever a token means, and follow tokens only within one second that
has more records than a page, or where the list does not come in the order that was asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Cursor, Page
from sluice.channels.tiktok.contract import listing
from sluice.channels.tiktok.gateway import Gateway

OVERLAP = timedelta(minutes=10)
"""How far behind the last end a read starts: for what was stamped and not yet shown, and for a clock that is off;
beyond 5 minutes calls are refused."""
LONGEST = 10_000
"""Pages that a chain of tokens may have. One that never ends is a fault."""


@dataclass(frozen=True)
class Feed:
    """A list, where it is asked for, and how many records a page of it may have."""

    path: str
    most: int


FEEDS = {
    "orders": Feed("/order/202309/orders/search", 100),
    "returns": Feed("/return_refund/202309/returns/search", 50),
    "cancellations": Feed("/return_refund/202309/cancellations/search", 50),
}
PRODUCTS = Feed("/product/202309/products/search", 100)


class _Stamped(Struct):
    update_time: int


def changes(gateway: Gateway, feed: Feed, cursor: Cursor | None, since: datetime, page_size: int) -> Iterator[Page]:
    """Everything in `feed` that changed since the cursor (without one: since `since`), to now."""
    start = since if cursor is None else datetime.fromtimestamp(cursor["until"], UTC) - OVERLAP
    at, until = int(start.timestamp()), int(gateway.clock().timestamp()) + 1
    while at < until:
        body, token = _ask(gateway, feed, at, until, page_size)
        if not token:
            yield Page(body, cursor={"until": until})
            return
        stamps = _stamps(body)
        if stamps == sorted(stamps) and stamps[-1] > at:
            at = stamps[-1]
            yield Page(body, cursor={"until": at})
            continue
        is_ordered = bool(stamps) and stamps == sorted(stamps)
        end = at + 1 if is_ordered else until
        yield from _chain(gateway, feed, at, end, page_size)
        at = end


def _chain(gateway: Gateway, feed: Feed, at: int, end: int, page_size: int) -> Iterator[Page]:
    """All pages from `at` to before `end` by their tokens; the last one bears the cursor."""
    for body, is_last in tokens(lambda token: _ask(gateway, feed, at, end, page_size, token)):
        yield Page(body, cursor={"until": end} if is_last else None)


def tokens(ask: Any) -> Iterator[tuple[bytes, bool]]:
    """Pages by their tokens, each with whether it is the last. Raises ChannelError where tokens never end."""
    token: str | None = None
    for _ in range(LONGEST):
        body, following = ask(token)
        yield body, not following
        if not following:
            return
        if following == token:
            break
        token = following
    raise ChannelError("TikTok Shop: a list told of ever another page; the next run starts again")


def _ask(gateway: Gateway, feed: Feed, at: int, end: int, page_size: int, token: str | None = None) -> tuple[bytes, str | None]:
    asked = {"update_time_ge": at, "update_time_lt": end}
    size = min(page_size, feed.most)
    body = gateway.search(feed.path, asked, page_size=size, sort_field="update_time", sort_order="ASC", page_token=token)
    return body, listing(body).next_page_token


def _stamps(body: bytes) -> list[int]:
    found = []
    for record in listing(body).records:
        try:
            found.append(msgspec.json.decode(record, type=_Stamped).update_time)
        except msgspec.MsgspecError:
            continue  # landing sets it aside
    return found
