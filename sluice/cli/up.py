"""`sluice up`: PostgreSQL, the sandbox, the Dagster UI with its daemon, the data service and the republisher, until Ctrl-C."""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console

from sluice import warehouse
from sluice.cli.environment import Stages, environment, subscribe
from sluice.cli.supervise import Supervisor
from sluice.config import ConfigError
from sluice.project import ROOT, WORKSPACE

START_LIMIT = 180.0
"""Seconds until the slowest part (Dagster loading the definitions) must answer."""


def up(path: Path | None, ui_port: int, api_port: int) -> int:
    """Exit code 0 after Ctrl-C, 1 when a part died by itself."""
    console = Console()
    for name, port in (("--ui-port", ui_port), ("--api-port", api_port)):
        require_free(name, port)
    note = warehouse.home() / "up.json"
    with console.status("") as status:
        stages = Stages(say=lambda name: status.update(f"{name} ..."))
        with environment(path, stages) as ready:
            supervisor = Supervisor(warehouse.home() / "logs")
            try:
                _start(supervisor, ui_port, api_port)
                note.write_text(json.dumps({"pid": os.getpid(), "ui": ui_port, "api": api_port}))
                status.update("waiting for the Dagster UI (it loads the definitions first) ...")
                addresses = {"Dagster UI": f"http://127.0.0.1:{ui_port}", "data service": f"http://127.0.0.1:{api_port}/docs"}
                dead = wait_until_answering(supervisor, list(addresses.values()))
                status.stop()
                if not dead:
                    subscribe(ready, f"http://127.0.0.1:{api_port}")
                    _show(console, addresses | ({"sandbox": ready.sandbox} if ready.sandbox else {}))
                    dead = supervisor.watch()
                console.print(f"[red]{dead} ended by itself[/]; its last words:\n{supervisor.tail(dead)}", highlight=False)
                return 1
            except KeyboardInterrupt:
                return 0
            finally:
                console.print("Stopping ...")
                supervisor.stop()
                note.unlink(missing_ok=True)


def _show(console: Console, addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        console.print(f"{name:<14} {address}", highlight=False)
    console.print(f"{'PostgreSQL':<14} the address that `sluice url` prints", highlight=False)
    console.print(f"Logs in {warehouse.home() / 'logs'}. Ctrl-C stops all of it.", highlight=False)


def down() -> bool:
    """Stop what `sluice up` keeps running in this home, and a server left over from a crash. False when nothing ran."""
    note = warehouse.home() / "up.json"
    stopped = False
    if note.exists():
        pid = json.loads(note.read_text())["pid"]
        try:
            os.kill(pid, signal.SIGTERM)
            stopped = True
            _wait_for_end(pid)
        except ProcessLookupError:
            note.unlink()
    embedded = warehouse.Embedded(warehouse.home() / "postgres")
    if embedded.is_running():
        embedded.stop()
        stopped = True
    return stopped


def _start(supervisor: Supervisor, ui_port: int, api_port: int) -> None:
    os.chdir(ROOT)
    commands = Path(sys.executable).parent
    workspace = ["-w", str(WORKSPACE)]
    supervisor.start("webserver", [str(commands / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(ui_port), *workspace])
    supervisor.start("daemon", [str(commands / "dagster-daemon"), "run", *workspace])
    supervisor.start("republisher", [str(commands / "sluice"), "republish", "--json"])
    supervisor.start("service", [sys.executable, "-m", "sluice.service.serve", "--port", str(api_port)])


def require_free(option: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise ConfigError(f"port {port} is taken by another program; choose another with {option}") from fault


def wait_until_answering(supervisor: Supervisor, addresses: list[str]) -> str | None:
    """None when all answer; the name of a part that died meanwhile."""
    deadline = time.monotonic() + START_LIMIT
    waiting = list(addresses)
    while waiting and time.monotonic() < deadline:
        if dead := supervisor.dead():
            return dead
        waiting = [address for address in waiting if not _answers(address)]
        time.sleep(0.5)
    return None


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):
            return True
    except (URLError, OSError):
        return False


def _wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.2)
