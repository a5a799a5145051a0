"""Levels for demand that comes in few pieces or in bursts: negative binomial, Poisson where it scatters no more than counts do.

The normal distribution has a long way below zero where demand until the next order scatters more than half its mean; there it is
left (Silver, Pyke & Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., section 6.7). Periodic review, what
is missing waits; days are independent of one another.
"""

import numpy as np

from sluice.planning.inventory.levels import Floats, Supply, Target
from sluice.planning.inventory.loss import count_quantile, negative_binomial_loss
from sluice.planning.safety_stock import protection_sd

ROUNDS = 62
"""Halvings: more than whole numbers have bits."""
FAR = 1 - 1e-9


def levels(mean: Floats, sd: Floats, supply: Supply, target: Target) -> Floats:
    """The least whole position with the service, (items), from a day's mean and standard deviation; 0 where nothing sells."""
    lead, lead_sd = supply.lead_time, supply.lead_time_sd
    variance = np.square(protection_sd(mean, sd, lead, lead_sd, supply.review))
    found = count_quantile(target.level, mean * supply.protected, variance)
    rows = np.flatnonzero(target.is_fill_rate & (mean > 0))
    if rows.size:
        before = np.square(protection_sd(mean, sd, lead, lead_sd))[rows]
        found[rows] = _for_fill_rate(target.level[rows], mean[rows], lead[rows], supply.review, variance[rows], before)
    return found


def _for_fill_rate(level: Floats, mean: Floats, lead: Floats, review: int, variance: Floats, before: Floats) -> Floats:
    """1 - [n_{L+R}(S) - n_L(S)] / (d R), n the pieces missing: service.review_fill_rate for counts."""
    low, high = np.full(len(mean), -1.0), count_quantile(np.full(len(mean), FAR), mean * (lead + review), variance)
    for _ in range(ROUNDS):
        if np.all(high - low <= 1):
            break
        middle = np.floor((low + high) / 2)
        missing = negative_binomial_loss(middle, mean * (lead + review), variance)
        missing = missing - negative_binomial_loss(middle, mean * lead, before)
        enough = missing <= (1 - level) * mean * review
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray(high)
