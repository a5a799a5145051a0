"""What a channel delivered, record by record, known by key and digest before anything is made of it."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from sluice.channels.protocol import Connector, Page, Stream
from sluice.landing.shape import shape

Key = tuple[str, ...]

MOST_RECORDS = 5_000
MOST_BYTES = 32 * 1024 * 1024
"""A batch is full with either; a page is never split."""
FIRST, GROWTH = 2_000, 1.5
"""Records of a read's first batch, for which the database waits, and how many times as many the next ones may be: no more than
are made ready while those before them are written."""

LONGEST_KEY = 500
"""Characters. PostgreSQL's indexes take some 2,700 bytes."""
BIGINT = 2**63

READING_FAULTS = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What decoding foreign bytes may raise."""


class Delivered(msgspec.Struct, gc=False):
    """One record as it came. `key` is None where it can't be read; `page` and `position` count from 0 within the batch.

    `made` is what was made of it before its turn came, if anything was.
    """

    raw: bytes
    key: Key | None
    digest: str
    received_at: datetime
    page: int
    position: int
    made: Any = None

    @property
    def identity(self) -> str:
        """What the record is counted by: its key, or its digest where it has none."""
        return "\x1f".join(self.key) if self.key is not None else f"#{self.digest}"


class LandingError(Exception):
    """A stream could not be landed. Nothing of the batch at hand is kept, and the cursor has not moved."""


@dataclass(slots=True)
class Batch:
    """Pages that land in one transaction. `walk` names the read of the channel that they belong to, `file_id` their lake
    file (0: it has no number yet).
    """

    walk: str
    pages: list[Page] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    bytes: int = 0
    file_id: int = 0
    most: int = MOST_RECORDS

    @property
    def full(self) -> bool:
        return len(self.delivered) >= self.most or self.bytes >= MOST_BYTES or self.completes

    @property
    def completes(self) -> bool:
        """Whether it ends a full walk."""
        return bool(self.pages) and self.pages[-1].complete

    @property
    def gone(self) -> dict[Key, datetime]:
        """Keys that the channel says it no longer has, with when it said so."""
        return {key: page.received_at for page in self.pages for key in page.gone}


Judge = Callable[[bytes], bytes | None]
"""What may be landed of a record: all of it, a part, or nothing."""


def add(batch: Batch, page: Page, connector: Connector, stream: Stream, judge: Judge | None = None) -> None:
    """Take a page in, as far as `judge` lets its records. Raises LandingError where they can't be found."""
    if page.received_at.tzinfo is None:
        raise LandingError(f"{connector.name} {stream.name}: received_at of a page has no time zone")
    records = records_of(page, connector, stream)
    if judge:
        page, records = judged(page, records, judge)
    read_key = key_reader(connector.name, stream)
    number = len(batch.pages)
    found = []
    for position, raw in enumerate(records):
        found.append(Delivered(raw, read_key(raw), digest(raw), page.received_at, number, position))
    batch.pages.append(page)
    batch.delivered += found
    batch.bytes += len(page.body)


APART = "records"
"""Set in the context of a page whose body is a list of its records (MessagePack) and no longer what the channel sent."""


def judged(page: Page, records: list[bytes], judge: Judge) -> tuple[Page, list[bytes]]:
    """The page and its records as far as they may be landed; where a record may not, its page keeps the records alone."""
    kept = [left for raw in records if (left := judge(raw)) is not None]
    if kept == records:
        return page, records
    return replace(page, body=msgspec.msgpack.encode(kept), context={**page.context, APART: True}), kept


def records_of(page: Page, connector: Connector, stream: Stream) -> list[bytes]:
    """The records of a page. Half a surrogate pair would make the whole page unreadable: see `without_halves`."""
    if page.context.get(APART):
        return msgspec.msgpack.decode(page.body, type=list[bytes])
    try:
        return [bytes(record) for record in connector.records(stream, page.body, page.context)]
    except READING_FAULTS as fault:
        mended = without_halves(page.body)
        if mended != page.body:
            return records_of(replace(page, body=mended), connector, stream)
        raise LandingError(f"{connector.name} {stream.name}: a page can't be read ({fault}): {page.body[:200]!r}") from fault


_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|.)", re.DOTALL)
_HALF = re.compile(rb"\\u[dD][89a-fA-F]..", re.DOTALL)


def without_halves(body: bytes) -> bytes:
    """JSON in which each escaped half of a surrogate pair is U+0000 instead.

    Platforms that cut texts at so many UTF-16 units send such halves. No UTF-8 text can hold one, as no text of PostgreSQL
    can hold U+0000: so the page can be taken apart, the record at fault goes to quarantine, and the others land.
    """
    return _ESCAPE.sub(lambda match: b"\\u0000" if _HALF.fullmatch(match[0]) else match[0], body)


def digest(raw: bytes) -> str:
    """128 bits of SHA-256, in hex: processors have instructions for it."""
    return hashlib.sha256(raw, usedforsecurity=False).hexdigest()[:32]


@cache
def key_reader(connector: str, stream: Stream) -> Callable[[bytes], Key | None]:
    """Reads the key of a record and nothing else, so that what was delivered can be counted apart from what was made of it.

    None where there is no key, or none that an index can hold.
    """
    decode = _decoder(stream, stream.key)
    numbers = [leaf.attribute for leaf in shape(connector, stream).key if leaf.pg == "bigint"]

    def read(raw: bytes) -> Key | None:
        try:
            record = decode(raw)
        except READING_FAULTS:
            return None
        for name in numbers:
            if not -BIGINT <= getattr(record, name) < BIGINT:
                return None
        key = tuple([str(getattr(record, name)) for name in stream.key])
        for part in key:
            if len(part) > LONGEST_KEY or "\x00" in part:
                return None
        return key

    return read


def order_id(stream: Stream, raw: bytes) -> str | None:
    """The order that a broken record belongs to, where even that can be read."""
    if stream.order_key is None:
        return None
    try:
        found = getattr(_decoder(stream, (stream.order_key,))(raw), stream.order_key)
    except READING_FAULTS:
        return None
    return None if found is None else str(found)


@cache
def _decoder(stream: Stream, names: tuple[str, ...]) -> Callable[[bytes], Any]:
    fields = {field.name: field for field in msgspec.structs.fields(stream.record)}
    minimal = msgspec.defstruct(
        "Minimal", [(name, fields[name].type, msgspec.field(name=fields[name].encode_name)) for name in names]
    )
    return msgspec.json.Decoder(minimal, strict=False).decode
