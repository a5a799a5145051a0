"""What a run left wrong becomes an alert; what it found in order again closes one."""

from collections.abc import Iterable

import dagster as dg
import psycopg

from orchestration.resources import configuration
from sluice.alerts.deliver import Delivery, deliver
from sluice.alerts.problems import Problem, observe
from sluice.alerts.send import targets

OURS = f"{dg.Failure.__module__}.{dg.Failure.__qualname__}: "
"""What Dagster puts before the words of a fault that we described ourselves."""


def alert(db: psycopg.Connection, job: str, fault: str | None, evaluations: Iterable[dg.AssetCheckEvaluation]) -> list[Delivery]:
    """Tell of a failed run and of each check by itself. A check that this run did not evaluate keeps its state."""
    observe(db, [Problem("failed", f"The run of {job} failed", fault)] if fault else [], scope=f"run {job}")
    for evaluation in evaluations:
        name = f"{'.'.join(evaluation.asset_key.path)}.{evaluation.check_name}"
        observe(db, [] if evaluation.passed else [_problem(name, evaluation)], scope=f"check {name}")
    return deliver(db, targets(configuration().alerts.targets))


def reasons(events: Iterable[dg.DagsterEvent]) -> dict[str, str]:
    """Why each failed step failed: the innermost cause, since that is what a person can act on."""
    found = {}
    for event in events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE and event.step_key:
            error = event.step_failure_data.error
            while error and error.cause:
                error = error.cause
            found[event.step_key] = error.message.strip().removeprefix(OURS) if error else "failed"
    return found


def told(reasons: dict[str, str]) -> str | None:
    """The reasons as one text; None where there are none."""
    return "; ".join(f"{step}: {reason}" for step, reason in reasons.items()) or None


def _problem(name: str, evaluation: dg.AssetCheckEvaluation) -> Problem:
    title = f"{name.rpartition('.')[0]}: {evaluation.check_name.replace('_', ' ')}"
    severity = "critical" if evaluation.severity == dg.AssetCheckSeverity.ERROR else "warning"
    return Problem("failed", title, evaluation.description or "", severity)
