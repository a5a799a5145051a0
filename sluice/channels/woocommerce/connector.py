"""WooCommerce: orders, customers and products over the REST API v3, orders and products by the time of their last change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Literal

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
from sluice.channels.woocommerce import shipping, stock, whole
from sluice.channels.woocommerce.client import KEYS, READ_ONLY, Client, Missing
from sluice.channels.woocommerce.contract import Customer, Order, Product
from sluice.channels.woocommerce.walk import CREATED, MODIFIED, SECOND, by_time, utc
from sluice.channels.woocommerce.walk import whole as every
from sluice.channels.woocommerce.webhook import WEBHOOK

MOST = 100
"""Records that WooCommerce gives at most a page."""
DRAFTS = ("checkout-draft", "auto-draft")
"""Baskets that somebody took to the checkout and no order came of yet."""
SKEW = timedelta(minutes=5)


class Options(BaseModel):
    """`auth` is how requests prove who sends them; auto is Basic over https and signed (OAuth 1.0a) over http.

    `overlap_minutes` is read again at every run, for what was stamped but not yet shown. `whole_hours` is how often customers and
    products are read whole: WooCommerce tells neither what changed of customers nor what was deleted.
    """

    model_config = ConfigDict(extra="forbid")
    auth: Literal["auto", "basic", "query", "oauth1"] = "auto"
    page_size: Annotated[int, Field(ge=1, le=MOST)] = MOST
    overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    whole_hours: Annotated[int, Field(ge=0, le=744)] = 24


class Claim(msgspec.Struct):
    id: int
    total: Decimal
    currency: str
    status: str
    date_created_gmt: str | None = None


class Named(msgspec.Struct):
    id: int


class Registered(msgspec.Struct):
    date_created_gmt: str | None = None


class Setting(msgspec.Struct):
    value: str


@dataclass(frozen=True)
class Woo:
    """An open connection to one shop."""

    connection: Connection
    client: Client

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now. Raises Refused, ChannelError."""
        if stream.name == "orders":
            return self._orders(cursor)
        if cursor is None or self._now - _at(cursor, "whole") >= timedelta(hours=self._options.whole_hours):
            return self._whole(stream)
        return self._changed_products(cursor) if stream.name == "products" else self._new_customers(cursor)

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now, in the bin or not; what is in neither place is gone. Raises Refused, ChannelError."""
        for start in range(0, len(ids), MOST):
            asked = ids[start : start + MOST]
            body = self.client.get("orders", include=",".join(asked), status="any", per_page=MOST).content
            listed = {str(one.id) for one in msgspec.json.decode(body, type=list[Named])}
            yield Page(whole.page(self.client, body, whole.order), received_at=self._now)
            for number in asked:
                if number not in listed:
                    yield self._alone(number)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until), those in the bin among them. Refunds do not lower their total."""
        end = until if until.microsecond == 0 else until.replace(microsecond=0) + SECOND
        fields = "id,total,currency,status,date_created_gmt"
        for status in ("any", "trash"):
            for body, _ in by_time(self.client, "orders", CREATED, since, end, MOST, status=status, _fields=fields):
                for claim in msgspec.json.decode(body, type=list[Claim], strict=False):
                    created = utc(claim.date_created_gmt) if claim.date_created_gmt else None
                    if claim.status not in DRAFTS and created and since <= created < until:
                        yield OrderClaim(str(claim.id), claim.total, claim.currency)

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each listing's quantity, absolute, and read it back. Raises Refused, ChannelError."""
        return stock.publish(self.client, quotas)

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Note each parcel at its order, and complete the order once all of it has left. Raises Refused."""
        return shipping.ship(self.client, dispatches)

    def check(self) -> Iterator[str]:
        """Orders, customers and products are looked at, and an empty batch tells whether the key may write."""
        for path in ("orders", "customers", "products"):
            try:
                answer = self.client.get(path, per_page=1, _fields="id")
            except Refused as refusal:
                yield f"{path}: {refusal}"
                continue
            if path == "orders":
                yield from _skew(answer.headers.get("Date"))
        try:
            self.client.write("POST", "products/batch", {"update": []})
        except Refused:
            yield f"{READ_ONLY} Until then nothing is published to the shop."
        if self._weight_unit() is None:
            yield f"The unit of weights can't be read, so products have none: the key's user must be a shop manager ({KEYS})."

    @property
    def _options(self) -> Options:
        options: Options = self.connection.options
        return options

    @property
    def _now(self) -> datetime:
        return self.connection.now()

    def _until(self) -> datetime:
        """The end of this read, fixed: the second that is running among it."""
        return self._now.replace(microsecond=0) + SECOND

    def _orders(self, cursor: Cursor | None) -> Iterator[Page]:
        """What went into the bin first, which the list of all leaves out; it moves no cursor, so none of it is missed."""
        seen = _at(cursor, "modified") if cursor else self.connection.since
        since = self._back(seen) if cursor else seen
        until = self._until()
        for body, _ in self._changes("orders", since, until, status="trash"):
            yield Page(whole.page(self.client, body, whole.order), received_at=self._now)
        for body, last in self._changes("orders", since, until, status="any"):
            seen = max(seen, last)
            yield Page(whole.page(self.client, body, whole.order), {"modified": seen.isoformat()}, received_at=self._now)

    def _changes(self, path: str, since: datetime, until: datetime, **filters: Any) -> Iterator[tuple[bytes, datetime]]:
        return by_time(self.client, path, MODIFIED, since, until, self._options.page_size, **filters)

    def _back(self, seen: datetime) -> datetime:
        return seen - timedelta(minutes=self._options.overlap_minutes)

    def _alone(self, number: str) -> Page:
        try:
            body = b"[" + self.client.get(f"orders/{number}").content + b"]"
        except Missing:
            return Page(b"[]", context={"gone": [[number]]}, received_at=self._now)
        return Page(whole.page(self.client, body, whole.order), received_at=self._now)

    def _whole(self, stream: Stream) -> Iterator[Page]:
        started = self._now.isoformat()
        filters = {"role": "all"} if stream.name == "customers" else {}
        complete = self._product_pages if stream.name == "products" else None
        unit = self._weight_unit() if complete else None
        for body, last in every(self.client, stream.name, self._options.page_size, **filters):
            body = complete(body, unit) if complete else body
            yield Page(body, {"whole": started, "seen": started} if last else None, complete=last, received_at=self._now)

    def _changed_products(self, cursor: Cursor) -> Iterator[Page]:
        seen, unit = _at(cursor, "seen"), self._weight_unit()
        for body, last in self._changes("products", self._back(seen), self._until()):
            seen = max(seen, last)
            yield Page(self._product_pages(body, unit), {**cursor, "seen": seen.isoformat()}, received_at=self._now)

    def _new_customers(self, cursor: Cursor) -> Iterator[Page]:
        """Newest first, until those that are known."""
        known, started = self._back(_at(cursor, "seen")), self._now.isoformat()
        size = self._options.page_size
        asked = {"role": "all", "orderby": "registered_date", "order": "desc", "per_page": size}
        number, going = 1, True
        while going:
            body = self.client.get("customers", **asked, page=number).content
            found = msgspec.json.decode(body, type=list[Registered])
            told = [utc(one.date_created_gmt) for one in found if one.date_created_gmt]
            going = len(found) == size and (not told or min(told) >= known)
            yield Page(body, None if going else {**cursor, "seen": started}, received_at=self._now)
            number += 1

    def _product_pages(self, body: bytes, unit: str | None) -> bytes:
        """With variations, and the shop's unit of weight in each record: it would mean nothing without."""
        told = msgspec.Raw(msgspec.json.encode(unit))
        return whole.page(self.client, body, lambda client, record: whole.product(client, record) | {"weight_unit": told})

    def _weight_unit(self) -> str | None:
        """kg, g, lbs or oz; None where the key's user may not see settings."""
        try:
            body = self.client.get("settings/products/woocommerce_weight_unit").content
            return msgspec.json.decode(body, type=Setting).value
        except (ChannelError, msgspec.ValidationError):
            return None


