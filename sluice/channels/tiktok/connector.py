"""TikTok Shop: orders, returns, cancellations and products in, quantities and parcels out.

A list of changes tells whole orders, so that details are asked for only where single orders are read again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.protocol import Answer, Connection, Connector, Cursor, Dispatch, OrderClaim, Page, Quota, Refused, Stream
from sluice.channels.stamped import Told, chain
from sluice.channels.tiktok import shipping, stock
from sluice.channels.tiktok.changes import FEEDS, NAME, PRODUCTS, changes
from sluice.channels.tiktok.contract import Cancellation, Order, Product, Return, listing
from sluice.channels.tiktok.gateway import Gateway
from sluice.channels.tiktok.webhook import WEBHOOK
from sluice.channels.transport import Transport

URL, SIGN_IN = "https://open-api.tiktokglobalshop.com", "https://auth.tiktok-shops.com"
ORDERS = "/order/202309/orders"
DETAILED = 50
"""Orders that the platform tells of at once by their ids."""


class Options(BaseModel):
    """`shop_id` is needed where the app is authorised for several shops, `warehouse_id` where skus lie in several warehouses.

    `carriers` is the platform's id of a carrier by the name that we use; those of its own names need none. `auth_url` is where
    tokens are renewed, else the shop's `url`, else the platform's own.
    """

    model_config = ConfigDict(extra="forbid")

    shop_id: str | None = None
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    warehouse_id: str | None = None
    carriers: dict[str, str] = {}
    auth_url: str | None = None


@dataclass(frozen=True)
class TikTok:
    """An open connection to one shop."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        size = self.connection.options.page_size
        if stream.snapshot:
            return self._products(size)
        return changes(self.gateway, FEEDS[stream.name], cursor, self.connection.since, size)

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now. Raises Refused, ChannelError."""
        for at in range(0, len(ids), DETAILED):
            asked = ids[at : at + DETAILED]
            body = self.gateway.get(ORDERS, ids=",".join(asked))
            told = {_identity(record) for record in listing(body).records}
            gone = [[one] for one in asked if one not in told]
            yield Page(body, context={"gone": gone} if gone else {})

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until) with what their buyers owed. Raises Refused, ChannelError."""
        asked = {"create_time_ge": _ceil(since), "create_time_lt": _ceil(until)}

        def ask(token: str | None) -> Told:
            body = self.gateway.search(
                f"{ORDERS}/search", asked, page_size=100, sort_field="create_time", sort_order="ASC", page_token=token
            )
            return Told(body, [], listing(body).next_page_token)

        if asked["create_time_ge"] >= asked["create_time_lt"]:
            return
        for told, _ in chain(NAME, ask):
            for record in listing(told.body).records:
                order = msgspec.json.decode(record, type=_Order)
                yield OrderClaim(order.id, order.payment.total_amount, order.payment.currency)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each sku's quantity, absolute, and read it back. Raises Refused, ChannelError."""
        return stock.publish(self.gateway, self.connection.options.warehouse_id, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Mark pieces as shipped, with their tracking number. Raises Refused."""
        return shipping.ship(self.gateway, self.connection.options.carriers, dispatches)

    def check(self) -> Iterator[str]:
        """Scopes that are missing, by asking one record of each list. Raises Refused where nothing can be asked at all."""
        self.gateway.cipher()
        for name, feed in {**FEEDS, "products": PRODUCTS}.items():
            try:
                self.gateway.search(feed.path, {}, page_size=1)
            except Refused as fault:
                yield f"{name} can't be read: {fault}"

    def _products(self, size: int) -> Iterator[Page]:
        def ask(token: str | None) -> Told:
            body = self.gateway.search(PRODUCTS.path, {"status": "ALL"}, page_size=size, page_token=token)
            return Told(body, [], listing(body).next_page_token)

        for told, is_last in chain(NAME, ask):
            yield Page(told.body, complete=is_last)


class _Payment(Struct):
    total_amount: Decimal
    currency: str


class _Order(Struct):
    """An order's total, apart from the contract."""

    id: str
    payment: _Payment


def _identity(record: bytes) -> str | None:
    try:
        return str(msgspec.json.decode(record, type=dict[str, Any]).get("id"))
    except msgspec.MsgspecError:
        return None


def _ceil(moment: datetime) -> int:
    """The first whole second that is not before `moment`; the platform knows no parts of seconds."""
    return -int(-moment.astimezone(UTC).timestamp() // 1)


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The orders, returns, cancellations or products in an answer, each as it came."""
    return [bytes(record) for record in listing(body).records]


def connect(connection: Connection) -> TikTok:
    """Open a connection; nothing is asked yet."""
    secrets, url = connection.secrets, connection.url.rstrip("/")
    gateway = Gateway(
        Transport(url or URL),
        Transport((connection.options.auth_url or url or SIGN_IN).rstrip("/")),
        app_key=secrets["app_key"],
        app_secret=secrets["app_secret"],
        refresh_token=secrets["refresh_token"],
        shop_id=connection.options.shop_id,
        tokens=connection.tokens,
        clock=connection.now,
    )
    return TikTok(connection, gateway)


CONNECTOR = Connector(
    name="tiktok",
    kind="social",
    streams=(
        Stream(
            "orders",
            Order,
            key=("id",),
            version="update_time",
            order_key="id",
            made="create_time",
            unstamped=("recipient's address", "tracking number", "packages"),
        ),
        Stream("returns", Return, key=("return_id",), version="update_time", order_key="order_id"),
        Stream("cancellations", Cancellation, key=("cancel_id",), version="update_time", order_key="order_id"),
        Stream("products", Product, key=("id",), snapshot=True),
    ),
    open=connect,
    records=records,
    secrets={
        "app_key": "the app's key in Partner Center",
        "app_secret": "the app's secret",
        "refresh_token": "the refresh token that came with the shop owner's authorisation",
    },
    optional_secrets={"webhook_secret": "the app's secret once more: switches notifications on"},
    options=Options,
    publishes="total",
    webhook=WEBHOOK,
)
