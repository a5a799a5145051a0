"""The sandbox's server: every channel that has a file here, on one loopback port, beside the clock, the faults and the truth."""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import sluice.sandbox
from sluice.sandbox import controls
from sluice.sandbox.catalogue import SHOPS
from sluice.sandbox.faults import Faults
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.sellers import sellers
from sluice.sandbox.state import ClockError, SandboxState
from sluice.sandbox.world import World

STOP_SECONDS = 10


class SandboxError(RuntimeError):
    """The sandbox did not start."""


@dataclass(frozen=True, slots=True)
class Spoiling:
    """Delays or cuts a channel's answers as planned; other faults look different on each channel and are the channel's own."""

    app: ASGIApp
    channel: str
    faults: Faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait = self.faults.hang(self.channel)
        if wait:
            await asyncio.sleep(wait)
        cut = self.faults.take(self.channel, "truncate")
        await self.app(scope, receive, _cutting(send) if cut else send)


def _cutting(send: Send) -> Send:
    """Sends the first half of the body as if it were all of it, as a broken proxy does."""
    held: list[Message] = []

    async def cut(message: Message) -> None:
        held.append(message)
        if message["type"] != "http.response.body" or message.get("more_body"):
            return
        start, body = held[0], b"".join(part.get("body", b"") for part in held[1:])
        half = body[: len(body) // 2]
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", str(len(half)).encode())]})
        await send({"type": "http.response.body", "body": half})

    return cut


def application(state: SandboxState) -> Starlette:
    """One app with each channel's under its name: every module of this package that defines `app(state)`."""
    names = [module.name for module in iter_modules(sluice.sandbox.__path__) if module.name != "host"]
    modules = {name: import_module(f"sluice.sandbox.{name}") for name in names}
    apps = {name: module.app(state) for name, module in modules.items() if hasattr(module, "app")}
    channels = [Mount(f"/{name}", Spoiling(app, name, state.faults)) for name, app in apps.items()]
    return Starlette(routes=[Mount("/_sandbox", controls.routes(state, list(apps))), *channels])


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket on loopback, any free port for 0. Raises SandboxError where the port is taken."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as fault:
            raise SandboxError(f"port {port} on 127.0.0.1 is taken ({fault.strerror}); choose another or 0 for any") from fault
        listener.listen(512)
        yield listener


def _address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app, http="httptools", loop="uvloop", lifespan="off", access_log=False, log_level="warning", timeout_graceful_shutdown=2
    )
    return uvicorn.Server(config)


def serve(
    world_seed: int, orders: int, port: int = 0, now: datetime = AS_OF, with_parent: bool = False, alone: str | None = None
) -> None:
    """Answer until told to stop; prints the address once requests can come. `with_parent` also stops at the end of stdin.

    All orders are those of the channel `alone`, where one is named.
    """
    with listening(port) as listener:
        shops = [sellers()[alone].shop] if alone else SHOPS
        server = _server(application(SandboxState(World.generate(world_seed, orders, shops), now)))
        if with_parent:
            threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
        print(_address(listener), flush=True)
        server.run(sockets=[listener])


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


@contextmanager
def on_loopback(app: ASGIApp) -> Iterator[str]:
    """The address of an app that is served by a thread of this process."""
    server = _server(app)
    with listening(0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield _address(listener)
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)


@contextmanager
def hosted(state: SandboxState) -> Iterator[str]:
    """The address of a sandbox in this process, around a state that the caller can look into."""
    with on_loopback(application(state)) as address:
        yield address


@dataclass(slots=True)
class Sandbox:
    """A sandbox in a process group of its own, for the length of a `with` block. Ends with this process even if it is killed."""

    seed: int
    orders: int
    port: int = 0
    now: datetime = AS_OF
    alone: str | None = None
    url: str = field(default="", init=False)
    process: "subprocess.Popen[str] | None" = field(default=None, init=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it answers. Raises SandboxError."""
        command = [sys.executable, "-m", "sluice.sandbox.host", "--seed", str(self.seed), "--orders", str(self.orders)]
        command += ["--port", str(self.port), "--now", self.now.isoformat(), "--with-parent"]
        command += ["--alone", self.alone] if self.alone else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            code = self.process.wait(STOP_SECONDS)
            self.stop()
            raise SandboxError(f"the sandbox ended with code {code} before it answered; its message is above")

    def stop(self) -> None:
        """Stop it and all that it started."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--now", type=datetime.fromisoformat, default=AS_OF)
    parser.add_argument("--alone", choices=list(sellers()), help="all orders are those of this channel")
    parser.add_argument("--with-parent", action="store_true", help="stop when stdin ends")
    given = parser.parse_args()
    try:
        serve(given.seed, given.orders, given.port, given.now, given.with_parent, given.alone)
    except (SandboxError, ClockError) as fault:
        parser.exit(1, f"{fault}\n")


if __name__ == "__main__":
    main()
