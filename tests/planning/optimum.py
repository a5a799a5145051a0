"""What a stock is worth by the best rule there is, exactly: dynamic programming over time and stock.

T. Lee & M. Hersh, "A model for dynamic airline seat inventory control with multiple seat bookings", Transportation Science 27
(1993): time is cut so fine that at most one order comes in a slice. The same recursion, with a rule in place of the maximum, is
the exact worth of the rule; nothing is simulated.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sluice.planning.nesting import protection

Floats = NDArray[np.float64]
Rule = Callable[[float], NDArray[np.int64]]
"""Pieces protected against each class when so large a share of the horizon is left."""
SLICES = 100
"""Slices an expected order."""


def worth(value: Floats, mean: Floats, stock: int, rule: Rule | None) -> float:
    """Expected worth of `stock` pieces against Poisson demand of `mean` pieces a class. `rule` None is the optimum."""
    slices = int(np.ceil(mean.sum() * SLICES))
    chance = mean / slices
    ahead = np.zeros(stock + 1)
    for left in range(1, slices + 1):
        sold = value[:, None] + ahead[None, :-1] - ahead[None, 1:]  # gain of selling a piece now, by class and pieces there are
        if rule is None:
            taken = np.maximum(sold, 0.0)
        else:
            kept = rule(left / slices)
            taken = np.where(np.arange(1, stock + 1)[None, :] > kept[:, None], sold, 0.0)
        ahead[1:] += chance @ taken
    return float(ahead[stock])


def first_come(value: Floats) -> Rule:
    """A plain pool."""
    return lambda left: np.zeros(len(value), np.int64)


def protected_once(value: Floats, mean: Floats) -> Rule:
    """EMSR-b as it is at the start, never looked at again."""
    once = protected(value, mean)(1.0)
    return lambda left: once


def protected(value: Floats, mean: Floats) -> Rule:
    """EMSR-b from the demand that is left, rounded as the allocator rounds it."""

    def rule(left: float) -> NDArray[np.int64]:
        ahead = mean[None, :] * left
        return np.floor(protection(value[None, :], ahead, np.sqrt(ahead))[0] + 0.5).astype(np.int64)

    return rule
