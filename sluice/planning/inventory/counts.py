"""Levels for demand that comes in few pieces or in bursts: negative binomial, Poisson where it scatters no more than counts do.

The normal distribution has a long way below zero where demand until the next order scatters more than half its mean; there it is
left (Silver, Pyke & Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., section 6.7). Periodic review, what
is missing waits; days are independent of one another.
"""

from collections.abc import Callable

import numpy as np

from sluice.planning.inventory.levels import Floats, Supply, Target
from sluice.planning.inventory.loss import count_quantile, negative_binomial_loss
from sluice.planning.safety_stock import protection_sd

ROUNDS = 62
"""Halvings: more than whole numbers have bits."""
FAR = 1 - 1e-9


def levels(mean: Floats, sd: Floats, supply: Supply, target: Target, quantity: Floats | None = None) -> Floats:
    """The least whole position with the service, (items), from a day's mean and standard deviation; 0 where nothing sells.
    `quantity`: pieces ordered at a time; None: what is missing at each review."""
    lead, lead_sd = supply.lead_time, supply.lead_time_sd
    variance = np.square(protection_sd(mean, sd, lead, lead_sd, supply.review))
    found = count_quantile(target.level, mean * supply.protected, variance)
    rows = np.flatnonzero(target.is_fill_rate & (mean > 0))
    if rows.size:
        level, asked, expected, spread = target.level[rows], mean[rows], (mean * supply.protected)[rows], variance[rows]
        if quantity is None:
            already, before = asked * lead[rows], np.square(protection_sd(mean, sd, lead, lead_sd))[rows]
            allowed = (1 - level) * asked * supply.review
            found[rows] = _least(lambda at: _lost(at, expected, spread) - _lost(at, already, before), allowed, expected, spread)
        else:
            lot = np.maximum(1.0, np.ceil(quantity[rows]))
            allowed = (1 - level) * lot
            found[rows] = _least(
                lambda at: _lost(at, expected, spread) - _lost(at + lot, expected, spread), allowed, expected, spread
            )
    return found


_lost = negative_binomial_loss


def _least(missing: Callable[[Floats], Floats], allowed: Floats, mean: Floats, variance: Floats) -> Floats:
    """The least whole position with no more missing a cycle than is allowed: service.review_fill_rate and service.fill_rate for
    counts."""
    low, high = np.full(len(mean), -1.0), count_quantile(np.full(len(mean), FAR), mean, variance)
    for _ in range(ROUNDS):
        if np.all(high - low <= 1):
            break
        middle = np.floor((low + high) / 2)
        enough = missing(middle) <= allowed
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(high)
