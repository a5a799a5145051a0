"""Where a page ends: the place of its last row, opaque to the caller."""

import base64
import binascii
from datetime import datetime
from typing import Self

import msgspec


class CursorFault(ValueError):
    """A cursor that this service did not give."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a row stands in its list: its columns are times and texts."""

    def cursor(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Raises CursorFault."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            place = msgspec.json.decode(raw, type=cls)
        except (binascii.Error, ValueError, msgspec.DecodeError) as fault:
            raise CursorFault("cursor is not one that this service gave; begin again without it") from fault
        values = msgspec.structs.astuple(place)
        if any(value.tzinfo is None if isinstance(value, datetime) else "\0" in value for value in values):
            raise CursorFault("cursor is not one that this service gave; begin again without it")
        return place


class Position(Place, frozen=True, array_like=True):
    """An order's place in the list, newest first; the key breaks ties, so that no two orders share a place."""

    ordered_at: datetime
    channel: str
    shop: str
    order_id: str


class EventPosition(Place, frozen=True, array_like=True):
    """The same of an event of a person's journey."""

    occurred_at: datetime
    channel: str
    shop: str
    order_id: str
    event: str
    record_id: str
