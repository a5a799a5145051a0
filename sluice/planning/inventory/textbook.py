"""What the textbooks' optima for the same costs are, beside the levels that a policy has: of one item.

They take demand for independent days, normal or Poisson, and lead times for certain, and weigh waiting against holding and
ordering; each says what its authors say. The plan's own levels are of past errors instead (policies.py).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from sluice.planning.inventory import min_max, reorder_quantity
from sluice.planning.inventory.policies import R_Q
from sluice.planning.safety_stock import protection_sd

FEW = 60.0
"""Pieces expected over lead time and a day, and pieces of an order: up to so many the exact methods are quick."""
LEAST = 1e-6
"""Pieces a day; below it nothing is asked for, or nothing varies."""
POISSON = 1.2
"""Variance over mean of a day's demand, up to which it is taken for Poisson."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Of an order, of holding a piece a day and of a piece that waits a day; all above 0."""

    order: float
    holding: float
    waiting: float


def optima(
    policy: str, costs: Costs, demand: tuple[float, float], lead_time: tuple[float, float]
) -> list[tuple[str, float, float, float | None]]:
    """Name, point, quantity (S - s of an (s, S)) and cost a day where the method tells one. `demand` a day and `lead_time` in
    days, each mean and standard deviation. Nothing where nothing is asked for, or where a method has no answer."""
    mean, sd = demand
    lead = max(lead_time[0], 1.0)
    if min(mean, sd) < LEAST:
        return []
    spread = float(protection_sd(mean, sd, lead, lead_time[1])) / lead**0.5
    given = costs.holding, costs.waiting, costs.order, mean
    few = mean * (lead + 1) <= FEW and sd * sd <= POISSON * mean and (2 * costs.order * mean / costs.holding) ** 0.5 <= FEW
    if policy != R_Q:
        made = min_max.power_approximation(*given, spread, lead)
        found = [("power approximation (Ehrhardt & Mosier 1984)", made.minimum, made.maximum - made.minimum, made.cost)]
        if few:
            chance = poisson.pmf(np.arange(int(mean + 10 * mean**0.5 + 10)), mean)
            made = min_max.exact(costs.holding, costs.waiting, costs.order, chance, round(lead))
            found.append(("exact, Poisson (Zheng & Federgruen 1991)", made.minimum, made.maximum - made.minimum, made.cost))
        return found
    ways = {
        "loss function (Hadley & Whitin)": reorder_quantity.loss_function,
        "economic quantity with backorders": reorder_quantity.economic_with_backorders,
        "economic quantity and safety stock": reorder_quantity.economic_with_safety_stock,
    }
    answers = {name: way(*given, spread, lead) for name, way in ways.items()}
    if few:
        answers["exact, Poisson (Federgruen & Zheng 1992)"] = reorder_quantity.poisson_exact(*given, lead)
    return [
        (name, one.reorder_point, one.quantity, one.cost)
        for name, one in answers.items()
        if np.isfinite(one.reorder_point) and np.isfinite(one.quantity)
    ]
