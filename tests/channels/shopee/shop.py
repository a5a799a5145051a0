"""A Shopee shop to read from: our connector against the sandbox, or against a platform that a test scripts."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from sluice.channels.protocol import Connection, Remembered, Tokens
from sluice.channels.shopee.connector import CONNECTOR, Options, Shopee, connect
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.shopee import SECRETS, SHOP
from sluice.sandbox.state import SandboxState
from tests.sandbox.worlds import world

FIXTURES = Path(__file__).parents[2] / "fixtures" / "shopee"
ORDERS, RETURNS, ITEMS, MODELS = CONNECTOR.streams
NOW = datetime(2026, 10, 31, 16, tzinfo=UTC)
SINCE = datetime(2026, 10, 1, tzinfo=UTC)
REFRESH = "/api/v2/auth/access_token/get"

Asked = dict[str, Any]
"""Path, query (each value a list) and body of a request."""
Script = Callable[[Asked], Mapping[str, Any]]


def shop(
    url: str,
    now: Callable[[], datetime] = lambda: NOW,
    tokens: Tokens | None = None,
    secrets: Mapping[str, str] = SECRETS,
    since: datetime = SINCE,
    **options: Any,
) -> Shopee:
    """A connection whose retries take no time."""
    found = connect(
        Connection(
            shop="main",
            url=url,
            secrets=dict(secrets),
            currency="CNY",
            timezone="Asia/Singapore",
            since=since,
            options=Options(**options),
            now=now,
            tokens=tokens or Remembered(),
        )
    )
    found.gateway.transport.sleep = lambda seconds: None
    return found


def before_dispatch() -> SandboxState:
    """The sandbox at a moment when an order is paid and not yet sent."""
    state = SandboxState(world())
    state.join(SHOP)
    orders = state.world.shops[SHOP.channel, SHOP.shop].orders
    paid = orders.filter(pl.col("shipped_at").is_not_null() & (pl.col("paid_at") < AS_OF))["paid_at"].max()
    assert isinstance(paid, datetime)
    return SandboxState(state.world, paid + timedelta(minutes=1))


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[Asked]]]:
    """The address of a platform that grants tokens and answers all else with what `script` makes of it; and what was asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            query = parse_qs(parts.query, keep_blank_values=True)
            request = {"path": parts.path, "query": query, "body": body}
            asked.append(request)
            told = dict(script(request)) if parts.path != REFRESH or body is None else dict(script(request) or granted(1))
            status = told.pop("HTTP", 200)
            sent = json.dumps({"error": "", "message": ""} | told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def granted(number: int, **changed: Any) -> dict[str, Any]:
    return {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expire_in": 14_400} | changed
