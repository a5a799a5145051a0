"""(s, S): at each review a position at or below s is filled up to S.

Exact for a whole-numbered demand, and the power approximation for a normal one. `holding` and `stockout` a piece and period,
`fixed` an order. See reorder_quantity.py for why this is own code.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sluice.planning.inventory.convex import lowest
from sluice.planning.inventory.loss import discrete_loss

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MinMax:
    """`cost` a period where the method gives one."""

    minimum: float
    maximum: float
    cost: float | None = None


def exact(holding: float, stockout: float, fixed: float, probability: ArrayLike, lead_time: int = 0) -> MinMax:
    """The best (s, S) for P(D = 0), P(D = 1), ... of a period's demand and a lead time in whole periods.

    Y. Zheng & A. Federgruen, "Finding optimal (s, S) policies is about as simple as evaluating a single policy", *Operations
    Research* 39(4), 1991. ValueError where the probabilities are none, or nothing is ever asked for.
    """
    demand = _normalised(probability)
    cost_of = _period_cost(holding, stockout, demand, lead_time)
    average = _Average(fixed, demand, cost_of)
    most = lowest(cost_of, int(np.arange(demand.size) @ demand * (lead_time + 1)))
    least = most - 1
    while average(least, most) > cost_of(least):
        least -= 1
    best = average(least, most)
    level = most + 1
    while cost_of(level) <= best:
        if average(least, level) < best:
            most = level
            while average(least, most) <= cost_of(least + 1):
                least += 1
            best = average(least, most)
        level += 1
    return MinMax(least, most, best)


def power_approximation(holding: float, stockout: float, fixed: float, mean: float, sd: float, lead_time: float = 0) -> MinMax:
    """R. Ehrhardt & C. Mosier, "A revision of the power approximation", *Management Science* 30(5), 1984, as in the book."""
    protected, spread = mean * (lead_time + 1), sd * (lead_time + 1) ** 0.5
    gap = 1.30 * mean**0.494 * (fixed / holding) ** 0.506 * (1 + spread**2 / mean**2) ** 0.116
    scale = np.sqrt(gap * holding / (spread * stockout))
    minimum = 0.973 * protected + spread * (0.183 / scale + 1.063 - 2.192 * scale)
    return MinMax(float(minimum), float(minimum + gap))


class _Average:
    """The cost a period of (s, S): (K + sum of m(j) G(S - j), j < S - s) / M(S - s), m the renewal density of the demand."""

    def __init__(self, fixed: float, demand: Floats, cost_of: Callable[[int], float]) -> None:
        self.fixed, self.demand, self.cost_of = fixed, demand, cost_of
        self.density = [float(1 / (1 - demand[0]))]

    def __call__(self, least: int, most: int) -> float:
        for at in range(len(self.density), most - least):
            reach = min(at, self.demand.size - 1)
            before = np.array(self.density[at - reach : at])[::-1]
            self.density.append(float(self.demand[1 : reach + 1] @ before) / (1 - self.demand[0]))
        weight = self.density[: most - least]
        spent = self.fixed + sum(one * self.cost_of(most - at) for at, one in enumerate(weight))
        return float(spent / sum(weight))


def _period_cost(holding: float, stockout: float, demand: Floats, lead_time: int) -> Callable[[int], float]:
    protected = demand
    for _ in range(lead_time):
        protected = np.convolve(protected, demand)
    mean, missing = float(np.arange(protected.size) @ protected), discrete_loss(protected)

    def cost_of(position: int) -> float:
        lost = mean - position if position < 0 else float(missing[min(position, missing.size - 1)])
        return holding * (position - mean + lost) + stockout * lost

    return cost_of


def _normalised(probability: ArrayLike) -> Floats:
    found = np.asarray(probability, np.float64)
    if found.size == 0 or found.min() < 0 or found[1:].sum() <= 0:
        raise ValueError("probabilities of a demand are at least 0, and something is asked for now and then")
    return np.asarray(found / found.sum())
