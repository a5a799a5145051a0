"""A channel's own account of its orders in a proof: what it sold, sent, took back. The ledger is held against it."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sluice.proofs.assortment import Assortment, Item


@dataclass
class Line:
    """`quantity` and what follows are pieces of what was sold, kits whole."""

    line_id: str
    sku: str
    quantity: int
    cancelled: int = 0
    shipped: int = 0
    returned: int = 0
    received_back: Counter[str] = field(default_factory=Counter)
    """By component, what a facility took in."""
    told_by: str | None = None
    """Who tells of this line's returns: channel, facility, both."""

    @property
    def open(self) -> int:
        return self.quantity - self.cancelled - self.shipped


@dataclass
class Order:
    shop: str
    order_id: str
    lines: list[Line]
    is_presale: bool = False
    is_cancelled: bool = False
    moves: int = 0
    refunds: int = 0
    shipments: int = 0

    @property
    def is_open(self) -> bool:
        return not self.is_cancelled and any(line.open for line in self.lines)

    def kept(self, assortment: Assortment) -> Iterator[tuple[tuple[str, ...], tuple[int, int, int, int]]]:
        """(shop, order, line, component) -> pieces still held, shipped, back by the channel, back by a facility; none all 0."""
        for line in self.lines:
            open_pieces = 0 if self.is_cancelled else line.open
            for part, each in assortment.parts(line.sku).items():
                pieces = (open_pieces * each, line.shipped * each, line.returned * each, line.received_back[part])
                if any(pieces):
                    yield (self.shop, self.order_id, line.line_id, part), pieces


@dataclass
class Held:
    """A hold that was given. `ended` is the state it came to, None while it stands."""

    pieces: dict[Item, int]
    expires_at: datetime
    on_review: bool = False
    ended: str | None = None


class Books:
    """All orders and holds that were agreed, written after the ledger said yes."""

    def __init__(self, assortment: Assortment) -> None:
        self.assortment = assortment
        self.orders: list[Order] = []
        self.holds: dict[str, Held] = {}
        self._lock = threading.Lock()

    def accept(self, order: Order) -> None:
        with self._lock:
            self.orders.append(order)

    def hold(self, hold_id: str, held: Held) -> None:
        with self._lock:
            self.holds[hold_id] = held

    def expire(self, now: datetime) -> None:
        """Holds whose time is over by then are expected to have ended."""
        for held in self.holds.values():
            if held.ended is None and not held.on_review and held.expires_at <= now:
                held.ended = "expired"

    def some(self, pick: float) -> Order | None:
        """The order at the fraction `pick` of all; None while there is none."""
        with self._lock:
            return self.orders[int(pick * len(self.orders))] if self.orders else None

    def lines(self) -> dict[tuple[str, ...], tuple[int, int, int, int]]:
        return {key: pieces for order in self.orders for key, pieces in order.kept(self.assortment)}

    def held(self) -> Counter[Item]:
        """Pieces by item that holds which stand still hold."""
        standing: Counter[Item] = Counter()
        for held in self.holds.values():
            if held.ended is None:
                standing.update(held.pieces)
        return standing
