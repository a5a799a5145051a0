"""One run of the twin on the warehouse as it is: which worlds, which scenarios, and what came of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluice.operations.simulation import Grounds
from sluice.planning.twin.compare import Outcome, compare, together
from sluice.planning.twin.error import TwinError, twin_error
from sluice.planning.twin.own import ahead, replayed
from sluice.planning.twin.scenario import LADDER, Scenario, in_force
from sluice.planning.twin.world import World

ERROR_DAYS = 30
"""The month that the twin is held against."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """`outcomes`, the first one the baseline; `error` is empty where the ledger is too young to hold the twin against it."""

    drawn: bool
    days: int
    seeds: int
    scenarios: Sequence[Scenario]
    outcomes: Sequence[Outcome]
    error: Sequence[TwinError]


def chosen(given: Sequence[Scenario], policy_in_force: Scenario) -> list[Scenario]:
    """The ladder and the policy in force where none is given; one alone is held against the policy in force."""
    if not given:
        return [*LADDER, policy_in_force]
    return list(given) if len(given) > 1 else [policy_in_force, *given]


def simulation(grounds: Grounds, given: Sequence[Scenario], drawn: bool, days: int, seeds: int) -> Simulation:
    """Units of the intervals are drawn worlds, or the SKUs of replayed days. ValueError where there are too few days."""
    records, company = grounds.records, grounds.company
    usual = in_force(company.policy)
    scenarios = chosen(given, usual)

    def worlds() -> Iterator[World]:
        for seed in range(seeds):
            yield ahead(records, days, seed) if drawn else replayed(records, days, seed)

    counts, counted = together(worlds(), scenarios, company, by_item=not drawn)
    error = twin_error(records, usual, company, ERROR_DAYS)
    return Simulation(drawn, counted, seeds, scenarios, compare(scenarios, counts, counted), error)
