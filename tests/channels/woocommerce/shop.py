"""A WooCommerce shop: our connector and WooCommerce's own client, against the sandbox or a server that a test scripts."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from woocommerce import API

from sluice.channels.protocol import Connection, Page, Stream
from sluice.channels.woocommerce.client import Client
from sluice.channels.woocommerce.connector import CONNECTOR, Options, Woo
from sluice.sandbox.host import on_loopback
from sluice.sandbox.state import SandboxState
from sluice.sandbox.woocommerce.server import SECRETS, app
from tests.sandbox.worlds import world

ORDERS, CUSTOMERS, PRODUCTS = CONNECTOR.streams
Scripted = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass(frozen=True)
class House:
    """The sandbox's shop and how to get in."""

    state: SandboxState
    url: str

    def shop(self, **options: Any) -> Woo:
        return opened(self.url, state=self.state, **options)

    def theirs(self, secrets: dict[str, str] = SECRETS) -> API:
        """WooCommerce's own client."""
        return API(self.url, secrets["consumer_key"], secrets["consumer_secret"], timeout=20)


@contextmanager
def house(hpos: bool = True) -> Iterator[House]:
    """A shop of its own, which a test may change."""
    state = SandboxState(world(orders=400))
    with on_loopback(Starlette(routes=[Mount("/shop", app(state, hpos))])) as url:
        yield House(state, f"{url}/shop")


def opened(url: str, state: SandboxState | None = None, secrets: dict[str, str] = SECRETS, **options: Any) -> Woo:
    connection = Connection(
        shop="main",
        url=url,
        secrets=secrets,
        currency="USD",
        timezone="America/New_York",
        since=datetime(2024, 1, 1, tzinfo=UTC),
        options=Options(**options),
        now=(lambda: state.now) if state else (lambda: datetime.now(UTC)),
    )
    client = Client(connection)
    client._transport.sleep = lambda seconds: None
    return Woo(connection, client)


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
        return Response(content, status, {"X-WP-TotalPages": "1"} | (headers[0] if headers else {}))

    routes = [Route("/{path:path}", answer, methods=["GET", "POST", "PUT"])]
    with on_loopback(Starlette(routes=routes)) as url:
        yield url, got
