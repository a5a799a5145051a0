"""The sandbox's Square, opened; and everything that went over the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
from starlette.responses import Response

from sluice.channels.protocol import Connection, Remembered
from sluice.channels.square import CONNECTOR
from sluice.channels.square.connector import Square
from sluice.sandbox.host import hosted, on_loopback
from sluice.sandbox.square import SECRETS
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world

EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
TOKEN = {"token": SECRETS["token"]}


def opened(url: str, state: SandboxState | None = None, secrets: dict[str, str] | None = None, **options: Any) -> Square:
    connection = Connection(
        shop="main",
        url=url,
        secrets=secrets or TOKEN,
        currency="USD",
        timezone="America/New_York",
        since=EARLIEST,
        options=CONNECTOR.options(**options),
        now=(lambda: state.now) if state else lambda: datetime.now(UTC),
        tokens=Remembered(),
    )
    channel = CONNECTOR.open(connection)
    assert isinstance(channel, Square)
    channel.client.transport.sleep = lambda _: None
    return channel


@dataclass
class Wire:
    """What was asked and answered, in order."""

    seen: list[requests.Response] = field(default_factory=list)

    def listen(self, channel: Square) -> None:
        channel.client.transport.session.hooks["response"].append(lambda response, **_: self.seen.append(response))


@contextmanager
def sandbox(**options: Any) -> Iterator[tuple[SandboxState, Square, Wire]]:
    state, wire = SandboxState(world()), Wire()
    with hosted(state) as url:
        channel = opened(f"{url}/square", state, **options)
        wire.listen(channel)
        yield state, channel, wire


@dataclass
class Script:
    """Answers in a row, whatever is asked; keeps the questions."""

    answers: list[tuple[int, Any]]
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.asked.append((scope["method"], scope["path"], msgspec.json.decode(body) if body else None))
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        content = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        await Response(content, status, media_type="application/json")(scope, receive, send)


@contextmanager
def scripted(*answers: tuple[int, Any], **options: Any) -> Iterator[tuple[Square, Script]]:
    script = Script(list(answers))
    with on_loopback(script) as url:
        yield opened(url, **options), script


def error(category: str, code: str, detail: str = "told so") -> dict[str, Any]:
    return {"errors": [{"category": category, "code": code, "detail": detail}]}
