"""Many at once against one ledger: orders, holds, returns, counts, transfers, decisions; then all that must hold is checked."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import psycopg

from sluice import warehouse
from sluice.proofs.assortment import Assortment, assortment
from sluice.proofs.books import Books
from sluice.proofs.invariants import Check, check_all
from sluice.proofs.opening import open_shops
from sluice.proofs.shopper import Shopper
from sluice.proofs.staff import CREW, work
from sluice.proofs.stockroom import Stockroom
from sluice.proofs.tally import Tally
from sluice.proofs.throwaway import throwaway

ORDERS_A_SKU = 100
STEPS = 3
"""Steps of orders under way after each checkout."""
LAST_HOLDS_SECONDS = 0.5

Say = Callable[[str, int, int], None]
"""Is told what goes on, and how many checkouts of how many are done."""


@dataclass(frozen=True)
class Load:
    """`orders` are checkouts: orders that a channel accepted, or holds that were asked for. Without `guard` no lock is taken."""

    threads: int = 32
    orders: int = 20_000
    channels: int = 5
    skus: int | None = None
    seed: int = 1
    guard: bool = True


@dataclass(frozen=True)
class Verdict:
    load: Load
    seconds: float
    """Of the load; checks come after."""
    checks: tuple[Check, ...]
    counts: dict[str, int]
    latency: dict[str, dict[str, float]]

    @property
    def holds(self) -> bool:
        return not any(check.broken for check in self.checks)

    def rate(self, what: str) -> float:
        """A second."""
        return self.counts.get(what, 0) / self.seconds


class _Checkouts:
    """How many are left, shared out among the threads."""

    def __init__(self, orders: int) -> None:
        self._left = orders
        self._lock = threading.Lock()

    def next(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    @property
    def left(self) -> int:
        return max(0, self._left)


def prove(load: Load, say: Say) -> Verdict:
    """Put a throwaway warehouse under the load and check it."""
    say("start a warehouse of its own", 0, load.orders)
    with throwaway() as address:
        return Trial(address, load, say).run()


class Trial:
    """One run against the database at `address`, which is empty but for its schema."""

    def __init__(self, address: str, load: Load, say: Say) -> None:
        self.address = address
        self.load = load
        self.say = say
        self.random = Random(load.seed)
        self.assortment: Assortment = assortment(load.channels, load.skus or max(5, load.orders // ORDERS_A_SKU), self.random)
        self.books = Books(self.assortment)
        self.stockroom = Stockroom()
        self.tally = Tally()
        self.checkouts = _Checkouts(load.orders)

    def run(self) -> Verdict:
        with ExitStack() as connections:

            def connect() -> psycopg.Connection:
                db = connections.enter_context(warehouse.connect(self.address, autocommit=True))
                if not self.load.guard:
                    db.execute("set sluice.guard = off")
                return db

            first = connect()
            safety = open_shops(first, self.assortment, self.stockroom, self.random)
            shoppers = [
                Shopper(f"{number}", connect(), self.assortment, self.books, self.stockroom, self.tally, self._luck(number))
                for number in range(self.load.threads)
            ]
            crew = [
                kind(connect(), self.assortment, self.stockroom, self.tally, self._luck(-number))
                for number, kind in enumerate(CREW, start=1)
            ]
            seconds = self._together(shoppers, [lambda over, one=one: work(one, over) for one in crew])  # type: ignore[misc]
            self.say("check every invariant", self.load.orders, self.load.orders)
            self._rest(first)
            checks = check_all(first, self.books, self.stockroom, safety, self.tally)
        counts = dict(sorted(self.tally.counts.items()))
        latency = {what: found for what in counts if (found := self.tally.latency(what))}
        return Verdict(self.load, seconds, tuple(checks), counts, latency)

    def _luck(self, number: int) -> Random:
        return Random(self.load.seed * 1_000 + number)

    def _together(self, shoppers: list[Shopper], crew: list[Callable[[threading.Event], None]]) -> float:
        """Everybody at once until the last checkout; how long it took, in seconds."""
        over = threading.Event()
        began = time.perf_counter()
        selling = [threading.Thread(target=self._sell, args=(shopper, over), daemon=True) for shopper in shoppers]
        others = [threading.Thread(target=job, args=(over,), daemon=True) for job in crew]
        for thread in (*selling, *others):
            thread.start()
        try:
            while any(thread.is_alive() for thread in selling):
                self.say("orders and holds", self.load.orders - self.checkouts.left, self.load.orders)
                time.sleep(0.2)
            seconds = time.perf_counter() - began
        finally:
            over.set()
            for thread in (*selling, *others):
                thread.join()
        return seconds

    def _sell(self, shopper: Shopper, over: threading.Event) -> None:
        while not over.is_set() and self.checkouts.next():
            for step in (shopper.checkout, *[shopper.advance] * STEPS):
                try:
                    step()
                except (psycopg.Error, KeyError) as fault:
                    self.tally.fault(step.__name__, fault)

    def _rest(self, db: psycopg.Connection) -> None:
        """Let the last holds run out, take in what the ERP said last without counting anew."""
        time.sleep(LAST_HOLDS_SECONDS)
        try:
            db.execute("select ops.expire_holds(1000000)")
            self.books.expire(datetime.now(UTC))
            db.execute("select ops.absorb_supply()")
        except psycopg.Error as fault:
            self.tally.fault("the rest", fault)
