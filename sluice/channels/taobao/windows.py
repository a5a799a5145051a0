"""TOP's lists of changes, and what the platform bears to be asked of them: a day at once, three months back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.channels.protocol import Cursor, Page
from sluice.channels.taobao.contract import Order, Refund, Trade, fields, listing
from sluice.channels.taobao.gateway import BEIJING, Gateway, beijing, moment
from sluice.channels.windows import Changes, Told, begin

HISTORY = timedelta(days=89)
"""Trades older than three months are not told; three calendar months are never shorter than this."""
LONGEST = timedelta(days=1)
"""What one question may span."""
OVERLAP = timedelta(minutes=10)
"""How far behind the last window's end the next read starts, for changes that were committed late."""
TYPES = "guarantee_trade,auto_delivery,ec,cod,step"
"""All that the list of trades gives unasked. The list of refunds would give only the first two."""


@dataclass(frozen=True)
class Feed:
    """A list of changes, and the name of its records' id."""

    method: str
    fields: str
    key: str


FEEDS = {
    "trades": Feed("taobao.trades.sold.increment.get", fields(Trade, orders=Order), "tid"),
    "refunds": Feed("taobao.refunds.receive.get", fields(Refund), "refund_id"),
}


def changes(
    gateway: Gateway, feed: Feed, cursor: Cursor | None, since: datetime, page_size: int, most_per_window: int
) -> Iterator[Page]:
    """Everything in `feed` that changed since the cursor (without one: since `since`), to the platform's now."""

    def ask(start: datetime, until: datetime, number: int, counted: bool) -> Told:
        """Not to count saves the platform most of its work."""
        body = gateway.call(
            feed.method,
            fields=feed.fields,
            type=TYPES,
            start_modified=start,
            end_modified=until,
            page_no=number,
            page_size=page_size,
            use_has_next=not counted,
        )
        page = listing(body)
        return Told(body, page.records, page.total_results)

    now = gateway.now()
    name = f"Taobao: {feed.method}"
    told = Changes(
        name=name,
        key=feed.key,
        ask=ask,
        cursor=lambda end: {"until": beijing(end)},
        page_size=page_size,
        longest=LONGEST,
        most_per_window=most_per_window,
    )
    reached = moment(cursor["until"]) if cursor else None
    return told.pages(begin(name, reached, since, now - HISTORY, OVERLAP).astimezone(BEIJING), now)
