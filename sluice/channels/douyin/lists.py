"""Douyin's lists: orders and cases by `update_time`, oldest first; products by windows of their `update_time`.

Whether the bounds of a list are included the platform says of products only, where they are not: a second more is asked.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Raw, Struct

from sluice.channels import stamped, windows
from sluice.channels.douyin.contract import Cases, Orders, Products, case
from sluice.channels.douyin.gateway import Gateway, data
from sluice.channels.protocol import Cursor, Page
from sluice.channels.stamped import Told
from sluice.channels.windows import Changes, begin

NAME = "Douyin"
OVERLAP = timedelta(minutes=10)
"""How far behind the last end a read starts, for changes that were committed late, and for a clock that is off."""
EARLIEST = datetime(2018, 1, 1, tzinfo=UTC)
"""There were no shops before. Products are read from here, since one that is on sale may not have changed for years."""
DEEPEST = 2000
"""Products in a window: the platform tells 10,000 of one question at most."""


class _Stamp(Struct):
    update_time: int


class _Created(Struct):
    create_time: int


class _Numbered(Struct):
    product_id: int


def orders(gateway: Gateway, at: int, until: int, size: int, days: int, stamp: str = "update") -> Iterator[Page]:
    """Shop orders by their change, or by their creation for the stamp `create`."""
    kind: type[Struct] = _Stamp if stamp == "update" else _Created

    def ask(start: int, end: int, token: str | None) -> Told:
        number = int(token or 0)
        bounds = {f"{stamp}_time_start": start - 1, f"{stamp}_time_end": end}
        order = {"order_by": f"{stamp}_time", "order_asc": True}
        body = gateway.call("order.searchList", page=number, size=size, **bounds, **order)
        page = data(Orders, body)
        more = (number + 1) * size < page.total
        return Told(body, stamped.stamps(page.shop_order_list or [], kind), str(number + 1) if more else None)

    return stamped.changes(NAME, ask, at, until, int(timedelta(days=days).total_seconds()))


def cases(gateway: Gateway, at: int, until: int, size: int, days: int) -> Iterator[Page]:
    """After-sales cases by their change."""

    def ask(start: int, end: int, token: str | None) -> Told:
        number = int(token or 0)
        bounds = {"update_start_time": start - 1, "update_end_time": end}
        body = gateway.call("afterSale.List", page=number, size=size, order_by=["update_time asc"], **bounds)
        page = data(Cases, body)
        records = [case(item) for item in page.items or []]
        more = page.has_more or (number + 1) * size < page.total
        return Told(body, stamped.stamps(records, _Stamp), str(number + 1) if more and records else None)

    return stamped.changes(NAME, ask, at, until, int(timedelta(days=days).total_seconds()))


def products(gateway: Gateway, cursor: Cursor | None, now: datetime, size: int, days: int) -> Iterator[Page]:
    """Products by their change, their skus beside, which are asked for one product after the other."""

    def ask(start: datetime, end: datetime, number: int, counted: bool) -> windows.Told:
        bounds = {"update_start_time": int(start.timestamp()) - 1, "update_end_time": int(end.timestamp()) + 1}
        page = gateway.ask(Products, "product.listV2", page=number, size=size, **bounds)
        found = [_with_skus(gateway, one) for one in page.data or []]
        return windows.Told(msgspec.json.encode({"products": found}), found, page.total)

    listed = Changes(
        name=f"{NAME}: the list of products",
        key="product_id",
        ask=ask,
        cursor=lambda end: {"until": int(end.timestamp())},
        page_size=size,
        longest=timedelta(days=days),
        most_per_window=DEEPEST,
    )
    reached = None if cursor is None else datetime.fromtimestamp(cursor["until"], UTC)
    return listed.pages(begin(listed.name, reached, EARLIEST, EARLIEST, OVERLAP), now)


def _with_skus(gateway: Gateway, product: Raw) -> Raw:
    """A product with its skus, as one record. One that has no number is left as it came, for landing to set aside."""
    try:
        number = msgspec.json.decode(product, type=_Numbered).product_id
        members = msgspec.json.decode(product, type=dict[str, Raw])
    except msgspec.MsgspecError:
        return product
    return Raw(msgspec.json.encode({**members, "skus": skus(gateway, number)}))


def skus(gateway: Gateway, product_id: int) -> list[Raw]:
    """A product's skus, each as it came."""
    return gateway.ask(list[Raw], "sku.list", product_id=product_id)
