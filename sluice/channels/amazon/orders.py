"""Reading orders: by the time of their last update, window by window, each to the end of its page tokens.

Amazon lets a search be made about once in three minutes, after a first burst of twenty: pages are as large as they may be, and a
walk that was broken off goes on where it was, by its token, as long as Amazon remembers that (a day).
"""

import logging
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.amazon.contract import Found, Money, Time
from sluice.channels.amazon.gateway import SEARCH_ORDERS, Gateway, InvalidInput, iso, moved
from sluice.channels.protocol import Cursor, OrderClaim, Page

log = logging.getLogger(__name__)

PLAIN = ("PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES")
PERSONAL = ("BUYER", "RECIPIENT")
"""Data sets that need a role for personal data."""
WINDOW = timedelta(days=180)
"""What has to be read again where a token was lost. Amazon itself sets no limit, but an empty window costs a call as well."""
OVERLAP = timedelta(minutes=2)
"""Amazon shows a change about two minutes after it was made; so far back the next read starts."""
SETTLED = timedelta(hours=1)
"""A window that ends later than this before now is left open, and Amazon says how far it looked."""


def changes(
    gateway: Gateway, parameters: dict[str, Any], cursor: Cursor | None, since: datetime, now: Callable[[], datetime]
) -> Iterator[Page]:
    """Orders that were updated since the cursor (without one: since `since`), as far as Amazon tells."""
    token: str | None = None
    if cursor is None:
        after, until = since, _end(since, now())
    elif cursor.get("token"):
        after, token = datetime.fromisoformat(cursor["after"]), cursor["token"]
        until = datetime.fromisoformat(cursor["until"]) if cursor["until"] else None
    else:
        after = datetime.fromisoformat(cursor["after"]) - OVERLAP
        until = _end(after, now())
    while True:
        reached = yield from _window(gateway, parameters, after, until, token)
        if until is None or reached < until:
            return
        after, until, token = reached, _end(reached, now()), None


def _end(after: datetime, now: datetime) -> datetime | None:
    return after + WINDOW if after + WINDOW < now - SETTLED else None


def _window(
    gateway: Gateway, parameters: dict[str, Any], after: datetime, until: datetime | None, token: str | None
) -> Generator[Page, None, datetime]:
    """All pages from `after` to `until`, both included. Returns how far Amazon looked."""
    asked = parameters | {"lastUpdatedAfter": after, "lastUpdatedBefore": until}
    kept = token is not None
    while True:
        try:
            body = gateway.call(SEARCH_ORDERS, **asked, paginationToken=token)
        except InvalidInput:
            if not kept:
                raise
            log.warning("Amazon no longer knows how far orders from %s were read; reading them again", iso(after))
            kept, token = False, None
            continue
        kept = False
        found = msgspec.json.decode(body, type=Found)
        following = found.pagination.nextToken
        if not following:
            reached = found.lastUpdatedBefore or until or after
            yield Page(body, {"after": iso(reached)})
            return reached
        moved(following, token)
        yield Page(body, {"after": iso(after), "until": iso(until) if until else None, "token": following})
        token = following


class _ItemProceeds(Struct):
    proceedsTotal: Money | None = None


class _Item(Struct):
    proceeds: _ItemProceeds = msgspec.field(default_factory=_ItemProceeds)


class _Proceeds(Struct):
    grandTotal: Money | None = None


class _Order(Struct):
    """The amounts of an order, apart from the contract."""

    orderId: str
    createdTime: Time
    proceeds: _Proceeds = msgspec.field(default_factory=_Proceeds)
    orderItems: list[_Item] = []

    def owed(self) -> Decimal:
        """What was to be paid; where Amazon does not say so (yet), what the items come to."""
        if self.proceeds.grandTotal:
            return self.proceeds.grandTotal.amount
        return sum((item.proceeds.proceedsTotal.amount for item in self.orderItems if item.proceeds.proceedsTotal), Decimal(0))


def claims(
    gateway: Gateway, parameters: dict[str, Any], since: datetime, until: datetime, now: datetime, currency: str
) -> Iterator[OrderClaim]:
    """Orders created in [since, until). `currency` is for those whose amounts Amazon does not tell yet."""
    # Amazon takes no end that is less than two minutes ago.
    end = until if until < now - 2 * OVERLAP else None
    asked = parameters | {"createdAfter": since, "createdBefore": end, "includedData": ["PROCEEDS"]}
    token = None
    while True:
        found = msgspec.json.decode(gateway.call(SEARCH_ORDERS, **asked, paginationToken=token), type=Found)
        for record in found.orders:
            order = msgspec.json.decode(record, type=_Order)
            if order.createdTime < until:
                total = order.proceeds.grandTotal
                yield OrderClaim(order.orderId, order.owed(), total.currencyCode if total else currency)
        following = found.pagination.nextToken
        if not following:
            return
        moved(following, token)
        token = following
