"""A connection, and a Tryton that answers as a test scripts it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sluice.channels.protocol import Connection
from sluice.channels.tryton.connector import Options
from sluice.sandbox.host import on_loopback
from sluice.sandbox.tryton.server import SECRETS

MUCH_LATER = datetime(2027, 1, 1, tzinfo=UTC)
Script = Callable[[str, dict[str, Any]], Response]
"""(path, call) -> answer."""


def connection(url: str, page_size: int = 1000, now: datetime = MUCH_LATER, sales: bool = False, **secrets: str) -> Connection:
    return Connection(
        shop="erp",
        url=url,
        secrets=SECRETS | secrets,
        currency="CNY",
        timezone="Asia/Shanghai",
        since=datetime(2024, 1, 1, tzinfo=UTC),
        options=Options(page_size=page_size, sales=sales),
        now=lambda: now,
    )


def said(result: Any) -> Response:
    return JSONResponse({"id": 1, "result": result})


@contextmanager
def answering(script: Script) -> Iterator[str]:
    async def answer(request: Request) -> Response:
        return script(request.url.path, await request.json())

    with on_loopback(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as address:
        yield address
