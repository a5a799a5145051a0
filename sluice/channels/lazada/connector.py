"""Lazada: orders, reverse orders and products in, quantities out.

An answer of /orders/get has no items and one of /orders/items/get no orders: a page is the items' answer, with the orders' beside
it in its context, so that an order and its pieces are always of one moment.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.lazada import reverse, stock
from sluice.channels.lazada.contract import Order, Product, ReverseOrder, joined, listing, number, numbers
from sluice.channels.lazada.gateway import Gateway
from sluice.channels.lazada.push import WEBHOOK
from sluice.channels.lazada.walk import start, walk
from sluice.channels.protocol import Answer, Connection, Connector, Cursor, OrderClaim, Page, Quota, Refused, Stream
from sluice.channels.transport import Transport

log = logging.getLogger(__name__)

HOSTS = {
    "SGD": "https://api.lazada.sg/rest",
    "THB": "https://api.lazada.co.th/rest",
    "MYR": "https://api.lazada.com.my/rest",
    "VND": "https://api.lazada.vn/rest",
    "PHP": "https://api.lazada.com.ph/rest",
    "IDR": "https://api.lazada.co.id/rest",
}
CURRENCIES = {"sg": "SGD", "th": "THB", "my": "MYR", "vn": "VND", "ph": "PHP", "id": "IDR"}
"""By country, as an authorisation names it."""
GRANTING = "https://auth.lazada.com/rest"
ORDERS, ORDERS_REACH = 100, 5_000
"""Orders a page, and the furthest offset."""
PRODUCTS, PRODUCTS_REACH = 50, 10_000
SOON = timedelta(days=14)
LONGEST = timedelta(days=30)
"""Of a window, so that a long first read can go on where it was broken off."""


class Options(BaseModel):
    """`orders_per_call` is orders a call of /orders/items/get. `quantity` says which number is set: what may be sold, or the
    total, of which the pieces of unsent orders are a part. `returns`: read reverse orders, which the app needs a right for."""

    model_config = ConfigDict(extra="forbid")

    orders_per_call: Annotated[int, Field(ge=1, le=100)] = 50
    quantity: Literal["sellable", "total"] = "sellable"
    returns: bool = True


@dataclass(frozen=True)
class Lazada:
    """An open connection to one shop."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        if stream.snapshot:
            return self._products()
        if stream.name == "reverse_orders":
            here = self.connection
            now = here.now().replace(microsecond=0)
            return reverse.pages(self.gateway, cursor, here.since, now) if here.options.returns else iter(())
        return self._orders(cursor)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until) with what their buyers owed. Raises Refused, ChannelError."""

        def ask(first: datetime, last: datetime, offset: int) -> bytes:
            return self._list("created_at", offset, created_after=first, created_before=last)

        told: set[int] = set()
        last = min(until, self.connection.now() + timedelta(seconds=1))
        for one in walk(ask, lambda page: page.countTotal, since, last, ORDERS, ORDERS_REACH):
            for raw in listing(one.body).orders:
                order = msgspec.json.decode(raw, type=_Stated, strict=False)
                if order.order_id not in told and since <= datetime.fromisoformat(_iso(order.created_at)) < until:
                    told.add(order.order_id)
                    owed = order.price - (order.voucher or 0) + (order.shipping_fee or 0)
                    yield OrderClaim(str(order.order_id), owed, self.connection.currency)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each listing's quantity, absolute, and read it back. Raises Refused, ChannelError."""
        return stock.publish(self.gateway, quotas, self.connection.options.quantity)

    def check(self) -> Iterator[str]:
        """An authorisation that ends soon, one for another country, and lists that the app may not read.

        Raises Refused, ChannelError.
        """
        granted = self.gateway.granted()
        if until := granted.get("authorised_until"):
            ends = datetime.fromtimestamp(until, UTC)
            if ends - self.connection.now() < SOON:
                yield f"the authorisation of this shop ends on {ends:%Y-%m-%d}: let its owner authorise the app again"
        here, country = self.connection.currency, granted.get("country")
        sold_in = CURRENCIES.get(country or "", here)
        if here in HOSTS and sold_in != here:
            yield f"the authorisation is for Lazada in {country}, which sells in {sold_in}, and the shop says {here}"
        now = self.connection.now().replace(microsecond=0)
        lately = {"update_after": now - timedelta(days=1), "update_before": now}
        asked: dict[str, dict[str, Any]] = {
            "/orders/get": lately | {"sort_by": "updated_at", "sort_direction": "ASC", "offset": 0, "limit": 1},
            "/products/get": {"filter": "all", "offset": 0, "limit": 1},
        }
        if self.connection.options.returns:
            asked[reverse.LIST] = {"page_no": 1, "page_size": 1}
        for path, given in asked.items():
            try:
                self.gateway.call("GET", path, **given)
            except Refused as fault:
                yield f"{path} can't be read: {fault}"

    def _orders(self, cursor: Cursor | None) -> Iterator[Page]:
        def ask(first: datetime, last: datetime, offset: int) -> bytes:
            return self._list("updated_at", offset, update_after=first, update_before=last)

        now = self.connection.now().replace(microsecond=0)
        first = start(cursor, self.connection.since)
        empty: Page | None = None
        while first < now:
            last = min(first + LONGEST, now)
            for one in walk(ask, lambda page: page.countTotal, first, last, ORDERS, ORDERS_REACH):
                after = {"until": one.until.isoformat()} if one.until else None
                orders = listing(one.body).orders
                empty = None if orders else Page(b"{}", cursor=after, context={"orders": one.body.decode()})
                yield from self._with_items(one.body, [number(order) for order in orders], after)
            first = last
        if empty:
            yield empty

    def _with_items(self, body: bytes, ids: Sequence[int], after: Cursor | None) -> Iterator[Page]:
        size = self.connection.options.orders_per_call
        for at in range(0, len(ids), size):
            items = self.gateway.call("GET", "/orders/items/get", order_ids=f"[{','.join(map(str, ids[at : at + size]))}]")
            missing = set(ids[at : at + size]) - set(numbers(items))
            if missing:
                log.warning("Lazada lists orders and then tells no items of them: %s", ", ".join(map(str, sorted(missing))))
            yield Page(items, cursor=after if at + size >= len(ids) else None, context={"orders": body.decode()})

    def _list(self, field: str, offset: int, **window: datetime) -> bytes:
        return self.gateway.call("GET", "/orders/get", sort_by=field, sort_direction="ASC", offset=offset, limit=ORDERS, **window)

    def _products(self) -> Iterator[Page]:
        """Every product that is not deleted, by windows of its creation."""

        def ask(first: datetime, last: datetime, offset: int) -> bytes:
            window = {"create_after": first, "create_before": last}
            return self.gateway.call("GET", "/products/get", filter="all", offset=offset, limit=PRODUCTS, **window)

        now = self.connection.now().replace(microsecond=0)
        held: Page | None = None
        beginning = datetime(2012, 1, 1, tzinfo=now.tzinfo)  # the year that Lazada opened
        for one in walk(ask, lambda page: page.total_products, beginning, now, PRODUCTS, PRODUCTS_REACH):
            if held:
                yield held
            held = Page(one.body)
        if held:
            yield Page(held.body, complete=True)


