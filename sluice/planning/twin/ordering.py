"""How much is on the way or on the shelf after an order: order-up-to levels by the two rules of `scenario.Ordering`."""

import numpy as np
from numpy.typing import NDArray

from sluice.planning.safety_stock import order_up_to, protection_sd, safety_stock
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
    mean = (rate * ahead[:, None, :]).sum(axis=0)
    return np.asarray(order_up_to(mean, known.world.lead_mean, rule.every_days, reserve(rule, known, day, mean)))


def reserve(rule: Ordering, known: Outlook, day: int, mean: Floats | None = None) -> Floats:
    """Safety stock, pieces (F, S), for the rule's level over lead time and review period."""
    mean = known.rate(day).sum(axis=0) if mean is None else mean
    world = known.world
    sigma = protection_sd(mean, known.spread(day), world.lead_mean, world.lead_sd, rule.every_days)
    return safety_stock(sigma, rule.level)
