"""What really lies on the shelves in a proof, kept apart from the ledger: nothing here has read a row of it."""

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sluice.proofs.assortment import Item

TICK = timedelta(microseconds=1)


class Stockroom:
    """Pieces by item. Each movement has an instant of its own, so that a count knows exactly what came before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pieces: Counter[Item] = Counter()
        self._last = datetime.now(UTC)
        self._uncounted: list[tuple[datetime, Item, int]] = []
        self.door = threading.Lock()
        """Held while pieces are on their way between facilities: nobody counts then."""

    def put(self, pieces: Mapping[Item, int], when_counted: bool = False) -> datetime:
        """When they came. `when_counted`: the ledger learns of them by the next count only."""
        with self._lock:
            at = self._instant()
            self._pieces.update(pieces)
            if when_counted:
                self._uncounted += [(at, item, count) for item, count in pieces.items()]
            return at

    def take(self, pieces: Mapping[Item, int]) -> datetime | None:
        """When they left; None where they aren't there, then none left."""
        with self._lock:
            if any(self._pieces[item] < count for item, count in pieces.items()):
                return None
            self._pieces.subtract(pieces)
            return self._instant()

    def count(self) -> tuple[datetime, dict[Item, int]]:
        with self.door, self._lock:
            return self._instant(), dict(self._pieces)

    def counted(self, at: datetime) -> None:
        """The ledger took in the count of that instant."""
        with self._lock:
            self._uncounted = [arrival for arrival in self._uncounted if arrival[0] > at]

    def known(self) -> dict[Item, int]:
        """What a ledger that missed nothing says now, but for items that have none."""
        with self._lock:
            known = self._pieces.copy()
            for _, item, count in self._uncounted:
                known[item] -= count
            return {item: count for item, count in known.items() if count}

    def _instant(self) -> datetime:
        self._last = max(datetime.now(UTC), self._last + TICK)
        return self._last
