"""Pinduoduo: orders, after-sales cases and goods in, quantities and parcels out. The platform tells three months and not more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.pinduoduo import goods
from sluice.channels.pinduoduo.contract import Goods, Order, Refund, listing
from sluice.channels.pinduoduo.gateway import HEADERS, Gateway, moment
from sluice.channels.pinduoduo.orders import CASES, CHANGED, DAY, HISTORY, cases, confirmed, orders
from sluice.channels.pinduoduo.parcels import Parcels
from sluice.channels.protocol import (
    Answer,
    ChannelError,
    Connection,
    Connector,
    Cursor,
    Dispatch,
    OrderClaim,
    Page,
    Quota,
    Refused,
    Stream,
)
from sluice.channels.transport import Transport
from sluice.channels.windows import Changes

URL = "https://gw-api.pinduoduo.com"
GROUPING = timedelta(days=31)
"""How long after it was placed an order may be confirmed: a group takes a day to form, a deposit's second half weeks."""


class Options(BaseModel):
    """`page_size` is records a page. `after_sales_statuses` are asked for one after the other: 1 is the platform's word for all;
    where it takes that no longer, its own numbers are to be named here. `carriers` gives the platform's number of a carrier."""

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    after_sales_statuses: Annotated[tuple[int, ...], Field(min_length=1)] = (1,)
    carriers: dict[str, int] = {}


@dataclass(frozen=True)
class Pinduoduo:
    """An open connection to one shop."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to three minutes before the platform's now. Raises Refused, ChannelError."""
        options, since = self.connection.options, self.connection.since
        if stream.name == "goods":
            return goods.snapshot(self.gateway)
        if stream.name == "orders":
            return orders(self.gateway, cursor, since, options.page_size)
        return cases(self.gateway, cursor, since, options.page_size, options.after_sales_statuses)

    def told_since(self) -> datetime:
        """The earliest creation that claims cover. A day short of what the platform tells, so that it holds while we ask."""
        return self.gateway.now() - HISTORY + timedelta(days=1)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until) that were confirmed, with what their buyers owe. Listed by confirmation."""
        now = self.gateway.now()
        size = self.connection.options.page_size
        days = Changes(
            name="Pinduoduo: the list of orders",
            key="order_sn",
            ask=confirmed(self.gateway, size),
            page_size=size,
            longest=DAY,
        )
        told: set[str] = set()
        for page in days.pages(max(since, now - HISTORY), min(until + GROUPING, now)):
            for record in listing(page.body).records:
                order = msgspec.json.decode(record, type=_Stated, strict=False)
                if order.order_sn not in told and since <= moment(order.created_time) < until:
                    told.add(order.order_sn)
                    yield OrderClaim(order.order_sn, order.pay_amount, "CNY")

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each sku's quantity, absolute, and read it back. Raises Refused."""
        return goods.publish(self.gateway, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Tell of parcels. Raises Refused."""
        return Parcels(self.gateway, self.connection.options.carriers).ship(dispatches)

    def check(self) -> Iterator[str]:
        """The right to each list. Writing can't be tried without doing it."""
        now = self.gateway.now()
        window = {"start_updated_at": now - timedelta(minutes=5), "end_updated_at": now, "page": 1, "page_size": 1}
        for method, given in (
            (CHANGED, window | {"order_status": 5, "refund_status": 5, "is_lucky_flag": 0}),
            (CASES, window | {"after_sales_status": self.connection.options.after_sales_statuses[0], "after_sales_type": 1}),
            (goods.LIST, {"page": 1, "page_size": 1}),
        ):
            try:
                self.gateway.call(method, **given)
            except (Refused, ChannelError) as fault:
                yield f"{method}: {fault}"


class _Stated(Struct):
    """The amount of an order, apart from the contract."""

    order_sn: str
    created_time: str
    pay_amount: Decimal


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The orders, cases or goods in an answer, each as it came."""
    return [bytes(record) for record in listing(body).records]


def connect(connection: Connection) -> Pinduoduo:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    gateway = Gateway(
        Transport(connection.url.rstrip("/") or URL, headers=HEADERS),
        client_id=secrets["client_id"],
        client_secret=secrets["client_secret"],
        access_token=secrets["access_token"],
        refresh_token=secrets.get("refresh_token"),
        tokens=connection.tokens,
        clock=connection.now,
    )
    return Pinduoduo(connection, gateway)


CONNECTOR = Connector(
    name="pinduoduo",
    kind="marketplace",
    streams=(
        Stream(
            "orders",
            Order,
            key=("order_sn",),
            version="updated_at",
            order_key="order_sn",
            made="created_time",
            made_in="Asia/Shanghai",
        ),
        Stream("refunds", Refund, key=("id",), version="updated_time", order_key="order_sn"),
        Stream("goods", Goods, key=("goods_id",), snapshot=True),
    ),
    open=connect,
    records=records,
    secrets={
        "client_id": "the app's client_id in the open platform's console",
        "client_secret": "the app's secret",
        "access_token": "the token that the shop's owner granted the app",
    },
    options=Options,
    publishes="total",
    optional_secrets={"refresh_token": "renews the access token before it ends"},
)
