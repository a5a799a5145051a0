"""An Amazon shop to read from: our connector against the sandbox, or against answers that a test scripts."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sluice.channels.amazon.connector import CONNECTOR, Amazon
from sluice.channels.protocol import Connection, Page, Stream
from sluice.sandbox.amazon import SECRETS
from sluice.sandbox.host import on_loopback

ORDERS, LISTINGS, STOCK, REFUNDS = CONNECTOR.streams
NOW = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
GRANT = {"access_token": "Atza|scripted", "token_type": "bearer", "expires_in": 3600}

Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]
Script = Callable[[Request], Reply]


def connection(
    url: str, now: Callable[[], datetime] = lambda: NOW, secrets: Mapping[str, str] = SECRETS, **options: Any
) -> Connection:
    return Connection(
        shop="main",
        url=url,
        secrets=dict(secrets),
        currency="USD",
        timezone="America/Los_Angeles",
        since=datetime(2025, 1, 1, tzinfo=UTC),
        options=CONNECTOR.options(**options),
        now=now,
    )


def shop(url: str, waits: list[float] | None = None, **more: Any) -> Amazon:
    """Opened as the connector does, but waiting is only noted in `waits`."""
    opened = CONNECTOR.open(connection(url, **more))
    assert isinstance(opened, Amazon)
    for transport in (opened.gateway.transport, opened.gateway.grant.login):
        transport.sleep = ([] if waits is None else waits).append
    return opened


def records(pages: list[Page], stream: Stream = ORDERS) -> list[Any]:
    return [
        msgspec.json.decode(one, type=stream.record)
        for page in pages
        for one in CONNECTOR.records(stream, page.body, page.context)
    ]


@contextmanager
def scripted(script: Script) -> Iterator[str]:
    """A server that grants tokens and answers all else as `script` says: status, JSON (bytes go as they are), headers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await request.body()
        status, body, *headers = (200, GRANT) if request.url.path == "/auth/o2/token" else script(request)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        await Response(content, status, *headers, media_type="application/json")(scope, receive, send)

    with on_loopback(app) as url:
        yield url


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, as they went over the wire."""

    method: str
    path: str
    query: str
    sent: bytes
    status: int
    received: bytes


@dataclass
class Recorder:
    """Keeps what goes through."""

    app: ASGIApp
    exchanges: list[Exchange] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent, received, status = [], [], []

        async def heard() -> Message:
            message = await receive()
            sent.append(message.get("body", b""))
            return message

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            else:
                received.append(message.get("body", b""))
            await send(message)

        await self.app(scope, heard, told)
        query = scope["query_string"].decode()
        path = scope["raw_path"].decode().split("?")[0]
        self.exchanges.append(Exchange(scope["method"], path, query, b"".join(sent), status[0], b"".join(received)))
