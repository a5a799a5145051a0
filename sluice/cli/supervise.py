"""Keep a handful of processes running together and stop all of them cleanly."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GRACE = 15.0
"""Seconds a process has to stop before it is killed."""


@dataclass
class Supervisor:
    """Processes started together, each in a session of its own with default signals, its output in a file under `logs`."""

    logs: Path
    grace: float = GRACE
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=os.environ | dict(environment or {}),
                start_new_session=True,
                # A shell's background job ignores SIGINT, and its children would ignore it too.
                preexec_fn=_default_signals,
            )

    def watch(self) -> str:
        """Wait until a process ends by itself; its name. Ctrl-C comes out as KeyboardInterrupt."""
        while True:
            dead = self.dead()
            if dead:
                return dead
            time.sleep(0.2)

    def dead(self) -> str | None:
        """A process that has ended by itself, if any."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def tail(self, name: str, lines: int = 20) -> str:
        """The end of what a process printed."""
        return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Ask every process group to end, then kill what is left after `grace` seconds. A second Ctrl-C does not cut it short."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in self.running.values():
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            # its children too: a server that died may have left workers
            _signal_group(process, signal.SIGKILL)
        self.running.clear()


def _default_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
