"""Those who asked to be forgotten, known by keyed hashes alone: what a channel tells of them again is landed without them.

The rule: what was made before the erasure stays anonymous, whatever the channel says. What the person does after it (an order, a
new account) lands whole, and ends the rule for their accounts; the orders of before stay anonymous for good.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from psycopg import Connection

from sluice.channels.protocol import Stream
from sluice.landing import personal, values
from sluice.landing.delivery import READING_FAULTS

Kind = Literal["customer", "email", "phone", "order"]
READ: Mapping[str, Callable[[str], str | None]] = {
    "customer": values.customer,
    "email": values.email,
    "phone": values.phone,
    "order": str,
}
NOTHING = b"{}"


@dataclass(frozen=True, slots=True)
class Stone:
    """When who is meant was erased (None: an order, which stays anonymous), and when they came back."""

    erased_at: datetime | None
    returned_at: datetime | None


@dataclass(slots=True)
class Forgotten:
    """What one shop's landing knows of them. False where there is nobody. `returned` gathers who came back meanwhile."""

    key: bytes
    stones: Mapping[bytes, Stone]
    channel: str
    shop: str
    zone: ZoneInfo
    generation: int = 0
    returned: set[bytes] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.stones)

    def digest(self, kind: Kind, value: str) -> bytes:
        """The hash by which a value is known. Accounts and orders are a shop's, addresses and numbers everyone's."""
        return digest(self.key, kind, value, self.channel, self.shop)

    def judge(self, stream: Stream, raw: bytes) -> bytes | None:
        """The record as it may be landed: as it is, without what is personal, or None where nothing of it may."""
        try:
            record = personal.parsed(raw)
        except READING_FAULTS:
            return NOTHING if self.names(raw.decode(errors="replace")) else raw
        found = self.met(stream, record)
        if not found:
            return raw
        if any(self.stones[one].erased_at is None for one in found):
            return self.without(stream.record, record)
        last = max(stone.erased_at for one in found if (stone := self.stones[one]).erased_at)
        made = moment(personal.field(stream, record, stream.made), ZoneInfo(stream.made_in) if stream.made_in else self.zone)
        if made and made > last:
            self.returned |= {one for one in found if self.stones[one].returned_at is None}
            return raw
        if not personal.key_is_personal(stream):
            return self.without(stream.record, record)
        return raw if any(self.stones[one].returned_at for one in found) or found & self.returned else None

    def met(self, stream: Stream, record: Any) -> set[bytes]:
        """Which of the hashes a record bears."""
        named = [(kind, value) for kind, value in personal.marks(stream.record, record) if kind in READ]
        if order := personal.field(stream, record, stream.order_key):
            named.append(("order", str(order)))
        return {known for kind, value in named if (known := self.known(kind, value))}

    def known(self, kind: Any, value: str) -> bytes | None:
        """The hash of a value, where it is one of theirs."""
        read = READ[kind](value)
        made = self.digest(kind, read) if read else None
        return made if made in self.stones else None

    def without(self, contract: type[msgspec.Struct], record: Any) -> bytes:
        return personal.written(personal.without(contract, record, self.scrub))

    def scrub(self, text: str) -> str:
        """A text without the addresses and numbers of theirs that stand in it."""
        for kind, form in (("email", values.EMAIL), ("phone", values.PHONE)):
            text = form.sub(lambda found, kind=kind: "" if self.known(kind, found[0]) else found[0], text)  # type: ignore[misc]
        return text

    def names(self, text: str) -> bool:
        """Whether an address or number of theirs stands in a text."""
        return self.scrub(text) != text

    def tells_of(self, body: bytes) -> bool:
        """Whether a text of any form names one of them: by an account's id, an address or a number."""
        try:
            found = personal.texts(personal.parsed(body))
        except READING_FAULTS:
            return self.names(body.decode(errors="replace"))
        return any(self.known("customer", one) or self.names(one) for one in found)


def digest(key: bytes, kind: str, value: str, channel: str = "", shop: str = "") -> bytes:
    """HMAC-SHA256: without the key, nobody can try all phone numbers."""
    owner = (channel, shop) if kind in ("customer", "order") else ()
    return hmac.digest(key, "\x1f".join((kind, *owner, value)).encode(errors="replace"), sha256)


def read(db: Connection, channel: str, shop: str) -> Forgotten:
    """As the database has it now."""
    row = db.execute(
        "select k.secret_key, coalesce(s.timezone, 'UTC'), g.generation"
        " from secrets.erasure_key as k cross join customers.tombstones_changed as g"
        " left join raw.shops as s on s.channel = %s and s.shop = %s",
        (channel, shop),
    ).fetchone()
    assert row is not None
    key, zone, generation = row
    stones = {}
    if generation:
        rows = db.execute("select digest, erased_at, returned_at from customers.tombstones")
        stones = {bytes(made): Stone(erased, returned) for made, erased, returned in rows}
    return Forgotten(key.encode(), stones, channel, shop, ZoneInfo(zone), generation)


def came_back(db: Connection, forgotten: Forgotten, customers: list[str]) -> None:
    """Note who did, in the caller's transaction. Accounts are read from the start again: what was left out of them comes now."""
    if not forgotten.returned:
        return
    noted = db.execute(
        "update customers.tombstones set returned_at = now() where digest = any(%s) and returned_at is null",
        (list(forgotten.returned),),
    )
    if noted.rowcount:
        db.execute("update customers.tombstones_changed set generation = generation + 1")
        db.execute(
            "delete from raw.cursors where channel = %s and shop = %s and stream = any(%s)",
            (forgotten.channel, forgotten.shop, customers),
        )
    forgotten.returned.clear()


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """When something was made, as any channel writes it: seconds since 1970, or ISO 8601 with or without a zone; else None."""
    try:
        if (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, str) and re.fullmatch(r"\d{10}", value)
        ):
            return datetime.fromtimestamp(int(value), UTC) if int(value) > 0 else None
        if not isinstance(value, str):
            return None
        told = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d{2}:?\d{2}$)", "", value.strip()))
        return told if told.tzinfo else told.replace(tzinfo=zone)
    except (ValueError, OverflowError, OSError):
        return None
