"""`sluice run`: the whole graph once, through Dagster, and what came of it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sluice import warehouse
from sluice.cli.environment import QUIET, Stages, environment
from sluice.cli.summary import Summary, collect, show
from sluice.cli.tables import wide
from sluice.project import ROOT

FAULT = re.compile(r"^[\w.]*(Error|Exception|Refused)\b")
STEPS = {
    "load definitions": "load Dagster's definitions",
    "absorb": "take in orders' statuses and commitments",
    "identity": "resolve customers into persons",
    "dbt": "build and test the warehouse (dbt)",
    "customers__value": "value customers",
    "planning__forecasts": "forecast demand",
    "plan": "plan safety stock and quotas",
    "replenishment": "plan replenishment",
    "reconcile": "hold the warehouse against each channel",
    "expectations": "check the data (Great Expectations)",
}


def run(path: Path | None, orders: int | None, as_json: bool) -> int:
    """Exit code 0 only when every asset was made, no check of severity error failed and every channel agrees."""
    console = wide(stderr=as_json)
    began = time.monotonic()
    with console.status("") as status:
        stages = Stages(say=lambda name: status.update(f"{name} ..."))
        with _graph() as graph, environment(path, stages, advance_days=1.0, orders=orders) as ready:
            outcome = _materialize(graph, stages)
            summary = collect(ready, outcome, stages.seconds, time.monotonic() - began)
    _keep(summary)
    if as_json:
        print(json.dumps(summary.as_dict(), default=str, indent=2))
    else:
        show(summary, console)
    return 0 if summary.success else 1


@contextmanager
def _graph() -> Iterator[subprocess.Popen[str]]:
    """The process that runs the graph. It imports for ten seconds and more, while the database is prepared, and then waits."""
    warehouse.home().mkdir(parents=True, exist_ok=True, mode=0o700)
    _log().parent.mkdir(exist_ok=True)
    with _log().open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.run", "--when-told"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | QUIET,
        )
    with process:
        try:
            yield process
        finally:
            # does nothing to one that ran to its end
            process.terminate()


def _materialize(graph: subprocess.Popen[str], stages: Stages) -> dict[str, Any]:
    """The run's own account, from orchestration.run; an empty one with the reason when it died before giving any."""
    outcome: dict[str, Any] = {}
    assert graph.stdin
    assert graph.stdout
    stages.say(STEPS["load definitions"])
    # one that is dead already says why in its log
    with suppress(BrokenPipeError), graph.stdin:
        graph.stdin.write(json.dumps(dict(os.environ)) + "\n")
    for line in graph.stdout:
        outcome = _follow(line, stages) or outcome
    graph.wait()
    return outcome or {"success": False, "failures": {"run": _last_words(_log())}}


def _log() -> Path:
    return warehouse.home() / "logs" / "run.log"


def _follow(line: str, stages: Stages) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    if "run" in said:
        return dict(said["run"])
    name = named(said["step"])
    if said["state"] == "start":
        stages.say(name)
    else:
        stages.seconds[name] = stages.seconds.get(name, 0.0) + said["seconds"]
    return None


def named(step: str) -> str:
    """A step in words a user knows."""
    if step.startswith("land_"):
        return f"land {step.removeprefix('land_')}"
    if step.startswith("published__"):
        return f"publish to {step.removeprefix('published__')}"
    return STEPS.get(step, step)


def _last_words(log: Path) -> str:
    """The first named fault of a traceback, which is its cause; the last line where there is none."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if FAULT.match(line)]
    return f"{(named or lines[-1:] or ['the run ended without a word'])[0]} (all of it: {log})"


def _keep(summary: Summary) -> None:
    (warehouse.home() / "last_run.json").write_text(json.dumps(summary.as_dict(), default=str, indent=2))
