"""Levels that keep what they promise on the demand that was: conformal quantiles, the fill rate found by simulation.

For a cycle service level the position is that quantile of demand over the protection interval, from how far past forecasts of
such intervals were off (forecasting/conformal.py). A fill rate has no such quantile: what is short is ruled by the few largest
demands, which no distribution of a textbook knows. So the stock is kept over the items' own past, at one quantile after another,
and the least that reached the fill rate is taken (simulation optimization: M. Fu, *INFORMS Journal on Computing* 14(3), 2002).
It is one for all items, since a single item's past is too short to tell.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sluice.planning.forecasting import conformal
from sluice.planning.forecasting.conformal import SPAN, scores, spreads, trailing
from sluice.planning.inventory.levels import Floats, Supply, Target, lead_times
from sluice.planning.inventory.rolling import keep

ENOUGH = 200
"""Scores of past forecasts, all items together. With fewer there is nothing to calibrate with."""
KNOWN = 14
"""Days of its own that an item needs; its forecast's errors are taken to be those of the items like it."""
ROUNDS = 10
LOWEST = 0.3


@dataclass(frozen=True, slots=True)
class Errors:
    """How past forecasts of such intervals were off, of each item: `spread`, and `shift`, the quantile of all errors over their
    spreads that the item is held to; NaN where they mean nothing."""

    spread: Floats
    shift: Floats

    def beyond(self, expected: Floats) -> Floats:
        """Pieces that the quantile lies above what is expected over lead time and review; below it where negative."""
        return np.asarray(self.shift * self.spread * np.sqrt(expected + 1))


def errors(history: Floats, supply: Supply, expected: Floats, quantile: Floats) -> Errors:
    """Of items that have 14 days of their own, where all together have a past; NaN for the others. `quantile`: (items)."""
    nothing = np.full(len(history), np.nan)
    if not history.size:
        return Errors(nothing, nothing)
    past = scores(history, lead_times(supply) + supply.review)
    if np.isfinite(past).sum() < ENOUGH:
        return Errors(nothing, nothing)
    levels, at = np.unique(quantile, return_inverse=True)
    spread, shift = conformal.errors(past, expected, levels)
    known = np.isfinite(history).sum(axis=1) >= KNOWN
    return Errors(np.where(known, spread, np.nan), np.where(known, shift[at], np.nan))


def reaching(history: Floats, supply: Supply, fill_rates: ArrayLike, lost_sales: bool = False) -> dict[float, float]:
    """The quantile that reaches each fill rate; of a sample of items too."""
    levels = [float(one) for one in np.atleast_1d(np.asarray(fill_rates, np.float64))]
    if not levels:
        return {}
    past = _Past(history, supply)
    return {level: past.quantile_reaching(level, lost_sales) for level in levels}


def asked(target: Target, of_fill_rate: dict[float, float]) -> Floats:
    """(items): its level for a cycle service level, what reaches it for a fill rate."""
    found = target.level.copy()
    for level, quantile in of_fill_rate.items():
        found[target.is_fill_rate & (target.level == level)] = quantile
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
