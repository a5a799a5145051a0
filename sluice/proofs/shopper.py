"""The sales side of a proof: one thread's checkouts and orders, from the hold to the return, each step a transaction."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg import Connection

from sluice.proofs.assortment import CHANNEL, FACILITIES, Assortment, Item
from sluice.proofs.books import Books, Held, Line, Order
from sluice.proofs.stockroom import Stockroom
from sluice.proofs.tally import Tally

ABSORB = "select ops.absorb_orders(%s, %s, %s)"
ORDER = """
insert into unified.orders (channel, shop, order_id, order_status, is_presale) values (%s, %s, %s, %s, %s)
"""
LINE = "insert into unified.order_lines (channel, shop, order_id, line_id, sku, quantity) values (%s, %s, %s, %s, %s, %s)"
SHIPMENT = """
insert into unified.shipments (channel, shop, order_id, shipment_id, shipped_at) values (%s, %s, %s, %s, %s)
"""
PLACES = """
select sku, facility_id, activated from ops.commitments
where channel = %s and shop = %s and order_id = %s and line_id = %s
"""
AT_HAND = 6
"""Orders that one thread has under way at once."""

Answer = dict[str, Any]


class Shopper:
    """One connection's worth of customers. Every step leaves the books as the ledger should have them."""

    def __init__(
        self, name: str, db: Connection, assortment: Assortment, books: Books, stockroom: Stockroom, tally: Tally, random: Random
    ) -> None:
        self.name = name
        self.db = db
        self.assortment = assortment
        self.books = books
        self.stockroom = stockroom
        self.tally = tally
        self.random = random
        self.orders: list[Order] = []
        self._number = 0

    def checkout(self) -> None:
        """One more customer: an order that the channel accepted, or a checkout that asks for a hold first."""
        kind = self.random.random()
        if kind < 0.08:
            self._place(self._new_order([self.random.choice(self.assortment.presale)], is_presale=True))
        elif kind < 0.5:
            self._place(self._new_order(self._basket()))
        elif kind < 0.9:
            self._strictly()
        else:
            self._strictly_many()

    def advance(self) -> None:
        """One step of one order under way."""
        while len(self.orders) > AT_HAND:
            self.orders.pop(0)
        if not self.orders:
            return
        order = self.random.choice(self.orders)
        steps: list[tuple[float, Callable[[Order], None]]] = [
            (0.50, self._ship),
            (0.10, self._cancel),
            (0.10, self._cancel_some),
            (0.18, self._take_back),
            (0.06, self._move),
            (0.06, self._tell_again),
        ]
        (step,) = self.random.choices([do for _, do in steps], [weight for weight, _ in steps])
        step(order)

    # --- placing

    def _basket(self) -> list[str]:
        return [self.assortment.draw(self.random) for _ in range(self.random.choices((1, 2, 3), (6, 3, 1))[0])]

    def _new_order(self, skus: list[str], is_presale: bool = False) -> Order:
        self._number += 1
        lines = [Line(str(number), sku, self.random.choices((1, 2, 3), (7, 2, 1))[0]) for number, sku in enumerate(skus)]
        return Order(self.random.choice(self.assortment.shops), f"{self.name}-{self._number}", lines, is_presale)

    def _place(self, order: Order) -> None:
        # its cancellation may be told before it was itself
        order.is_cancelled = self.random.random() < 0.03
        with self.tally.timed("orders"), self.db.transaction():
            status = "cancelled" if order.is_cancelled else "open"
            self.db.execute(ORDER, (CHANNEL, order.shop, order.order_id, status, order.is_presale))
            with self.db.cursor() as cursor:
                cursor.executemany(
                    LINE, [(CHANNEL, order.shop, order.order_id, line.line_id, line.sku, line.quantity) for line in order.lines]
                )
            self._absorb(order)
        self.books.accept(order)
        self.orders.append(order)

    def _absorb(self, order: Order) -> None:
        self.db.execute(ABSORB, (CHANNEL, order.shop, [order.order_id]))

    # --- strictly: a hold first

    def _strictly(self) -> None:
        order = self._new_order(self._basket())
        seconds = 600.0 if self.random.random() < 0.7 else self.random.uniform(0.02, 0.3)
        with self.tally.timed("holds"), self.db.transaction():
            answer = self._answer(
                "select ops.hold(%s, %s, %s, %s, %s)",
                f"h-{order.order_id}", CHANNEL, order.shop, _lines(order), timedelta(seconds=seconds),
            )  # fmt: skip
        self._follow(order, answer)

    def _strictly_many(self) -> None:
        orders = [self._new_order(self._basket()) for _ in range(self.random.randint(2, 6))]
        requests = [
            {
                "hold_id": f"h-{order.order_id}",
                "channel": CHANNEL,
                "shop": order.shop,
                "lines": json.loads(_lines(order)),
                "for_seconds": self.random.choice((0.1, 600)),
            }
            for order in orders
        ]
        with self.db.transaction():
            answers = self.db.execute("select ops.hold_many(%s)", (json.dumps(requests),)).fetchall()
        self.tally.add("holds", len(orders))
        for order, (answer,) in zip(orders, answers, strict=True):
            self._follow(order, answer)

    def _follow(self, order: Order, answer: Answer) -> None:
        """What becomes of a checkout that was answered."""
        if answer["state"] == "refused":
            self.tally.add("holds refused")
            return
        hold_id = answer["hold_id"]
        pieces = {(line["facility_id"], line["sku"]): line["quantity"] for line in answer["lines"]}
        held = Held(pieces, datetime.fromisoformat(answer["expires_at"]))
        self.books.hold(hold_id, held)
        fate = self.random.random()
        if fate < 0.1:  # asked again after a lost answer
            with self.db.transaction():
                self._answer("select ops.hold(%s, %s, %s, %s)", hold_id, CHANNEL, order.shop, _lines(order))
        if fate < 0.2:
            self._end(held, "select ops.release_hold(%s)", hold_id)
        elif fate < 0.35:
            pass  # the customer walked away: it stands until its time is over
        elif fate < 0.45:
            self._review(held, hold_id)
        elif fate < 0.7:
            self._end(held, "select ops.confirm_hold(%s, %s)", hold_id, order.order_id)
            self._place(order)
            self._consumed(held)
        else:  # its order arrives before the shop's word for the hold
            self._place(order)
            self._end(held, "select ops.confirm_hold(%s, %s)", hold_id, order.order_id)
            self._consumed(held)

    def _review(self, held: Held, hold_id: str) -> None:
        with self.db.transaction():
            answer = self._answer("select ops.review_hold(%s, true)", hold_id)
        if answer["state"] != "held":
            held.ended = answer["state"]
            return
        held.on_review = True
        with self.db.transaction():
            self.db.execute("select ops.expire_holds()")
        if self.random.random() < 0.5:
            self._end(held, "select ops.release_hold(%s)", hold_id)
        self.tally.add("holds on review")

    def _end(self, held: Held, call: str, *values: str) -> None:
        with self.db.transaction():
            state = self._answer(call, *values)["state"]
        if state not in ("held", "confirmed"):
            held.ended = state
        self.tally.add(f"holds {state}")

    def _consumed(self, held: Held) -> None:
        if held.ended is None:
            held.ended = "consumed"

    def _answer(self, call: str, *values: object) -> Answer:
        row = self.db.execute(call, values).fetchone()
        assert row
        answer: Answer = row[0]
        return answer

    # --- what happens to an order

    def _places(self, order: Order, line: Line) -> dict[str, tuple[str, int]]:
        """Component -> the facility it ships from, and how many of a presale have arrived."""
        with self.db.transaction():
            found = self.db.execute(PLACES, (CHANNEL, order.shop, order.order_id, line.line_id)).fetchall()
        return {sku: (facility, activated) for sku, facility, activated in found}

    def _pieces(self, line: Line, count: int, places: dict[str, tuple[str, int]]) -> dict[Item, int]:
        pieces: Counter[Item] = Counter()
        for part, each in self.assortment.parts(line.sku).items():
            pieces[places[part][0], part] += each * count
        return dict(pieces)

    def _ship(self, order: Order) -> None:
        open_lines = [line for line in order.lines if line.open and not order.is_cancelled]
        if not open_lines:
            return
        line = self.random.choice(open_lines)
        count = self.random.randint(1, line.open)
        places = self._places(order, line)
        if order.is_presale and places[line.sku][1] < count:
            return
        pieces = self._pieces(line, count, places)
        at = self.stockroom.take(pieces)
        if at is None:
            self.tally.add("shipments without stock")
            return
        line.shipped += count
        order.shipments += 1
        try:
            with self.tally.timed("shipments"), self.db.transaction():
                self._update_line(order, line)
                self.db.execute(
                    SHIPMENT,
                    (CHANNEL, order.shop, order.order_id, str(order.shipments), at),
                )
                status = "partially_shipped" if order.is_open else "shipped"
                self._set(order, "fulfilment_status", status)
                self._absorb(order)
        except psycopg.Error:
            line.shipped -= count
            self.stockroom.put(pieces)
            raise

    def _cancel(self, order: Order) -> None:
        if not order.is_open:
            return
        with self.tally.timed("cancellations"), self.db.transaction():
            self._set(order, "order_status", "cancelled")
            self._absorb(order)
            self._absorb(order)
        order.is_cancelled = True

    def _cancel_some(self, order: Order) -> None:
        open_lines = [line for line in order.lines if line.open and not order.is_cancelled]
        if not open_lines:
            return
        line = self.random.choice(open_lines)
        count = self.random.randint(1, line.open)
        line.cancelled += count
        try:
            with self.tally.timed("cancellations"), self.db.transaction():
                self._update_line(order, line)
                self._absorb(order)
        except psycopg.Error:
            line.cancelled -= count
            raise

    def _take_back(self, order: Order) -> None:
        lines = [line for line in order.lines if line.shipped > line.returned or line.told_by == "facility"]
        if not lines:
            return
        line = self.random.choice(lines)
        line.told_by = line.told_by or self.random.choice(("channel", "facility", "both"))
        places = self._places(order, line)
        if line.told_by == "channel":
            self._told_by_channel(order, line, places)
        elif line.told_by == "facility":
            disposition = self.random.choice(("restock", "restock", "quarantine", "scrap", "return_to_vendor"))
            self._told_by_facility(order, line, places, disposition)
        elif self.random.random() < 0.5:
            self._told_by_channel(order, line, places)
            self._told_by_facility(order, line, places, "restock", is_known=True)
        else:
            self._told_by_facility(order, line, places, "restock")
            self._told_by_channel(order, line, places, is_known=True)

    def _told_by_channel(self, order: Order, line: Line, places: dict[str, tuple[str, int]], is_known: bool = False) -> None:
        """The channel refunds one piece and says it is back; `is_known`: a facility told of it already."""
        if line.returned >= line.shipped:
            return
        at = self.stockroom.put({} if is_known else self._pieces(line, 1, places))
        order.refunds += 1
        line.returned += 1
        with self.tally.timed("returns"), self.db.transaction():
            self.db.execute(
                "insert into unified.refunds (channel, shop, order_id, refund_id, line_id, quantity, completed_at)"
                " values (%s, %s, %s, %s, %s, 1, %s)",
                (CHANNEL, order.shop, order.order_id, str(order.refunds), line.line_id, at),
            )
            self._update_line(order, line)
            self._absorb(order)

    def _told_by_facility(
        self, order: Order, line: Line, places: dict[str, tuple[str, int]], disposition: str, is_known: bool = False
    ) -> None:
        """A facility takes in one piece, a kit by its components, and says so twice."""
        parts = self.assortment.parts(line.sku)
        if any(line.received_back[part] + each > line.shipped * each for part, each in parts.items()):
            return
        is_new = disposition == "restock" and not is_known
        at = self.stockroom.put(self._pieces(line, 1, places) if is_new else {})
        for part, each in parts.items():
            key = f"{order.order_id}/{line.line_id}/{part}/{line.received_back[part]}"
            for _ in range(2):
                with self.db.transaction():
                    self.db.execute(
                        "select ops.return_stock(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        (key, CHANNEL, order.shop, order.order_id, line.line_id, part, each, disposition, at),
                    )
            line.received_back[part] += each
        self.tally.add("returns")
        if disposition == "quarantine":
            self.tally.add("pieces in quarantine", sum(parts.values()))

    def _move(self, order: Order) -> None:
        """Let a line ship from elsewhere, where there is enough."""
        line = self.random.choice(order.lines)
        if order.is_presale or order.is_cancelled or not line.open:
            return
        part = self.random.choice([*self.assortment.parts(line.sku)])
        here = self._places(order, line)[part][0]
        there = self.random.choice([facility for facility in FACILITIES if facility != here])
        try:
            with self.db.transaction():
                self.db.execute(
                    "select ops.move_reservation(%s, %s, %s, %s, %s, %s)",
                    (CHANNEL, order.shop, order.order_id, line.line_id, part, there),
                )
        except psycopg.errors.CheckViolation:
            self.tally.add("moves refused")
        else:
            self.tally.add("moves")

    def _tell_again(self, order: Order) -> None:
        """A late or duplicated word of anybody's order."""
        other = self.books.some(self.random.random())
        with self.db.transaction():
            self._absorb(other or order)
        self.tally.add("orders told again")

    def _update_line(self, order: Order, line: Line) -> None:
        self.db.execute(
            "update unified.order_lines set shipped_quantity = %s, cancelled_quantity = %s, refunded_quantity = %s"
            " where channel = %s and shop = %s and order_id = %s and line_id = %s",
            (line.shipped, line.cancelled, line.returned, CHANNEL, order.shop, order.order_id, line.line_id),
        )

    def _set(self, order: Order, column: str, status: str) -> None:
        self.db.execute(
            f"update unified.orders set {column} = %s, updated_at = now() where channel = %s and shop = %s and order_id = %s",
            (status, CHANNEL, order.shop, order.order_id),
        )


def _lines(order: Order) -> str:
    return json.dumps([{"sku": line.sku, "quantity": line.quantity} for line in order.lines])
