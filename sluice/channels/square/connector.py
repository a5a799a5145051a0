"""Square: orders, payments, refunds and customers by the time of their last change; the catalogue and locations as a whole.

Orders of a till that was offline come up to 72 hours late, stamped as created when they were rung up: only `updated_at`, which
Square sets itself, can be followed. The cursor holds how far each location has been read, so that one that is opened later is
read from its start. It is taken from Square's own stamps, never from our clock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Raw, Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.money import from_minor
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
    Stream,
)
from sluice.channels.square import contract
from sluice.channels.square.check import check
from sluice.channels.square.client import URL, Client, rfc3339
from sluice.channels.square.counts import counted, walk
from sluice.channels.square.shipping import ship
from sluice.channels.square.stock import publish
from sluice.channels.square.webhook import WEBHOOK
from sluice.channels.transport import Transport

LOCATIONS_A_SEARCH = 10
MONEY_PAGE, CUSTOMER_PAGE, CATALOG_PAGE = 100, 100, 1000
EVERYWHERE = "*"
"""In a cursor: all locations."""
WINDOW = timedelta(days=30)
"""Of customers, who can't be sorted by change: their cursor moves at the end of a window."""
REFUNDABLE = timedelta(days=366)
"""How long before `since` a payment may have been made whose refund is still told."""
PLACED = ["OPEN", "COMPLETED", "CANCELED"]
"""A draft is no order yet; when it is placed, its stamp moves."""
OBJECTS = {"items": "ITEM", "variations": "ITEM_VARIATION"}
"""Streams of the catalogue, and what Square calls their objects."""


class Options(BaseModel):
    """`locations` says which of Square's locations (its id) a facility is; without it, the one of its name.

    `version` is the Square-Version that is asked for. `overlap_minutes` is read again at every run. `stock` says what the tills'
    counts are: a number "beside" our quota, the "facility"'s stock itself (then no quotas are taken), or "unread".
    """

    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = "2026-09-16"
    page_size: Annotated[int, Field(ge=1, le=1000)] = 500
    overlap_minutes: Annotated[int, Field(ge=0, le=4320)] = 10
    locations: dict[str, str] = {}
    stock: Literal["beside", "facility", "unread"] = "beside"


class _Order(Struct):
    """An order's total, apart from the contract."""

    id: str
    created_at: datetime
    total_money: contract.Money | None = None
    line_items: list[Raw] = []
    returns: list[Raw] = []


class _Orders(Struct):
    orders: list[_Order] = []


class _Location(Struct):
    id: str


class _Locations(Struct):
    locations: list[_Location] = []


