"""One run of the twin on the warehouse as it is: which worlds, which scenarios, and what came of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from psycopg import Connection

from sluice.operations.simulation import Grounds, grounds
from sluice.operations.twin_levels import kept_on
from sluice.planning.twin.compare import Outcome, compare, together
from sluice.planning.twin.error import FEWEST, TwinError, days_told, twin_error
from sluice.planning.twin.own import ahead, replayed
from sluice.planning.twin.scenario import IN_FORCE, LADDER, Scenario
from sluice.planning.twin.world import World
from sluice.planning_policy import Planning

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


def chosen(given: Sequence[Scenario]) -> list[Scenario]:
    """The ladder and the policy in force where none is given; one alone is held against the policy in force."""
    if not given:
        return [*LADDER, IN_FORCE]
    return list(given) if len(given) > 1 else [IN_FORCE, *given]


@dataclass(frozen=True, slots=True)
class Asked:
    """`scenarios`; `drawn` days to come, or so many `days` replayed; worlds; best sellers that take part."""

    scenarios: Sequence[Scenario] = ()
    drawn: bool = True
    days: int = 90
    seeds: int = 20
    skus: int = 500


def prepared(db: Connection, policy: Planning, asked: Asked) -> Grounds | None:
    """All that `simulation` needs of the warehouse; None where nothing was sold. Nothing is written."""
    known = grounds(db, policy, asked.skus)
    if known is None:
        return None
    by = [one.policy(policy) for one in chosen(asked.scenarios) if one.ordering.rule == "policy"]
    wanted = {_start(asked): by}
    month, _ = days_told(known.records, ERROR_DAYS)
    if month >= FEWEST:
        wanted[month] = [*wanted.get(month, ()), policy]
    kept = {
        back: kept_on(db, known.records, policies, back) for back, policies in wanted.items() if back < len(known.records.asked)
    }
    return replace(known, kept=kept)


def _start(asked: Asked) -> int:
    """How many days before the records end the worlds start."""
    return 0 if asked.drawn else asked.days


def simulation(known: Grounds, asked: Asked) -> Simulation:
    """Units of the intervals are drawn worlds, or the SKUs of replayed days. ValueError where there are too few days."""
    records, company = known.records, known.company_on(_start(asked))
    drawn, days, seeds = asked.drawn, asked.days, asked.seeds
    scenarios = chosen(asked.scenarios)

    def worlds() -> Iterator[World]:
        for seed in range(seeds):
            yield ahead(records, days, seed) if drawn else replayed(records, days, seed)

    counts, counted = together(worlds(), scenarios, company, by_item=not drawn)
    month, _ = days_told(records, ERROR_DAYS)
    error = twin_error(records, IN_FORCE, known.company_on(month), ERROR_DAYS)
    return Simulation(drawn, counted, seeds, scenarios, compare(scenarios, counts, counted), error)
