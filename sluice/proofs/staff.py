"""The other side of a proof: who counts, receives, carries, decides and tidies up while customers buy."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
from psycopg import Connection

from sluice.operations.outbox import Outlet
from sluice.operations.republish import Republisher
from sluice.proofs.assortment import CHANNEL, FACILITIES, Assortment, Item
from sluice.proofs.stockroom import Stockroom
from sluice.proofs.tally import Tally

COUNTED = """
insert into unified.stock (channel, shop, facility_id, sku, on_hand, as_of)
select 'erp', 'erp', f, s, n, %s from unnest(%s::text[], %s::text[], %s::int[]) as c (f, s, n)
on conflict (facility_id, sku) do update set on_hand = excluded.on_hand, as_of = excluded.as_of
"""
SHORTEST = """
select facility_id, sku, on_hand - committed - held - presale_reserve from ops.stock_positions
where sku like 'SKU-%%' and facility_id <> 'default' order by 3, random() limit %s
"""
TRANSFER = "select ops.transfer_stock(%s, %s, %s, %s, %s, %s)"
OFFERED = """
select count(*), count(*) filter (where o.quantity > greatest(0, a.available))
from ops.offers(%s, %s, %s, null) as o inner join ops.available as a using (facility_id, sku)
"""


class Staff(ABC):
    """One connection that does one job, again and again."""

    pause = 0.0
    """Seconds between two steps."""

    def __init__(self, db: Connection, assortment: Assortment, stockroom: Stockroom, tally: Tally, random: Random) -> None:
        self.db = db
        self.assortment = assortment
        self.stockroom = stockroom
        self.tally = tally
        self.random = random

    @abstractmethod
    def step(self) -> None:
        """The job, once."""


class Counter(Staff):
    """The ERP: its stock falls when things ship; now and then the ledger hears of all of it."""

    pause = 0.4

    def step(self) -> None:
        at, pieces = self.stockroom.count()
        with self.tally.timed("counts"), self.db.transaction():
            facilities, skus = zip(*pieces, strict=True)
            self.db.execute(COUNTED, (at, list(facilities), list(skus), [*pieces.values()]))
            self.db.execute("select ops.absorb_supply()")
        self.stockroom.counted(at)


class Receiver(Staff):
    """Receipts and breakage, told one by one. Where customers wait, something comes in: stock stays at its edge."""

    pause = 0.02
    _number = 0

    def step(self) -> None:
        with self.db.transaction():
            short = self.db.execute(SHORTEST, (8,)).fetchall()
        for facility, sku, free in short:
            if free < 4:
                count = max(0, -free) + self.random.randint(0, 5)
                if count:
                    self._tell("receipt", (facility, sku), count, self.stockroom.put({(facility, sku): count}))
        item = (self.random.choice(FACILITIES), self.random.choice(self.assortment.skus))
        with self.stockroom.door:  # what is broken but not told yet must not travel
            lost = self.stockroom.take({item: 1})
            if lost:
                self._tell("adjustment", item, -1, lost)
                if self.random.random() < 0.7:
                    self._tell("adjustment", item, 1, self.stockroom.put({item: 1}))

    def _tell(self, kind: str, item: Item, count: int, at: datetime) -> None:
        self._number += 1
        for _ in range(2):  # the second time it has been done
            with self.db.transaction():
                self.db.execute(
                    "select ops.adjust_stock(%s, %s, %s, %s, %s, %s)", (f"{kind}-{self._number}", kind, *item, count, at)
                )
        self.tally.add("receipts and adjustments")


class Carrier(Staff):
    """Transfers of free pieces. Refused where they are promised."""

    pause = 0.01
    _number = 0

    def step(self) -> None:
        here, there = self.random.sample(FACILITIES, 2)
        sku = self.random.choice(self.assortment.skus)
        count = self.random.randint(1, 3)
        self._number += 1
        with self.stockroom.door:
            at = datetime.now(UTC)
            try:
                with self.db.transaction():
                    self.db.execute(TRANSFER, (f"t-{self._number}", here, there, sku, count, at))
            except psycopg.errors.CheckViolation:
                self.tally.add("transfers refused")
                return
            self.tally.add("transfers")
            if self.stockroom.take({(here, sku): count}) is None:
                self.tally.fault("a transfer", ValueError(f"{count} of {sku} left {here}, where they aren't"))
            self.stockroom.put({(there, sku): count})


class Buyer(Staff):
    """Purchases of what is sold before it arrives: ordered, late, received in parts."""

    pause = 0.5
    _number = 0

    def __init__(self, db: Connection, assortment: Assortment, stockroom: Stockroom, tally: Tally, random: Random) -> None:
        super().__init__(db, assortment, stockroom, tally, random)
        self._open: list[tuple[str, Item, int, int]] = []

    def step(self) -> None:
        if len(self._open) < 2 * len(self.assortment.presale):
            self._order()
        kind = self.random.random()
        at = self.random.randrange(len(self._open))
        if kind < 0.3:
            self._slip(at)
        elif kind < 0.6:
            self._receive(at)

    def _order(self) -> None:
        self._number += 1
        item = (FACILITIES[0], self.random.choice(self.assortment.presale))
        count = self.random.randint(1, 5)
        with self.db.transaction():
            self.db.execute(
                "insert into unified.purchase_order_lines"
                " (channel, shop, po_id, line_id, facility_id, sku, quantity, expected_at)"
                " values ('erp', 'erp', %s, '1', %s, %s, %s, now() + %s)",
                (f"PO{self._number}", *item, count, timedelta(days=self.random.randint(1, 30))),
            )
        self._open.append((f"PO{self._number}", item, count, 0))
        self.tally.add("purchases")

    def _slip(self, number: int) -> None:
        with self.db.transaction():
            self.db.execute(
                "update unified.purchase_order_lines set expected_at = expected_at + %s where po_id = %s",
                (timedelta(days=self.random.randint(1, 9)), self._open[number][0]),
            )

    def _receive(self, number: int) -> None:
        po_id, item, quantity, received = self._open.pop(number)
        count = self.random.randint(1, quantity - received)
        at = self.stockroom.put({item: count}, when_counted=True)
        received += count
        with self.db.transaction():
            self.db.execute(
                "update unified.purchase_order_lines set received_quantity = %s, received_at = %s, status = %s where po_id = %s",
                (received, at, "received" if received == quantity else "open", po_id),
            )
        if received < quantity:
            self._open.append((po_id, item, quantity, received))


class Decider(Staff):
    """The republisher: whatever moved is decided anew and queued for the shops."""

    pause = 0.2

    def __init__(self, db: Connection, assortment: Assortment, stockroom: Stockroom, tally: Tally, random: Random) -> None:
        super().__init__(db, assortment, stockroom, tally, random)
        self._republisher = Republisher(db, [Outlet(CHANNEL, shop, by_facility=False) for shop in assortment.shops])

    def step(self) -> None:
        with self.tally.timed("decisions"):
            done = self._republisher.decide()
        self.tally.add("items decided", done.items)
        self.tally.add("numbers published", sum(done.queued.values()))


class Asker(Staff):
    """What each shop is offered, read while it moves: never more than is available."""

    pause = 0.05

    def step(self) -> None:
        shop = self.random.choice(self.assortment.shops)
        with self.db.transaction():
            row = self.db.execute(OFFERED, (CHANNEL, shop, list(self.assortment.skus))).fetchone()
        assert row
        self.tally.add("offers read", row[0])
        self.tally.add("offers above what is available", row[1])


class Sweeper(Staff):
    """Ends holds whose time is over."""

    pause = 0.03

    def step(self) -> None:
        with self.db.transaction():
            row = self.db.execute("select ops.expire_holds(50)").fetchone()
        assert row
        self.tally.add("holds swept", row[0])


CREW: Sequence[type[Staff]] = (Counter, Receiver, Carrier, Buyer, Decider, Asker, Sweeper, Sweeper)


def work(staff: Staff, over: threading.Event) -> None:
    """Until it is over; a fault is kept and the work goes on."""
    while not over.is_set():
        try:
            staff.step()
        except psycopg.Error as fault:
            staff.tally.fault(type(staff).__name__.lower(), fault)
        over.wait(staff.pause)