@dataclass(frozen=True)
class Square:
    """An open connection to one seller."""

    connection: Connection
    client: Client

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        known = {place: datetime.fromisoformat(moment) for place, moment in (cursor or {}).items()}
        if stream.name == "orders":
            return self._orders(stream, known)
        if stream.name == "payments":
            # Square lists payments of the main location only, unless another is named.
            return self._money(stream, known, [{"location_id": place} for place in self._locations()])
        if stream.name == "refunds":
            return self._money(stream, known, [{}])
        if stream.name == "customers":
            return self._customers(stream, known)
        if stream.name == "counts":
            return walk(self.client)
        return self._whole(stream)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until), with what was owed before anything was given back."""
        places = self._locations()
        for at in range(0, len(places), LOCATIONS_A_SEARCH):
            created = {"start_at": rfc3339(since), "end_at": rfc3339(until)}
            asked = self._search(places[at : at + LOCATIONS_A_SEARCH], "created_at", created)
            for body in self.client.search("/v2/orders/search", asked):
                for order in msgspec.json.decode(body, type=_Orders).orders:
                    is_return = order.returns and not order.line_items
                    if since <= order.created_at < until and not is_return:
                        owed = order.total_money or contract.Money(0, self.connection.currency)
                        yield OrderClaim(order.id, from_minor(owed.amount, owed.currency), owed.currency)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Count each variation anew at its facility's location, and read the count back. Raises Refused, ChannelError."""
        return publish(self.client, self.connection.options.locations, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Complete the shipments of orders, with their tracking numbers. Raises Refused, ChannelError."""
        return ship(self.client, dispatches)

    def check(self) -> Iterator[str]:
        """Rights that are missing, and locations in another currency. Raises ChannelError."""
        return check(self.client)

    def _orders(self, stream: Stream, known: dict[str, datetime]) -> Iterator[Page]:
        places = sorted(self._locations(), key=lambda place: (known.get(place, self.connection.since), place))
        for at in range(0, len(places), LOCATIONS_A_SEARCH):
            group = places[at : at + LOCATIONS_A_SEARCH]
            start = min(known.get(place, self.connection.since) for place in group)
            asked = self._search(group, "updated_at", {"start_at": rfc3339(start)})
            yield from self._followed(stream, self.client.search("/v2/orders/search", asked), known, group)

    def _money(self, stream: Stream, known: dict[str, datetime], wheres: Iterable[Mapping[str, str]]) -> Iterator[Page]:
        """Payments or refunds. Without `begin_time` Square would tell of those only that were made within a year."""
        for where in wheres:
            place = where.get("location_id", EVERYWHERE)
            asked = {
                **where,
                "begin_time": rfc3339(self.connection.since - REFUNDABLE),
                "updated_at_begin_time": rfc3339(known.get(place, self.connection.since)),
                "sort_field": "UPDATED_AT",
                "sort_order": "ASC",
                "limit": MONEY_PAGE,
            }
            yield from self._followed(stream, self.client.list(f"/v2/{stream.name}", asked), known, [place])

    def _followed(
        self, stream: Stream, bodies: Iterable[bytes], known: dict[str, datetime], places: Sequence[str]
    ) -> Iterator[Page]:
        """Pages sorted by change: the cursor follows the newest stamp, less the overlap."""
        overlap = timedelta(minutes=self.connection.options.overlap_minutes)
        for body in bodies:
            newest = _newest(stream, body)
            for place in places:
                before = known.get(place, self.connection.since)
                known[place] = max(before, newest - overlap) if newest else before
            yield Page(body, _cursor(known))

    def _customers(self, stream: Stream, known: dict[str, datetime]) -> Iterator[Page]:
        start, now = known.get(EVERYWHERE, self.connection.since), self.connection.now()
        overlap = timedelta(minutes=self.connection.options.overlap_minutes)
        while True:
            end = start + WINDOW
            is_last = end >= now
            changed = {"start_at": rfc3339(start)} if is_last else {"start_at": rfc3339(start), "end_at": rfc3339(end)}
            sort = {"field": "CREATED_AT", "order": "ASC"}
            asked = {"limit": CUSTOMER_PAGE, "query": {"filter": {"updated_at": changed}, "sort": sort}}
            newest: datetime | None = None
            held: bytes | None = None
            for body in self.client.search("/v2/customers/search", asked):
                if held is not None:
                    yield Page(held)
                held = body
                newest = max(filter(None, (newest, _newest(stream, body))), default=None)
            reached = (max(start, newest - overlap) if newest else start) if is_last else end
            if held is not None:
                yield Page(held, _cursor({EVERYWHERE: reached}))
            if is_last:
                return
            start = end

    def _whole(self, stream: Stream) -> Iterator[Page]:
        if stream.name == "locations":
            bodies: Iterator[bytes] = iter([self.client.ask("GET", "/v2/locations")])
        else:
            asked = {"object_types": [OBJECTS[stream.name]], "limit": CATALOG_PAGE}
            bodies = self.client.search("/v2/catalog/search", asked)
        held = next(bodies)
        for body in bodies:
            yield Page(held)
            held = body
        yield Page(held, complete=True)

    def _search(self, places: Sequence[str], by: str, span: Mapping[str, str]) -> dict[str, Any]:
        """Orders by one of their times, oldest first: Square wants the field that is sorted by to be the one that is filtered."""
        return {
            "location_ids": list(places),
            "limit": self.connection.options.page_size,
            "query": {
                "filter": {"date_time_filter": {by: dict(span)}, "state_filter": {"states": PLACED}},
                "sort": {"sort_field": by.upper(), "sort_order": "ASC"},
            },
        }

    def _locations(self) -> list[str]:
        """Of all states: a location that was closed still has its orders."""
        found = msgspec.json.decode(self.client.ask("GET", "/v2/locations"), type=_Locations).locations
        if not found:
            raise ChannelError("Square names no location: the token's seller has none, or the app may not see it")
        return [location.id for location in found]


def _cursor(known: Mapping[str, datetime]) -> dict[str, str]:
    return {place: moment.isoformat() for place, moment in known.items()}


def _newest(stream: Stream, body: bytes) -> datetime | None:
    """The last stamp in an answer. A record that has none is for landing to judge."""
    found = []
    for record in records(stream, body, {}):
        with suppress(ValueError, TypeError, KeyError):
            moment = datetime.fromisoformat(msgspec.json.decode(msgspec.json.decode(record, type=dict[str, Raw])["updated_at"]))
            found += [moment] if moment.tzinfo else []
    return max(found, default=None)


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records in an answer, each as it came; of a count besides whose stock it is."""
    if stream.name == "counts":
        return counted(body, context)
    found = msgspec.json.decode(body, type=dict[str, Raw]).get("objects" if stream.name in OBJECTS else stream.name)
    return [] if found is None else [bytes(record) for record in msgspec.json.decode(found, type=list[Raw])]


def connect(connection: Connection) -> Square:
    """Open a connection; nothing is asked yet."""
    headers = {"Square-Version": connection.options.version, "Accept": "application/json"}
    transport = Transport(connection.url.rstrip("/") or URL, headers=headers)
    return Square(connection, Client(connection, transport))


CONNECTOR = Connector(
    name="square",
    kind="store",
    # Payments last: a refund is known by the order that was paid, and that is told by the payment, which changes with it.
    streams=(
        Stream("locations", contract.Location, key=("id",), snapshot=True),
        Stream("items", contract.Item, key=("id",), snapshot=True),
        Stream("variations", contract.Variation, key=("id",), snapshot=True),
        Stream("counts", contract.Count, key=("catalog_object_id", "location_id"), snapshot=True),
        Stream("customers", contract.Customer, key=("id",), version="updated_at", made="created_at"),
        Stream("orders", contract.Order, key=("id",), version="updated_at", order_key="id", made="created_at"),
        Stream("refunds", contract.Refund, key=("id",), version="updated_at"),
        Stream("payments", contract.Payment, key=("id",), version="updated_at", order_key="order_id", made="created_at"),
    ),
    open=connect,
    records=records,
    secrets={"token": "an access token; with client_id, the refresh token that the seller granted the app"},
    options=Options,
    publishes="facility",
    counts=lambda options: options.stock == "facility",
    optional_secrets={
        "client_id": "the app's id, where tokens are renewed",
        "client_secret": "the app's secret, where it has one",
        "webhook_secret": "the signature key of the webhook subscription",
        "webhook_url": "the address of the webhook subscription, letter by letter",
    },
    webhook=WEBHOOK,
)
