"""What to buy when there is not money for all: the most service for it, and what was cut."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def within(
    budget: int | None, quantity: Integers, cost: Integers, minimum: Integers, multiple: Integers, worth: Floats
) -> Integers:
    """The quantities that `budget` pays for, in the order of `worth` (of the money spent on a row), each allowed or 0.

    Money is in whole units of any size, `cost` of a piece. A row that can't be paid whole gets as many multiples as can, where
    that is its minimum at least; then the next is tried with what is left. The greedy rule for the knapsack (G. Dantzig,
    *Operations Research* 5(2), 1957).
    """
    if budget is None or int(quantity @ cost) <= budget:
        return quantity
    bought, left = np.zeros_like(quantity), budget
    for row in np.lexsort((np.arange(len(quantity)), -worth)).tolist():
        pieces, price, step = int(quantity[row]), int(cost[row]), int(multiple[row])
        if pieces * price > left:
            pieces = left // price // step * step if price else pieces
        if pieces >= max(1, int(minimum[row])):
            bought[row] = pieces
            left -= pieces * price
    return bought
