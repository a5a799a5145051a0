"""(r, Q): order Q whenever the position falls to r. Exact for Poisson demand; approximations for normal demand.

Snyder & Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., chapter 5. `fixed` a purchase, `holding` a piece and period,
`stockout` a piece that waits and period (of `expected_inventory_level`: a piece, however long it waits); `mean` and `sd` of the
demand of a period, `lead_time` in periods. No library that is kept has these for numpy 2 without a documentation tool chain among
its requirements (stockpyl 1.0.2), and they are a page.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from sluice.planning.inventory.convex import lowest
from sluice.planning.inventory.loss import normal_loss, poisson_loss, second_standard_loss, standard_loss_inverse
from sluice.planning.inventory.lot_size import economic_quantity, economic_quantity_with_backorders

ROUNDS = 1000
CLOSE = 1e-10


@dataclass(frozen=True, slots=True)
class ReorderQuantity:
    """`cost` a period where the method gives one."""

    reorder_point: float
    quantity: float
    cost: float | None = None


def expected_inventory_level(
    holding: float, stockout: float, fixed: float, mean: float, sd: float, lead_time: float
) -> ReorderQuantity:
    """The expected-inventory-level approximation of Whitin (section 5.3.1): Q and r answer one another until both stand still."""
    quantity = float(economic_quantity(fixed, holding, mean)[0])
    wanted, spread = mean * lead_time, sd * np.sqrt(lead_time)
    for _ in range(ROUNDS):
        point = float(wanted + spread * ndtri(1 - quantity * holding / (stockout * mean)))
        missing = float(normal_loss(point, wanted, spread))
        larger = float(np.sqrt(2 * mean * (fixed + stockout * missing) / holding))
        if abs(larger - quantity) <= CLOSE * quantity:
            break
        quantity = larger
    cost = holding * (point - wanted + quantity / 2) + fixed * mean / quantity + stockout * mean * missing / quantity
    return ReorderQuantity(point, quantity, cost)


def economic_with_backorders(
    holding: float, stockout: float, fixed: float, mean: float, sd: float, lead_time: float
) -> ReorderQuantity:
    """Q as if demand were certain, with backorders, then the best r for it (section 5.3.2)."""
    quantity = float(economic_quantity_with_backorders(fixed, holding, stockout, mean))
    return ReorderQuantity(_point_for(quantity, holding, stockout, mean * lead_time, sd * lead_time**0.5), quantity)


def economic_with_safety_stock(
    holding: float, stockout: float, fixed: float, mean: float, sd: float, lead_time: float
) -> ReorderQuantity:
    """The economic quantity, and the newsvendor's stock for the lead time (section 5.3.3)."""
    quantity = float(economic_quantity(fixed, holding, mean)[0])
    point = mean * lead_time + float(ndtri(stockout / (stockout + holding))) * sd * lead_time**0.5
    return ReorderQuantity(point, quantity)


def loss_function(holding: float, stockout: float, fixed: float, mean: float, sd: float, lead_time: float) -> ReorderQuantity:
    """G. Hadley & T. Whitin's approximation by the first and second loss function (section 5.3.4)."""
    wanted, spread = mean * lead_time, sd * lead_time**0.5
    quantity = float(economic_quantity(fixed, holding, mean)[0])
    for _ in range(ROUNDS):
        point = _point_where_loss_is(quantity * holding / (holding + stockout), wanted, spread)
        waiting = spread**2 * float(second_standard_loss((point - wanted) / spread))
        larger = float(np.sqrt(2 * (fixed * mean + (holding + stockout) * waiting) / holding))
        if abs(larger - quantity) <= CLOSE * quantity:
            break
        quantity = larger
    return ReorderQuantity(point, quantity)


def poisson_exact(holding: float, stockout: float, fixed: float, mean: float, lead_time: float) -> ReorderQuantity:
    """The best whole r and Q (A. Federgruen & Y. Zheng, *Operations Research* 40(4), 1992).

    With G(y) the cost a period of a position y, the best Q for Q + 1 positions are the Q best and the next best; the cost falls
    as long as the next is below the average.
    """
    wanted = mean * lead_time

    def cost_of(position: int) -> float:
        missing = float(poisson_loss(position, wanted))
        return holding * (position - wanted + missing) + stockout * missing

    best = lowest(cost_of, int(wanted))
    below, above, total, quantity = best - 1, best + 1, fixed * mean + cost_of(best), 1
    while min(cost_of(below), cost_of(above)) < total / quantity:
        if cost_of(below) < cost_of(above):
            total, below = total + cost_of(below), below - 1
        else:
            total, above = total + cost_of(above), above + 1
        quantity += 1
    return ReorderQuantity(below, quantity, total / quantity)


def _point_for(quantity: float, holding: float, stockout: float, wanted: float, spread: float) -> float:
    """The r at which a position of r costs as much as one of r + Q: n(r) - n(r + Q) = Q h / (h + p)."""
    share = quantity * holding / (holding + stockout)
    low, high = wanted - quantity - 40 * spread, wanted + 40 * spread
    for _ in range(200):
        middle = (low + high) / 2
        more = float(normal_loss(middle, wanted, spread) - normal_loss(middle + quantity, wanted, spread))
        low, high = (middle, high) if more > share else (low, middle)
    return (low + high) / 2


def _point_where_loss_is(loss: float, wanted: float, spread: float) -> float:
    return wanted + spread * float(standard_loss_inverse(loss / spread))
