"""JD POP: orders, after-sales services and skus in, quantities and parcels out.

Where the platform's sources contradict one another, an option says which way is taken.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.jd import renewal as renewals
from sluice.channels.jd import skus
from sluice.channels.jd.contract import Order, Service, Sku, answer
from sluice.channels.jd.gateway import HEADERS, Gateway, moment
from sluice.channels.jd.orders import BY_CHANGE, BY_CREATION, CREATED_HISTORY, MONTH, SEARCH, SERVICES, orders, searched, services
from sluice.channels.jd.parcels import Parcels
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

URL = "https://api.jd.com"
STATED = "orderId,orderStartTime,orderSellerPrice,freightPrice"
STATES = (
    "NOT_PAY",
    "WAIT_SELLER_STOCK_OUT",
    "WAIT_SELLER_DELIVERY",
    "WAIT_GOODS_RECEIVE_CONFIRM",
    "POP_ORDER_PAUSE",
    "PAUSE",
    "LOCKED",
    "FINISHED_L",
    "TRADE_CANCELED",
    "DELIVERY_RETURN",
)


class Options(BaseModel):
    """`parameters` says whether an order query's fields stand by themselves or in the container that JD's documents show.

    `stock_method` is the API that sets quantities; `order_states` and `source_id` are what orders are asked for by; `carriers`
    gives JD's number of a carrier. `login_url` is where tokens are renewed: JD's own address, unless `url` is somewhere else.
    """

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    parameters: Literal["flat", "nested"] = "flat"
    stock_method: skus.StockMethod = skus.WRITE
    order_states: Annotated[tuple[str, ...], Field(min_length=1)] = STATES
    source_id: str | None = "JOS"
    carriers: dict[str, int] = {}
    login_url: str | None = None


@dataclass(frozen=True)
class Jd:
    """An open connection to one shop."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        if stream.name == "skus":
            return skus.snapshot(self.gateway)
        if stream.name == "orders":
            return orders(self.gateway, cursor, self.connection.since, self.connection.options)
        return services(self.gateway, cursor, self.connection.since)

    def told_since(self) -> datetime:
        """The earliest creation that claims cover. A day short of what the platform tells, so that it holds while we ask."""
        return self.gateway.clock() - CREATED_HISTORY + timedelta(days=1)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until), with what their goods come to less the shop's discounts, and freight."""
        options = self.connection.options
        ask = searched(
            self.gateway, BY_CREATION, ",".join(options.order_states), options.source_id, options.page_size, fields=STATED
        )
        months = Changes("JD: the list of orders", "orderId", ask, options.page_size, MONTH)
        told: set[int] = set()
        now = self.gateway.clock()
        for page in months.pages(max(since, now - CREATED_HISTORY), min(until, now)):
            for record in answer(page.body).records:
                order = msgspec.json.decode(record, type=_Stated, strict=False)
                if order.orderId not in told and since <= moment(order.orderStartTime) < until:
                    told.add(order.orderId)
                    yield OrderClaim(str(order.orderId), order.orderSellerPrice + (order.freightPrice or 0), "CNY")

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each sku's quantity, absolute, and read it back. Raises Refused."""
        return skus.publish(self.gateway, quotas, self.connection.options.stock_method)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Tell of parcels. Raises Refused."""
        return Parcels(self.gateway, self.connection.options.carriers, self.connection.options.source_id).ship(dispatches)

    def check(self) -> Iterator[str]:
        """What is missing: the right to each list. Writing can't be tried without doing it."""
        now, options = self.gateway.clock(), self.connection.options
        changed = searched(self.gateway, BY_CHANGE, ",".join(options.order_states), options.source_id, 1)
        day = now - timedelta(days=1)
        tries: dict[str, Callable[[], object]] = {
            SEARCH: lambda: changed(day, now, 1, True),
            SERVICES: lambda: self.gateway.call(SERVICES, applyTimeBegin=day, applyTimeEnd=now, pageNumber=1, pageSize=1),
            skus.LIST: lambda: self.gateway.call(skus.LIST, pageNo=1, page_size=1, field="skuId,wareId"),
        }
        for method, attempt in tries.items():
            try:
                attempt()
            except (Refused, ChannelError) as fault:
                yield f"{method}: {fault}"


class _Stated(Struct):
    """The amounts of an order, apart from the contract."""

    orderId: int
    orderStartTime: str
    orderSellerPrice: Decimal
    freightPrice: Decimal | None = None


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The orders, services or skus in an answer; a service with what the platform keeps of it in a record beside."""
    return [bytes(record) for record in answer(body).records]


def connect(connection: Connection) -> Jd:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    url = connection.url.rstrip("/")
    renewal = None
    if secrets.get("refresh_token"):
        login = Transport(connection.options.login_url or url or renewals.URL)
        renewal = renewals.Renewal(
            login, secrets["app_key"], secrets["app_secret"], secrets["refresh_token"], connection.tokens, connection.now
        )
    gateway = Gateway(
        Transport(url or URL, headers=HEADERS),
        app_key=secrets["app_key"],
        app_secret=secrets["app_secret"],
        access_token=secrets["access_token"],
        nested=connection.options.parameters == "nested",
        clock=connection.now,
        renewal=renewal,
    )
    return Jd(connection, gateway)


CONNECTOR = Connector(
    name="jd",
    kind="marketplace",
    streams=(
        Stream(
            "orders",
            Order,
            key=("order_id",),
            version="modified",
            order_key="order_id",
            made="order_start_time",
            made_in="Asia/Shanghai",
        ),
        Stream("services", Service, key=("service_id",), order_key="order_id"),
        Stream("skus", Sku, key=("sku_id",), snapshot=True),
    ),
    open=connect,
    records=records,
    secrets={
        "app_key": "the app's key in the open platform's console",
        "app_secret": "the app's secret",
        "access_token": "the token that the shop's owner granted the app",
    },
    options=Options,
    publishes="total",
    optional_secrets={"refresh_token": "renews the access token before it ends, where JD gave one"},
)
