"""Where a page ends: the position of its last order, opaque to the caller."""

import base64
import binascii
from datetime import datetime
from typing import Self

import msgspec


class CursorFault(ValueError):
    """A cursor that this service did not give."""


class Position(msgspec.Struct, frozen=True, array_like=True):
    """An order's place in the list, newest first; the key breaks ties, so that no two orders share a place."""

    ordered_at: datetime
    channel: str
    shop: str
    order_id: str

    def cursor(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Raises CursorFault."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            position = msgspec.json.decode(raw, type=cls)
        except (binascii.Error, ValueError, msgspec.DecodeError) as fault:
            raise CursorFault("cursor is not one that this service gave; begin again without it") from fault
        if position.ordered_at.tzinfo is None or "\0" in position.channel + position.shop + position.order_id:
            raise CursorFault("cursor is not one that this service gave; begin again without it")
        return position
