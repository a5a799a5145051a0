"""Vendure: orders, customers and variants over the Admin API, quotas as stock, parcels as fulfilments.

`updatedAt` of an order is moved by a cancellation and by little else: neither by placing it nor by payments, parcels and refunds.
So orders are read by when they were placed as well as by when they changed, and those that are not final are read again by id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.protocol import Answer, Connection, Connector, Cursor, Dispatch, OrderClaim, Page, Quota, Stream
from sluice.channels.vendure import graphql
from sluice.channels.vendure.check import check
from sluice.channels.vendure.client import Client, data
from sluice.channels.vendure.contract import Channel, Customer, Order, Variant
from sluice.channels.vendure.ship import ship
from sluice.channels.vendure.stock import publish
from sluice.channels.vendure.walk import Lists, listed, stamp

MOST = 100
"""Records a page, and ids a look: each order is read with its payments, parcels and history."""
OWED = ("Authorized", "Settled")
UNTOLD = ("payments", "parcels", "refunds", "changes of the address")


class VendureOptions(BaseModel):
    """`locations` says which stock location (its id) a facility is; without it, the one of its name.

    `channel_token` chooses the sales channel, `path` is what the server calls its Admin API.
    """

    model_config = ConfigDict(extra="forbid")
    page_size: Annotated[int, Field(ge=1, le=1000)] = MOST
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    channel_token: str | None = None
    path: Annotated[str, Field(pattern=r"^/[\w/-]+$")] = "/admin-api"
    locations: dict[str, str] = {}


class _Server(Struct):
    moneyStrategyPrecision: int


class _Settings(Struct):
    serverConfig: _Server


class _Configured(Struct):
    globalSettings: _Settings


class _Channel(Struct):
    activeChannel: dict[str, Any]
    globalSettings: _Settings


class _Paid(Struct):
    amount: int
    state: str


class _Claim(Struct):
    id: str
    orderPlacedAt: datetime
    currencyCode: str
    totalWithTax: int
    payments: list[_Paid] | None = None

    @property
    def owed(self) -> int:
        """What was owed before cancellations: a placed order was covered by its payments."""
        payments = self.payments or []
        held = sum(payment.amount for payment in payments if payment.state in OWED)
        released = max((payment.amount for payment in payments if payment.state == "Cancelled"), default=0)
        return max(self.totalWithTax, held, released)


class Shop:
    """One sales channel of a Vendure server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._options: VendureOptions = connection.options
        self._client = Client(connection)

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now, or the whole of a snapshot. Raises Refused, ChannelError."""
        if stream.name == "channels":
            yield self._page(self._client.ask(graphql.CHANNEL), complete=True)
        elif stream.snapshot:
            for answer, whole in self._lists().by_id(graphql.page(stream.name)):
                yield self._page(answer.body, complete=whole)
        elif stream.name == "orders":
            yield from self._orders(cursor)
        else:
            since = self._since(cursor, "updated_at")
            for answer, seen in self._lists().by_time(graphql.page(stream.name), "updatedAt", since):
                yield self._page(answer.body, {"updated_at": seen.isoformat()})

    def _orders(self, cursor: Cursor | None) -> Iterator[Page]:
        """What was placed since, then what changed since. The first walk needs of the latter only what was placed before."""
        operation, begun = graphql.page("orders"), self._connection.now()
        placed, changed = self._since(cursor, "placed_at"), self._since(cursor, "updated_at")
        is_first = cursor is None or "first" in cursor
        known: dict[str, Any] = {"placed_at": placed.isoformat(), "updated_at": changed.isoformat()}
        if is_first:
            known["first"] = True
        for answer, seen in self._lists().by_time(operation, "orderPlacedAt", placed):
            known["placed_at"] = seen.isoformat()
            yield self._page(answer.body, dict(known))
        before: dict[str, Any] = {"before": stamp(self._connection.since)} if is_first else {"isNull": False}
        for answer, seen in self._lists().by_time(operation, "updatedAt", changed, orderPlacedAt=before):
            known["updated_at"] = seen.isoformat()
            yield self._page(answer.body, dict(known))
        if is_first:
            yield self._page(NOTHING, {"placed_at": known["placed_at"], "updated_at": begun.isoformat()})

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now."""
        for start in range(0, len(ids), MOST):
            asked = list(ids[start : start + MOST])
            options = {"take": len(asked), "filter": {"id": {"in": asked}}}
            body = self._client.ask(graphql.page(stream.name), options=options)
            found = {msgspec.json.decode(item, type=_Identified).id for item in listed(body).items}
            gone = [[one] for one in asked if one not in found]
            yield Page(body, context={"gone": gone} if gone else {}, received_at=self._connection.now())

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders by when they were placed, with what was owed then."""
        precision = self._client.read(_Configured, graphql.PRECISION).globalSettings.serverConfig.moneyStrategyPrecision
        before = {"orderPlacedAt": {"between": {"start": stamp(since), "end": stamp(until)}}}
        for answer, _ in self._lists(1000).by_id(graphql.CLAIMS, filter=before):
            for item in answer.items:
                claim = msgspec.json.decode(item, type=_Claim)
                if since <= claim.orderPlacedAt < until:
                    yield OrderClaim(claim.id, Decimal(claim.owed).scaleb(-precision), claim.currencyCode)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Let each facility's location have as many to sell as its quota says; see `stock`."""
        return publish(self._client, self._options.locations, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Make a fulfilment of each parcel and mark it shipped; see `ship`."""
        return ship(self._client, dispatches)

    def check(self) -> Iterator[str]:
        """Permissions that are missing, and settings that change what a quota means."""
        return check(self._client)

    def _lists(self, size: int | None = None) -> Lists:
        return Lists(self._client, size or self._options.page_size)

    def _since(self, cursor: Cursor | None, name: str) -> datetime:
        if cursor is None:
            return self._connection.since
        return datetime.fromisoformat(cursor[name]) - timedelta(minutes=self._options.overlap_minutes)

    def _page(self, body: bytes, cursor: Cursor | None = None, complete: bool = False) -> Page:
        return Page(body, cursor, complete, received_at=self._connection.now())


class _Identified(Struct):
    id: str


NOTHING = b'{"data": {"orders": {"totalItems": 0, "items": []}}}'


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of a page. Lists are left as they came; the channel is put together with the setting that its money needs."""
    if stream.name == "channels":
        found = data(body, _Channel)
        precision = found.globalSettings.serverConfig.moneyStrategyPrecision
        return [msgspec.json.encode(found.activeChannel | {"moneyStrategyPrecision": precision})]
    return [bytes(item) for item in listed(body).items]


CONNECTOR = Connector(
    name="vendure",
    kind="own_shop",
    streams=(
        Stream("channels", Channel, key=("id",), snapshot=True),
        Stream("variants", Variant, key=("id",), snapshot=True),
        Stream("customers", Customer, key=("id",), version="updatedAt", made="createdAt"),
        Stream("orders", Order, key=("id",), version="updatedAt", order_key="id", unstamped=UNTOLD, made="orderPlacedAt"),
    ),
    open=Shop,
    records=records,
    secrets={"key": "an API key (Settings > API keys), or the password of the administrator that the secret user names"},
    options=VendureOptions,
    publishes="facility",
    optional_secrets={"user": "an administrator's identifier, where the key is that one's password (before Vendure 3.6)"},
)
