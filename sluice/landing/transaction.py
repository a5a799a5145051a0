"""One batch, one transaction: lake file, rows, quarantine, cursor, and the proof that they are what was delivered."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import Connection, Rollback

from sluice.channels.protocol import Connector, Stream
from sluice.landing import cursors, lake, overlay, quarantine
from sluice.landing.ahead import make
from sluice.landing.decide import Decision, Read, decide, reader
from sluice.landing.delivery import Batch, Key
from sluice.landing.proof import prove
from sluice.landing.shape import shape
from sluice.landing.store import REFUSALS, Store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one batch did, in records."""

    delivered: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    deleted: int
    pages: int


class Lander:
    """Lands batches of one stream of one shop. The caller holds the stream's lock. `keeps_place` leaves the cursor alone."""

    def __init__(
        self,
        db: Connection,
        connector: Connector,
        shop: str,
        stream: Stream,
        *,
        guard: bool = True,
        keeps_place: bool = False,
    ) -> None:
        self.db = db
        self.connector = connector
        self.stream = stream
        self.store = Store(db, shape(connector.name, stream), connector.name, shop)
        self.where = (connector.name, shop, stream.name)
        self.guard = guard
        self.keeps_place = keeps_place
        self.walk = Walk("")
        self.reserved: list[int] = []
        self.expects_new = False

    def reserve(self, files: int) -> None:
        """Take numbers for lake files to come: a batch is made ready while the one before it has the connection."""
        numbers = "select nextval(pg_get_serial_sequence('raw.manifest', 'file_id')) from generate_series(1, %s)"
        self.reserved += [file_id for (file_id,) in self.db.execute(numbers, (files,))]

    def ready(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The same batches, numbered, and made into rows where most of a batch is likely to be new. Uses no connection."""
        for batch in batches:
            batch.file_id = self.reserved.pop(0)
            if self.expects_new:
                self.make_rows(batch)
            yield batch

    def make_rows(self, batch: Batch) -> None:
        """The batch's records as rows, before it is known which of them are new. Uses no connection."""
        make(batch, self._page_reader(batch.file_id))

    def land(self, batch: Batch) -> Outcome:
        """Land a batch of the channel's: written to the lake beside, cursor moved. All of it or nothing."""
        with ThreadPoolExecutor(1, "lake") as beside, self.db.transaction():
            self.store.alone()
            written: Future[int] | None = None
            file_id = 0
            self.reserve(1)
            if batch.delivered or batch.completes or batch.gone:
                file_id = batch.file_id or self.reserved.pop(0)
                path = lake.path_for(*self.where, batch.pages)
                written = beside.submit(lake.write, path, batch.pages, batch.walk)
            outcome, decision = self.write(batch, file_id)
            if written:
                self._name_file(file_id, path, batch, written.result())
            self._move_cursor(batch)
            self._absorb(decision)
        self.expects_new = 2 * (outcome.new + outcome.changed) > outcome.delivered
        return outcome

    def write(self, batch: Batch, file_id: int, read: Read | None = None) -> tuple[Outcome, Decision]:
        """Rows and quarantine of a batch, proven, in the caller's transaction. `read` makes records of what are no pages."""
        decision = self._replace(batch, read or self._page_reader(file_id))
        self.store.mark_seen(decision.seen)
        self.store.revive(decision.revived)
        if decision.broken:
            quarantine.put(self.store, decision.broken, file_id)
        quarantine.settle(self.store, batch.delivered, decision)
        if self.guard:
            prove(self.store, batch.delivered, decision)
        if read is None:
            overlay.read_whole(self.store, self.connector, decision)
        decision.gone = self.store.mark_gone(batch.gone)
        deleted = self._deleted(batch) + len(decision.gone)
        new = sum(not one.known for one in decision.accepted)
        changed = len(decision.accepted) - new + len(decision.revived)
        broken = len(decision.broken)
        count = len(batch.delivered)
        return Outcome(count, new, changed, count - new - changed - broken, broken, deleted, len(batch.pages)), decision

    def _page_reader(self, file_id: int) -> Read:
        return reader(self.connector, self.stream, self.where[1], file_id)

    def _replace(self, batch: Batch, read: Read) -> Decision:
        """Decide and write. A record that PostgreSQL refuses is broken too; then the next newest of its key takes its place."""
        states = self.store.states({one.key for one in batch.delivered if one.key is not None})
        refused: dict[str, str] = {}
        while True:
            decision = Decision()
            accepted = decide(batch.delivered, states, read, refused, decision)
            try:
                with self.db.transaction():
                    decision.rows = self.store.replace(accepted)
                    # What is superseded is tried too: whether a record is broken must not hang on what came before it.
                    found = self.store.refused(decision.superseded)
                    if not found:
                        return decision
                    raise Rollback
            except REFUSALS:
                found = self.store.refused(decision.accepted)
                if not found:
                    raise
            refused |= found

    def _deleted(self, batch: Batch) -> int:
        """At the end of a full walk of a snapshot stream: mark what it did not see."""
        if not self.stream.snapshot:
            return 0
        if self.walk.name != batch.walk:
            self.walk = Walk(batch.walk)
        self.walk.add(batch)
        # A record that can't be told from others may be any of those that seem to be missing.
        if not batch.completes or self.walk.unreadable:
            return 0
        return self.store.mark_deleted(self.walk.seen, batch.pages[-1].received_at)

    def _name_file(self, file_id: int, path: str, batch: Batch, size: int) -> None:
        self.db.execute(
            "insert into raw.manifest (file_id, channel, shop, stream, path, pages, records, bytes)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (file_id, *self.where, path, len(batch.pages), len(batch.delivered), size),
        )

    def _move_cursor(self, batch: Batch) -> None:
        places = [page.cursor for page in batch.pages if page.cursor is not None]
        if places and not self.keeps_place:
            cursors.save(self.db, *self.where, places[-1])

    def _absorb(self, decision: Decision) -> None:
        orders = {one.order_id for one in decision.accepted if one.order_id is not None}
        if self.stream.order_key in self.stream.key:
            place = self.stream.key.index(self.stream.order_key)
            orders.update(key[place] for key in [*decision.gone, *decision.revived])
        absorb(self.store, sorted(orders))


class Walk:
    """Which keys a full walk has seen so far, and whether there were records that could not be told apart."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: set[Key] = set()
        self.unreadable = False

    def add(self, batch: Batch) -> None:
        self.seen.update(one.key for one in batch.delivered if one.key is not None)
        self.unreadable = self.unreadable or any(one.key is None for one in batch.delivered)


def absorb(store: Store, orders: list[str]) -> None:
    """Let operations take in changed orders: through the unified views, or later where there are none yet."""
    if orders:
        store.analyze_grown()
        store.db.execute("select ops.absorb_orders(%s, %s, %s)", (store.channel, store.shop, orders))
