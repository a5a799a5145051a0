"""A real Superset on a warehouse of the sandbox's orders, both made and started as a user does."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.acceptance.places import free_port

ROOT = Path(__file__).parents[3]
SLUICE = Path(sys.executable).parent / "sluice"
START_SECONDS = 600


@dataclass(frozen=True)
class Dashboards:
    """The running server, its user's rights, and the state folder that it reads."""

    url: str
    password: str
    home: Path
    process: int

    def session(self) -> requests.Session:
        made = requests.Session()
        login = {"username": "sluice", "password": self.password, "provider": "db", "refresh": False}
        token = made.post(f"{self.url}/api/v1/security/login", json=login, timeout=60).json()["access_token"]
        made.headers["Authorization"] = f"Bearer {token}"
        return made

    def sluice(self, *args: str) -> Any:
        """What a command says as JSON."""
        done = subprocess.run([SLUICE, *args, "--json"], env=environment(self.home), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}
    return kept | {"SLUICE_HOME": str(home)}


def install() -> None:
    """Superset into .bi/, as `make bi` does."""
    subprocess.run(["make", "-s", ".bi/.ready"], cwd=ROOT, check=True)


@contextmanager
def dashboards(home: Path) -> Iterator[Dashboards]:
    """`sluice bi` until the block ends, which stops it as Ctrl-C does."""
    port = free_port()
    said = home / "bi.log"
    with said.open("w") as log:
        command = [SLUICE, "bi", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(home), stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + START_SECONDS
        while not (found := re.search(r"^password +(\S+)$", said.read_text(), flags=re.MULTILINE)):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"`sluice bi` did not start:\n{said.read_text()[-3000:]}")
            time.sleep(0.2)
        yield Dashboards(f"http://127.0.0.1:{port}", found[1], home, process.pid)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)
