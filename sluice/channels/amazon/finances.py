"""Reading the seller's transactions by the date they were posted, window by window.

A transaction may show up two days after its date, so every read begins that much earlier. An answer may be empty and still have a
next page. No order of the transactions is promised: a window is through once its last page is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from sluice.channels.amazon.gateway import LIST_TRANSACTIONS, Gateway, iso, moved
from sluice.channels.amazon.refunds import Told
from sluice.channels.protocol import Cursor, Page

LATE = timedelta(hours=48)
"""How long after its date a transaction may first be told, by Amazon's own words."""
LAG = timedelta(minutes=2)
"""No end may be later than this before now."""
WINDOW = timedelta(days=30)
"""What is read again where a read was broken off. Beyond 180 days Amazon answers with nothing."""


def transactions(
    gateway: Gateway, marketplace: str, cursor: Cursor | None, since: datetime, now: datetime, late: timedelta = LATE
) -> Iterator[Page]:
    """Everything posted since the cursor (without one: since `since`), and what may have shown up late before it."""
    after = datetime.fromisoformat(cursor["after"]) - late - LAG if cursor else since
    latest = now - LAG
    while after < latest:
        until = min(after + WINDOW, latest)
        # The marketplace is not asked for: Amazon then leaves out what sellers in the United States ship themselves.
        asked: dict[str, Any] = {"postedAfter": after, "postedBefore": until if until < latest else None}
        token: str | None = None
        while True:
            body = gateway.call(LIST_TRANSACTIONS, **asked, nextToken=token)
            following = msgspec.json.decode(body, type=Told).payload.nextToken
            reached = None if following else {"after": iso(max(until, _held(cursor)))}
            yield Page(body, reached, context={"marketplace": marketplace})
            if not following:
                break
            moved(following, token)
            token = following
        after = until


def _held(cursor: Cursor | None) -> datetime:
    """How far was read before; what is read again does not take that back."""
    return datetime.fromisoformat(cursor["after"]) if cursor else datetime.min.replace(tzinfo=UTC)
