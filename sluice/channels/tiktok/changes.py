"""TikTok Shop's lists: where they are asked for, how many records a page has, and their changes by `update_time`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from sluice.channels import stamped
from sluice.channels.protocol import Cursor, Page
from sluice.channels.stamped import Told
from sluice.channels.tiktok.contract import listing
from sluice.channels.tiktok.gateway import Gateway

NAME = "TikTok Shop"
OVERLAP = timedelta(minutes=10)
"""How far behind the last end a read starts: for what was stamped and not yet shown, and for a clock that is off;
beyond 5 minutes calls are refused."""


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


class _Stamp(Struct):
    update_time: int


def changes(gateway: Gateway, feed: Feed, cursor: Cursor | None, since: datetime, page_size: int) -> Iterator[Page]:
    """Everything in `feed` that changed since the cursor (without one: since `since`), to now."""
    size = min(page_size, feed.most)

    def ask(at: int, end: int, token: str | None) -> Told:
        asked = {"update_time_ge": at, "update_time_lt": end}
        body = gateway.search(feed.path, asked, page_size=size, sort_field="update_time", sort_order="ASC", page_token=token)
        page = listing(body)
        return Told(body, stamped.stamps(page.records, _Stamp), page.next_page_token)

    start = since if cursor is None else datetime.fromtimestamp(cursor["until"], UTC) - OVERLAP
    return stamped.changes(NAME, ask, int(start.timestamp()), int(gateway.clock().timestamp()) + 1)
