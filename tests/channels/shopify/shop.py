"""A Shopify shop to read from: our connector against the sandbox, or against a server that a test scripts."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.channels.protocol import Connection, Page, Stream
from sluice.channels.shopify.client import Client
from sluice.channels.shopify.connector import CONNECTOR, Shop, ShopifyOptions
from sluice.sandbox.shopify.server import SECRETS

ORDERS, CUSTOMERS, PRODUCTS = CONNECTOR.streams
Scripted = tuple[int, Any] | tuple[int, Any, dict[str, str]]


BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def connection(url: str, token: str = SECRETS["token"], since: datetime = BEGINNING, **options: Any) -> Connection:
    return Connection(
        shop="main",
        url=url,
        secrets={"token": token},
        currency="USD",
        timezone="America/Los_Angeles",
        since=since,
        options=ShopifyOptions(**{"bulk_from": None, **options}),
    )


def shop(
    url: str,
    sleep: Callable[[float], None] = lambda seconds: None,
    clock: Callable[[], float] = time.monotonic,
    **options: Any,
) -> Shop:
    """Opened as the connector does, but waiting as the test says."""
    opened = connection(url, **options)
    return Shop(opened, Client(opened, sleep, clock))


def nodes(pages: Sequence[Page], stream: Stream = ORDERS) -> list[bytes]:
    return [node for page in pages for node in CONNECTOR.records(stream, page.body, page.context)]


def decoded(pages: Sequence[Page], stream: Stream = ORDERS) -> list[Any]:
    return [msgspec.json.decode(node, type=stream.record) for node in nodes(pages, stream)]


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """The app on a loopback port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def scripted(*answers: Scripted) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A shop that gives these answers one after another, the last one for ever; and the requests that it got."""
    left, got = list(answers), []

    async def answer(request: Request) -> Response:
        got.append(msgspec.json.decode(await request.body()))
        status, body, *headers = left.pop(0) if len(left) > 1 else left[0]
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return Response(content, status, headers[0] if headers else None, "application/json")

    with served(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as url:
        yield url, got
