"""Processes that were started together stop together, with all that they started; one that dies is named."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluice.cli.supervise import Supervisor

SLEEPS = ["sleep", "300"]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    before = signal.getsignal(signal.SIGINT)
    made = Supervisor(tmp_path)
    yield made
    made.stop()
    signal.signal(signal.SIGINT, before)


def shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def written(file: Path) -> int:
    """The process id that a process writes into `file`."""
    soon(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return state != "" and not state.startswith("Z")


def test_all_stop_together(supervisor: Supervisor) -> None:
    for name in ("one", "two"):
        supervisor.start(name, SLEEPS)
    processes = list(supervisor.running.values())
    assert supervisor.dead() is None
    supervisor.stop()
    assert [process.returncode for process in processes] == [-signal.SIGTERM] * 2
    assert supervisor.running == {}


def test_what_they_started_stops_with_them(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("server", shell(f"sleep 300 & echo $! > {tmp_path}/worker; wait"))
    worker = written(tmp_path / "worker")
    assert runs(worker)
    supervisor.stop()
    soon(lambda: not runs(worker))


def test_workers_of_a_server_that_died_are_stopped(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start("server", shell(f"sleep 300 & echo $! > {tmp_path}/worker; exit 1"))
    worker = written(tmp_path / "worker")
    assert supervisor.watch() == "server"
    assert runs(worker)
    supervisor.stop()
    soon(lambda: not runs(worker))


def test_one_that_will_not_end_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.grace = 0.3
    supervisor.start("deaf", shell(f"trap '' TERM; echo $$ > {tmp_path}/deaf; while :; do sleep 1; done"))
    deaf = written(tmp_path / "deaf")
    supervisor.stop()
    soon(lambda: not runs(deaf))


def test_the_one_that_dies_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start("steady", SLEEPS)
    supervisor.start("fragile", shell("echo starting; echo no more disk >&2; exit 3"))
    assert supervisor.watch() == "fragile"
    assert supervisor.tail("fragile", lines=1) == "no more disk"


def test_ctrl_c_in_the_terminal_reaches_none_of_them(supervisor: Supervisor) -> None:
    """Each has a session of its own: it is for us to stop them, in order."""
    supervisor.start("one", SLEEPS)
    (process,) = supervisor.running.values()
    assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_they_hear_signals_that_a_background_shell_ignores(supervisor: Supervisor) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    supervisor.start("one", SLEEPS)
    (process,) = supervisor.running.values()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == -signal.SIGINT
