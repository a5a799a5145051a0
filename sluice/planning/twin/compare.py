"""Scenarios side by side: differences against the first, in the same worlds, with bootstrap intervals.

Units (worlds, or the SKUs of one history) are drawn with replacement, the same draw for every scenario: B. Efron & R. Tibshirani,
An Introduction to the Bootstrap (1993), percentile intervals of paired differences. Common random numbers make the pairs: A. Law,
Simulation Modeling and Analysis, chapter 11.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sluice.planning.twin.measures import MEASURES, MONEY, measured
from sluice.planning.twin.scenario import Scenario
from sluice.planning.twin.simulate import Company, simulate
from sluice.planning.twin.world import World, side_by_side

Floats = NDArray[np.floating]
DRAWS = 2000
ITEMS = 1000
"""Items that run at once, about."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scenario's measures; `change` against the baseline and `interval`, both relative, or absolute where the baseline has
    0."""

    name: str
    value: dict[str, float]
    change: dict[str, float]
    interval: dict[str, tuple[float, float]]


def together(
    worlds: Iterable[World], scenarios: Sequence[Scenario], company: Company, *, by_item: bool = False, at_once: int = ITEMS
) -> tuple[list[Floats], int]:
    """For each scenario (units, counts), and the days that were counted. Worlds are units, or by_item the items, over all worlds
    the mean. As many worlds run at once as have `at_once` items: few enough to stay in the processor's cache and in memory."""
    parts: list[list[Floats]] = [[] for _ in scenarios]
    seen, days, batch = 0, 0, list[World]()

    def run() -> None:
        for part, tally in zip(parts, simulate(side_by_side(batch, by_item), scenarios, company), strict=True):
            part.append(tally.by_unit())
        batch.clear()

    for world in worlds:
        batch.append(world)
        seen, days = seen + 1, world.shape[0] - world.warmup
        if sum(one.shape[-1] for one in batch) >= at_once:
            run()
    if batch:
        run()
    if by_item:
        return [np.asarray(sum(part) / seen) for part in parts], days
    return [np.concatenate(part) for part in parts], days


def compare(
    scenarios: Sequence[Scenario], counts: Sequence[Floats], days: int, confidence: float = 0.95, seed: int = 0
) -> list[Outcome]:
    """One outcome a scenario, from what `together` returns; the first is the baseline."""
    units = len(counts[0])
    weights = np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=DRAWS)
    drawn = np.concatenate([np.ones((1, units)), weights])
    tails = [50 * (1 - confidence), 100 - 50 * (1 - confidence)]
    outcomes: list[Outcome] = []
    base: dict[str, Floats] = {}
    for scenario, count in zip(scenarios, counts, strict=True):
        now = measured(drawn @ count, days, scenario.costs)
        base = base or now
        change = {name: _change(name, now[name], base[name]) for name in MEASURES}
        outcomes.append(
            Outcome(
                name=scenario.name,
                value={name: float(now[name][0]) for name in MEASURES},
                change={name: float(change[name][0]) for name in MEASURES},
                interval={name: _interval(change[name][1:], tails) for name in MEASURES},
            )
        )
    return outcomes


def _change(name: str, now: Floats, base: Floats) -> Floats:
    """The change as a share of the baseline; as it is for money, and where the baseline is 0."""
    share = (np.abs(base) > 1e-12) & (name not in MONEY)
    return np.asarray((now - base) / np.where(share, np.abs(base), 1.0))


def _interval(draws: Floats, tails: list[float]) -> tuple[float, float]:
    low, high = np.percentile(draws, tails)
    return float(low), float(high)
