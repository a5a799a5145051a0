"""Which quantile of demand reaches a target, found by simulation on the demand that was.

A cycle service level is a quantile itself. A fill rate is not: what is short is ruled by the few largest demands, which no
distribution of a textbook knows. Nor is it all where an item is ordered in lots: an order goes out after a day of much demand,
below the reorder point (the undershoot), that day has lifted forecast, level and lot as well, and most orders go out just when
demand rises. So the stock is kept over the items' own past, each lot sized as it would have been on its day, at one quantile
after another, and the least that reached the target is taken (simulation optimization: M. Fu, *INFORMS Journal on Computing*
14(3), 2002). It is one for all items, since a single item's past is too short to tell.
"""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from sluice.planning.forecasting.conformal import SPAN, STEP, scores, spreads, trailing
from sluice.planning.inventory.calibrated import ENOUGH
from sluice.planning.inventory.levels import Flags, Floats, Integers, Supply, Target, lead_times
from sluice.planning.inventory.ordering import Levels, Lots, Sized, filled
from sluice.planning.inventory.rolling import Kept, keep

ROUNDS = 10
LOWEST = 0.3
FEWER = 4
"""So many times fewer missed cycles than a target allows may be aimed at, no fewer: without this bound, 0.98 took two to five
times the stock on a year of real demand."""
PLAYED = 1000
"""Items that a past is played with at most, evenly taken; they stand for all."""

Aim = tuple[bool, float]
"""A fill rate (else a cycle service level), and how much of it."""
Reached = Mapping[Aim, float]
"""The quantile that reaches an aim."""


def aims(target: Target, in_lots: bool) -> list[Aim]:
    """Those of `target` that a quantile doesn't reach by itself."""
    pairs = zip(target.is_fill_rate.tolist(), target.level.tolist(), strict=True)
    return sorted({(bool(fill), float(level)) for fill, level in pairs if fill or in_lots})


def quantiles(
    history: Floats,
    supply: Supply,
    wanted: Collection[Aim],
    lost_sales: bool = False,
    sized: Sized | None = None,
    rows: Flags | None = None,
) -> dict[Aim, float]:
    """The quantile that reaches each aim; of a sample of items too. Only `rows` of the items are played: all tell of errors.
    That of a cycle service level is never below it, however few cycles of lots the past has."""
    if not wanted or not history.size:
        return {}
    some = np.arange(len(history)) if rows is None else np.flatnonzero(rows)
    some = some[:: -(-len(some) // PLAYED)] if len(some) else some
    past = _Past(history, supply, sized, some)
    found = {aim: past.quantile_reaching(aim, lost_sales) for aim in wanted}
    return {(fill, level): quantile if fill else max(quantile, level) for (fill, level), quantile in found.items()}


def asked(target: Target, reached: Reached) -> Floats:
    """(items): what reaches the target, between two that were found by interpolation; its level where nothing was."""
    found = target.level.copy()
    for kind in (False, True):
        known = sorted((level, quantile) for (is_fill, level), quantile in reached.items() if is_fill == kind)
        if known:
            levels, quantiles = np.array(known).T
            within = (target.is_fill_rate == kind) & (found >= levels[0]) & (found <= levels[-1])
            found[within] = np.interp(found[within], levels, quantiles)
    return found


class _Past:
    """The items' own past, over which a stock at any quantile can be kept. Spreads are those of today, as forecasts' errors are
    too few for spreads of each past day."""

    def __init__(self, history: Floats, supply: Supply, sized: Sized | None, rows: Integers) -> None:
        windows = lead_times(supply)
        past, rate = scores(history, windows + supply.review), trailing(history)[0]
        spread, without = spreads(past, rate[:, -1] * supply.protected)
        relative = past / without
        self.pool = np.sort(relative[np.isfinite(relative)])
        self.history, self.review = history[rows], supply.review
        # what is looked at every day has its level set anew every week
        self.anew = supply.review if sized is None else max(STEP, supply.review)
        days = np.arange(SPAN, history.shape[1], self.anew)
        self.forecast = rate[rows][:, days] * supply.protected[rows, None]
        self.room = spread[rows, None] * np.sqrt(self.forecast + 1)
        draws = np.arange(-(-(history.shape[1] - SPAN) // supply.review)) % windows.shape[1]
        self.lead_times = np.rint(windows[rows][:, draws]).astype(np.int64)
        made = [] if sized is None else [sized(rate[:, day]) for day in days]
        self.lots = [Lots(one.quantity[rows], one.fixed) for one in made]

    def quantile_reaching(self, aim: Aim, lost_sales: bool) -> float:
        """The least that reached it over the past and over its younger half, with a margin for what choosing so has cost before:
        what suffices in the older half is tried on the younger, and what it lacks there is added to the aim, up to half of the
        shortage that the target allows. The target itself where nothing could be simulated."""
        is_fill_rate, level = aim
        if self.pool.size < ENOUGH or self.forecast.shape[1] < 2 or not len(self.history):
            return level
        played: dict[float, tuple[float, float, float]] = {}

        def halves(quantile: float) -> tuple[float, float, float]:
            if quantile not in played:
                played[quantile] = _shares(self._kept(quantile, lost_sales), is_fill_rate)
            return played[quantile]

        most = 1.0 if is_fill_rate else 1 - (1 - level) / FEWER
        of_the_older = _least(lambda one: halves(one)[0] >= level)
        lacked = level - halves(of_the_older)[1]
        wanted = level + min(max(0.0, lacked), (1 - level) / 2)
        return _least(lambda one: min(halves(one)[1:]) >= wanted, most)

    def _kept(self, quantile: float, lost_sales: bool) -> Kept:
        shift = self.pool[min(int(quantile * self.pool.size), self.pool.size - 1)]
        wanted = np.maximum(0.0, self.forecast + shift * self.room)

        def rule(day: int) -> Levels:
            at = (day - SPAN) // self.anew
            return self.lots[at].levels(wanted[:, at]) if self.lots else filled(wanted[:, at])

        return keep(self.history, SPAN, rule, self.lead_times, self.review, lost_sales, by_delivery=bool(self.lots))


def _shares(made: Kept, is_fill_rate: bool) -> tuple[float, float, float]:
    """The service of the older half of what was asked for, of the younger half, and of all."""
    asked, served = (made.asked_by_day, made.served_by_day) if is_fill_rate else (made.cycles_by_day, made.clear_by_day)
    asked, served = np.cumsum(asked), np.cumsum(served)
    if not asked[-1]:
        return 1.0, 1.0, 1.0
    half = int(np.searchsorted(asked, asked[-1] / 2))
    younger = asked[-1] - asked[half]
    rest = (served[-1] - served[half]) / younger if younger else 1.0
    return float(served[half] / max(asked[half], 1e-9)), float(rest), float(served[-1] / asked[-1])


def _least(is_enough: Callable[[float], bool], most: float = 1.0) -> float:
    low, high = LOWEST, most
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
