"""How much is on the way or on the shelf after an order: order-up-to levels by the two rules of `scenario.Ordering`."""

import numpy as np
from numpy.typing import NDArray

from sluice.planning.inventory.choose import formula
from sluice.planning.inventory.levels import Supply, Target
from sluice.planning.twin.knowledge import Outlook
from sluice.planning.twin.scenario import Ordering

Floats = NDArray[np.floating]


def level(rule: Ordering, known: Outlook, day: int) -> Floats:
    """Stock position, pieces (F, S), that an order on `day` fills up to."""
    rate = known.rate(day)
    if rule.rule == "cover":
        return np.asarray(rate.sum(axis=0) * rule.cover_days)
    interval = known.world.lead_mean + rule.every_days
    ahead = known.lifted(day, int(np.ceil(np.mean(interval))))
    return _planned(rule, known, day, (rate * ahead[:, None, :]).sum(axis=0))[0]


def reserve(rule: Ordering, known: Outlook, day: int) -> Floats:
    """Safety stock, pieces (F, S), for the rule's level over lead time and review period; never below 0."""
    return _planned(rule, known, day, known.rate(day).sum(axis=0))[1]


def _planned(rule: Ordering, known: Outlook, day: int, mean: Floats) -> tuple[Floats, Floats]:
    """Level and safety stock as the plan sets them for items without a calibrated past (inventory/choose.py): the normal formula
    where demand is steady enough, the negative binomial where it is not."""
    world, count = known.world, mean.size
    daily, sd, lead, lead_sd = (
        np.broadcast_to(one, mean.shape).astype(np.float64).ravel()
        for one in (mean, known.spread(day), world.lead_mean, world.lead_sd)
    )
    target = Target(np.full(count, rule.level), np.zeros(count, np.bool_))
    up_to, safety, _ = formula(daily, sd, Supply(lead, lead_sd, rule.every_days), target)
    return up_to.reshape(mean.shape), safety.reshape(mean.shape)
