"""What a person will spend over a horizon, as a distribution: that of BG/NBD and gamma-gamma, worked out, not simulated.

Of a person who is still active, the number N of purchases to come is the lesser of a negative binomial count (the rate is
Gamma(r + x, alpha + T)) and the purchase after which they drop out (the chance is Beta(a, b + x)), so that

    P(N >= n) = I(n, r + x; t / (alpha + T + t)) B(a, b + x + n - 1) / B(a, b + x)

and what n purchases add up to is the person's gamma-gamma scale by a beta prime variable (p n, shape). So but for the scale it
depends on x and T alone, and the chance of being active mixes it with nothing at all. Parameters are taken as they were fitted.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, betaln, expit, logit

from sluice.customers.value.bgnbd import BgNbd, Histories
from sluice.customers.value.distinct import Floats
from sluice.customers.value.gamma_gamma import GammaGamma

EXACT, STEP = 40, 1.05
"""Numbers of purchases up to this are told apart one by one, above by steps of this factor."""
POINTS = 200
"""Amounts at which the distribution is worked out; between them it is interpolated."""
TAIL = 1e-3


def relative_quantiles(
    buying: BgNbd, spending: GammaGamma, of: Histories, alive: Floats, weeks: float, levels: Sequence[float]
) -> Floats:
    """(levels, people): the quantiles of what each will spend in `weeks`, in units of their gamma-gamma scale.

    `alive`: probability of being active. Times since the first purchase are taken in whole weeks.
    """
    found = np.zeros((len(levels), len(of.x)))
    about = _thinned(of.x)
    order = np.argsort(about, kind="stable")
    for people in np.split(order, np.flatnonzero(np.diff(about[order])) + 1) if len(order) else []:
        since, place = np.unique(np.round(of.T[people]), return_inverse=True)
        points, distribution = _distribution(buying, spending, float(about[people[0]]), since, weeks)
        for at, level in enumerate(levels):
            wanted = 1 - (1 - level) / np.maximum(alive[people], np.finfo(float).tiny)
            found[at, people] = _inverse(points, distribution, place, wanted)
    return found


def _distribution(buying: BgNbd, spending: GammaGamma, x: float, since: Floats, weeks: float) -> tuple[Floats, Floats]:
    """The logarithm of S / scale at each point, and the distribution of S (since, points) for the active; at first of 0."""
    chance = weeks / (buying.alpha + since + weeks)
    most = _most(buying.r + x, float(chance.max(initial=0)))
    numbers = np.unique(_thinned(np.concatenate([np.arange(1.0, EXACT + 1), np.geomspace(EXACT, max(most, EXACT + 1), 400)])))
    lasting = np.exp(betaln(buying.a, buying.b + x + numbers - 1) - betaln(buying.a, buying.b + x))
    reached = betainc(numbers, buying.r + x, chance[:, None]) * lasting
    exactly = reached - np.column_stack([reached[:, 1:], np.zeros(len(since))])
    # numbers are those at which a step begins; a step's middle stands for it
    middle = np.append((numbers[:-1] + numbers[1:] - 1) / 2, numbers[-1])
    shape = float(spending.shape(np.array(x + 1)))
    ends = betaincinv(spending.p * np.array([1.0, middle[-1]]), shape, np.array([TAIL, 1 - TAIL]))
    first, last = logit(np.clip(ends, 1e-12, 1 - 1e-12))
    points = np.linspace(first, last, POINTS)
    spent = betainc(spending.p * middle[:, None], shape, expit(points))
    distribution = 1 - reached[:, :1] + exactly @ spent
    return points, np.column_stack([1 - reached[:, 0], distribution[:, 1:]])


def _inverse(points: Floats, distribution: Floats, row: NDArray[np.intp], wanted: Floats) -> Floats:
    """The amount, in units of the scale, at which that row of `distribution` reaches `wanted`: 0 where nothing at all reaches it.

    By bisection for all at once, since a row a person would be gigabytes.
    """
    before, after = np.zeros(len(row), np.intp), np.full(len(row), len(points) - 1)
    for _ in range(int(np.ceil(np.log2(len(points))))):
        middle = (before + after) // 2
        short = distribution[row, middle] < wanted
        before, after = np.where(short, middle, before), np.where(short, after, middle)
    after = np.maximum(after, before + 1)
    below, above = distribution[row, before], distribution[row, after]
    share = np.clip((wanted - below) / np.maximum(above - below, np.finfo(float).tiny), 0, 1)
    amount = np.exp(points[before] + share * (points[after] - points[before]))
    return np.where(wanted <= distribution[row, 0], 0.0, amount)


def _thinned(counts: Floats) -> Floats:
    """Whole numbers, those above EXACT rounded to steps of STEP."""
    steps = np.round(np.log(np.maximum(counts, EXACT) / EXACT) / np.log(STEP))
    return np.where(counts <= EXACT, counts, np.round(EXACT * STEP**steps))


def _most(shape: float, chance: float) -> float:
    """More purchases than anybody of these will make, but for one in thousands: mean and five standard deviations."""
    mean = shape * chance / max(1 - chance, 1e-9)
    return float(np.ceil(mean + 5 * np.sqrt(mean * (1 + mean / shape)) + 5))