def _skew(date: str | None) -> Iterator[str]:
    """By the clock that signatures are dated by, which is this machine's."""
    now = datetime.now(UTC)
    try:
        told = parsedate_to_datetime(date) if date else now
    except ValueError:
        return
    if abs(told - now) > SKEW:
        minutes = round((told - now).total_seconds() / 60)
        yield f"The shop's clock and ours are {minutes} minutes apart: set both by a time server, or changes come late."


def _at(cursor: Cursor, name: str) -> datetime:
    return datetime.fromisoformat(cursor[name])


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of a page, each exactly the bytes that came."""
    return [bytes(record) for record in msgspec.json.decode(body, type=list[msgspec.Raw])]


def connect(connection: Connection) -> Woo:
    """Open a connection; nothing is asked yet."""
    return Woo(connection, Client(connection))


CONNECTOR = Connector(
    name="woocommerce",
    kind="own_shop",
    streams=(
        Stream(
            "orders",
            Order,
            key=("id",),
            version="date_modified_gmt",
            order_key="id",
            made="date_created_gmt",
            made_in="UTC",
            unstamped=(
                "a refund that is deleted",
                "lines and metadata that are edited, where orders are kept as posts",
                "an order that is deleted for good",
            ),
        ),
        Stream("customers", Customer, key=("id",), snapshot=True, made="date_created_gmt", made_in="UTC"),
        Stream("products", Product, key=("id",), snapshot=True),
    ),
    open=connect,
    records=records,
    secrets={
        "consumer_key": "a REST API key of a shop manager (ck_...)",
        "consumer_secret": "its secret (cs_...)",
    },
    options=Options,
    publishes="total",
    optional_secrets={"webhook_secret": "the secret that the webhooks were made with"},
    webhook=WEBHOOK,
)
