"""Reading orders: windows of the last modification, each from its last page to its first, since eBay pages by offset."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from sluice.channels.ebay.contract import Amount, Orders, Time
from sluice.channels.ebay.gateway import Gateway
from sluice.channels.protocol import ChannelError, Cursor, OrderClaim, Page, Refused
from sluice.channels.windows import Changes, Told, begin

log = logging.getLogger(__name__)

PATH = "/sell/fulfillment/v1/order"
HISTORY = timedelta(days=729)
"""eBay tells two years."""
LONGEST = timedelta(days=30)
OVERLAP = timedelta(minutes=10)
"""For modifications that were committed late, and for a clock of ours that is ahead of eBay's."""
BY_ID = 50
"""Orders that can be asked for by their ids at once."""


def iso(moment: datetime) -> str:
    """An aware moment as eBay writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def changes(gateway: Gateway, cursor: Cursor | None, since: datetime, now: datetime, page_size: int) -> Iterator[Page]:
    """Orders that were modified since the cursor (without one: since `since`), two years back at most, to now."""
    reached = None if cursor is None else datetime.fromisoformat(cursor["until"])
    return _dated(gateway, "lastmodifieddate", page_size).pages(begin("eBay", reached, since, now - HISTORY, OVERLAP), now)


def _dated(gateway: Gateway, kind: str, page_size: int) -> Changes:
    """Orders by one `kind` of date, between two moments, both included."""

    def ask(start: datetime, end: datetime, number: int, counted: bool) -> Told:
        filtered = f"{kind}:[{iso(start)}..{iso(end)}]"
        body = gateway.call("GET", PATH, filter=filtered, limit=page_size, offset=(number - 1) * page_size)
        found = msgspec.json.decode(body, type=Orders)
        return Told(body, found.orders, found.total)

    return Changes(f"eBay: {kind}", "orderId", ask, page_size, LONGEST, cursor=lambda end: {"until": iso(end)})


class _Pricing(Struct):
    total: Amount


class _Order(Struct):
    """The amount of an order, apart from the contract."""

    orderId: str
    creationDate: Time
    pricingSummary: _Pricing


def claims(gateway: Gateway, since: datetime, until: datetime, now: datetime, page_size: int) -> Iterator[OrderClaim]:
    """Orders created in [since, until), two years back at most, each once."""
    start, end = max(since, now - HISTORY), min(until, now)
    created = _dated(gateway, "creationdate", page_size)
    while start < end:
        last = min(start + LONGEST, end)
        told: set[str] = set()
        for page in created.pages(start, last):
            for record in msgspec.json.decode(page.body, type=Orders).orders:
                order = msgspec.json.decode(record, type=_Order)
                is_within = start <= order.creationDate and (order.creationDate < last or last == now)
                if is_within and order.orderId not in told:
                    told.add(order.orderId)
                    yield OrderClaim(order.orderId, order.pricingSummary.total.value, order.pricingSummary.total.currency)
        start = last


def again(gateway: Gateway, ids: Sequence[str]) -> Iterator[Page]:
    """These orders as they are now. None is ever gone: eBay deletes no orders, it only tells of none older than two years."""
    for at in range(0, len(ids), BY_ID):
        yield from _again(gateway, ids[at : at + BY_ID])


def _again(gateway: Gateway, ids: Sequence[str]) -> Iterator[Page]:
    try:
        yield Page(gateway.call("GET", PATH, orderIds=",".join(ids)))
    except Refused:
        raise
    except ChannelError as fault:
        if len(ids) == 1:
            log.warning("eBay: order %s can't be read again (%s)", ids[0], fault)
            return
        # One that eBay does not tell of keeps none of the others from being read.
        for one in ids:
            yield from _again(gateway, [one])
