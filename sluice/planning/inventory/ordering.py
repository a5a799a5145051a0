"""When an item is ordered and how much: one rule for what is simulated, suggested and planned ahead.

(s, S): at or below `point` an item is filled up to its level; a base stock is the same with the point at the level. (r, nQ): at
or below `point` it is ordered in as many lots of `quantity` as lift it above (Silver, Pyke & Thomas, *Inventory and Production
Management in Supply Chains*, 4th ed., section 6.3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

GOLDEN = (5**0.5 - 1) / 2
"""Its multiples fall evenly between whole numbers, however many are taken (H. Weyl, *Mathematische Annalen* 77, 1916)."""


def missing(position: ArrayLike, point: ArrayLike, up_to: ArrayLike, quantity: ArrayLike = 0) -> NDArray[Any]:
    """Pieces to order, at least 0; arrays of one shape or numbers. `quantity` 0: filled up to `up_to`, not in lots."""
    position, point, up_to, quantity = (np.asarray(one) for one in (position, point, up_to, quantity))
    lot = np.maximum(quantity, 1)
    in_lots = -((position - point - 1) // lot) * lot
    wanted = np.where(quantity > 0, in_lots, up_to - position)
    return np.asarray(np.where(position <= point, np.maximum(0, wanted), 0))


@dataclass(frozen=True, slots=True)
class Levels:
    """What `missing` is told of each item, (items), in pieces; `up_to` is the most that a position comes to."""

    point: Floats
    up_to: Floats
    quantity: Floats

    def missing(self, position: Floats) -> Floats:
        return missing(position, np.ceil(self.point), np.ceil(self.up_to), np.ceil(self.quantity))

    def usual(self) -> Floats:
        """Positions to begin with, whole: above the point evenly up to the most, item by item, as on a usual day (Hadley &
        Whitin, *Analysis of Inventory Systems*, 1963). All full, lots would all come to their points at the same time."""
        most = np.ceil(self.up_to)
        return np.asarray(most - np.floor((most - np.ceil(self.point)) * (np.arange(len(most)) * GOLDEN % 1)))


def filled(up_to: Floats) -> Levels:
    """Filled up whenever it is looked at."""
    return Levels(up_to, up_to, np.zeros(len(up_to)))


@dataclass(frozen=True, slots=True)
class Lots:
    """How much is ordered at a time, (items), whole pieces, 0 where a position is filled up at each review; by (r, nQ) where
    `fixed`, else by (s, s + quantity)."""

    quantity: Floats
    fixed: bool

    def levels(self, point: Floats) -> Levels:
        """Both (s, S) and (r, nQ) from the position that has to last until the order is there."""
        fixed = self.quantity if self.fixed else np.zeros(len(point))
        return Levels(point, np.ceil(point) + self.quantity, fixed)


Sized = Callable[[Floats], Lots]
"""How much is ordered at a time from the pieces a day, (items), that are expected."""
