"""Reverse orders: what buyers cancel, send back or are paid back, read by the time their lines changed.

The list tells of lines, in some answers only of their orders: those orders are asked for one by one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import Raw, Struct

from sluice.channels.lazada.contract import listing
from sluice.channels.lazada.gateway import Gateway
from sluice.channels.lazada.walk import start, walk
from sluice.channels.protocol import Cursor, Page

LIST, DETAIL = "/reverse/getreverseordersforseller", "/order/reverse/return/detail/list"
SIZE, REACH = 100, 5_000
"""Reverse orders a page, and how many of a window are paged through; a window with more is split."""
LONGEST = timedelta(days=30)


class _Head(Struct):
    reverse_order_id: int
    reverse_order_lines: list[Raw] | None = None


class _Lines(Struct):
    reverseOrderLineDTOList: Raw = Raw(b"[]")


class _Detail(Struct):
    data: _Lines


def pages(gateway: Gateway, cursor: Cursor | None, since: datetime, now: datetime) -> Iterator[Page]:
    """Everything that changed since the cursor (without one: since `since`). Raises Refused, ChannelError."""

    def ask(first: datetime, last: datetime, offset: int) -> bytes:
        window = {"ReverseOrderLineModifiedTimeRangeStart": _milli(first), "ReverseOrderLineModifiedTimeRangeEnd": _milli(last)}
        return gateway.call("GET", LIST, page_no=offset // SIZE + 1, page_size=SIZE, **window)

    first = start(cursor, since)
    while first < now:
        last = min(first + LONGEST, now)
        for one in walk(ask, lambda page: page.total, first, last, SIZE, REACH):
            after = {"until": one.until.isoformat()} if one.until else None
            yield Page(one.body, cursor=after, context={"details": dict(_details(gateway, one.body))})
        first = last


def _details(gateway: Gateway, body: bytes) -> Iterator[tuple[str, str]]:
    for item in listing(body).items:
        if _bare(item):
            number = _decoded(item).reverse_order_id
            yield str(number), gateway.call("GET", DETAIL, reverse_order_id=number).decode()


def records(body: bytes, details: Mapping[str, str]) -> Iterable[bytes]:
    """The reverse orders of an answer, each as it came; one without lines gets those of its own answer in `details`."""
    for item in listing(body).items:
        if not _bare(item):
            yield bytes(item)
            continue
        lines = msgspec.json.decode(details[str(_decoded(item).reverse_order_id)], type=_Detail).data.reverseOrderLineDTOList
        whole = msgspec.json.decode(item, type=dict[str, Raw]) | {"reverse_order_lines": lines}
        yield msgspec.json.encode(whole)


def _bare(item: Raw) -> bool:
    """Whether the list tells no lines of it. One too broken to say is for landing to set aside."""
    try:
        return not _decoded(item).reverse_order_lines
    except msgspec.DecodeError:
        return False


_decoded: Callable[[Raw], _Head] = msgspec.json.Decoder(_Head, strict=False).decode


def _milli(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
