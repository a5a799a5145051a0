"""What is to be ordered in the weeks to come if demand is as forecast: the time-phased order point (J. Orlicky, *Material
Requirements Planning*, 1975), by the item's own levels, in the supplier's lots.

At the beginning of a week a position at or below the reorder point is filled up; what is ordered arrives after the lead time, in
whole weeks, rounded up. The first week is the run's own suggestions: they are handed in with the position.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.inventory.ordering import missing
from sluice.planning.replenishment.lots import with_room

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WEEK = 7


@dataclass(frozen=True, slots=True)
class Terms:
    """By item: levels, the lots it is ordered in (0: it is filled up), lead time in days, and what the supplier and the shelf
    allow; pieces. A reorder point below anything that a position may be is never met."""

    reorder_point: Integers
    up_to: Integers
    order_quantity: Integers
    lead_time: Floats
    minimum: Integers
    multiple: Integers
    most: Integers


@dataclass(frozen=True, slots=True)
class Schedule:
    """(items, weeks): pieces to `order`, those `received`, and the stock free at the `end` of the week, which may be below 0."""

    order: Integers
    received: Integers
    end: Floats


def schedule(free: Integers, due: Integers, later: Integers, ordered: Integers, forecast: Floats, terms: Terms) -> Schedule:
    """`free` (items): pieces on hand that nobody was promised; `due` (items, weeks): what is on its way, in the week it is
    expected, `later` (items) after them; `ordered` (items): pieces to buy now; `forecast` (items, weeks)."""
    items, weeks = forecast.shape
    lead = np.maximum(0, np.ceil(terms.lead_time / WEEK)).astype(np.int64)
    order, received, end = np.zeros((items, weeks), np.int64), np.zeros((items, weeks), np.int64), np.zeros((items, weeks))
    stock, coming = free.astype(np.float64), (due.sum(axis=1) + later).astype(np.float64)
    row = np.arange(items)
    for week in range(weeks):
        if week == 0:
            wanted = ordered
        else:
            position = np.floor(stock + coming).astype(np.int64)
            wanted = missing(position, terms.reorder_point, terms.up_to, terms.order_quantity)
            wanted = with_room(position, wanted, terms.minimum, terms.multiple, terms.most)
        order[:, week] = wanted
        there = week + lead < weeks
        received[row[there], (week + lead)[there]] += wanted[there]
        arrived = due[:, week] + received[:, week]
        coming = coming + wanted - arrived
        stock = stock + arrived - forecast[:, week]
        end[:, week] = stock
    return Schedule(order, received, end)
