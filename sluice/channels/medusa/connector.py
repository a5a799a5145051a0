"""Medusa v2: orders and customers by the time of their last change, variants whole, through the Admin API."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.medusa import shipping, stock
from sluice.channels.medusa.client import Client, Missing
from sluice.channels.medusa.contract import Customer, Location, Order, Summary, Variant
from sluice.channels.medusa.walk import INSTANT, by_time, from_the_end, listed
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

ORDER_FIELDS = ",".join(
    [
        "*customer",
        "*items",
        "*items.detail",
        "*items.adjustments",
        "*items.tax_lines",
        "*shipping_methods",
        "*shipping_address",
        "*billing_address",
        "*payment_collections",
        "*payment_collections.payments",
        "*payment_collections.payments.captures",
        "*payment_collections.payments.refunds",
        "*fulfillments",
        "*fulfillments.items",
        "*fulfillments.labels",
        "+summary",
        "+payment_status",
        "+fulfillment_status",
        "+canceled_at",
        "+currency_code",
        "+email",
    ]
)
"""Every name has a sign: one without would drop all fields that come by themselves."""
PATHS = {"orders": "orders", "customers": "customers", "variants": "product-variants", "locations": "stock-locations"}
FIELDS = {
    "orders": ORDER_FIELDS,
    "customers": "*addresses",
    "variants": "*prices,*inventory_items,*product",
    "locations": "+name",
}
AGAIN_AT_ONCE = 20
"""Ids a request: more of them some versions read as a map instead of a list, and pass over."""


class Options(BaseModel):
    """`locations` says which stock location (sloc_...) a facility is; without it, the one of its name.

    `overlap_minutes` is read again at every run, for what was stamped before it was committed.
    """

    model_config = ConfigDict(extra="forbid")
    page_size: Annotated[int, Field(ge=1, le=500)] = 50
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    locations: dict[str, Annotated[str, Field(pattern=r"^sloc_\w+$")]] = {}


class Claim(msgspec.Struct):
    id: str
    currency_code: str
    created_at: datetime
    summary: Summary


class Named(msgspec.Struct):
    id: str


@dataclass(frozen=True)
class Medusa:
    """An open connection to one server."""

    connection: Connection
    client: Client

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now, or the whole of the variants. Raises Refused, ChannelError."""
        asked = [("fields", FIELDS[stream.name])]
        if stream.snapshot:
            for body, ends in from_the_end(self.client, PATHS[stream.name], self._options.page_size, [*asked, ("order", "id")]):
                yield Page(body, complete=ends, received_at=self._now)
            return
        seen = datetime.fromisoformat(cursor["updated_at"]) if cursor else self.connection.since
        since = seen - timedelta(minutes=self._options.overlap_minutes) if cursor else seen
        path, size = PATHS[stream.name], self._options.page_size
        for body, last in by_time(self.client, path, "updated_at", since, self._now + INSTANT, size, asked):
            seen = max(seen, last)
            yield Page(body, {"updated_at": seen.isoformat()}, received_at=self._now)

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now; one that is not there any more is gone. Raises Refused, ChannelError."""
        for start in range(0, len(ids), AGAIN_AT_ONCE):
            asked = ids[start : start + AGAIN_AT_ONCE]
            wanted = [("fields", ORDER_FIELDS), ("limit", str(AGAIN_AT_ONCE)), *(("id[]", one) for one in asked)]
            body = self.client.get("orders", wanted)
            found = {msgspec.json.decode(record, type=Named).id for record in listed(body, "orders")}
            if found - set(asked):
                raise ChannelError("Medusa passed over which orders were asked for: is this version 2 of Medusa?")
            yield Page(body, received_at=self._now)
            for one in asked:
                if one not in found:
                    yield self._alone(one)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until) with their first total, which neither refund nor return lowers."""
        asked = [("fields", "+currency_code,+summary")]
        for body, _ in by_time(self.client, "orders", "created_at", since, until + INSTANT, self._options.page_size, asked):
            for record in listed(body, "orders"):
                claim = msgspec.json.decode(record, type=Claim, strict=False)
                if since <= claim.created_at < until:
                    total = claim.summary.raw_original_order_total.value
                    yield OrderClaim(claim.id, total, claim.currency_code.upper())

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set what each facility's location has to sell, and read it back. Raises Refused, ChannelError."""
        return stock.publish(self.client, self._options.locations, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Make a fulfilment of the pieces and mark it as shipped. Raises Refused."""
        return shipping.ship(self.client, ORDER_FIELDS, dispatches)

    def check(self) -> Iterator[str]:
        """Each list is looked at; a location that is mapped but not there is named."""
        places: set[str] = set()
        for path in (*PATHS.values(), "inventory-items"):
            try:
                self.client.get(path, [("limit", "1")])
            except Refused as refusal:
                yield f"{path}: {refusal}"
            else:
                places |= set(stock.named_locations(self.client).values()) if path == "stock-locations" else set()
        for facility, place in self._options.locations.items():
            if places and place not in places:
                yield f"options.locations: Medusa has no stock location {place}, which {facility} is mapped to."

    @property
    def _options(self) -> Options:
        options: Options = self.connection.options
        return options

    @property
    def _now(self) -> datetime:
        return self.connection.now()

    def _alone(self, number: str) -> Page:
        try:
            body = self.client.get(f"orders/{number}", [("fields", ORDER_FIELDS)])
        except Missing:
            return Page(b'{"orders":[]}', context={"gone": [[number]]}, received_at=self._now)
        order = msgspec.json.decode(body, type=dict[str, msgspec.Raw])["order"]
        return Page(b'{"orders":[' + bytes(order) + b"]}", received_at=self._now)


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of a page, each exactly the bytes that came."""
    return [bytes(record) for record in listed(body, PATHS[stream.name])]


def connect(connection: Connection) -> Medusa:
    """Open a connection; nothing is asked yet."""
    return Medusa(connection, Client(connection))


CONNECTOR = Connector(
    name="medusa",
    kind="own_shop",
    streams=(
        Stream(
            "orders",
            Order,
            key=("id",),
            version="updated_at",
            order_key="id",
            made="created_at",
            unstamped=("payments that are captured", "pieces that are put on a return or received by one"),
        ),
        Stream("customers", Customer, key=("id",), version="updated_at", made="created_at"),
        Stream("variants", Variant, key=("id",), snapshot=True),
        Stream("locations", Location, key=("id",), snapshot=True),
    ),
    open=connect,
    records=records,
    secrets={"api_key": "a secret API key of the admin (sk_...)"},
    options=Options,
    publishes="facility",
)
