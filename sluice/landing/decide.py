"""What becomes of each delivered record: a function of what was delivered and what is held, so order can't matter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from sluice.channels.protocol import Connector, Stream
from sluice.landing.delivery import READING_FAULTS, Delivered, Key
from sluice.landing.flatten import Flat, Unfit, flattener
from sluice.landing.shape import comparable


class State(msgspec.Struct, gc=False):
    """What the warehouse holds of a key."""

    digest: str
    received_at: datetime
    version: Any
    deleted_at: datetime | None


class Accepted(msgspec.Struct, gc=False):
    """A record that is newer than what is held of its key, and its rows."""

    delivered: Delivered
    flat: Flat
    order_id: str | None
    known: bool

    @property
    def key(self) -> Key:
        assert self.delivered.key is not None
        return self.delivered.key


@dataclass(slots=True)
class Decision:
    """What to do with a batch.

    `superseded` keep their contract, but something newer is known. `seen` holds, for keys whose newest form is the one held
    already, when the channel last said so; `revived` those that had been marked deleted, `gone` those that now are. `current`
    counts the keys whose held row must now be one of the delivered forms. `rows` says, once it is done, how many rows each table
    was sent and how many it took.
    """

    accepted: list[Accepted] = field(default_factory=list)
    superseded: list[Accepted] = field(default_factory=list)
    broken: list[tuple[Delivered, str]] = field(default_factory=list)
    seen: dict[Key, datetime] = field(default_factory=dict)
    revived: list[Key] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    current: int = 0
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)


Row = tuple[Any, Flat, str | None]
"""What is made of a record: version, rows, order id."""
Read = Callable[[Delivered], Row]
"""Raises READING_FAULTS where the record breaks its contract."""


def reader(connector: Connector, stream: Stream, shop: str, file_id: int) -> Read:
    """Decode and flatten, for one batch."""
    decode = msgspec.json.Decoder(stream.record, strict=False).decode
    flatten = flattener(connector.name, stream)
    version, order_key = stream.version, stream.order_key

    def read(delivered: Delivered) -> Row:
        if delivered.made:
            made: Row = delivered.made
            return made
        raw = delivered.raw
        record = decode(raw)
        flat = flatten(record, shop, (delivered.received_at, file_id, delivered.digest))
        if b"\\" in raw and any(b"\\u0000" in rows for rows in flat):
            raise Unfit("a text holds U+0000 or half a surrogate pair, which PostgreSQL cannot store")
        order = getattr(record, order_key) if order_key else None
        return (getattr(record, version) if version else None, flat, None if order is None else str(order))

    return read


def decide(
    delivered: Sequence[Delivered],
    states: Mapping[Key, State],
    read: Read,
    refused: Mapping[str, str],
    decision: Decision,
) -> list[Accepted]:
    """Newest wins: by version, then by when it was received, then by digest. What is accepted; all else is in `decision`.

    In the order of keys, in which rows find their places in an index soonest. `refused` says, by digest, why PostgreSQL would
    not take a record.
    """
    by_key: dict[Key, list[Delivered]] = {}
    for one in delivered:
        if one.key is None:
            decision.broken.append((one, _reason(one, read)))
        else:
            by_key.setdefault(one.key, []).append(one)
    for key in sorted(by_key):
        winner = _decide_key(decision, key, by_key[key], states.get(key), read, refused)
        if winner:
            decision.accepted.append(winner)
    return decision.accepted


def _decide_key(
    decision: Decision,
    key: Key,
    candidates: list[Delivered],
    state: State | None,
    read: Read,
    refused: Mapping[str, str],
) -> Accepted | None:
    """The candidate that takes the key's place, if any does; the rest goes into `decision`."""
    held = (comparable(state.version), state.received_at, state.digest) if state else None
    best: tuple[Any, Accepted | None] = (held, None)
    alive = again = False
    for one in candidates:
        accepted = None
        if state and one.digest == state.digest:
            again = True
            version = state.version
        else:
            try:
                if one.digest in refused:
                    raise ValueError(refused[one.digest])
                version, flat, order_id = read(one)
            except READING_FAULTS as fault:
                decision.broken.append((one, str(fault)))
                continue
            accepted = Accepted(one, flat, order_id, state is not None)
        rank = (comparable(version), one.received_at, one.digest)
        alive = alive or bool(state and state.deleted_at and one.received_at > state.deleted_at)
        loser = accepted
        if best[0] is None or rank > best[0]:
            loser, best = best[1], (rank, accepted)
        if loser:
            decision.superseded.append(loser)
    rank, winner = best
    decision.current += bool(winner or again)
    if not winner:
        if state and rank != held:
            decision.seen[key] = rank[1]
        if alive:
            decision.revived.append(key)
    return winner


def _reason(one: Delivered, read: Read) -> str:
    """Why a record without a readable key is broken, in the contract's own words."""
    try:
        read(one)
    except READING_FAULTS as fault:
        return str(fault)
    return "its key is none that a table can have"
