"""The bucket of points that queries are paid from. The mechanism is Shopify's, the prices are ours: it publishes none."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice.sandbox.graphql import Fragment, Selection, Spread

DEFAULT_MAXIMUM, DEFAULT_RATE = 40_000.0, 20_000.0
"""Points, and points a second: ten times the largest plan, so that the sandbox is never what a benchmark waits for."""


@dataclass
class Bucket:
    """Leaks upward: what was spent comes back at `rate` points a second. A query may cost at most `limit`.

    `spent` and `refused` count points given and queries turned away, for who wants to look.
    """

    maximum: float = DEFAULT_MAXIMUM
    rate: float = DEFAULT_RATE
    limit: float = 1000.0
    clock: Callable[[], float] = time.monotonic
    spent: float = field(default=0.0, init=False)
    refused: int = field(default=0, init=False)
    _left: float = field(default=math.nan, init=False)
    _at: float = field(default=0.0, init=False)

    def available(self) -> float:
        now = self.clock()
        self._left = self.maximum if math.isnan(self._left) else min(self.maximum, self._left + (now - self._at) * self.rate)
        self._at = now
        return self._left

    def take(self, points: float) -> bool:
        """Whether there were enough; they are gone then."""
        if self.available() + 1e-6 < points:  # sums of seconds are not exact
            self.refused += 1
            return False
        self._left -= points
        self.spent += points
        return True

    def fill(self) -> None:
        """Leave all."""
        self._left = math.nan

    def drain(self) -> None:
        """Leave nothing."""
        self.available()
        self._left = 0.0

    def cost(self, requested: float, actual: float | None) -> dict[str, Any]:
        """As `extensions.cost` tells it."""
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self.maximum,
                "currentlyAvailable": math.floor(self.available()),
                "restoreRate": self.rate,
            },
        }


def price(fields: Sequence[Selection]) -> int:
    """Points of a selection: 10 a mutation, 2 a set and one more for every five records asked of it, 1 where there is no set."""
    return max(1, sum(_price(one) for one in fields))


def _price(one: Selection) -> int:
    if isinstance(one, Spread):
        return 0
    inner = sum(_price(part) for part in one.fields)
    if isinstance(one, Fragment):
        return inner
    if one.name == "inventorySetQuantities":
        return 10
    asked = one.argument("first") or len(one.argument("ids") or [])
    return inner + (2 + math.ceil(asked / 5) if isinstance(asked, int) and asked else 0)
