"""Shopee: orders, returns, items and models in, quantities and parcels out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.protocol import (
    Answer,
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
from sluice.channels.shopee import items as shopee_items
from sluice.channels.shopee import orders, ship
from sluice.channels.shopee.contract import Item, ItemModels, Order, Return, listing, models
from sluice.channels.shopee.gateway import Gateway
from sluice.channels.shopee.push import WEBHOOK
from sluice.channels.transport import Transport

URL = "https://partner.shopeemobile.com"
SOON = timedelta(days=14)
"""Before its end that an authorisation is spoken of."""


class Options(BaseModel):
    """`orders_per_call` is orders a call of get_order_detail. `location_id` is Shopee's warehouse that quotas are set at, needed
    of sellers that have several."""

    model_config = ConfigDict(extra="forbid")

    orders_per_call: Annotated[int, Field(ge=1, le=50)] = 50
    location_id: str | None = None


@dataclass(frozen=True)
class Shopee:
    """An open connection to one shop."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        since, now = self.connection.since, self.connection.now()
        match stream.name:
            case "orders":
                return orders.changed_orders(self.gateway, cursor, since, now, self._batch)
            case "returns":
                return orders.changed_returns(self.gateway, cursor, since, now)
            case "models":
                return shopee_items.changed_models(self.gateway, cursor, now)
            case _:
                return shopee_items.snapshot(self.gateway)

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now. Raises Refused, ChannelError."""
        return orders.again(self.gateway, ids, self._batch)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until) with what their buyers owed. Raises Refused, ChannelError."""
        now = self.connection.now() + timedelta(seconds=1)
        return orders.claims(self.gateway, since, min(until, now), self._batch)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each listing's quantity, absolute, and read it back. Raises Refused, ChannelError."""
        return shopee_items.Stock(self.gateway, self.connection.options.location_id).publish(quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Arrange parcels, with the tracking number where the carrier is the seller's own. Raises Refused, ChannelError."""
        return ship.ship(self.gateway, dispatches)

    def check(self) -> Iterator[str]:
        """What the shop itself says against being sold on. Raises Refused, ChannelError."""
        shop = msgspec.json.decode(self.gateway.get("/api/v2/shop/get_shop_info"), type=_Shop)
        if shop.status not in (None, "NORMAL"):
            yield f"Shopee has this shop as {shop.status}: ask Shopee what to do before orders and stock can be told"
        if shop.expire_time:
            ends = datetime.fromtimestamp(shop.expire_time, UTC)
            if ends - self.connection.now() < SOON:
                yield f"the authorisation of this shop ends on {ends:%Y-%m-%d}: let its owner authorise the app again"

    @property
    def _batch(self) -> int:
        return int(self.connection.options.orders_per_call)


class _Shop(Struct):
    """What get_shop_info says; unlike the others it has no `response` around it."""

    status: str | None = None
    expire_time: int | None = None


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records in an answer, each as it came; models with the item that they were asked for."""
    if stream.name == "models":
        if not context["item_id"]:
            return []
        return [msgspec.json.encode({"item_id": context["item_id"], "model": models(body)})]
    found = listing(body)
    lists = {"orders": found.order_list, "returns": found.returns, "items": found.item_list}
    return [bytes(record) for record in lists[stream.name]]


def connect(connection: Connection) -> Shopee:
    """Open a connection; nothing is asked yet. Raises Refused where an id is no number."""
    secrets = connection.secrets
    for name in ("partner_id", "shop_id"):
        if not secrets[name].isdigit():
            raise Refused(f"Shopee's {name} is a number of digits only: copy it from the open platform's console")
    gateway = Gateway(
        Transport(connection.url.rstrip("/") or URL),
        partner_id=int(secrets["partner_id"]),
        partner_key=secrets["partner_key"],
        shop_id=int(secrets["shop_id"]),
        first=secrets["refresh_token"],
        tokens=connection.tokens,
        clock=connection.now,
    )
    return Shopee(connection, gateway)


CONNECTOR = Connector(
    name="shopee",
    kind="marketplace",
    has_one_buyer_id=True,
    streams=(
        Stream(
            "orders",
            Order,
            key=("order_sn",),
            version="update_time",
            order_key="order_sn",
            made="create_time",
            unstamped=("how a parcel fares on its way, before the order itself changes",),
        ),
        Stream("returns", Return, key=("return_sn",), version="update_time", order_key="order_sn"),
        Stream("items", Item, key=("item_id",), snapshot=True),
        Stream("models", ItemModels, key=("item_id",)),
    ),
    open=connect,
    records=records,
    secrets={
        "partner_id": "the app's partner id in the open platform's console",
        "partner_key": "the app's partner key",
        "shop_id": "the shop's number, told when its owner authorises the app",
        "refresh_token": "the refresh token of that authorisation",
    },
    options=Options,
    publishes="total",
    optional_secrets={
        "push_key": "the key that push notifications are signed with: the app's push partner key, or its partner key",
        "push_url": "the address that Shopee calls, as it stands in the console",
    },
    webhook=WEBHOOK,
)
