"""What a channel told, as it came, and the rows that its body makes, as far as it tells them: made before its turn comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sluice.channels.protocol import Connector
from sluice.landing.decide import Row
from sluice.landing.delivery import READING_FAULTS, Delivered, Key, digest
from sluice.landing.flatten import Unfit, flattener
from sluice.landing.overlay import NO_FILE


@dataclass(frozen=True, slots=True)
class Made:
    """A body's digest, and the row that it makes where no whole record of its key is known."""

    digest: str
    row: Row


@dataclass(frozen=True, slots=True)
class Received:
    """One event as it came. `stream` is None for one that is only kept; `occurred_at` is not later than `received_at`.

    `changed` is the id of an order that the channel is to be asked for.
    """

    event_id: str
    topic: str
    stream: str | None
    key: Key | None
    occurred_at: datetime
    received_at: datetime
    body: bytes
    made: Made | None = field(default=None, compare=False, repr=False)
    changed: str | None = None

    def delivered(self, position: int = 0) -> Delivered:
        """The event as a record that a channel delivered at the platform's time of it."""
        name = self.made.digest if self.made else digest(self.body)
        return Delivered(self.body, self.key, name, self.occurred_at, 0, position)


def received(connector: Connector, headers: Mapping[str, str], body: bytes, at: datetime) -> Received:
    """What came, named by the connector. The platform's clock may not put an event before those that will come later."""
    assert connector.webhook is not None
    event = connector.webhook.event(headers, body)
    occurred = min(event.occurred_at or at, at)
    named = (_storable(event.event_id), _storable(event.topic), event.stream, event.key)
    return Received(*named, occurred, at, body, changed=event.changed)


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode(errors="replace").decode()


Make = Callable[[Delivered, Any], Row]
"""(delivered, the newest whole record of its key or None) -> its row. Raises READING_FAULTS where it breaks its contract."""


def maker(connector: Connector, shop: str, stream_name: str) -> Make:
    """Makes rows of what events of a stream tell."""
    assert connector.webhook is not None
    read, stream = connector.webhook.record, connector.stream(stream_name)
    flatten = flattener(connector.name, stream)

    def make(delivered: Delivered, whole: Any) -> Row:
        record = read(stream, delivered.raw, whole)
        if delivered.key is not None and delivered.key != tuple(str(getattr(record, name)) for name in stream.key):
            raise ValueError("its key is not that of its record")
        flat = flatten(record, shop, (delivered.received_at, NO_FILE, delivered.digest))
        if b"\\" in delivered.raw and any(b"\\u0000" in rows for rows in flat):
            raise Unfit("a text holds U+0000 or half a surrogate pair, which PostgreSQL cannot store")
        order = getattr(record, stream.order_key) if stream.order_key else None
        return (getattr(record, stream.version) if stream.version else None, flat, None if order is None else str(order))

    return make


class Maker:
    """Makes a shop's events ready while the one who lands them is busy with those before."""

    def __init__(self, connector: Connector, shop: str) -> None:
        self._of = cache(lambda stream: maker(connector, shop, stream))

    def ready(self, event: Received) -> Received:
        """With its row. One that breaks its contract stays as it is."""
        if event.stream is None or event.key is None:
            return event
        delivered = event.delivered()
        try:
            return replace(event, made=Made(delivered.digest, self._of(event.stream)(delivered, None)))
        except READING_FAULTS:
            return event
