"""Go on republishing until told to stop: decide what moved, deliver to each shop beside the others, watch what may go wrong."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from psycopg import Connection, InterfaceError, OperationalError

from sluice.channels.protocol import Channel
from sluice.operations.outbox import Outlet
from sluice.operations.publish import Published, deliver
from sluice.operations.republish import Pass, Republisher
from sluice.operations.watch import look, tell, watches

log = logging.getLogger(__name__)

POLL = 0.1
"""Seconds between two looks for what moved. PostgreSQL's NOTIFY would tell at once, and make commits wait for each other."""
TURNS = 10
"""Looks between two expiries of holds."""
SWEEP = 600
"""Looks between two searches for items that moved and are in no queue."""
RETRY = 1.0
"""Seconds between two looks for messages of others, or for a shop that may answer again."""
WATCH = 15.0
"""Seconds between two looks at what may be wrong."""
RECONNECT = 1.0

Connect = Callable[[], Connection]
Shops = Mapping[Outlet, Callable[[], Channel]]


class Loop:
    """`shops` opens each outlet's channel, in the thread that uses it. `told` hears of each pass and delivery that did something.

    `alerted` delivers alerts after each look at what may be wrong.
    """

    def __init__(
        self,
        connect: Connect,
        shops: Shops,
        told: Callable[[Pass | tuple[Outlet, Published]], None] = lambda news: None,
        alerted: Callable[[Connection], object] = lambda db: None,
    ) -> None:
        self.connect = connect
        self.shops = shops
        self.told = told
        self.alerted = alerted
        self.stopping = threading.Event()
        self._news = {outlet.name: threading.Event() for outlet in shops}
        self._fault: BaseException | None = None

    def run(self) -> None:
        """Until `stop`. What one part could not cope with ends all of it and is raised here."""
        jobs = [self._watch, *(self._deliverer(outlet) for outlet in self.shops)]
        threads = [threading.Thread(target=self._keep, args=(job,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        try:
            self._keep(self._decide)
        finally:
            self.stop()
            for thread in threads:
                thread.join(5)
        if self._fault:
            raise self._fault

    def stop(self) -> None:
        self.stopping.set()
        for news in self._news.values():
            news.set()

    def _keep(self, job: Callable[[Connection], None]) -> None:
        """Do a job on a connection of its own; on another one when that breaks."""
        while not self.stopping.is_set():
            try:
                with self.connect() as db:
                    job(db)
            except (OperationalError, InterfaceError) as fault:
                log.warning("the warehouse does not answer, trying again: %s", fault)
                self.stopping.wait(RECONNECT)
            except BaseException as fault:
                self._fault = self._fault or fault
                self.stop()

    def _decide(self, db: Connection) -> None:
        republisher = Republisher(db, list(self.shops))
        turn = 0
        while not self.stopping.is_set():
            if turn % TURNS == 0:
                republisher.expire()
            sweep = turn % SWEEP == 0
            done = republisher.decide(sweep) if sweep or republisher.has_work() else Pass(None, 0, 0, {})
            turn += 1
            if done.run_id is not None:
                self.told(done)
                for name in done.queued:
                    self._news[name].set()
            if not done.changes:
                self.stopping.wait(POLL)

    def _deliverer(self, outlet: Outlet) -> Callable[[Connection], None]:
        def work(db: Connection) -> None:
            channel = self.shops[outlet]()
            news = self._news[outlet.name]
            while not self.stopping.is_set():
                news.clear()
                done = deliver(db, outlet, channel, wait=False)
                if done.sent or done.refused or done.fault:
                    self.told((outlet, done))
                news.wait(RETRY if done.is_ours else POLL)

        return work

    def _watch(self, db: Connection) -> None:
        light = [watch for watch in watches(self.shops) if watch.is_light]
        while not self.stopping.wait(WATCH):
            for watch in light:
                tell(db, watch, look(db, watch))
            self.alerted(db)


def once(connect: Connect, shops: Shops) -> tuple[list[Pass], dict[str, Published]]:
    """Decide all that moved, then deliver what is due to all shops at the same time."""
    passes = []
    with connect() as db:
        republisher = Republisher(db, list(shops))
        republisher.expire()
        passes.append(republisher.decide(sweep=True))
        while passes[-1].changes:
            passes.append(republisher.decide())

    def to(outlet: Outlet) -> Published:
        with connect() as db:
            return deliver(db, outlet, shops[outlet]())

    with ThreadPoolExecutor(max(1, len(shops)), "deliver") as beside:
        return passes, dict(zip((outlet.name for outlet in shops), beside.map(to, shops), strict=True))
