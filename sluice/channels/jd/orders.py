"""JD's lists of orders and after-sales services, and what the platform bears to be asked of them.

Orders are told by creation for two years and by change for three months, a month at a time. Services are listed by application
only, a week at a time: what has become of one shows when it is read again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sluice.channels.jd.contract import FIELDS, answer
from sluice.channels.jd.gateway import Gateway, beijing, moment
from sluice.channels.protocol import Cursor, Page
from sluice.channels.windows import Ask, Changes, Span, Told, begin, first_then_changes

CREATED_HISTORY = timedelta(days=729)
"""Two years, less a day for the leap."""
CHANGED_HISTORY = timedelta(days=89)
"""Three calendar months are never shorter than this."""
MONTH, WEEK = timedelta(days=28), timedelta(days=7)
"""What one question may span: no month is shorter than 28 days."""
OVERLAP = timedelta(minutes=10)
"""More than the six minutes that this machine's clock, which ends the windows, may be off before JD refuses it."""
REREAD = timedelta(days=60)
"""How far back applications for a service are read again each time."""
SERVICES_PAGE = 50
SEARCH, SERVICES = "jingdong.pop.order.search", "jingdong.asc.serviceAndRefund.view"
CONTAINER = "paramOrderJSFQuery"
BY_CREATION, BY_CHANGE, NEWEST_FIRST = 1, 0, 1


def searched(gateway: Gateway, date_type: int, states: str, source: str | None, size: int, fields: str = FIELDS) -> Ask:
    """Orders of the shop in a window, newest first; numbers of pages are text, as JD wants them."""

    def ask(start: datetime, until: datetime, number: int, counted: bool) -> Told:
        body = gateway.call(
            SEARCH,
            CONTAINER,
            order_state=states,
            optional_fields=fields,
            source_id=source,
            page=str(number),
            page_size=str(size),
            start_date=start,
            end_date=until,
            dateType=date_type,
            sortType=NEWEST_FIRST,
        )
        page = answer(body)
        return Told(body, page.records, page.total)

    return ask


def orders(gateway: Gateway, cursor: Cursor | None, since: datetime, options: Any) -> Iterator[Page]:
    """Orders that changed since the cursor; without one, all that were created since `since`."""
    size, source, states = options.page_size, options.source_id, ",".join(options.order_states)
    created = Changes("JD: orders by creation", "orderId", searched(gateway, BY_CREATION, states, source, size), size, MONTH)
    changed = Changes("JD: orders by change", "orderId", searched(gateway, BY_CHANGE, states, source, size), size, MONTH)
    span = Span(gateway.clock(), first=CREATED_HISTORY, changes=CHANGED_HISTORY, lag=timedelta(0), overlap=OVERLAP)
    return first_then_changes(created, changed, cursor, since, span)


def services(gateway: Gateway, cursor: Cursor | None, since: datetime) -> Iterator[Page]:
    """Services by application, from 60 days before the cursor."""

    def ask(start: datetime, until: datetime, number: int, counted: bool) -> Told:
        body = gateway.call(SERVICES, applyTimeBegin=start, applyTimeEnd=until, pageNumber=number, pageSize=SERVICES_PAGE)
        page = answer(body)
        return Told(body, page.records, page.total)

    now = gateway.clock()
    applied = Changes(
        "JD: after-sales services", "serviceId", ask, SERVICES_PAGE, WEEK, cursor=lambda end: {"until": beijing(end)}
    )
    start = begin(applied.name, moment(cursor["until"]) if cursor else None, since, now - CREATED_HISTORY, REREAD)
    return applied.pages(start, now)
