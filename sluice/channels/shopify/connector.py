"""Shopify: orders, customers and products over the Admin GraphQL API, read by the time of their last change."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

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
from sluice.channels.shopify import graphql
from sluice.channels.shopify.bulk import SINCE_VERSION, History
from sluice.channels.shopify.client import Client, PageInfo
from sluice.channels.shopify.contract import Customer, MoneyBag, Order, Product
from sluice.channels.shopify.parcels import ship
from sluice.channels.shopify.stock import publish
from sluice.channels.shopify.webhook import WEBHOOK
from sluice.channels.shopify.whole import whole_page

log = logging.getLogger(__name__)
MOST = 250
"""Records that Shopify gives at most a page."""
ALL_ORDERS, RECENT = "read_all_orders", timedelta(days=60)
NEEDED = {
    "read_orders": "no order can be read",
    ALL_ORDERS: "orders older than 60 days can't be read",
    "read_customers": "customers can't be read",
    "read_products": "products can't be read",
    "read_locations": "stock has no place",
    "write_inventory": "no quantity can be published",
}
"""Scopes, and what is missed without each."""
FULFILMENT_ORDERS = {
    f"{right}_{whose}_fulfillment_orders"
    for right in ("read", "write")
    for whose in ("merchant_managed", "assigned", "third_party")
}


class ShopifyOptions(BaseModel):
    """`locations` says which Shopify location (gid://shopify/Location/...) a facility is; without it, the one of its name.

    `overlap_minutes` is read again at every run: Shopify's search, which answers "changed since", lags behind its records.
    A first reading of `bulk_from` records or more is a bulk operation of Shopify's; null means pages always.
    """

    model_config = ConfigDict(extra="forbid")
    version: Annotated[str, Field(pattern=r"^(\d{4}-(01|04|07|10)|unstable)$")] = "2026-07"
    page_size: Annotated[int, Field(ge=1, le=MOST)] = 50
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    bulk_from: Annotated[int, Field(ge=0)] | None = 10_000
    locations: dict[str, Annotated[str, Field(pattern=r"^gid://shopify/Location/\d+$")]] = {}


class Changed(msgspec.Struct):
    updatedAt: datetime


class Records(msgspec.Struct):
    """A connection, its records left as they came."""

    nodes: list[msgspec.Raw]
    pageInfo: PageInfo


class Found(msgspec.Struct):
    data: dict[str, Records]


class Claim(msgspec.Struct):
    legacyResourceId: str
    processedAt: datetime
    totalPriceSet: MoneyBag


class Scope(msgspec.Struct):
    handle: str


class Installation(msgspec.Struct):
    accessScopes: list[Scope]


class Installed(msgspec.Struct):
    currentAppInstallation: Installation


class Scopes(msgspec.Struct):
    data: Installed


class Shop:
    """One Shopify shop."""

    def __init__(self, connection: Connection, client: Client | None = None) -> None:
        self._connection = connection
        self._options: ShopifyOptions = connection.options
        self._client = client or Client(connection)

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Oldest change first; the cursor is the last change seen, so that a walk cut short goes on where it was.

        An order that changes during the walk moves to its end and comes again: nothing can slip between two pages.
        """
        for page in self._history(stream, cursor):
            yield page
            cursor = page.cursor
        seen = datetime.fromisoformat(cursor["updated_at"]) if cursor else self._connection.since
        since = seen - timedelta(minutes=self._options.overlap_minutes) if cursor else seen
        for body in self._walk(graphql.page(stream.name), stream.name, f"updated_at:>='{_stamp(since)}'"):
            whole = whole_page(self._client, stream.name, body)
            seen = max([seen, *_changes(whole, stream.name)])
            yield Page(whole, cursor={"updated_at": seen.isoformat()}, received_at=self._connection.now())

    def _history(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """A long first reading, from where it was cut short; nothing where pages are the way."""
        history = History(self._client, stream.name, self._client.elsewhere())
        seen = datetime.fromisoformat(cursor["updated_at"]) if cursor else self._connection.since
        found_by = f"updated_at:>='{_stamp(self._connection.since)}'"
        try:
            ident = cursor.get("bulk") if cursor else self._long_history(history, found_by)
            for body, began in history.pages(ident, seen) if ident else ():
                whole = whole_page(self._client, stream.name, body)
                # what changed after the operation began may be missing from its file: pages bring it
                seen = min(max([seen, *_changes(whole, stream.name)]), max(seen, began))
                place = {"updated_at": seen.isoformat(), "bulk": ident}
                yield Page(whole, cursor=place, received_at=self._connection.now())
        except Refused:
            raise
        except (ChannelError, msgspec.MsgspecError) as fault:
            log.warning("%s of %s are read by pages: %s", stream.name, self._connection.shop, fault)

    def _long_history(self, history: History, found_by: str) -> str | None:
        least = self._options.bulk_from
        if least is None or self._options.version < SINCE_VERSION or not history.is_long(found_by, least):
            return None
        return history.start(found_by)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders by the time that Shopify's own reports count them in (`processedAt`, the unified `ordered_at`)."""
        window = f"processed_at:>='{_stamp(since)}' processed_at:<='{_stamp(until)}'"
        for body in self._walk(graphql.CLAIMS, "orders", window, size=MOST):
            for node in _nodes(body, "orders").nodes:
                claim = msgspec.json.decode(node, type=Claim)
                total = claim.totalPriceSet.shopMoney
                # Shopify's filter knows whole seconds only.
                if since <= claim.processedAt < until:
                    yield OrderClaim(claim.legacyResourceId, total.amount, total.currencyCode)

    def told_since(self) -> datetime:
        """Without the scope read_all_orders Shopify tells of the last 60 days only, by pages and claims alike."""
        return self._connection.since if ALL_ORDERS in self._granted() else self._connection.now() - RECENT

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set `available` at each facility's location, by compare-and-set; see `stock`."""
        return publish(self._client, self._options.locations, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Fulfil what the fulfilment orders still wait for; see `parcels`."""
        return ship(self._client, dispatches)

    def check(self) -> Iterator[str]:
        """Scopes that the app was not given, and what can't be done without them."""
        granted = self._granted()
        for scope, needed in NEEDED.items():
            if not granted & {scope, scope.replace("read_", "write_")}:
                yield f"the app lacks the scope {scope}: {needed}. Add it in the app's configuration and install the app again"
        if not granted & FULFILMENT_ORDERS:
            yield f"the app lacks a scope to read fulfilment orders, one of {', '.join(sorted(FULFILMENT_ORDERS))}"

    def _granted(self) -> set[str]:
        answer = msgspec.json.decode(self._client.ask(graphql.SCOPES), type=Scopes)
        return {scope.handle for scope in answer.data.currentAppInstallation.accessScopes}

    def _walk(self, operation: str, root: str, query: str, size: int | None = None) -> Iterator[bytes]:
        after, first = None, size or self._options.page_size
        while True:
            body, first = self._client.ask_first(operation, first, after=after, query=query)
            found = _nodes(body, root)
            if found.nodes:
                yield body
            if not found.pageInfo.hasNextPage:
                return
            after = found.pageInfo.endCursor


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of a page, each exactly the bytes that came: no number is read, so none is rounded."""
    return [bytes(node) for node in _nodes(body, stream.name).nodes]


def _nodes(body: bytes, root: str) -> Records:
    return msgspec.json.decode(body, type=Found).data[root]


def _changes(body: bytes, root: str) -> Iterator[datetime]:
    """When the page's records changed. One that does not say so is landing's to quarantine; it moves no cursor."""
    for node in _nodes(body, root).nodes:
        try:
            yield msgspec.json.decode(node, type=Changed).updatedAt.astimezone(UTC)
        except msgspec.ValidationError as fault:
            log.warning("a record of %s has no usable updatedAt: %s", root, fault)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


CONNECTOR = Connector(
    name="shopify",
    kind="own_shop",
    streams=(
        Stream("orders", Order, key=("legacyResourceId",), version="updatedAt", order_key="legacyResourceId", made="createdAt"),
        Stream("customers", Customer, key=("legacyResourceId",), version="updatedAt", made="createdAt"),
        Stream("products", Product, key=("legacyResourceId",), version="updatedAt"),
    ),
    open=Shop,
    records=records,
    secrets={"token": "the app's Admin API access token (shpat_...)"},
    options=ShopifyOptions,
    publishes="facility",
    optional_secrets={
        "webhook_secret": "the app's client secret, which webhooks are signed with",
        "webhook_secret_before": "the client secret before it was rotated; Shopify signs with it for up to an hour more",
    },
    webhook=WEBHOOK,
)
