"""Customer lifetime value: what a person will spend over a horizon, discounted to today, and between which amounts it will lie.

The expectation is that of BG/NBD by that of gamma-gamma (Fader, Hardie, Lee 2005, "RFM and CLV", J. Marketing Research 42).
"""

from dataclasses import dataclass

import numpy as np

from sluice.customers.value.bgnbd import BgNbd, Histories
from sluice.customers.value.distinct import Floats, distinct
from sluice.customers.value.gamma_gamma import GammaGamma
from sluice.customers.value.interval import relative_quantiles

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(3)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The future that is valued: its length, what a year discounts (0.1: 10 %), and how sure the interval is (0.9: 90 %)."""

    weeks: float = 52.0
    yearly_discount: float = 0.1
    confidence: float = 0.9

    @property
    def force(self) -> float:
        """Continuous discount a week."""
        return float(np.log1p(self.yearly_discount)) / (365.25 / 7)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A person each: purchases to come, what each brings, and what they bring in all, discounted, with its interval."""

    purchases: Floats
    spend: Floats
    value: Floats
    low: Floats
    high: Floats


def lifetime(buying: BgNbd, spending: GammaGamma, of: Histories, average: Floats, horizon: Horizon) -> Lifetime:
    """`average` is a person's mean amount over all their x + 1 purchases."""
    pairs = distinct(of.x, of.T)
    (x, T), place = pairs.columns, pairs.place
    alive = buying.probability_alive(of)
    active = buying.expected_if_active(x, T, horizon.weeks)
    discounted = _discounted(buying, x, T, active, horizon)
    rate = np.divide(discounted, active, out=np.ones_like(active), where=active > 0)
    spend = spending.mean_spend(of.x + 1, average)
    scale = spending.scale(of.x + 1, average) * rate[place]
    levels = ((1 - horizon.confidence) / 2, (1 + horizon.confidence) / 2)
    low, high = scale * relative_quantiles(buying, spending, of, alive, horizon.weeks, levels)
    return Lifetime(active[place] * alive, spend, discounted[place] * alive * spend, low, high)


def _discounted(buying: BgNbd, x: Floats, T: Floats, active: Floats, horizon: Horizon) -> Floats:
    """Purchases to come of the active, each counted as what it is worth today: by parts, the integral by Gauss and Legendre."""
    force, half = horizon.force, horizon.weeks / 2
    total = np.exp(-force * horizon.weeks) * active
    for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
        at = half * (1 + node)
        total = total + force * half * weight * np.exp(-force * at) * buying.expected_if_active(x, T, at)
    return np.asarray(total, np.float64)
