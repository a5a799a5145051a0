"""What every command stands on: the configuration, a running warehouse that is prepared, the sandbox where the config wants it.

The addresses go into the environment, since Dagster, dbt and the data service are processes of their own.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import requests

from sluice import config, dbt, warehouse
from sluice.cli.sandbox import credentials
from sluice.prepare import prepare
from sluice.project import DAGSTER_YAML
from sluice.sandbox.host import Sandbox
from sluice.sandbox.seasons import AS_OF, END

QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "DAGSTER_DG_UPDATE_CHECK_ENABLED": "0",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",
}
"""Telemetry and version checks hang on a closed network."""


@dataclass
class Stages:
    """Seconds a stage, in order; `say` shows each as it begins."""

    say: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.say(name)
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began


@dataclass(frozen=True)
class Environment:
    config: config.Config
    database: str
    sandbox: str | None


@contextmanager
def environment(
    path: Path | None = None, stages: Stages | None = None, advance_days: float = 0.0, orders: int | None = None
) -> Iterator[Environment]:
    """Everything up while the block runs; what was not running before is stopped after it."""
    stages = stages or Stages(say=lambda name: None)
    path = (path or config.config_path()).absolute()
    os.environ.update({"SLUICE_CONFIG": str(path)} | QUIET)
    loaded = config.load(path)
    if orders and loaded.sandbox:
        loaded = loaded.model_copy(update={"sandbox": loaded.sandbox.model_copy(update={"orders": orders})})
    warehouse.home().mkdir(parents=True, exist_ok=True, mode=0o700)
    with stages.stage("start PostgreSQL"):
        server = warehouse.running()
        address = server.__enter__()
    try:
        _point_at(address)
        with stages.stage("prepare the database"):
            prepare(loaded, address)
        with _sandbox(loaded, stages, advance_days) as sandbox:
            yield Environment(loaded, address, sandbox)
    finally:
        server.__exit__(None, None, None)


def _point_at(address: str) -> None:
    dagster_home = warehouse.home() / "dagster"
    dagster_home.mkdir(parents=True, exist_ok=True)
    (dagster_home / "dagster.yaml").write_text(DAGSTER_YAML.read_text())
    with warehouse.connect(address, autocommit=True) as db:
        db.execute("create schema if not exists dagster")
    separator = "&" if "?" in address else "?"
    os.environ.update(
        {
            "SLUICE_DATABASE_URL": address,
            "SLUICE_DAGSTER_URL": f"{address}{separator}options=-csearch_path%3Ddagster",
            "DAGSTER_HOME": str(dagster_home),
            **dbt.environment(address),
        }
    )


@contextmanager
def _sandbox(loaded: config.Config, stages: Stages, advance_days: float) -> Iterator[str | None]:
    if loaded.sandbox is None:
        yield None
        return
    already = running_sandbox()
    if already:
        _point_at_sandbox(already, loaded)
        yield already
        return
    clock = warehouse.home() / "sandbox-clock"
    # the world ends some day; a run after that finds nothing new
    now = min(END, datetime.fromisoformat(clock.read_text()) + timedelta(days=advance_days)) if clock.exists() else AS_OF
    with stages.stage("start the sandbox channels"):
        sandbox = Sandbox(seed=loaded.sandbox.seed, orders=loaded.sandbox.orders, now=now)
        host = sandbox.__enter__()
    clock.write_text(now.isoformat())
    note = warehouse.home() / "sandbox.json"
    note.write_text(json.dumps({"url": host.url}))
    try:
        _point_at_sandbox(host.url, loaded)
        yield host.url
    finally:
        note.unlink(missing_ok=True)
        sandbox.__exit__(None, None, None)


def running_sandbox() -> str | None:
    """Address of the sandbox that another command keeps running, if it answers."""
    note = warehouse.home() / "sandbox.json"
    if not note.exists():
        return None
    url: str = json.loads(note.read_text())["url"]
    try:
        requests.get(f"{url}/_sandbox/clock", timeout=2).raise_for_status()
    except requests.RequestException:
        return None
    return url


def _point_at_sandbox(url: str, loaded: config.Config) -> None:
    """The sandbox's address, its well-known credentials under the configuration's names for them, the till's new files."""
    folder = warehouse.home() / "drop"
    os.environ["SLUICE_SANDBOX_URL"] = url
    os.environ["SLUICE_SANDBOX_FOLDER"] = str(folder)
    requests.post(f"{url}/file/drop", json={"folder": str(folder / "hangzhou")}, timeout=60).raise_for_status()
    for shop in loaded.channels:
        if "${SLUICE_SANDBOX_URL}" in shop.url:
            for name, value in credentials(shop.connector).items():
                if name in shop.secrets:
                    os.environ[shop.secrets[name]] = value


def subscribe(ready: Environment, service: str) -> None:
    """Let the sandbox's channels tell the data service of what changes when their clock is moved."""
    if ready.sandbox is None:
        return
    for shop in ready.config.channels:
        if "${SLUICE_SANDBOX_URL}" in shop.url and shop.webhook_secrets() is not None:
            address = f"{service}/webhooks/{shop.connector}/{shop.shop}"
            answer = requests.post(f"{ready.sandbox}/{shop.connector}/webhooks", json={"address": address}, timeout=10)
            answer.raise_for_status()
