"""Events: notifications of a channel, kept as they came and landed in one transaction."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg import Connection, Cursor

from sluice.channels.protocol import Connector, Stream
from sluice.landing import forgotten, overlay, personal, quarantine
from sluice.landing.allowed import allowed
from sluice.landing.decide import Decision, Read, Row, State, decide
from sluice.landing.delivery import Batch, Delivered, Key
from sluice.landing.few import Few
from sluice.landing.forgotten import NOTHING, Forgotten
from sluice.landing.overlay import NO_FILE, Whole, identity
from sluice.landing.received import Received, maker
from sluice.landing.store import REFUSALS
from sluice.landing.transaction import Lander, Outcome

AT_ONCE = 1_000
"""Events that are read from the table at once."""


CHANGED = "select generation from customers.tombstones_changed"


class Outdated(Exception):
    """Others were forgotten since the tombstones were read."""


class NotPlain(Exception):
    """A batch with a record that is broken, beaten or waits in quarantine."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is held of some keys, and whether anything of the stream is or was in quarantine."""

    states: Mapping[Key, State]
    wholes: Mapping[Key, Whole]
    quarantine: bool


class Events:
    """Takes in what the channel tells of one shop."""

    def __init__(self, db: Connection, connector: Connector, shop: str) -> None:
        assert connector.webhook is not None
        self.db = db
        self.connector = connector
        self.shop = shop
        self._landers: dict[str, EventLander] = {}
        self.forgotten: Forgotten | None = None

    def take(self, events: Sequence[Received]) -> None:
        """Keep, land and absorb them, a stream's round a transaction. One that was taken before changes nothing."""
        # who was forgotten since is known once the events are kept, in the transaction that keeps them
        while not self._take_all(events):
            with self.db.transaction():
                self.forgotten = forgotten.read(self.db, self.connector.name, self.shop)

    def _take_all(self, events: Sequence[Received]) -> bool:
        """False where the tombstones are no longer those that were kept in mind."""
        events = [self._allowed(event) for event in events] if self.forgotten else events
        try:
            for stream in sorted({event.stream or "" for event in events}):
                for some in rounds([event for event in events if (event.stream or "") == stream]):
                    self._take(stream, some)
        except Outdated:
            return False
        return True

    def _allowed(self, event: Received) -> Received:
        """What may be kept of an event."""
        assert self.forgotten is not None
        body = allowed(self.forgotten, self.connector, event.stream, event.body)
        if body is None:
            return replace(event, stream=None, key=None, body=NOTHING, made=None)
        return event if body is event.body else replace(event, body=body, made=None)

    def _take(self, stream: str, events: Sequence[Received]) -> None:
        if not stream:
            with self.db.transaction():
                self._keep(events)
                self._is_up_to_date()
            return
        try:
            with self.db.pipeline(), self.db.transaction():
                self._take_plain(events, stream)
            return
        except (NotPlain, *REFUSALS):
            pass  # something in it needs a closer look
        with self.db.transaction():
            self.lander(stream).store.alone()
            new = {row[0] for row in self._keep(events)}
            self._is_up_to_date()
            if found := [event for event in events if event.event_id in new]:
                self.lander(stream).take(found)
            if self.forgotten:
                forgotten.came_back(self.db, self.forgotten, personal.accounts(self.connector))

    def _take_plain(self, events: Sequence[Received], stream: str) -> None:
        """Two journeys to the database: one that looks, one that writes. Raises NotPlain where that does not do."""
        lander = self.lander(stream)
        lander.store.alone()
        kept = self._keep(events)
        changed = self.db.execute(CHANGED)
        known = lander.look(events)
        self._check(changed)
        if self.forgotten and self.forgotten.returned:
            raise NotPlain
        new = {row[0] for row in kept}
        if found := [event for event in events if event.event_id in new]:
            lander.take_plain(found, known)

    def _is_up_to_date(self) -> None:
        self._check(self.db.execute(CHANGED))

    def _check(self, changed: Cursor[tuple[int]]) -> None:
        """Raises Outdated. Who erases waits for this transaction, and the next one sees what they did."""
        row = changed.fetchone()
        if row is None or row[0] != (self.forgotten.generation if self.forgotten is not None else 0):
            raise Outdated

    def warm(self) -> None:
        """Let the connection make the plans that absorbing needs, which takes longer than an event does."""
        with self.db.transaction(force_rollback=True):
            self.db.execute("select ops.absorb_orders(%s, %s, array[]::text[])", (self.connector.name, self.shop))

    def lander(self, stream: str) -> "EventLander":
        if stream not in self._landers:
            self._landers[stream] = EventLander(self.db, self.connector, self.shop, self.connector.stream(stream))
        return self._landers[stream]

    def _keep(self, events: Sequence[Received]) -> Cursor[tuple[str]]:
        """Write them down; gives the ids of those that are new."""
        by_id = {event.event_id: event for event in reversed(events)}
        rows = [by_id[event_id] for event_id in sorted(by_id)]
        return self.db.execute(
            """
            insert into raw.events (channel, shop, event_id, topic, stream, key, occurred_at, received_at, body)
            select %s, %s, * from unnest(
                %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %b::bytea[]
            )
            on conflict (channel, shop, event_id) do nothing
            returning event_id
            """,
            (
                *(self.connector.name, self.shop),
                [event.event_id for event in rows],
                [event.topic for event in rows],
                [event.stream for event in rows],
                [None if event.key is None else identity(event.key) for event in rows],
                [event.occurred_at for event in rows],
                [event.received_at for event in rows],
                [event.body for event in rows],
            ),
        )


