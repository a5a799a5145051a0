"""eBay: orders and inventory in, quantities and parcels out, through the Sell APIs for fulfilment and inventory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.ebay import inventory, orders
from sluice.channels.ebay.contract import InventoryItem, Items, Order, Orders
from sluice.channels.ebay.gateway import ADVICE, SCOPES, Denied, Gateway
from sluice.channels.ebay.shipping import confirm
from sluice.channels.ebay.webhook import WEBHOOK
from sluice.channels.oauth import RefreshGrant
from sluice.channels.protocol import Answer, Connection, Connector, Cursor, Dispatch, OrderClaim, Page, Quota, Stream
from sluice.channels.transport import Transport

URL = "https://api.ebay.com"


class Options(BaseModel):
    """`page_size` is orders a call. `marketplace` is sent with calls for the inventory, where eBay asks which site is meant."""

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=200)] = 200
    marketplace: str = "EBAY_US"


@dataclass(frozen=True)
class Ebay:
    """An open connection to one seller's account."""

    connection: Connection
    gateway: Gateway

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        if stream.snapshot:
            return inventory.snapshot(self.gateway)
        now = self.connection.now()
        return orders.changes(self.gateway, cursor, self.connection.since, now, self.connection.options.page_size)

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now. Raises Refused, ChannelError."""
        return orders.again(self.gateway, ids)

    def told_since(self) -> datetime:
        """The earliest creation that claims cover. A day short of what eBay tells, so that it holds while we ask."""
        return self.connection.now() - orders.HISTORY + timedelta(days=1)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until), two years back at most, with what they came to before refunds."""
        return orders.claims(self.gateway, since, until, self.connection.now(), self.connection.options.page_size)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each SKU's quantity, absolute, and read it back. Raises Refused, ChannelError."""
        return inventory.publish(self.gateway, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Confirm parcels. Raises Refused, ChannelError."""
        for dispatch in dispatches:
            yield confirm(self.gateway, dispatch)

    def check(self) -> Iterator[str]:
        """What is missing. Raises Refused, ChannelError."""
        for what, path in (("fulfillment", orders.PATH), ("inventory", inventory.PATH)):
            try:
                self.gateway.call("GET", path, limit=1)
            except Denied:
                yield f"The seller has not consented to {SCOPES[what]}: consent again with it, and store the new refresh_token."


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The orders or inventory items in an answer, each as it came."""
    if stream.snapshot:
        return map(bytes, msgspec.json.decode(body, type=Items).inventoryItems)
    return map(bytes, msgspec.json.decode(body, type=Orders).orders)


def connect(connection: Connection) -> Ebay:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    url = connection.url.rstrip("/") or URL
    headers = {"Accept": "application/json", "X-EBAY-C-MARKETPLACE-ID": connection.options.marketplace}
    headers |= {"Accept-Language": "en-US", "Content-Language": "en-US"}
    grant = RefreshGrant(
        login=Transport(url),
        path="/identity/v1/oauth2/token",
        form={"refresh_token": secrets["refresh_token"], "scope": " ".join(SCOPES.values())},
        advice=ADVICE,
        tokens=connection.tokens,
        now=connection.now,
        basic=(secrets["client_id"], secrets["client_secret"]),
    )
    return Ebay(connection, Gateway(Transport(url, headers=headers), grant))


CONNECTOR = Connector(
    name="ebay",
    kind="marketplace",
    has_one_buyer_id=True,
    streams=(
        Stream(
            "orders",
            Order,
            key=("orderId",),
            version="lastModifiedDate",
            order_key="orderId",
            made="creationDate",
            unstamped=("refunds and cancellations, of which eBay does not say that they count as modifications",),
        ),
        Stream("inventory_items", InventoryItem, key=("sku",), snapshot=True),
    ),
    open=connect,
    records=records,
    secrets={
        "client_id": "the app's client id (App ID)",
        "client_secret": "the app's client secret (Cert ID)",
        "refresh_token": "the refresh token that the seller's consent gave",
    },
    options=Options,
    publishes="total",
    optional_secrets={
        "verification_token": "the token of 32 to 80 characters that eBay was given with the address for notifications",
        "notification_address": "that address, to the letter: https://.../webhooks/ebay/SHOP",
        "notification_key": "eBay's public key that notifications are signed with",
        "notification_key_before": "the key before eBay changed it",
    },
    webhook=WEBHOOK,
)
