"""What a channel is to the rest of the house: streams of typed records, read page by page, and a place to publish quotas."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import Annotated, Any, Protocol, runtime_checkable

from msgspec import Meta, Struct
from pydantic import BaseModel, ConfigDict

Id = Annotated[int, Meta(extra={"pg": "text"})]
"""A numeric id that a platform sends as a number, often past 2**53. It is text everywhere in the warehouse."""

Cursor = Mapping[str, Any]
"""Where to go on reading: JSON that only its channel understands."""


class ChannelError(Exception):
    """A channel could not be read or written. The message says what a shop owner can do about it."""


class Refused(ChannelError):
    """The channel refused the credentials or the right. Trying again will not help."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that a channel delivers.

    `key` and `version` name fields of the record as the contract has them; of two records with one key the larger version is
    the newer. `order_key` names the field that holds the order's id, where the record belongs to an order. A `snapshot`
    stream delivers its whole set at every read, so that what is missing from it has been deleted.

    `unstamped` names what changes on the platform without moving the stamp that the stream is read by, in words for a shop owner.
    Where it names anything, the channel is `Rereading`: orders that are not final are read again at every landing, the others
    once a day for `unstamped_days` after they were placed.

    `made` names the field that tells when the order was placed or the customer first known, `made_in` the zone of one that is
    written without (None: the shop's own).
    """

    name: str
    record: type[Struct]
    key: tuple[str, ...]
    version: str | None = None
    order_key: str | None = None
    snapshot: bool = False
    unstamped: tuple[str, ...] = ()
    unstamped_days: int = 60
    made: str | None = None
    made_in: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the channel, as it came.

    `cursor` is where to go on once this page and all before it are landed; None leaves the cursor where it is (a walk that is
    only complete at its end). `complete` closes a full walk of a snapshot stream. `context` is what is needed besides the body
    to find the records in it (a file's name); it is kept with the body.
    """

    body: bytes
    cursor: Cursor | None = None
    complete: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def gone(self) -> list[tuple[str, ...]]:
        """Keys of records that are no longer there."""
        return [tuple(key) for key in self.context.get("gone", ())]


@dataclass(frozen=True, slots=True)
class OrderClaim:
    """An order as the channel itself counts it, read apart from landing: what reconciliation holds the warehouse against."""

    order_id: str
    total: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Quota:
    """A number to publish: `quantity` pieces of `sku`. `facility_id` is None for a channel that keeps one number a listing."""

    decision_id: str
    sku: str
    product_id: str
    listing_id: str
    stock_ref: str | None
    facility_id: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the channel said to one quota; `read_back` is the quantity it then shows (pieces), None where it does not tell."""

    decision_id: str
    accepted: bool
    message: str
    read_back: int | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A parcel to tell the channel of: that these pieces of an order left, with whom and under which number.

    `lines` is pieces by the channel's id of the order line; empty means all that is still to be sent. `dispatch_id` is the same
    when it is told again.
    """

    dispatch_id: str
    order_id: str
    carrier: str
    tracking_number: str
    shipped_at: datetime
    lines: Mapping[str, int] = field(default_factory=dict)
    tracking_url: str | None = None


Token = Mapping[str, Any]
"""What a platform gave for its own time: access token, refresh token, when they end. JSON that only its channel understands."""


class Tokens(Protocol):
    """Where a shop's short-lived tokens are kept, so that one that may be used once is not lost with the process."""

    def fresh(self, is_fresh: Callable[[Token], bool], renew: Callable[[Token | None], Token]) -> Token:
        """The kept token if it `is_fresh`; else what `renew` makes of it (None: none is kept), kept before it is given out.

        One at a time, whoever asks: a refresh token that two use at once is lost with many platforms.
        """
        ...


@dataclass(slots=True)
class Remembered:
    """Tokens kept for as long as this process lives."""

    token: Token | None = None
    lock: Lock = field(default_factory=Lock)

    def fresh(self, is_fresh: Callable[[Token], bool], renew: Callable[[Token | None], Token]) -> Token:
        """As `Tokens` says."""
        with self.lock:
            if self.token is None or not is_fresh(self.token):
                self.token = renew(self.token)
            return self.token


@dataclass(frozen=True, slots=True)
class Connection:
    """One shop on one channel, ready to be opened: where it is, with which secrets, in which currency and zone."""

    shop: str
    url: str
    secrets: Mapping[str, str] = field(repr=False)
    currency: str
    timezone: str
    since: datetime
    options: Any
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tokens: Tokens = field(default_factory=Remembered)


class Channel(Protocol):
    """An open connection to one shop."""

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` (None: from the start) to now. Raises Refused or ChannelError."""
        ...

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders created in [since, until) with the total the channel states, read without the contract."""
        ...

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set each listing's quantity, absolute, and read it back. One answer a quota, in any order."""
        ...


@runtime_checkable
class Forgetful(Protocol):
    """A channel that tells only of the recent past. What is older stays in the warehouse, and can't be held against it."""

    def told_since(self) -> datetime:
        """The earliest creation that `claims` covers, by the platform's own clock. Raises Refused or ChannelError."""
        ...


@runtime_checkable
class Rereading(Protocol):
    """A channel that can read chosen records again, for what its stamp does not tell."""

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now; an id that the channel no longer has is `gone` in a page. Pages bear no cursor.

        Raises Refused or ChannelError.
        """
        ...


@runtime_checkable
class Shipping(Protocol):
    """A channel that can be told of parcels."""

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Mark pieces as shipped, with their tracking number. One answer a dispatch, in any order; telling again changes nothing.

        The answer's `decision_id` is the `dispatch_id`. Raises Refused or ChannelError.
        """
        ...


@runtime_checkable
class Checking(Protocol):
    """A channel that can say what is missing before anything is read."""

    def check(self) -> Iterator[str]:
        """What keeps this connection from working in full: sentences that say what to do. Raises Refused, ChannelError."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """What one notification says it is. `stream` is None for one that is only kept; `key` None where it can't be read.

    `event_id` is the same each time the platform sends the event again. `occurred_at` is the platform's own time of it.
    `changed` is the id of an order that changed, where the notification does not tell how: a `Rereading` channel is asked for it.
    """

    event_id: str
    topic: str
    stream: str | None = None
    key: tuple[str, ...] | None = None
    occurred_at: datetime | None = None
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """How a platform tells of a change at once. All functions are pure; header names are in lower case.

    `secret` names the secret whose presence switches it on, `also` others that judging needs. `bodies` says, by stream, in what
    form a body tells of a record: its personal fields are marked, and what it does not name can be taken out.
    `verify(secrets, headers, body)` judges the raw bytes, in constant time. `event(headers, body)` never raises.
    `record(stream, body, whole)` is the contract's record that the body tells of; what a notification does not carry is taken
    from `whole`, the newest record read of the same key (None: none). It raises ValueError or msgspec's errors where the body
    breaks its contract. `challenge(secrets, query)` is the JSON that a platform wants to hear before it sends any (None: it
    asked nothing), `taken` what it wants to hear of each.
    """

    secret: str
    verify: Callable[[Mapping[str, str], Mapping[str, str], bytes], bool]
    event: Callable[[Mapping[str, str], bytes], Event]
    record: Callable[["Stream", bytes, Any], Struct]
    also: tuple[str, ...] = ()
    bodies: Mapping[str, type[Struct]] = field(default_factory=dict)
    challenge: Callable[[Mapping[str, str], Mapping[str, str]], bytes | None] | None = None
    taken: bytes = b'{"status":"taken"}'


class NoOptions(BaseModel):
    """For a channel that needs nothing but its address and secrets."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Connector:
    """A kind of channel. Each file or folder in this one that defines `CONNECTOR` is one.

    `records` finds the records in a page: pure, so that a page can be read again from the lake without the channel.
    `secrets` names what the connector needs and says in a few words what it is, `optional_secrets` what more it can use.
    `publishes` is "facility" (a number a facility), "total" (one number a listing) or None. Where a shop's options say that it
    `counts` the stock itself, it is told none: each would come back as a count. `has_one_buyer_id`: one for all shops there.
    """

    name: str
    kind: str
    streams: tuple[Stream, ...]
    open: Callable[[Connection], Channel]
    records: Callable[[Stream, bytes, Mapping[str, Any]], Iterable[bytes]]
    secrets: Mapping[str, str] = field(default_factory=dict)
    options: type[BaseModel] = NoOptions
    publishes: str | None = None
    counts: Callable[[Any], bool] = lambda options: False
    optional_secrets: Mapping[str, str] = field(default_factory=dict)
    webhook: Webhook | None = None
    has_one_buyer_id: bool = False

    def stream(self, name: str) -> Stream:
        """The stream called `name`; KeyError if there is none."""
        return {stream.name: stream for stream in self.streams}[name]