class _Stated(Struct):
    """The amounts of an order, apart from the contract."""

    order_id: int
    created_at: str
    price: Decimal
    voucher: Decimal | None = None
    shipping_fee: Decimal | None = None


def _iso(text: str) -> str:
    """A time of Lazada's as Python reads it: 2018-02-05 09:03:44 +0800 has a blank too many."""
    return text.replace(" +", "+").replace(" -", "-")


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The orders with their items, the reverse orders with their lines, or the products, each as it came."""
    if stream.name == "orders":
        return joined(context["orders"], body)
    if stream.name == "reverse_orders":
        return reverse.records(body, context["details"])
    return [bytes(record) for record in listing(body).products]


def connect(connection: Connection) -> Lazada:
    """Open a connection; nothing is asked yet. Raises Refused where it is not said which country's Lazada it is."""
    secrets = connection.secrets
    url = connection.url.rstrip("/") or HOSTS.get(connection.currency, "")
    if not url:
        raise Refused(f"Lazada has no country that sells in {connection.currency}: name its address in `url`")
    gateway = Gateway(
        Transport(url),
        Transport(GRANTING if url in HOSTS.values() else url),
        app_key=secrets["app_key"],
        app_secret=secrets["app_secret"],
        first=secrets["refresh_token"],
        tokens=connection.tokens,
        clock=connection.now,
    )
    return Lazada(connection, gateway)


CONNECTOR = Connector(
    name="lazada",
    kind="marketplace",
    streams=(
        Stream("orders", Order, key=("order_id",), version="updated_at", order_key="order_id", made="created_at"),
        Stream("products", Product, key=("item_id",), snapshot=True),
        Stream("reverse_orders", ReverseOrder, key=("reverse_order_id",), order_key="trade_order_id"),
    ),
    open=connect,
    records=records,
    secrets={
        "app_key": "the app's key in the open platform's console",
        "app_secret": "the app's secret",
        "refresh_token": "the refresh token that the shop's owner granted the app",
    },
    options=Options,
    publishes="total",
    optional_secrets={
        "push_secret": "the app's secret, which notifications are signed with",
        "push_app_key": "the app's key, which is part of what is signed",
    },
    webhook=WEBHOOK,
)
