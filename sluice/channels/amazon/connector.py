"""Amazon: orders, refunds and listings in, quantities and parcels out. A shop is one marketplace of one seller.

Orders come from version 2026-01-01: it gives items, amounts and parcels in one answer, and v0 is on its way out. Orders do not
tell of refunds: those are among the seller's transactions (finances 2024-06-19).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.amazon import orders
from sluice.channels.amazon.contract import Found, InStock, Listed, Listing, Order
from sluice.channels.amazon.finances import transactions
from sluice.channels.amazon.gateway import (
    ADVICE,
    HEADERS,
    INVENTORY,
    LIST_TRANSACTIONS,
    SEARCH_LISTINGS,
    SEARCH_ORDERS,
    Denied,
    Gateway,
)
from sluice.channels.amazon.inventory import Summaries, summaries
from sluice.channels.amazon.listings import Listings
from sluice.channels.amazon.refunds import Refund, refunds
from sluice.channels.amazon.shipping import confirm
from sluice.channels.oauth import RefreshGrant
from sluice.channels.protocol import Answer, Connection, Connector, Cursor, Dispatch, OrderClaim, Page, Quota, Stream
from sluice.channels.transport import Transport

LOGIN = "https://api.amazon.com"


class Options(BaseModel):
    """`marketplace` is Amazon's id of the country's store; `region` chooses the address where no `url` is given.

    `personal_data` asks for buyer and address, `refunds` for what was given back, `stock` for what lies in Amazon's warehouses:
    for each the app needs a role. `login_url` is where access tokens come from: Amazon's own unless `url` is somewhere else
    altogether.
    """

    model_config = ConfigDict(extra="forbid")

    marketplace: str = "ATVPDKIKX0DER"
    region: Literal["na", "eu", "fe"] = "na"
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    personal_data: bool = True
    refunds: bool = True
    stock: bool = True
    login_url: str | None = None


@dataclass(frozen=True)
class Amazon:
    """An open connection to one marketplace of one seller."""

    connection: Connection
    gateway: Gateway
    listings: Listings

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to as far as Amazon tells. Raises Refused, ChannelError."""
        if stream.name == "stock":
            return summaries(self.gateway, self.connection.options.marketplace) if self.connection.options.stock else iter(())
        if stream.snapshot:
            return self.listings.snapshot()
        if stream.name == "refunds":
            return self._refunds(cursor)
        return orders.changes(self.gateway, self._asked(), cursor, self.connection.since, self.connection.now)

    def _refunds(self, cursor: Cursor | None) -> Iterator[Page]:
        here, options = self.connection, self.connection.options
        return transactions(self.gateway, options.marketplace, cursor, here.since, here.now()) if options.refunds else iter(())

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until), with what Amazon says they come to."""
        return orders.claims(self.gateway, self._asked(), since, until, self.connection.now(), self.connection.currency)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each listing's quantity, absolute, and read it back. Raises Refused, ChannelError."""
        return self.listings.publish(quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Confirm parcels. Raises Refused, ChannelError."""
        for dispatch in dispatches:
            yield confirm(self.gateway, self.connection.options.marketplace, dispatch)

    def check(self) -> Iterator[str]:
        """What is missing. Raises Refused, ChannelError."""
        marketplace = self.connection.options.marketplace
        try:
            body = self.gateway.call(
                SEARCH_LISTINGS,
                {"seller": self.listings.seller},
                marketplaceIds=[marketplace],
                includedData=["summaries"],
                pageSize=1,
            )
            if not msgspec.json.decode(body, type=Listed).items:
                yield f"Marketplace {marketplace} has no listing: check the options marketplace and region, and seller_id."
        except Denied as fault:
            yield f"Listings can't be read: give the app the role Product Listing and authorise it again. {fault}"
        if self.connection.options.stock:
            try:
                asked = {"granularityType": "Marketplace", "granularityId": marketplace, "marketplaceIds": [marketplace]}
                self.gateway.call(INVENTORY, **asked)
            except Denied as fault:
                yield (
                    "Stock in Amazon's warehouses can't be read: give the app the role Amazon Fulfillment and authorise it again;"
                    f" without it set the option stock to false. {fault}"
                )
        if self.connection.options.refunds:
            try:
                self.gateway.call(LIST_TRANSACTIONS, postedAfter=self.connection.now() - timedelta(days=1))
            except Denied as fault:
                yield (
                    "Refunds can't be read: give the app the role Finance and Accounting and authorise it again; without it set"
                    f" the option refunds to false. {fault}"
                )
        try:
            since = self.connection.now() - timedelta(days=7)
            body = self.gateway.call(SEARCH_ORDERS, **self._asked() | {"maxResultsPerPage": 10}, lastUpdatedAfter=since)
        except Denied as fault:
            yield (
                "Orders can't be read: give the app the role Inventory and Order Tracking; without a role for personal data set"
                f" the option personal_data to false. {fault}"
            )
            return
        found = [msgspec.json.decode(one, type=Order) for one in msgspec.json.decode(body, type=Found).orders]
        unsent = [one for one in found if one.fulfillment.fulfillmentStatus == "UNSHIPPED"]
        if self.connection.options.personal_data and unsent and not any(one.recipient for one in unsent):
            yield "Amazon leaves out buyers and addresses: for them the app needs the role Direct-to-Consumer Shipping."

    def _asked(self) -> dict[str, Any]:
        options = self.connection.options
        data = (*orders.PLAIN, *orders.PERSONAL) if options.personal_data else orders.PLAIN
        return {"marketplaceIds": [options.marketplace], "includedData": data, "maxResultsPerPage": options.page_size}


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The orders, listings or stock in an answer, each as it came; of transactions the refunds."""
    if stream.name == "refunds":
        return refunds(body, context["marketplace"])
    if stream.name == "stock":
        return map(bytes, msgspec.json.decode(body, type=Summaries).payload.inventorySummaries)
    if stream.snapshot:
        return map(bytes, msgspec.json.decode(body, type=Listed).items)
    return map(bytes, msgspec.json.decode(body, type=Found).orders)


def connect(connection: Connection) -> Amazon:
    """Open a connection; nothing is asked yet."""
    secrets, options = connection.secrets, connection.options
    url = connection.url.rstrip("/") or f"https://sellingpartnerapi-{options.region}.amazon.com"
    is_amazon = (urlsplit(url).hostname or "").endswith(".amazon.com")
    login = Transport(options.login_url or (LOGIN if is_amazon else url), headers=dict(HEADERS))
    form = {name: secrets[name] for name in ("refresh_token", "client_id", "client_secret")}
    grant = RefreshGrant(login, "/auth/o2/token", form, ADVICE, connection.tokens, connection.now)
    gateway = Gateway(Transport(url, headers=dict(HEADERS)), grant)
    return Amazon(connection, gateway, Listings(gateway, secrets["seller_id"], options.marketplace))


CONNECTOR = Connector(
    name="amazon",
    kind="marketplace",
    streams=(
        Stream("orders", Order, key=("orderId",), version="lastUpdatedTime", order_key="orderId", made="createdTime"),
        Stream("listings", Listing, key=("sku",), snapshot=True),
        Stream("stock", InStock, key=("sellerSku", "fnSku", "condition"), snapshot=True),
        Stream("refunds", Refund, key=("transactionId",), order_key="orderId"),
    ),
    open=connect,
    records=records,
    secrets={
        "client_id": "the app's LWA client id",
        "client_secret": "the app's LWA client secret",
        "refresh_token": "the refresh token that the seller's authorisation gave",
        "seller_id": "the seller's id (merchant token)",
    },
    options=Options,
    publishes="total",
)
