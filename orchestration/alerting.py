"""What a run left wrong becomes an alert; what it found in order again closes one."""

from collections.abc import Iterable

import dagster as dg
import psycopg

from orchestration.resources import configuration
from sluice.alerts.deliver import Delivery, deliver
from sluice.alerts.problems import Problem, observe
from sluice.alerts.send import targets


def alert(db: psycopg.Connection, job: str, fault: str | None, evaluations: Iterable[dg.AssetCheckEvaluation]) -> list[Delivery]:
    """Tell of a failed run and of each check by itself. A check that this run did not evaluate keeps its state."""
    observe(db, [Problem("failed", f"The run of {job} failed", fault)] if fault else [], scope=f"run {job}")
    for evaluation in evaluations:
        name = f"{'.'.join(evaluation.asset_key.path)}.{evaluation.check_name}"
        observe(db, [] if evaluation.passed else [_problem(name, evaluation)], scope=f"check {name}")
    return deliver(db, targets(configuration().alerts.targets))


def _problem(name: str, evaluation: dg.AssetCheckEvaluation) -> Problem:
    title = f"{name.rpartition('.')[0]}: {evaluation.check_name.replace('_', ' ')}"
    severity = "critical" if evaluation.severity == dg.AssetCheckSeverity.ERROR else "warning"
    return Problem("failed", title, evaluation.description or "", severity)
