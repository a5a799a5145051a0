"""The `sluice` command as a user starts it: a process of its own, with a state folder and a sluice.yaml of the test's."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState

ROOT = Path(__file__).parents[2]
SLUICE = Path(sys.executable).parent / "sluice"
OF_THE_HOUSE = ("SLUICE_", "SHOPIFY_", "TAOBAO_", "ODOO_", "DAGSTER_", "DBT_")
"""Variables that a user's shell would not have; whatever this process was given of them is left out."""


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class User:
    """Someone with a state folder and a configuration; `database` is a server of theirs."""

    folder: Path
    database: str | None = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def config(self) -> Path:
        return self.folder / "sluice.yaml"

    def start(self, *command: str) -> "subprocess.Popen[str]":
        known = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_HOUSE)}
        named = {"SLUICE_HOME": str(self.home), "SLUICE_CONFIG": str(self.config)}
        server = {"SLUICE_DATABASE_URL": self.database} if self.database else {}
        return subprocess.Popen(
            [SLUICE, *command],
            cwd=self.folder,
            env=known | named | server,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def sluice(self, *command: str) -> Done:
        return done(self.start(*command))

    def left_running(self) -> list[str]:
        """Processes that name this folder, in their command or their environment, as `ps` tells on Linux and macOS."""
        listed = subprocess.run(["ps", "axeww", "-o", "pid=,stat=,command="], capture_output=True, text=True, check=True).stdout
        running = [line for line in listed.splitlines() if str(self.folder) in line]
        return [line for line in running if not line.split()[1].startswith("Z")]


def done(process: "subprocess.Popen[str]") -> Done:
    out, err = process.communicate()
    return Done(process.returncode, out, err)


def user(folder: Path, orders: int, database: str | None = None) -> User:
    """The demo's configuration, in small."""
    demo = yaml.safe_load((ROOT / "sluice.yaml").read_text(encoding="utf-8"))
    demo["sandbox"]["orders"] = orders
    made = User(folder, database)
    made.config.write_text(yaml.safe_dump(demo, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return made


@contextmanager
def kept_sandbox(user: User, state: SandboxState) -> Iterator[None]:
    """A sandbox that answers the user's commands as the one of `sluice up` does, whose state the test can spoil."""
    note = user.home / "sandbox.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    with hosted(state) as address:
        note.write_text(json.dumps({"url": address}))
        yield
    note.unlink()
