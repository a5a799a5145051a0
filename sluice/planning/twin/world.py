"""What happens to a company whatever it decides: demand, supply that comes late or short, and what a planner can know of it.

Every scenario meets the same worlds (common random numbers), so that what differs between two scenarios is the scenario. Several
worlds stand side by side along the items, and run as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class World:
    """Axes: T days, C channels (the one worth most first), F facilities, S items (SKUs of one world after the other).

    `demand` (T, C, F, S): pieces asked for, by the facility that is nearest. `lift` (T, C, S): how many times the usual the
    planner expects, by the calendar of promotions. `lead` (T, F, S): days that an order of that day takes, at least 1. `comes`
    (T, F, S): the share of it that comes. `on_hand` (F, S): pieces free to sell on the first morning. `arrivals` (T, F, S):
    pieces that come whatever is decided, since they were on order before. `rate` (C, F, S) and `spread` (F, S): mean and standard
    deviation a day that the planner starts with. `lead_mean`, `lead_sd` (F, S): days. `world` (S): which world an item is of.
    `unit` (S): what is drawn again for an interval, a world or a SKU. The first `warmup` days count for nothing.
    """

    demand: Integers
    lift: Floats
    lead: Integers
    comes: Floats
    on_hand: Integers
    arrivals: Integers
    rate: Floats
    spread: Floats
    lead_mean: Floats
    lead_sd: Floats
    world: Integers
    unit: Integers
    warmup: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        days, channels, facilities, items = self.demand.shape
        return days, channels, facilities, items

    @cached_property
    def asked_at(self) -> Integers:
        """(T, F, S): pieces asked for, all channels together."""
        total = self.demand[:, 0].copy()
        for channel in range(1, self.demand.shape[1]):
            total += self.demand[:, channel]
        return total

    @cached_property
    def asked_of(self) -> Integers:
        """(T, S)"""
        return np.asarray(self.asked_at.sum(axis=1, dtype=np.int64))


def side_by_side(worlds: Sequence[World], by_item: bool = False) -> World:
    """Several worlds as one, each a unit of its own, or `by_item` with the units that they have. They have the same days,
    channels, facilities and warm-up."""
    if len({world.warmup for world in worlds}) != 1:
        raise ValueError("worlds that stand side by side have the same warm-up")
    joined = {
        field.name: np.concatenate([getattr(world, field.name) for world in worlds], axis=-1)
        for field in fields(World)
        if field.name not in ("world", "unit", "warmup")
    }
    which = np.repeat(np.arange(len(worlds)), [world.shape[-1] for world in worlds])
    unit = np.concatenate([world.unit for world in worlds]) if by_item else which
    return World(**joined, world=which, unit=unit, warmup=worlds[0].warmup)


@dataclass(frozen=True, slots=True)
class Network:
    """`km` (F, F): from the customers nearest to a facility (row) to a facility that serves them (column).

    `lines` (n): the share of orders with 1, 2, ... n lines; `pieces_an_order`: mean pieces of an order.
    """

    km: Floats
    lines: Floats
    pieces_an_order: float

    def nearest(self) -> NDArray[np.int64]:
        """(F, F): facilities in the order in which they are asked, one's own first."""
        km = self.km.astype(np.float64).copy()
        np.fill_diagonal(km, -1.0)
        return np.argsort(km, axis=1, kind="stable")
