"""Materialize the whole graph once in this process: `python -m orchestration.run [--when-told]`.

With --when-told it begins with what takes long and needs no database, imports, and goes on when a line comes in: the environment
of the run as a JSON object. Imports then cost no time while dbt prepares the database on another core.

Prints one JSON object a line: {"step": .., "state": "start" | "success" | "failure", "seconds": ..} as it goes, then
{"run": {...}} with what the assets and checks said. Exit code 1 when the run or a check of severity ERROR failed.
"""

import importlib
import json
import os
import sys
import time
import uuid
from collections.abc import Sequence
from typing import Any

import dagster as dg

from orchestration.alerting import alert, reasons, told
from orchestration.definitions import defs
from sluice import warehouse
from sluice.project import ROOT

JOB = "everything"
IN_STEPS = ("sluice.quality.engine", "sluice.operations.value")
"""What steps import when they begin, since it costs seconds."""
STATES = {
    dg.DagsterEventType.STEP_START: "start",
    dg.DagsterEventType.STEP_SUCCESS: "success",
    dg.DagsterEventType.STEP_FAILURE: "failure",
}


class Progress:
    """Says when a step starts and ends, and how long it took."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def __call__(self, entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        state = STATES.get(event.event_type) if event else None
        if event is None or state is None or event.step_key is None:
            return
        if state == "start":
            self.began[event.step_key] = time.monotonic()
        else:
            self.seconds[event.step_key] = time.monotonic() - self.began[event.step_key]
        say({"step": event.step_key, "state": state, "seconds": round(self.seconds.get(event.step_key, 0.0), 2)})


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line, default=str), flush=True)


def materializations(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """Metadata by asset key, as plain values."""
    found: dict[str, dict[str, Any]] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            record = event.step_materialization_data.materialization
            found[record.asset_key.to_user_string()] = {name: value.value for name, value in record.metadata.items()}
    return found


def checks(result: dg.ExecuteInProcessResult) -> list[dict[str, Any]]:
    evaluations = result.get_asset_check_evaluations()
    return [
        {
            "asset": check.asset_key.to_user_string(),
            "check": check.check_name,
            "passed": check.passed,
            "severity": check.severity.value,
            "detail": check.description,
        }
        for check in evaluations
    ]


def get_ready() -> None:
    """Import what the definitions and their steps import. Not on a thread: such libraries don't bear two importing at once."""
    files = (ROOT / "orchestration" / "defs").rglob("*.py")
    for name in [*(".".join(file.with_suffix("").relative_to(ROOT).parts) for file in files), *IN_STEPS]:
        importlib.import_module(name)


def main(args: Sequence[str]) -> int:
    if "--when-told" in args:
        get_ready()
        os.environ.update(json.loads(sys.stdin.readline()))
    began = time.monotonic()
    definitions = defs()
    job = definitions.resolve_job_def(JOB)
    say({"step": "load definitions", "state": "success", "seconds": round(time.monotonic() - began, 2)})
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.get() as instance:
        # connections that stay open, as the webserver has them: a new one for each of 2,000 events is a quarter of the run's time
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=3600, max_overflow=10)
        progress = Progress()
        instance.add_event_listener(run_id, progress)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )
    faults = reasons(result.all_events)
    with warehouse.connect() as db:
        alert(
            db,
            JOB,
            told(faults),
            result.get_asset_check_evaluations(),
        )
    evaluated = checks(result)
    bad = [check for check in evaluated if not check["passed"] and check["severity"] == "ERROR"]
    say(
        {
            "run": {
                "run_id": result.run_id,
                "success": result.success and not bad,
                "seconds": progress.seconds,
                "assets": materializations(result),
                "checks": evaluated,
                "failures": faults,
            }
        }
    )
    return 0 if result.success and not bad else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
