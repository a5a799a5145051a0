"""dbt as a process of its own: its settings from the warehouse's address, its output under the state folder."""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from sluice import warehouse
from sluice.project import DBT_PROJECT

LOCK = 7_291_010
"""Advisory lock: builds that overlap run one after the other, or a model would be built twice at once."""
SOURCES = ("models", "macros", "seeds", "snapshots", "tests")


class DbtError(Exception):
    """dbt stopped with a fault. The message is the end of what it printed."""


def environment(url: str) -> dict[str, str]:
    """What profiles.yml reads and where dbt may write; dbt reports to nobody. Holds the password: for a child process only."""
    address = conninfo_to_dict(url)
    return {
        "SLUICE_DBT_HOST": str(address.get("host", "127.0.0.1")),
        "SLUICE_DBT_PORT": str(address.get("port", 5432)),
        "SLUICE_DBT_USER": str(address.get("user", "")),
        "SLUICE_DBT_PASSWORD": str(address.get("password", "")),
        "SLUICE_DBT_DBNAME": str(address.get("dbname", "")),
        "SLUICE_DBT_SSLMODE": str(address.get("sslmode", "prefer")),
        "DBT_PROJECT_DIR": str(DBT_PROJECT),
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
        "DBT_TARGET_PATH": str(target()),
        "DBT_LOG_PATH": str(target().parent / "logs"),
        # of a build's log of 6 MB all but a few lines are debug ones, and writing them takes a seventh of its time
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "DO_NOT_TRACK": "1",
        "PGTZ": "UTC",
    }


def target() -> Path:
    """Where dbt writes its manifest and compiled SQL: the checkout may be read-only."""
    return warehouse.home() / "dbt" / "target"


def run(url: str, args: Sequence[str]) -> str:
    """`dbt ARGS` on the warehouse at `url`; what it printed. Raises DbtError when a model or a check of severity error fails."""
    target().mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *args],
        cwd=target().parent,
        env=dict(os.environ) | environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise DbtError(f"dbt {' '.join(args)} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def manifest(url: str) -> Path:
    """The manifest of the project as it is now: parsed again when a file of the project is newer."""
    path = target() / "manifest.json"
    if not path.exists() or path.stat().st_mtime < _changed_at():
        run(url, ["parse"])
    return path


def channels() -> set[str]:
    """Channels that have staging models."""
    return {folder.name for folder in (DBT_PROJECT / "models" / "staging").iterdir() if folder.is_dir()}


def staging(channels: Iterable[str]) -> list[str]:
    """What selects the staging models of these channels: by name, since a path is resolved against where a process stands."""
    return [f"fqn:sluice.staging.{channel}" for channel in sorted(channels)]


def _changed_at() -> float:
    files = [DBT_PROJECT / "dbt_project.yml", DBT_PROJECT / "profiles.yml"]
    for folder in SOURCES:
        # a folder's own time moves when a file in it is removed
        files += (DBT_PROJECT / folder).rglob("*")
    return max(file.stat().st_mtime for file in files)
