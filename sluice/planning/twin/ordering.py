"""How much is ordered on a day: by one rule for all items, or each item by the policy that its plan keeps."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sluice.planning.inventory.choose import formula
from sluice.planning.inventory.levels import Supply, Target
from sluice.planning.inventory.ordering import missing
from sluice.planning.safety_stock import pieces
from sluice.planning.twin.knowledge import Outlook
from sluice.planning.twin.scenario import Ordering

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces (F, S): at or below `point` a position is filled up to `up_to`, or ordered in lots of `lot` where that isn't 0."""

    point: Integers
    up_to: Integers
    lot: Integers


class Rule:
    """All items alike, filled up to their level at each review: the rules `cover` and `quantile`."""

    def __init__(self, rule: Ordering, known: Outlook) -> None:
        self.rule, self.known = rule, known

    def wanted(self, day: int) -> Wanted:
        """What an order on `day` is for."""
        level = pieces(self.level(day))
        return Wanted(level, level, np.zeros_like(level))

    def level(self, day: int) -> Floats:
        """Stock position, pieces (F, S), that an order on `day` fills up to; not rounded."""
        rate = self.known.rate(day)
        if self.rule.rule == "cover":
            return np.asarray(rate.sum(axis=0) * self.rule.cover_days)
        return self._planned(day, expected(self.known, day, self.rule.every_days))[0]

    def reserve(self, day: int) -> Floats:
        """Safety stock, pieces (F, S), for the rule's level over lead time and review period; never below 0."""
        return self._planned(day, self.known.rate(day).sum(axis=0))[1]

    def order(self, wanted: Wanted, position: Integers) -> Integers:
        """Pieces (F, S) ordered of items whose stock and what is on its way are `position`."""
        return missing(position, wanted.point, wanted.up_to, wanted.lot)

    @cached_property
    def _target(self) -> Target:
        count = self.known.world.lead_mean.size
        return Target(np.full(count, self.rule.level), np.zeros(count, np.bool_))

    def _planned(self, day: int, mean: Floats) -> tuple[Floats, Floats]:
        """Level and safety stock as the plan sets them for items without a calibrated past (inventory/choose.py): the normal
        formula where demand is steady enough, the negative binomial where it is not."""
        lead, lead_sd = lead_times(self.known)
        supply = Supply(lead, lead_sd, self.rule.every_days)
        up_to, safety, _ = formula(flat(mean), flat(self.known.spread(day)), supply, self._target)
        return up_to.reshape(mean.shape), safety.reshape(mean.shape)


def expected(known: Outlook, day: int, review: int) -> Floats:
    """Pieces a day, (F, S), that the days from `day` on until the next order's receipt bring, promotions among them."""
    ahead = known.lifted(day, int(np.ceil(np.mean(known.world.lead_mean + review))))
    return np.asarray((known.rate(day) * ahead[:, None, :]).sum(axis=0))


def lead_times(known: Outlook) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation, days, (F * S)."""
    return flat(known.world.lead_mean), flat(known.world.lead_sd)


def flat(part: Floats) -> NDArray[np.float64]:
    return part.astype(np.float64).ravel()
