"""Orders and returns: which ones changed, and what they are now."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Cursor, OrderClaim, Page, Refused
from sluice.channels.shopee.contract import ORDER_FIELDS, OrderNumber, listing
from sluice.channels.shopee.gateway import Gateway
from sluice.channels.shopee.walk import LISTED, MOST_PAGES, READINGS, Window, order_numbers, windows

log = logging.getLogger(__name__)

STATED = "total_amount,estimated_shipping_fee,item_list"


def changed_orders(gateway: Gateway, cursor: Cursor | None, since: datetime, now: datetime, batch: int) -> Iterator[Page]:
    """Orders that changed since the cursor, `batch` a page; the cursor moves at the end of each window."""
    empty: tuple[bytes, int] | None = None
    for window in windows(cursor, since, now):
        numbers, body = order_numbers(gateway, "update_time", window)
        empty = None if numbers else (body, window[1])
        for at in range(0, len(numbers), batch):
            is_last = at + batch >= len(numbers)
            yield from _details(gateway, numbers[at : at + batch], {"until": window[1]} if is_last else None)
    if empty:
        yield Page(empty[0], cursor={"until": empty[1]})


def again(gateway: Gateway, numbers: Sequence[str], batch: int) -> Iterator[Page]:
    """These orders as they are now; those that Shopee no longer has are `gone`."""
    for at in range(0, len(numbers), batch):
        yield from _details(gateway, numbers[at : at + batch], None, tell_gone=True)


def _details(gateway: Gateway, numbers: Sequence[str], cursor: Cursor | None, tell_gone: bool = False) -> Iterator[Page]:
    """One page for these orders, or where Shopee refuses them together, a page for each; the last one bears the cursor."""
    found = _ask(gateway, numbers)
    pages = [found] if found else [body for number in numbers if (body := _ask(gateway, [number]))]
    missing = set(numbers) - {number for body in pages for number in _numbers(body)}
    if missing and not tell_gone:
        log.warning("Shopee lists orders and then does not tell of them: %s", ", ".join(sorted(missing)))
    gone = {"gone": [[number] for number in sorted(missing)]} if tell_gone and missing else {}
    for body in pages[:-1]:
        yield Page(body)
    yield Page(pages[-1] if pages else b"{}", cursor=cursor, context=gone)


def _ask(gateway: Gateway, numbers: Sequence[str], fields: str = ORDER_FIELDS) -> bytes | None:
    """The answer for these orders; None where Shopee says that (some of) them are not found."""
    try:
        return gateway.get(
            "/api/v2/order/get_order_detail",
            order_sn_list=",".join(numbers),
            request_order_status_pending="true",
            response_optional_fields=fields,
        )
    except Refused:
        raise
    except ChannelError as fault:
        if "not found" in str(fault) or "error_not_found" in str(fault):
            return None
        raise


def _numbers(body: bytes) -> list[str]:
    return [msgspec.json.decode(record, type=OrderNumber).order_sn for record in listing(body).order_list]


def claims(gateway: Gateway, since: datetime, until: datetime, batch: int) -> Iterator[OrderClaim]:
    """Orders created in [since, until) with what their buyers owed; for one that is unpaid, which Shopee states no total of, what
    its items and the estimated freight come to."""
    first, end = since.timestamp(), until.timestamp()
    told: set[str] = set()
    for window in windows(None, since, until):
        numbers, _ = order_numbers(gateway, "create_time", window)
        fresh = [number for number in numbers if number not in told]
        told = set(numbers)  # windows share their boundary
        for at in range(0, len(fresh), batch):
            chosen = fresh[at : at + batch]
            bodies = [_ask(gateway, chosen, STATED) or b"{}"]
            for record in (record for body in bodies for record in listing(body).order_list):
                order = msgspec.json.decode(record, type=_Order)
                if first <= order.create_time < end:
                    yield OrderClaim(order.order_sn, order.owed(), order.currency)


class _Line(Struct):
    model_quantity_purchased: int
    model_discounted_price: Decimal
    model_original_price: Decimal
    promotion_type: str | None = None

    def owed(self) -> Decimal:
        unbroken = self.promotion_type == "bundle_deal" and not self.model_discounted_price
        return self.model_quantity_purchased * (self.model_original_price if unbroken else self.model_discounted_price)


class _Order(Struct):
    """The amounts of an order, apart from the contract."""

    order_sn: str
    create_time: int
    currency: str
    total_amount: Decimal | None = None
    estimated_shipping_fee: Decimal | None = None
    item_list: list[_Line] = []

    def owed(self) -> Decimal:
        if self.total_amount is not None:
            return self.total_amount
        return sum((line.owed() for line in self.item_list), self.estimated_shipping_fee or Decimal(0))


class _Named(Struct):
    return_sn: str


def changed_returns(gateway: Gateway, cursor: Cursor | None, since: datetime, now: datetime) -> Iterator[Page]:
    """Returns that changed since the cursor; a window of several pages is read until a reading tells no new one."""
    for window in windows(cursor, since, now):
        held = b""
        for body in _settled_returns(gateway, window):
            if held:
                yield Page(held)
            held = body
        yield Page(held, cursor={"until": window[1]})


def _settled_returns(gateway: Gateway, window: Window) -> Iterator[bytes]:
    known: set[str] = set()
    for _ in range(READINGS):
        before, count = len(known), 0
        for body in _return_pages(gateway, window):
            count += 1
            known.update(_return_numbers(body))
            yield body
        if count == 1 or (before and len(known) == before):
            return
    log.warning("Shopee's list of returns gained some at each of %d readings; the next run reads on", READINGS)


def _return_pages(gateway: Gateway, window: Window) -> Iterator[bytes]:
    for number in range(MOST_PAGES):
        body = gateway.get(
            "/api/v2/returns/get_return_list",
            page_no=number,
            page_size=LISTED,
            update_time_from=window[0],
            update_time_to=window[1],
        )
        yield body
        if not listing(body).more:
            return
    raise ChannelError(f"Shopee's list of returns had no end after {MOST_PAGES} pages")


def _return_numbers(body: bytes) -> list[str]:
    return [msgspec.json.decode(record, type=_Named).return_sn for record in listing(body).returns]
