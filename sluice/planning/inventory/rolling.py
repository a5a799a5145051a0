"""A stock kept by a rule over a demand that happened: reviewed, ordered, received and sold day by day, all items at once.

On a day what is due comes in first, then the position is reviewed if it is the day for it, then the day's demand is met as far as
stock reaches. A rule sees the days before the review and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.inventory.ordering import Levels

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Rule = Callable[[int], Levels]
"""From the day of the review, when and how much every item is ordered; it may look at days before that day."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Per item, over the days that count: pieces `asked` and `served` at once, `cycles` between two deliveries and those of them
    that were `clear` of stock-outs, the mean stock `on_hand` at the end of a day, order `lines`, and pieces `bought`;
    of all items together the pieces asked and served, the cycles and the clear ones `by_day`."""

    asked: Floats
    served: Floats
    cycles: Integers
    clear: Integers
    on_hand: Floats
    lines: Integers
    bought: Floats
    asked_by_day: Floats
    served_by_day: Floats
    cycles_by_day: Floats
    clear_by_day: Floats


def keep(
    demand: Floats,
    start: int,
    rule: Rule,
    lead_times: Integers,
    review: int,
    lost_sales: bool = False,
    by_delivery: bool = False,
) -> Kept:
    """Run `rule` over `demand` (items, days; NaN is no demand) from day `start` to the end.

    `lead_times` (items, reviews) in whole days, of the orders of each review; they may overtake one another. It begins with
    the position of a usual day (Levels.usual), all of it on hand. An item counts from the day on which what was ordered at the
    first review that could know it is there for sure: before that there was nothing to decide from.
    A cycle ends with the review period; `by_delivery`, for orders that don't come with every review, when a delivery comes in.
    """
    asked = np.nan_to_num(demand)
    items, days = asked.shape
    due = np.zeros((days + int(lead_times.max(initial=0)) + 1, items))
    longest = lead_times.max(axis=1, initial=0)
    counted_from = np.maximum(start, np.isfinite(demand).argmax(axis=1) + review) + longest + 1
    stock, coming = rule(start).usual(), np.zeros(items)
    made = _Account(items, days - start)
    for number, day in enumerate(range(start, days)):
        arrived = due[day]
        if by_delivery:
            made.cycle(number, (arrived > 0) & (day >= counted_from))
        stock, coming = stock + arrived, coming - arrived
        if number % review == 0:
            wanted = rule(day).missing(stock + coming)
            np.add.at(due, (day + lead_times[:, number // review], np.arange(items)), wanted)
            # what is ordered without a lead time is there at once
            at_once = np.where(lead_times[:, number // review] == 0, wanted, 0.0)
            if by_delivery:
                made.cycle(number, (at_once > 0) & (day >= counted_from))
            stock, coming = stock + at_once, coming + wanted - at_once
            made.ordered(np.where(day >= counted_from, wanted, 0.0))
        served = np.minimum(asked[:, day], np.maximum(stock, 0.0))
        stock = stock - (served if lost_sales else asked[:, day])
        made.day(number, asked[:, day], served, np.maximum(stock, 0.0), day >= counted_from)
        if not by_delivery and number % review == review - 1:
            made.cycle(number, day >= counted_from)
    return made.closed()


class _Account:
    def __init__(self, items: int, days: int) -> None:
        self.asked, self.served, self.held, self.bought = (np.zeros(items) for _ in range(4))
        self.cycles, self.clear, self.lines = (np.zeros(items, np.int64) for _ in range(3))
        self.short = np.zeros(items, np.bool_)
        self.days = np.zeros(items, np.int64)
        self.asked_by_day, self.served_by_day, self.cycles_by_day, self.clear_by_day = (np.zeros(days) for _ in range(4))

    def ordered(self, wanted: Floats) -> None:
        self.bought += wanted
        self.lines += wanted > 0

    def day(self, number: int, asked: Floats, served: Floats, left: Floats, counts: Flags) -> None:
        asked, served = np.where(counts, asked, 0.0), np.where(counts, served, 0.0)
        self.asked += asked
        self.served += served
        self.asked_by_day[number], self.served_by_day[number] = asked.sum(), served.sum()
        self.held += np.where(counts, left, 0.0)
        self.short |= served < asked
        self.days += counts

    def cycle(self, number: int, ends: Flags) -> None:
        clear = ends & ~self.short
        self.cycles += ends
        self.clear += clear
        self.cycles_by_day[number] += ends.sum()
        self.clear_by_day[number] += clear.sum()
        self.short &= ~ends

    def closed(self) -> Kept:
        held = self.held / np.maximum(1, self.days)
        account = (self.asked, self.served, self.cycles, self.clear, held, self.lines, self.bought)
        return Kept(*account, self.asked_by_day, self.served_by_day, self.cycles_by_day, self.clear_by_day)
