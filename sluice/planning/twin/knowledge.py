"""What a planner knows on a morning: demand so far, asked for and refused alike, the calendar of promotions, nothing of the
future."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.world import World

Floats = NDArray[np.floating]

WINDOW = 56
"""Days that an estimate looks back."""
REFRESH = 7
"""Days between two looks at demand, for the cut and for levels."""
FAITH = 28
"""What is known at the start counts as so many days, one less every day."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Running sums, so that an estimate costs the same on any day. `total` (T + 1, C, F, S); `squares` (T + 1, F, S);
    `lift` (T + 1, C, S) of the calendar, ones where it isn't used."""

    world: World
    total: Floats
    squares: Floats
    lift: Floats

    def rate(self, day: int) -> Floats:
        """Mean demand a day, (C, F, S), that a usual day without a promotion brings, as the morning of `day` knows it."""
        since, days, faith = self._window(day)
        seen = (self.total[day] - self.total[since]).astype(np.float64)
        return np.asarray((seen + faith * self.world.rate) / (days + faith))

    def spread(self, day: int) -> Floats:
        """Standard deviation a day of the item at the facility, (F, S), all channels together."""
        since, days, faith = self._window(day)
        mean = (self.total[day] - self.total[since]).sum(axis=0)
        at_first = self.world.rate.sum(axis=0)
        squares = self.squares[day] - self.squares[since] + faith * (self.world.spread**2 + at_first**2)
        whole = days + faith
        return np.asarray(np.sqrt(np.maximum(0.0, squares / whole - ((mean + faith * at_first) / whole) ** 2)))

    def lifted(self, day: int, days: int) -> Floats:
        """Mean of the calendar's lift, (C, S), over the `days` from `day` on."""
        until = min(len(self.lift) - 1, day + max(1, days))
        if until == day:
            return np.ones_like(self.lift[0])
        return np.asarray((self.lift[until] - self.lift[day]) / (until - day))

    def _window(self, day: int) -> tuple[int, int, float]:
        since = max(0, day - WINDOW)
        return since, day - since, max(1.0, float(FAITH - day))


def outlook(world: World, calendar: bool) -> Outlook:
    """`calendar`: promotions are taken out of what was seen, and put on what is expected."""
    days, channels, _, items = world.shape
    lift = world.lift if calendar else np.ones((days, channels, items), np.float32)
    usual = world.demand / lift[:, :, None, :] if calendar else world.demand
    in_all = usual.sum(axis=1) if calendar else world.asked_at
    return Outlook(world, _running(usual), _running(in_all.astype(np.float32) ** 2), _running(lift))


def _running(numbers: NDArray[Any]) -> Floats:
    """Sums of the days before each, in single precision: exact for pieces below 2**24."""
    total = np.zeros((len(numbers) + 1, *numbers.shape[1:]), np.float32)
    for day, now in enumerate(numbers):
        np.add(total[day], now, out=total[day + 1], casting="unsafe")
    return total