class EventLander(Lander):
    """Lands events of one stream. The caller holds the stream's rows (`Store.alone`)."""

    def __init__(self, db: Connection, connector: Connector, shop: str, stream: Stream) -> None:
        super().__init__(db, connector, shop, stream)
        self.few = Few(self.store)
        self.make = maker(connector, shop, stream.name)

    def take(self, events: Sequence[Received]) -> Outcome:
        """Rows, quarantine, and what operations make of them."""
        outcome, decision = self.put(events)
        self._absorb(decision)
        return outcome

    def put(self, events: Sequence[Received]) -> tuple[Outcome, Decision]:
        """Rows and quarantine. The platform's time of an event is what it ranks by among those of one version."""
        batch = Batch("")
        batch.delivered = _delivered(events)
        known = overlay.wholes(self.store, self.store.states({event.key for event in events if event.key is not None}))
        outcome, decision = self.write(batch, NO_FILE, self._reader(events, known))
        overlay.told_by(self.store, decision.accepted, _names(batch.delivered, events), known)
        return outcome, decision

    def look(self, events: Sequence[Received]) -> "Known":
        """What is held of the events' keys."""
        keys = {event.key for event in events if event.key is not None}
        waiting, noted = quarantine.exists(self.store), overlay.ask(self.store, keys)
        states = self.store.states(keys)
        return Known(states, overlay.wholes(self.store, states, noted), bool(waiting.fetchone()))

    def take_plain(self, events: Sequence[Received], known: "Known") -> None:
        """Rows and what operations make of them, where nothing is broken and nothing beaten. Raises NotPlain, REFUSALS."""
        delivered, decision = _delivered(events), Decision()
        accepted = list(decide(delivered, known.states, self._reader(events, known.wholes), {}, decision))
        if known.quarantine or decision.broken or decision.superseded or decision.revived:
            raise NotPlain
        check = self.few.write(accepted)
        self.store.mark_seen(decision.seen)
        overlay.told_by(self.store, accepted, _names(delivered, events), known.wholes)
        self._absorb(decision)
        check()

    def _absorb(self, decision: Decision) -> None:
        """As for pages, but tables are not analyzed here: every plan made anew would keep events waiting."""
        orders = sorted({one.order_id for one in decision.accepted if one.order_id is not None})
        if orders:
            self.db.execute("select ops.absorb_orders(%s, %s, %s)", (*self.where[:2], orders)).fetchone()

    def _reader(self, events: Sequence[Received], known: Mapping[Key, Whole]) -> Read:
        """What an event tells, with what it does not carry taken from what is known whole."""
        made = {(event.made.digest, event.occurred_at): event.made.row for event in events if event.made}

        def read(delivered: Delivered) -> Row:
            whole = known.get(delivered.key) if delivered.key is not None else None
            row = made.get((delivered.digest, delivered.received_at)) if whole is None else None
            return row or self.make(delivered, whole.record if whole else None)

        return read


def rounds(events: Sequence[Received]) -> list[list[Received]]:
    """Events of different records together, those of one record one after another, as they came.

    Platforms tell of an order several times within a moment. In one round the older form would be beaten before it landed, and a
    beaten record needs a closer look, which takes far longer than a second round.
    """
    found: list[list[Received]] = []
    told: Counter[Key | None] = Counter()
    for event in events:
        turn = told[event.key] if event.key is not None else 0
        told[event.key] += 1
        if turn == len(found):
            found.append([])
        found[turn].append(event)
    return found


def _delivered(events: Sequence[Received]) -> list[Delivered]:
    return [event.delivered(position) for position, event in enumerate(events)]


def _names(delivered: Sequence[Delivered], events: Sequence[Received]) -> dict[str, str]:
    """Event by digest."""
    return {one.digest: event.event_id for one, event in zip(delivered, events, strict=True)}


def again(db: Connection, connector: Connector, shop: str, stream: Stream) -> Iterator[Outcome]:
    """Put the events of a stream once more, oldest first, in the caller's transaction. Orders are absorbed by the caller."""
    if connector.webhook is None:
        return
    lander = EventLander(db, connector, shop, stream)
    with db.cursor("events") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(
            "select event_id, topic, stream, key, occurred_at, received_at, body from raw.events"
            " where channel = %s and shop = %s and stream = %s order by received_at, event_id",
            (connector.name, shop, stream.name),
        )
        while rows := cursor.fetchmany(AT_ONCE):
            outcome, _ = lander.put([_read(*row) for row in rows])
            yield outcome


def _read(event_id: str, topic: str, stream: str, key: str | None, occurred: datetime, at: datetime, body: bytes) -> Received:
    return Received(event_id, topic, stream, None if key is None else tuple(key.split("\x1f")), occurred, at, body)
