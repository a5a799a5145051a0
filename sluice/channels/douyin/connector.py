"""Douyin shop: shop orders, after-sales cases and products in, quantities and parcels out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Raw, Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.douyin import shipping, stock
from sluice.channels.douyin.contract import Case, Cases, Order, Orders, Product, case
from sluice.channels.douyin.gateway import Gateway, data
from sluice.channels.douyin.lists import OVERLAP, cases, orders, products
from sluice.channels.douyin.push import WEBHOOK
from sluice.channels.protocol import Answer, Connection, Connector, Cursor, Dispatch, OrderClaim, Page, Quota, Refused, Stream
from sluice.channels.transport import Transport

URL = "https://openapi-fxg.jinritemai.com"
TIES = 3
"""Seconds at a page's end that the next page may show again."""


class Options(BaseModel):
    """`page_size` is records a call, `window_days` days that one question spans. `out_warehouse_id` is the company's own code of
    the warehouse whose numbers are set, for skus that have one a warehouse; `carriers` the platform's code of a carrier."""

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    window_days: Annotated[int, Field(ge=1, le=90)] = 30
    out_warehouse_id: str | None = None
    carriers: dict[str, str] = {}


@dataclass(frozen=True)
class Douyin:
    """An open connection to one shop."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        size, days = self.connection.options.page_size, self.connection.options.window_days
        since, now = self.connection.since, self.connection.now()
        if stream.name == "products":
            return products(self.gateway, cursor, now, size, days)
        start = int(since.timestamp()) if cursor is None else cursor["until"] - int(OVERLAP.total_seconds())
        read = orders if stream.name == "orders" else cases
        return read(self.gateway, start, int(now.timestamp()) + 1, size, days)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until) with what their buyers owe. Raises Refused, ChannelError."""
        size, days = self.connection.options.page_size, self.connection.options.window_days
        told: dict[str, int] = {}
        for page in orders(self.gateway, int(since.timestamp()), int(until.timestamp()) + 1, size, days, stamp="create"):
            found = [msgspec.json.decode(one, type=_Stated) for one in data(Orders, page.body).shop_order_list or []]
            for order in found:
                if order.order_id not in told and since.timestamp() <= order.create_time < until.timestamp():
                    yield OrderClaim(order.order_id, Decimal(order.pay_amount).scaleb(-2), "CNY")
                told[order.order_id] = order.create_time
            newest = max(told.values(), default=0)
            told = {name: stamp for name, stamp in told.items() if stamp > newest - TIES}

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each sku's quantity, absolute, and read it back. Raises Refused."""
        return stock.publish(self.gateway, self.connection.options.out_warehouse_id, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Tell of parcels. Raises Refused."""
        return shipping.ship(self.gateway, self.connection.options.carriers, dispatches)

    def check(self) -> Iterator[str]:
        """Rights that are missing, by asking one record of each list. Raises ChannelError."""
        asked: dict[str, dict[str, Any]] = {
            "order.searchList": {"page": 0, "size": 1},
            "afterSale.List": {"page": 0, "size": 1},
            "product.listV2": {"page": 1, "size": 1},
        }
        for method, given in asked.items():
            try:
                self.gateway.call(method, **given)
            except Refused as fault:
                yield f"{method}: {fault}"


class _Stated(Struct):
    """The amount of an order, apart from the contract."""

    order_id: str
    create_time: int
    pay_amount: int


class _Listed(Struct):
    products: list[Raw] = []


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The orders, cases or products in an answer."""
    if stream.name == "orders":
        return [bytes(one) for one in data(Orders, body).shop_order_list or []]
    if stream.name == "aftersales":
        return [case(one) for one in data(Cases, body).items or []]
    return [bytes(one) for one in msgspec.json.decode(body, type=_Listed).products]


def connect(connection: Connection) -> Douyin:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    gateway = Gateway(
        Transport(connection.url.rstrip("/") or URL),
        app_key=secrets["app_key"],
        app_secret=secrets["app_secret"],
        refresh_token=secrets["refresh_token"],
        tokens=connection.tokens,
        clock=connection.now,
    )
    return Douyin(connection, gateway)


CONNECTOR = Connector(
    name="douyin",
    kind="social",
    streams=(
        Stream("orders", Order, key=("order_id",), version="update_time", order_key="order_id", made="create_time"),
        Stream("aftersales", Case, key=("aftersale_id",), version="update_time", order_key="shop_order_id"),
        Stream("products", Product, key=("product_id",), version="update_time"),
    ),
    open=connect,
    records=records,
    secrets={
        "app_key": "the app's key in the open platform's console",
        "app_secret": "the app's secret",
        "refresh_token": "the refresh token that came with the shop owner's authorisation",
    },
    options=Options,
    publishes="total",
    optional_secrets={"push_secret": "the app's secret once more: with it, messages that the platform pushes are taken"},
    webhook=WEBHOOK,
)
