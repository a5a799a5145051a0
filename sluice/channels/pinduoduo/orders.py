"""Pinduoduo's lists of orders and after-sales cases, and what the platform bears to be asked of them.

Changes are told half an hour at a time, and only those that are three minutes old can be relied on. To read three months so
takes over four thousand questions; the first read takes the orders by the day on which they were confirmed, and goes on with
changes from the moment at which it began. After-sales cases have no other list.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sluice.channels.pinduoduo.contract import listing
from sluice.channels.pinduoduo.gateway import Gateway
from sluice.channels.protocol import Cursor, Page
from sluice.channels.windows import Ask, Changes, Span, Told, begin, first_then_changes

HISTORY = timedelta(days=89)
"""Orders that were confirmed over three months ago are not told; three calendar months are never shorter than this."""
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
LAG = timedelta(minutes=3)
"""How far behind the platform's clock its lists of changes are whole."""
OVERLAP = timedelta(minutes=10)
"""How far behind the last window's end the next read starts, for changes that were committed late."""
ALL = 5
"""`order_status` and `refund_status` that leave nothing out."""
CONFIRMED, CHANGED = "pdd.order.list.get", "pdd.order.number.list.increment.get"
CASES = "pdd.refund.list.increment.get"


def confirmed(gateway: Gateway, page_size: int) -> Ask:
    """Orders by the time at which they were confirmed."""

    def ask(start: datetime, until: datetime, number: int, counted: bool) -> Told:
        body = gateway.call(
            CONFIRMED,
            order_status=ALL,
            refund_status=ALL,
            start_confirm_at=start,
            end_confirm_at=until,
            page=number,
            page_size=page_size,
            use_has_next=not counted,
        )
        page = listing(body)
        return Told(body, page.records, page.total_count)

    return ask


def _changed(gateway: Gateway, page_size: int) -> Ask:
    def ask(start: datetime, until: datetime, number: int, counted: bool) -> Told:
        """Not to count saves the platform most of its work."""
        body = gateway.call(
            CHANGED,
            order_status=ALL,
            refund_status=ALL,
            is_lucky_flag=0,
            start_updated_at=start,
            end_updated_at=until,
            page=number,
            page_size=page_size,
            use_has_next=not counted,
        )
        page = listing(body)
        return Told(body, page.records, page.total_count)

    return ask


def _cases(gateway: Gateway, page_size: int, status: int) -> Ask:
    def ask(start: datetime, until: datetime, number: int, counted: bool) -> Told:
        body = gateway.call(
            CASES,
            after_sales_status=status,
            after_sales_type=1,
            start_updated_at=start,
            end_updated_at=until,
            page=number,
            page_size=page_size,
        )
        page = listing(body)
        return Told(body, page.records, page.total_count)

    return ask


def orders(gateway: Gateway, cursor: Cursor | None, since: datetime, page_size: int) -> Iterator[Page]:
    """Orders that changed since the cursor; without one, all that were confirmed since `since`."""
    days = Changes(f"Pinduoduo: {CONFIRMED}", "order_sn", confirmed(gateway, page_size), page_size, DAY)
    halves = Changes(f"Pinduoduo: {CHANGED}", "order_sn", _changed(gateway, page_size), page_size, HALF_HOUR)
    span = Span(gateway.now(), first=HISTORY, changes=HISTORY, lag=LAG, overlap=OVERLAP)
    return first_then_changes(days, halves, cursor, since, span)


def cases(gateway: Gateway, cursor: Cursor | None, since: datetime, page_size: int, statuses: Sequence[int]) -> Iterator[Page]:
    """After-sales cases that changed since the cursor, one status asked for after the other."""
    now = gateway.now()
    known: Mapping[str, int] = cursor["until"] if cursor else {}
    reached = {str(status): known[str(status)] for status in statuses if str(status) in known}
    for status in map(str, statuses):
        others = dict(reached)

        def upto(end: datetime, status: str = status, others: dict[str, int] = others) -> Cursor:
            reached[status] = _seconds(end)
            return {"until": others | {status: _seconds(end)}}

        changes = Changes(
            name=f"Pinduoduo: {CASES}",
            key="id",
            ask=_cases(gateway, page_size, int(status)),
            cursor=upto,
            page_size=page_size,
            longest=HALF_HOUR,
        )
        start = begin(changes.name, _aware(reached[status]) if status in reached else None, since, now - HISTORY, OVERLAP)
        yield from changes.pages(start, now - LAG)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _aware(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
