"""A Medusa shop: our connector against the sandbox, or against a server that a test scripts or that answers as recorded."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from sluice.channels.medusa.client import Client
from sluice.channels.medusa.connector import CONNECTOR, Medusa, Options
from sluice.channels.protocol import Connection, Page, Stream
from sluice.sandbox.host import on_loopback
from sluice.sandbox.medusa.server import SECRETS, app
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world

ORDERS, CUSTOMERS, VARIANTS, LOCATIONS = CONNECTOR.streams
FIXTURES = Path(__file__).parents[2] / "fixtures" / "medusa"
Scripted = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass(frozen=True)
class House:
    """The sandbox's shop and how to get in."""

    state: SandboxState
    url: str

    def shop(self, **options: Any) -> Medusa:
        return opened(self.url, self.state, **options)


@contextmanager
def house() -> Iterator[House]:
    """A shop of its own, which a test may change."""
    state = SandboxState(world(orders=400))
    with on_loopback(Starlette(routes=[Mount("/shop", app(state))])) as url:
        yield House(state, f"{url}/shop")


def connection(url: str, state: SandboxState | None = None, **options: Any) -> Connection:
    return Connection(
        shop="main",
        url=url,
        secrets=SECRETS,
        currency="USD",
        timezone="America/Chicago",
        since=datetime(2024, 1, 1, tzinfo=UTC),
        options=Options(**options),
        now=(lambda: state.now) if state else (lambda: datetime(2027, 1, 1, tzinfo=UTC)),
    )


def opened(url: str, state: SandboxState | None = None, **options: Any) -> Medusa:
    wanted = connection(url, state, **options)
    client = Client(wanted)
    client._transport.sleep = lambda seconds: None
    return Medusa(wanted, client)


def decoded(pages: Iterable[Page], stream: Stream = ORDERS) -> list[Any]:
    return [
        msgspec.json.decode(record, type=stream.record, strict=False)
        for page in pages
        for record in CONNECTOR.records(stream, page.body, page.context)
    ]


@contextmanager
def scripted(*answers: Scripted) -> Iterator[tuple[str, list[Request]]]:
    """The address of a server that gives these answers one after the other, the last for ever; and what it was asked."""
    got: list[Request] = []

    async def answer(request: Request) -> Response:
        got.append(request)
        status, body, *headers = answers[min(len(got), len(answers)) - 1]
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return Response(content, status, headers[0] if headers else None)

    with on_loopback(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])) as url:
        yield url, got


@contextmanager
def recorded() -> Iterator[str]:
    """The address of a server that answers every list as the real one was recorded."""
    names = {"orders": "orders", "customers": "customers", "product-variants": "variants", "stock-locations": "locations"}

    def answering(name: str) -> Route:
        return Route(f"/admin/{name}", lambda request: Response((FIXTURES / f"{names[name]}.json").read_bytes()))

    with on_loopback(Starlette(routes=[answering(name) for name in names])) as url:
        yield url
