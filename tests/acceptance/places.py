"""Where the servers of the acceptance run live, and how their processes are started and stopped."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HOME = Path(__file__).parents[2] / ".acceptance"
"""Kept between runs: what was installed, and databases with nothing but a catalogue in them. Ignored by git."""
START_SECONDS = 180


def needed(program: str) -> str:
    """The program's path. Raises RuntimeError that says what to install."""
    found = shutil.which(program)
    if found is None:
        raise RuntimeError(f"the acceptance run needs {program}: install Node.js 20 or newer")
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: Sequence[str], folder: Path, environment: Mapping[str, str], port: int) -> Iterator[None]:
    """A server in a process group of its own, once it takes connections at `port`; stopped with all that it started."""
    log = folder / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0
