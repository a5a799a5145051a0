"""Levels that keep what they promise on the demand that was: conformal quantiles, the fill rate found by simulation.

For a cycle service level the position is that quantile of demand over the protection interval, from how far past forecasts of
such intervals were off (forecasting/conformal.py). A fill rate has no such quantile: what is short is ruled by the few largest
demands, which no distribution of a textbook knows. So the stock is kept over the items' own past, at one quantile after another,
and the least that reached the fill rate is taken (simulation optimization: M. Fu, *INFORMS Journal on Computing* 14(3), 2002).
It is one for all items, since a single item's past is too short to tell.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sluice.planning.forecasting.conformal import SPAN, quantiles, scores, spreads, trailing
from sluice.planning.inventory.levels import Floats, Supply, Target, lead_times
from sluice.planning.inventory.rolling import keep

ENOUGH = 200
"""Scores of past forecasts, all items together. With fewer there is nothing to calibrate with."""
KNOWN = 14
"""Days of its own that an item needs; its forecast's errors are taken to be those of the items like it."""
ROUNDS = 10
LOWEST = 0.3


def has_past(history: Floats, supply: Supply) -> NDArray[np.bool_]:
    """(items): whose quantiles mean something; none of them where all together have too little past."""
    found = np.isfinite(scores(history, lead_times(supply) + supply.review))
    known = np.isfinite(history).sum(axis=1) >= KNOWN
    return np.asarray(known & (found.sum() >= ENOUGH))


def levels(history: Floats, supply: Supply, quantile: Floats, rate: Floats | None = None) -> Floats:
    """The `quantile` (items) of demand over lead time and review; `rate`: demand a day as forecast, else the trailing mean."""
    daily = trailing(history)[0][:, -1] if rate is None else rate
    past = scores(history, lead_times(supply) + supply.review)
    found = np.zeros(len(history))
    for one in np.unique(quantile):
        rows = quantile == one
        found[rows] = quantiles(past, daily * supply.protected, np.array([one]))[rows, 0]
    return found


def quantile_for(history: Floats, supply: Supply, target: Target, lost_sales: bool = False) -> Floats:
    """(items): the quantile that each target asks for."""
    found = target.level.copy()
    levels = np.unique(target.level[target.is_fill_rate])
    if levels.size:
        past = _Past(history, supply)
        for level in levels:
            found[target.is_fill_rate & (target.level == level)] = past.quantile_reaching(float(level), lost_sales)
    return found


class _Past:
    """The items' own past, over which a stock at any quantile can be kept. Spreads are those of today, as forecasts' errors are
    too few for spreads of each past day."""

    def __init__(self, history: Floats, supply: Supply) -> None:
        self.history, self.supply = history, supply
        self.reviews = np.arange(SPAN, history.shape[1], supply.review)
        windows = lead_times(supply)
        rate = trailing(history)[0]
        self.forecast = rate[:, self.reviews] * supply.protected[:, None]
        spread, without = spreads(scores(history, windows + supply.review), rate[:, -1] * supply.protected)
        self.room = spread[:, None] * np.sqrt(self.forecast + 1)
        relative = scores(history, windows + supply.review) / without
        self.pool = np.sort(relative[np.isfinite(relative)])
        draws = np.arange(len(self.reviews)) % windows.shape[1]
        self.lead_times = np.rint(windows[:, draws]).astype(np.int64)

    def quantile_reaching(self, fill_rate: float, lost_sales: bool) -> float:
        """The least that reached it over the past and over its younger half, with a margin for what choosing so has cost before:
        what suffices in the older half is tried on the younger, and what it lacks there is added to the aim, up to half of the
        shortage that the fill rate allows. The fill rate itself where nothing could be simulated."""
        if self.pool.size < ENOUGH or len(self.reviews) < 2:
            return fill_rate
        played: dict[float, tuple[float, float, float]] = {}

        def halves(quantile: float) -> tuple[float, float, float]:
            if quantile not in played:
                played[quantile] = self._fill_rates(quantile, lost_sales)
            return played[quantile]

        of_the_older = _least(lambda one: halves(one)[0] >= fill_rate)
        lacked = fill_rate - halves(of_the_older)[1]
        aim = fill_rate + min(max(0.0, lacked), (1 - fill_rate) / 2)
        return _least(lambda one: min(halves(one)[1:]) >= aim)

    def _fill_rates(self, quantile: float, lost_sales: bool) -> tuple[float, float, float]:
        """Of the older half of the demand, the younger half, and all."""
        shift = self.pool[min(int(quantile * self.pool.size), self.pool.size - 1)]
        wanted = np.maximum(0.0, self.forecast + shift * self.room)
        review = self.supply.review
        made = keep(self.history, SPAN, lambda day: wanted[:, (day - SPAN) // review], self.lead_times, review, lost_sales)
        asked, served = np.cumsum(made.asked_by_day), np.cumsum(made.served_by_day)
        if not asked[-1]:
            return 1.0, 1.0, 1.0
        half = int(np.searchsorted(asked, asked[-1] / 2))
        younger = asked[-1] - asked[half]
        rest = (served[-1] - served[half]) / younger if younger else 1.0
        return float(served[half] / max(asked[half], 1e-9)), float(rest), float(served[-1] / asked[-1])


def _least(is_enough: Callable[[float], bool]) -> float:
    low, high = LOWEST, 1.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
