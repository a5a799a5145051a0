"""A market that behaves as the models say: everybody's purchases before today and after it, drawn one by one."""

from dataclasses import dataclass

import numpy as np

from sluice.customers.value.bgnbd import Floats, Histories
from sluice.customers.value.lifetime import Horizon

CDNOW = (0.2426, 4.4135, 0.7929, 2.4258)
SPEND = (6.25, 3.74, 15.45)


@dataclass(frozen=True)
class Market:
    of: Histories
    average: Floats
    future_purchases: Floats
    future_value: Floats
    """What was spent in the horizon, each purchase discounted from the day it fell on."""
    active: Floats


def market(
    people: int,
    rng: np.random.Generator,
    buying: tuple[float, float, float, float] = CDNOW,
    spending: tuple[float, float, float] = SPEND,
    horizon: Horizon | None = None,
    weeks: int = 52,
) -> Market:
    """People who first bought on some day of the last `weeks` weeks."""
    horizon = horizon or Horizon()
    (r, alpha, a, b), (p, q, v) = buying, spending
    rate, leaving, nu = rng.gamma(r, 1 / alpha, people), rng.beta(a, b, people), rng.gamma(q, 1 / v, people)
    T = rng.integers(1, weeks * 7, people) / 7
    x, tx, spent = np.zeros(people), np.zeros(people), rng.gamma(p, 1 / nu)
    later, value = np.zeros(people), np.zeros(people)
    at, active, still = np.zeros(people), np.ones(people, bool), np.arange(people)
    while len(still):
        at[still] += rng.exponential(1 / rate[still])
        still = still[at[still] <= T[still] + horizon.weeks]
        amount = rng.gamma(p, 1 / nu[still])
        past = at[still] <= T[still]
        before, after = still[past], still[~past]
        x[before] += 1
        tx[before] = at[before]
        spent[before] += amount[past]
        later[after] += 1
        value[after] += amount[~past] * np.exp(-horizon.force * (at[after] - T[after]))
        left = rng.random(len(still)) < leaving[still]
        active[still[left & past]] = False
        still = still[~left]
    days = np.minimum(np.round(tx * 7) / 7, T)
    return Market(Histories(x, days, T), spent / (x + 1), later, value, active)
