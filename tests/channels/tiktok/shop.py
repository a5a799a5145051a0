"""A TikTok Shop to read from: our connector against the sandbox, or against a platform that a test scripts."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from sluice.channels.protocol import Connection, Page, Stream
from sluice.channels.tiktok.connector import CONNECTOR, Options, TikTok, connect
from sluice.sandbox.tiktok.server import SECRETS

ORDERS, RETURNS, CANCELLATIONS, PRODUCTS = CONNECTOR.streams
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())


def connection(url: str, now: Callable[[], datetime] = lambda: NOW, **options: Any) -> Connection:
    return Connection(
        shop="main",
        url=url,
        secrets=dict(SECRETS),
        currency="USD",
        timezone="America/Los_Angeles",
        since=datetime(2024, 1, 1, tzinfo=UTC),
        options=Options(**options),
        now=now,
    )


def shop(
    url: str,
    now: Callable[[], datetime] = lambda: NOW,
    sleep: Callable[[float], None] = lambda seconds: None,
    **options: Any,
) -> TikTok:
    """Opened as the connector does, but waiting as the test says."""
    opened = connect(connection(url, now, **options))
    opened.gateway.transport = replace(opened.gateway.transport, sleep=sleep)
    opened.gateway.sign_in = replace(opened.gateway.sign_in, sleep=sleep)
    return opened


def records(pages: list[Page], stream: Stream = ORDERS) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one) for page in pages for one in CONNECTOR.records(stream, page.body, page.context)]


@dataclass(frozen=True)
class Call:
    """One request as it came over the wire."""

    method: str
    path: str
    asked: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]

    @property
    def given(self) -> dict[str, Any]:
        return json.loads(self.body) if self.body else {}


Script = Callable[[Call], Any]
TOKEN = {
    "access_token": "access",
    "access_token_expire_in": int((NOW + timedelta(days=7)).timestamp()),
    "refresh_token": "refresh-2",
}
SHOPS = {"shops": [{"id": "1", "cipher": "cipher-1", "name": "One", "region": "US"}]}


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[Call]]]:
    """The address of a platform that answers with what `script` makes of a call: `data`, or (status, whole body).

    Where it makes None of it, tokens and the shop are given as they should be.
    """
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Call(self.command, parts.path, dict(parse_qsl(parts.query)), body, dict(self.headers))
            calls.append(call)
            made = script(call)
            if made is None:
                made = {"/api/v2/token/refresh": TOKEN, "/authorization/202309/shops": SHOPS}[parts.path]
            status, whole = made if isinstance(made, tuple) else (200, {"code": 0, "message": "Success", "data": made})
            text = whole if isinstance(whole, bytes) else json.dumps(whole).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()


def fault(code: int, message: str, status: int = 200) -> tuple[int, dict[str, Any]]:
    return status, {"code": code, "message": message, "request_id": "r", "data": None}
