"""Ordering policies: when an item is looked at, how much of it is ordered at a time, and which service that is held to.

- *periodic*: at each review it is filled up to its level;
- *base stock* (S - 1, S): every day what was sold is ordered;
- *(r, nQ)*: every day; at or below r, lots of Q;
- *(s, S)*: every day; at or below s, filled up to S = s + Q.

Q is the economic order quantity. r and s are set for it, one after the other (Silver, Pyke & Thomas, *Inventory and Production
Management in Supply Chains*, 4th ed., section 6.7 and 7.4). Where it is known what a piece costs that waits a day, that sets the
service: a base stock runs out with the newsvendor's critical ratio p / (p + h), and for a given Q the cheapest r is that whose
fill rate is that ratio, n(r) - n(r + Q) = Q h / (h + p) (Snyder & Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., sections
4.3.4 and 5.3.2). The newsvendor's one order for a season is in season.py.
"""

from dataclasses import dataclass

import numpy as np

from sluice.planning.inventory.levels import Flags, Floats, Integers, Target
from sluice.planning.inventory.lot_size import economic_quantity, economic_quantity_with_backorders
from sluice.planning.inventory.newsvendor import critical_ratio
from sluice.planning.inventory.ordering import Levels, Lots, Sized, filled
from sluice.planning.safety_stock import pieces

PERIODIC, BASE_STOCK, R_Q, S_S, NEWSVENDOR = "periodic", "base_stock", "r_q", "s_s", "newsvendor"
IN_LOTS = (R_Q, S_S)
LEAST, MOST = 0.01, 0.9999
"""A critical ratio is kept between these: nothing waits for nothing, and no stock serves everything."""
LARGEST = 2**31 - 1.0


@dataclass(frozen=True, slots=True)
class Costs:
    """Of each item, (items), NaN where not known: of an `order`, whatever its size, of `holding` a piece for a day, and of a
    piece that is `waiting` a day for stock."""

    order: Floats
    holding: Floats
    waiting: Floats

    @property
    def weigh(self) -> Flags:
        """Where waiting is weighed against holding, instead of a target."""
        return np.asarray((self.waiting > 0) & (self.holding > 0))


def nothing_known(items: int) -> Costs:
    return Costs(*(np.full(items, np.nan) for _ in range(3)))


def review(policy: str, period: int) -> int:
    """Days between two looks at a position. Runs are nightly."""
    return period if policy == PERIODIC else 1


def held_to(policy: str, target: Target, costs: Costs) -> Target:
    """The service that a piece that waits is worth, where that is known, else `target`."""
    if policy == PERIODIC or not costs.weigh.any():
        return target
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.clip(critical_ratio(costs.holding, costs.waiting), LEAST, MOST)
    is_fill = np.full(len(ratio), policy in IN_LOTS)
    return Target(np.where(costs.weigh, ratio, target.level), np.where(costs.weigh, is_fill, target.is_fill_rate))


def economic(mean: Floats, costs: Costs) -> Floats:
    """The economic order quantity in whole pieces, NaN where an order's or holding's cost isn't known; `mean`: pieces a day."""
    known = (costs.order > 0) & (costs.holding > 0)
    fixed, holding = np.where(known, costs.order, 0.0), np.where(known, costs.holding, 1.0)
    plain, _ = economic_quantity(fixed, holding, mean)
    waits = economic_quantity_with_backorders(fixed, holding, np.where(costs.weigh, costs.waiting, 1.0), mean)
    return np.where(known, pieces(np.minimum(np.where(costs.weigh, waits, plain), LARGEST)), np.nan)


def sizes(policy: str, period: int, costs: Costs, minimum: Floats, multiple: Floats) -> Sized | None:
    """How much is ordered at a time, None where that is what is missing. Without costs it is the demand of the review `period`;
    never less than the `minimum`, in whole multiples."""
    if policy not in IN_LOTS:
        return None

    def sized(mean: Floats) -> Lots:
        wanted = economic(mean, costs)
        wanted = np.where(np.isfinite(wanted), wanted, pieces(np.minimum(mean * period, LARGEST)))
        return Lots(np.ceil(np.maximum(np.maximum(wanted, 1), minimum) / multiple) * multiple, policy == R_Q)

    return sized


def point_and_up_to(
    policy: str, placed: tuple[Floats, Floats], ahead: Floats, lots: Lots | None, batch: Floats
) -> tuple[Integers, Integers]:
    """Reorder point and what an item is filled up to, whole pieces. `placed`: the position that lasts over lead time and review,
    and the safety stock in it; `ahead`: pieces expected in the lead time; `batch`: the least that is ordered of a periodic item,
    NaN where any quantity is."""
    position, safety = placed
    point = up_to = pieces(position)
    if lots is not None:
        up_to = point + pieces(lots.quantity)
    if policy == PERIODIC:
        point = np.minimum(pieces(ahead + safety), up_to)
        up_to = np.maximum(up_to, point + pieces(np.nan_to_num(batch)))
    return point, up_to


def levels(position: Floats, lots: Lots | None) -> Levels:
    """When and how much is ordered, from the `position` that lasts until the next order is there."""
    return filled(position) if lots is None else lots.levels(position)
