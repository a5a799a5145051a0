"""Scenarios side by side: differences against the first, in the same worlds, with bootstrap intervals.

Units (worlds, or the SKUs of one history) are drawn with replacement, the same draw for every scenario: B. Efron & R. Tibshirani,
An Introduction to the Bootstrap (1993), percentile intervals of paired differences. Common random numbers make the pairs: A. Law,
Simulation Modeling and Analysis, chapter 11.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.measures import MEASURES, measured
from sluice.planning.twin.tally import COUNTS, Tally

Floats = NDArray[np.floating]
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scenario's measures; `change` against the baseline and `interval`, both relative, or absolute where the baseline has
    0."""

    name: str
    value: dict[str, float]
    change: dict[str, float]
    interval: dict[str, tuple[float, float]]


def compare(tallies: Sequence[Tally], confidence: float = 0.95, seed: int = 0) -> list[Outcome]:
    """One outcome a tally; the first is the baseline. All tallies are of the same world."""
    counts = [one.by_unit() for one in tallies]
    units = len(counts[0])
    weights = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=DRAWS)
    drawn = np.concatenate([np.ones((1, units)), weights])
    days = tallies[0].world.shape[0] - tallies[0].world.warmup
    outcomes: list[Outcome] = []
    base: dict[str, Floats] = {}
    tails = [50 * (1 - confidence), 100 - 50 * (1 - confidence)]
    for one, count in zip(tallies, counts, strict=True):
        now = measured(drawn @ count, days, one.scenario.costs)
        base = base or now
        change = {name: relative(now[name], base[name]) for name in MEASURES}
        outcomes.append(
            Outcome(
                name=one.scenario.name,
                value={name: float(now[name][0]) for name in MEASURES},
                change={name: float(change[name][0]) for name in MEASURES},
                interval={name: _interval(change[name][1:], tails) for name in MEASURES},
            )
        )
    return outcomes


def relative(now: Floats, base: Floats) -> Floats:
    """The change as a share of the baseline; as it is where the baseline is 0."""
    return np.asarray((now - base) / np.where(np.abs(base) > 1e-12, np.abs(base), 1.0))


def _interval(draws: Floats, tails: list[float]) -> tuple[float, float]:
    low, high = np.percentile(draws, tails)
    return float(low), float(high)


def together(tallies: Sequence[Tally]) -> Floats:
    """(units, counts) of runs over worlds that were simulated one part after the other."""
    return np.concatenate([one.by_unit() for one in tallies])


__all__ = ["COUNTS", "DRAWS", "Outcome", "compare", "relative", "together"]
