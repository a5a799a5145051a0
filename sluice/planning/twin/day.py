"""One day's scarce items: own facility first, then the others in order of distance, as far as the cut lets each channel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.access import Cut
from sluice.planning.twin.ration import ration

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sales:
    """Of n items: pieces that left each facility's own quotas (C, F, n) and in all `left` (F, n); `refused` (C, F, n) by the
    customers' facility; `across` (C, F, F, n): sent to customers of one facility (second axis) from another (third)."""

    from_quota: Integers | None
    left: Integers
    refused: Integers
    across: Integers | None


def sell(day: int, odd: Floats, demand: Integers, cut: Cut, nearest: Integers | None) -> Sales:
    """`demand` (C, F, n); `nearest` (F, F), the order in which facilities are asked, or None where only the own one serves; `odd`
    (n) says where odd pieces fall, `day` which facility asks first."""
    channels, facilities, items = demand.shape
    shelves = _Shelves(cut, demand.shape, odd)
    rest = demand.astype(np.int64)
    for place in range(facilities):
        rest[:, place] -= shelves.give(place, rest[:, place])
    across = None
    if nearest is not None and rest.any():
        across = np.zeros((channels, facilities, facilities, items), np.int64)
        for turn in range(1, facilities):
            # whoever asks first has the choice, so the first one changes
            for place in np.roll(np.arange(facilities), -(day + turn) % facilities).tolist():
                here = np.flatnonzero(rest[:, place].any(axis=0))
                if here.size:
                    source = int(nearest[place, turn])
                    given = shelves.give(source, rest[:, place, here], here)
                    rest[:, place, here] -= given
                    across[:, place, source, here] += given
    return Sales(shelves.sold, shelves.left, rest, across)


class _Shelves:
    """What is left of a cut while it is sold from."""

    def __init__(self, cut: Cut, shape: tuple[int, ...], odd: Floats) -> None:
        self._quota = None if cut.quota is None else cut.quota.copy()
        self._pool = None if cut.pool is None else cut.pool.copy()
        self._protected, self._odd = cut.protected, odd
        self.sold = None if cut.quota is None else np.zeros(shape, np.int64)
        self.left = np.zeros(shape[1:], np.int64)

    def give(self, place: int, wanted: Integers, items: Integers | slice = slice(None)) -> Integers:
        """What a facility gives of what is wanted (C, n): each channel's own first, then of the pool."""
        given = np.zeros_like(wanted)
        if self._quota is not None and self.sold is not None:
            given += np.minimum(wanted, self._quota[:, place, items])
            self._quota[:, place, items] -= given
            self.sold[:, place, items] += given
        if self._pool is not None:
            protected = None if self._protected is None else self._protected[:, place, items]
            shared = ration(self._pool[place, items], wanted - given, protected, self._odd[items])
            self._pool[place, items] -= shared.sum(axis=0)
            given += shared
        self.left[place, items] += given.sum(axis=0)
        return given
