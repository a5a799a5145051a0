"""Taobao and Tmall, through the TOP gateway: trades, refunds and items in, quantities out.

The platform tells three months and not more. `taobao.trade.fullinfo.get` is left out: it costs a call a trade, and the list of
changes has every field that an order needs. What only the former tells: the promised time of dispatch, promotions by name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.protocol import Answer, Connection, Connector, Cursor, Dispatch, OrderClaim, Page, Quota, Stream
from sluice.channels.taobao import items as taobao_items
from sluice.channels.taobao.check import missing
from sluice.channels.taobao.contract import Item, Refund, Trade, listing
from sluice.channels.taobao.gateway import HEADERS, Gateway, whole_second
from sluice.channels.taobao.parcels import ship
from sluice.channels.taobao.windows import FEEDS, HISTORY, LONGEST, TYPES, changes
from sluice.channels.transport import Transport

URL = "https://eco.taobao.com"
SECOND = timedelta(seconds=1)
STATED = "tid,payment,discount_fee,post_fee,order_tax_fee,orders.total_fee,orders.refund_status"


class Options(BaseModel):
    """`page_size` is trades a call: the platform advises 40 to 50 where answers time out, and counts calls, not trades.

    `most_per_window` is records in a window, above which a shorter one is asked: deep pages are slow on the platform.
    """

    model_config = ConfigDict(extra="forbid")

    sign_method: Literal["md5", "hmac", "hmac-sha256"] = "md5"
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    most_per_window: Annotated[int, Field(ge=1)] = 2000


@dataclass(frozen=True)
class Taobao:
    """An open connection to one shop."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to the platform's now. Raises Refused, ChannelError."""
        if stream.snapshot:
            return taobao_items.snapshot(self.gateway)
        options = self.connection.options
        feed, since = FEEDS[stream.name], self.connection.since
        return changes(self.gateway, feed, cursor, since, options.page_size, options.most_per_window)

    def told_since(self) -> datetime:
        """The earliest creation that claims cover. A day short of what the platform tells, so that it holds while we ask."""
        return self.gateway.now() - HISTORY + timedelta(days=1)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until), as far back as the platform tells, with what their buyers owed before refunds."""
        now = self.gateway.now()
        start = max(whole_second(since), now - HISTORY)
        end = min(whole_second(until) - SECOND, now)
        while start <= end:
            last = min(start + LONGEST - SECOND, end)
            yield from self._claims(start, last)
            start = last + SECOND

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each listing's quantity, absolute, and read it back. Raises Refused, ChannelError."""
        return taobao_items.publish(self.gateway, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Mark trades, or orders of them, as sent; see `parcels`. Raises Refused, ChannelError."""
        return ship(self.gateway, dispatches)

    def check(self) -> Iterator[str]:
        """What is missing. Raises Refused, ChannelError."""
        return missing(self.gateway)

    def _claims(self, start: datetime, last: datetime) -> Iterator[OrderClaim]:
        number, has_next = 1, True
        while has_next:
            body = self.gateway.call(
                "taobao.trades.sold.get",
                fields=STATED,
                type=TYPES,
                start_created=start,
                end_created=last,
                page_no=number,
                page_size=self.connection.options.page_size,
                use_has_next=True,
            )
            page = listing(body)
            for record in page.records:
                trade = msgspec.json.decode(record, type=_Trade)
                yield OrderClaim(str(trade.tid), trade.owed(), "CNY")
            number, has_next = number + 1, page.has_next


class _Order(Struct):
    total_fee: Decimal = Decimal(0)
    refund_status: str = ""


class _Orders(Struct, frozen=True):
    order: list[_Order] = []


class _Trade(Struct):
    """The amounts of a trade, apart from the contract."""

    tid: int
    payment: Decimal
    discount_fee: Decimal = Decimal(0)
    post_fee: Decimal = Decimal(0)
    order_tax_fee: Decimal = Decimal(0)
    orders: _Orders = _Orders()

    def owed(self) -> Decimal:
        """What the buyer owed: `payment`, or where a refund has lowered that, what the orders' own amounts come to."""
        if all(order.refund_status != "SUCCESS" for order in self.orders.order):
            return self.payment
        beside = self.post_fee + self.order_tax_fee - self.discount_fee
        return sum((order.total_fee for order in self.orders.order), beside)


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The trades, refunds or items in an answer, each as it came."""
    return [bytes(record) for record in listing(body).records]


def connect(connection: Connection) -> Taobao:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    gateway = Gateway(
        Transport(connection.url.rstrip("/") or URL, headers=HEADERS),
        app_key=secrets["app_key"],
        app_secret=secrets["app_secret"],
        session=secrets["session"],
        sign_method=connection.options.sign_method,
        clock=connection.now,
        refresh_token=secrets.get("refresh_token"),
        tokens=connection.tokens,
    )
    return Taobao(connection, gateway)


CONNECTOR = Connector(
    name="taobao",
    kind="marketplace",
    streams=(
        Stream("trades", Trade, key=("tid",), version="modified", order_key="tid", made="created", made_in="Asia/Shanghai"),
        Stream("refunds", Refund, key=("refund_id",), version="modified", order_key="tid"),
        Stream("items", Item, key=("num_iid",), snapshot=True),
    ),
    open=connect,
    records=records,
    secrets={
        "app_key": "the app's key in the open platform's console",
        "app_secret": "the app's secret",
        "session": "the session key that the shop's owner granted the app",
    },
    options=Options,
    publishes="total",
    optional_secrets={"refresh_token": "renews the session key before it ends; for apps of the service market only"},
)
