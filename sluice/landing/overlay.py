"""What an event does not carry, kept: beside an event that is the newest form of a record, the newest whole record.

The rows of a key are a function of the newest whole record F and the newest event E that were ever delivered: those of F where it
is the newer, else those of E with what E lacks taken from F. So the order in which pages and events land does not matter.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Cursor
from psycopg.types.json import Jsonb

from sluice.channels.protocol import Connector
from sluice.landing.decide import Accepted, Decision, State
from sluice.landing.delivery import Delivered, Key
from sluice.landing.flatten import flattener
from sluice.landing.held import held
from sluice.landing.shape import comparable
from sluice.landing.store import Store, array


@dataclass(frozen=True, slots=True)
class Whole:
    """The newest record of a key that was read whole, and how it ranks."""

    record: Struct
    received_at: datetime
    digest: str


def identity(key: Key) -> str:
    return "\x1f".join(key)


def wholes(store: Store, states: Mapping[Key, State], noted: "Noted | None" = None) -> dict[Key, Whole]:
    """The whole records behind what is held of these keys: noted beside an event, or the rows where no event made them.

    `noted` is the answer to `ask`, where it was sent before.
    """
    if not states:
        return {}
    told = _told(store, noted or ask(store, states))
    found = {key: whole for key, (_, whole) in told.items() if whole}
    bare = [key for key in states if key not in told]
    for key, record in held(store, bare).items():
        found[key] = Whole(record, states[key].received_at, states[key].digest)
    return found


def told_by(store: Store, accepted: Iterable[Accepted], events: Mapping[str, str], known: Mapping[Key, Whole]) -> None:
    """Note that these records' rows came by events (digest -> event_id), and what was known whole of them."""
    rows = []
    for one in accepted:
        whole = known.get(one.key)
        rows.append(
            {
                "key": identity(one.key),
                "event_id": events[one.delivered.digest],
                "whole": msgspec.json.encode(whole.record).decode() if whole else None,
                "whole_received_at": whole.received_at.isoformat() if whole else None,
                "whole_digest": whole.digest if whole else None,
            }
        )
    if rows:
        store.db.execute(
            """
            insert into raw.event_records (channel, shop, stream, key, event_id, whole, whole_received_at, whole_digest)
            select %s, %s, %s, d.key, d.event_id, d.whole, d.whole_received_at, d.whole_digest
            from jsonb_to_recordset(%s) as d (
                key text, event_id text, whole text, whole_received_at timestamptz, whole_digest text
            )
            on conflict (channel, shop, stream, key) do update set event_id = excluded.event_id
            """,
            (*_where(store), Jsonb(rows)),
        )


def read_whole(store: Store, connector: Connector, decision: Decision) -> None:
    """After a page: what it brought takes the place of events, or fills what newer events lack."""
    if connector.webhook is None:
        return
    noted = "select from raw.event_records where channel = %s and shop = %s and stream = %s limit 1"
    if store.db.execute(noted, _where(store)).fetchone() is None:
        return
    taken = [identity(one.key) for one in decision.accepted]
    if taken:
        store.db.execute(
            "delete from raw.event_records where channel = %s and shop = %s and stream = %s and key = any(%s::text[])",
            (*_where(store), array(taken)),
        )
    accepted = {one.key for one in decision.accepted}
    late = [one.delivered for one in decision.superseded if one.key not in accepted]
    if late:
        _fill(store, connector, late)


def _fill(store: Store, connector: Connector, late: Iterable[Delivered]) -> None:
    """Pages that are older than the event on top of them, but newer than what was known whole under it."""
    assert connector.webhook is not None
    stream = store.shape.stream
    decode = msgspec.json.Decoder(stream.record, strict=False).decode
    best: dict[Key, Whole] = {}
    for one in late:
        assert one.key is not None
        whole = Whole(decode(one.raw), one.received_at, one.digest)
        if one.key not in best or _rank(store, whole) > _rank(store, best[one.key]):
            best[one.key] = whole
    told = _told(store, ask(store, best))
    news = {key: best[key] for key, (_, known) in told.items() if known is None or _rank(store, best[key]) > _rank(store, known)}
    if not news:
        return
    states = store.states(news)
    bodies = _bodies(store, [told[key][0] for key in news])
    flatten = flattener(connector.name, stream)
    filled = []
    for key, whole in news.items():
        state, body = states[key], bodies[told[key][0]]
        record = connector.webhook.record(stream, body, whole.record)
        delivered = Delivered(body, key, state.digest, state.received_at, 0, 0)
        filled.append(Accepted(delivered, flatten(record, store.shop, (state.received_at, NO_FILE, state.digest)), None, True))
    store.replace(filled)
    with store.db.cursor() as cursor:
        cursor.executemany(
            "update raw.event_records set whole = %s, whole_received_at = %s, whole_digest = %s"
            " where channel = %s and shop = %s and stream = %s and key = %s",
            [
                (msgspec.json.encode(one.record).decode(), one.received_at, one.digest, *_where(store), identity(key))
                for key, one in news.items()
            ],
        )


NO_FILE = 0
"""The lake file of a row that came by an event."""


def forget(store: Store) -> None:
    """Before the stream's rows are made anew."""
    store.db.execute("delete from raw.event_records where channel = %s and shop = %s and stream = %s", _where(store))


def _rank(store: Store, whole: Whole) -> tuple[Any, ...]:
    version = store.shape.stream.version
    return (comparable(getattr(whole.record, version) if version else None), whole.received_at, whole.digest)


Noted = Cursor[tuple[str, str, str | None, datetime, str]]


def ask(store: Store, keys: Collection[Key]) -> Noted:
    """What is noted of those of these keys whose rows came by an event."""
    return store.db.execute(
        "select key, event_id, whole, whole_received_at, whole_digest from raw.event_records"
        " where channel = %s and shop = %s and stream = %s and key = any(%s::text[])",
        (*_where(store), array([identity(key) for key in keys])),
    )


def _told(store: Store, noted: Noted) -> dict[Key, tuple[str, Whole | None]]:
    """Of those whose rows came by an event: the event, and what is known whole under it."""
    decode = msgspec.json.Decoder(store.shape.stream.record, strict=False).decode
    return {
        tuple(key.split("\x1f")): (event, None if whole is None else Whole(decode(whole), at, digest))
        for key, event, whole, at, digest in noted
    }


def _bodies(store: Store, events: list[str]) -> dict[str, bytes]:
    rows = store.db.execute(
        "select event_id, body from raw.events where channel = %s and shop = %s and event_id = any(%s)",
        (store.channel, store.shop, events),
    )
    return dict(rows.fetchall())


def _where(store: Store) -> tuple[str, str, str]:
    return (store.channel, store.shop, store.shape.stream.name)
