"""Landed records made anonymous: lake files, raw rows, quarantine and events of one stream of one shop, in step with each other.

What is written is what landing would have made of the same records had the tombstones been there, so a replay changes nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from psycopg import Connection

from sluice.channels.protocol import Connector, Page, Stream
from sluice.landing import lake, personal
from sluice.landing.allowed import redacted
from sluice.landing.decide import Accepted
from sluice.landing.delivery import READING_FAULTS, Delivered, Key, digest, judged, key_reader, records_of
from sluice.landing.flatten import flattener
from sluice.landing.forgotten import NOTHING, Forgotten
from sluice.landing.held import held
from sluice.landing.shape import shape
from sluice.landing.store import Store
from sluice.rights.known import Known


@dataclass(slots=True)
class Landed:
    """One stream of one shop. `changed` are keys of records that were made anonymous, `digests` what became of their digests."""

    db: Connection
    connector: Connector
    stream: Stream
    forgotten: Forgotten
    known: Known
    counts: Counter[str] = field(default_factory=Counter)
    left_over: list[Path] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)
    pattern: re.Pattern[bytes] | None = None

    @property
    def where(self) -> tuple[str, str, str]:
        return (self.connector.name, self.forgotten.shop, self.stream.name)

    def learn(self) -> None:
        """Gather what their records tell of them, in every form that was ever delivered."""
        for _, page, _ in self.pages():
            for raw in records_of(page, self.connector, self.stream):
                self._learn(raw)
        for _, _, body in self.events():
            if record := self._told(body):
                self._learn(record)
        for _, _, payload in self.quarantined():
            self._learn(payload)

    def _learn(self, raw: bytes) -> None:
        try:
            record = personal.parsed(raw)
        except READING_FAULTS:
            return
        if self.forgotten.met(self.stream, record):
            self.known.add(personal.marks(self.stream.record, record))

    def compare(self) -> None:
        """Find which of these values records of others bear as well."""
        for _, page, _ in self.pages():
            for raw in records_of(page, self.connector, self.stream):
                try:
                    record = personal.parsed(raw)
                except READING_FAULTS:
                    continue
                if not self.forgotten.met(self.stream, record):
                    self.known.told_by_others(personal.marks(self.stream.record, record))

    def sweep_lake(self) -> None:
        """Files that hold records of theirs are written anew beside the old ones, which go once this is committed."""
        files: dict[int, tuple[str, str, list[Page]]] = {}
        dirty = set()
        for file_id, page, (path, walk) in self.pages():
            swept, _ = judged(page, records_of(page, self.connector, self.stream), self._judge)
            files.setdefault(file_id, (path, walk, []))[2].append(swept)
            if swept is not page:
                dirty.add(file_id)
        for file_id in sorted(dirty):
            path, walk, pages = files[file_id]
            new = lake.path_for(*self.where, pages)
            size = lake.write(new, pages, walk)
            records = sum(len(records_of(page, self.connector, self.stream)) for page in pages)
            self.db.execute(
                "update raw.manifest set path = %s, bytes = %s, records = %s where file_id = %s", (new, size, records, file_id)
            )
            self.left_over.append(lake.root() / path)
            self.counts["lake files"] += 1

    def _judge(self, raw: bytes) -> bytes | None:
        left = self.forgotten.judge(self.stream, raw)
        if left == raw and self.pattern and self.pattern.search(raw):
            left = self._without_mention(raw)
        if left != raw:
            self._note(raw, left)
            self.counts["lake records"] += 1
        return left

    def _note(self, raw: bytes, left: bytes | None) -> None:
        key = key_reader(self.connector.name, self.stream)(raw)
        if key:
            self.changed.add(key)
        if left is not None:
            self.digests[digest(raw)] = digest(left)

    def sweep_quarantine(self) -> None:
        for quarantine_id, reason, payload in self.quarantined():
            left = self.forgotten.judge(self.stream, payload)
            if left == payload:
                continue
            self._note(payload, left)
            if left is None:
                self.db.execute("delete from raw.quarantine where quarantine_id = %s", (quarantine_id,))
            else:
                self.db.execute(
                    "update raw.quarantine set payload = %s, digest = %s, reason = %s where quarantine_id = %s",
                    (left.decode(), digest(left), self.forgotten.scrub(reason), quarantine_id),
                )
            self.counts["quarantined records"] += 1

    def sweep_events(self) -> None:
        """Bodies of notifications, and what was read whole under them."""
        for event_id, key, body in self.events():
            record = self._told(body)
            left = self.forgotten.judge(self.stream, record) if record else body
            if record is None and self.forgotten.tells_of(body):
                left = None
            if left == (record or body):
                continue
            if key:
                self.changed.add(tuple(key.split("\x1f")))
            kept = NOTHING if left is None else redacted(self.forgotten, self.connector, self.stream, body)
            self.digests[digest(body)] = digest(kept)
            told = "stream = null, key = null, " if left is None else ""
            self.db.execute(
                f"update raw.events set {told}body = %s where channel = %s and shop = %s and event_id = %s",
                (kept, *self.where[:2], event_id),
            )
            self.counts["events"] += 1
        rows = self.db.execute(
            "select key, whole, whole_digest from raw.event_records where channel = %s and shop = %s and stream = %s", self.where
        ).fetchall()
        for key, whole, old in rows:
            left = self.forgotten.judge(self.stream, whole.encode()) if whole else NOTHING
            if (whole and left is None) or (personal.key_is_personal(self.stream) and tuple(key.split("\x1f")) in self.changed):
                self.db.execute(
                    "delete from raw.event_records where channel = %s and shop = %s and stream = %s and key = %s",
                    (*self.where, key),
                )
            elif whole and left is not None and left != whole.encode():
                self.db.execute(
                    "update raw.event_records set whole = %s, whole_digest = %s"
                    " where channel = %s and shop = %s and stream = %s and key = %s",
                    (left.decode(), self.digests.get(old, old), *self.where, key),
                )

    def sweep_rows(self) -> None:
        """Rows of what was made anonymous, made from it anew. They count as changed, so that marts are built again from them."""
        store = Store(self.db, shape(self.connector.name, self.stream), *self.where[:2])
        kept = self._rows(store)
        flatten = flattener(self.connector.name, self.stream)
        decode = msgspec.json.Decoder(self.stream.record, strict=False).decode
        made, gone = [], []
        for key, record in held(store, list(kept)).items():
            raw = msgspec.json.encode(record)
            left = self._again(raw)
            if left is None:
                gone.append(key)
            else:
                file_id, received_at, old, _ = kept[key]
                new = self.digests.get(old, old)
                flat = flatten(decode(left), store.shop, (received_at, file_id, new))
                made.append(Accepted(Delivered(left, key, new, received_at, 0, 0), flat, None, True))
        store.delete(gone)
        store.replace(made)
        deleted = {key: state[3] for key, state in kept.items() if state[3]}
        if deleted:
            self.db.execute(
                f"update {store.main} as m set _deleted_at = d.at"
                f" from {store.unnested}, %s::timestamptz[]) as d ({store.names}, at) where m.shop = %s and {store.on_key}",
                (*store.columns(deleted.keys()), list(deleted.values()), store.shop),
            )
        self.counts["raw records"] += len(gone) + len(made)

    def _again(self, raw: bytes) -> bytes | None:
        """A record as read back from its rows, of which a form was made anonymous."""
        left = self.forgotten.judge(self.stream, raw)
        return self._without_mention(raw) if left == raw else left

    def _without_mention(self, raw: bytes) -> bytes:
        """Somebody else's record, without an address or number of theirs that stands in a text of it."""
        try:
            record = personal.parsed(raw)
        except READING_FAULTS:
            return raw
        left = personal.scrubbed(record, self.forgotten.scrub)
        return raw if left == record else personal.written(left)

    def _rows(self, store: Store) -> dict[Key, tuple[Any, ...]]:
        if not self.changed:
            return {}
        rows = self.db.execute(
            f"select m._file_id, m._received_at, m._digest, m._deleted_at, {store.key}"
            f" from {store.unnested}) as d ({store.names}) inner join {store.main} as m on m.shop = %s and {store.on_key}",
            (*store.columns(self.changed), store.shop),
        )
        return {row[4:]: row[:4] for row in rows}

    def pages(self) -> Iterator[tuple[int, Page, tuple[str, str]]]:
        """(file, page, (path, walk)) of all that the lake has of the stream."""
        rows = self.db.execute(
            "select file_id, path from raw.manifest where channel = %s and shop = %s and stream = %s order by file_id", self.where
        ).fetchall()
        for file_id, path in rows:
            walk, pages = lake.read(path)
            for page in pages:
                yield file_id, page, (path, walk)

    def quarantined(self) -> list[tuple[int, str, bytes]]:
        rows = self.db.execute(
            "select quarantine_id, reason, payload from raw.quarantine where channel = %s and shop = %s and stream = %s",
            self.where,
        )
        return [(number, reason, payload.encode()) for number, reason, payload in rows]

    def events(self) -> list[tuple[str, str | None, bytes]]:
        return self.db.execute(
            "select event_id, key, body from raw.events where channel = %s and shop = %s and stream = %s", self.where
        ).fetchall()

    def _told(self, body: bytes) -> bytes | None:
        """The contract's record that an event's body tells of; None where it can't be read."""
        assert self.connector.webhook is not None
        try:
            return msgspec.json.encode(self.connector.webhook.record(self.stream, body, None))
        except READING_FAULTS:
            return None


def sweep_unread_events(db: Connection, connector: Connector, forgotten: Forgotten) -> int:
    """Notifications that are only kept: of one that names them, nothing stays but that it came. How many that were."""
    rows = db.execute(
        "select event_id, body from raw.events where channel = %s and shop = %s and stream is null",
        (connector.name, forgotten.shop),
    ).fetchall()
    naming = [event_id for event_id, body in rows if forgotten.tells_of(body)]
    db.execute(
        "update raw.events set body = %s, key = null where channel = %s and shop = %s and event_id = any(%s)",
        (NOTHING, connector.name, forgotten.shop, naming),
    )
    return len(naming)
