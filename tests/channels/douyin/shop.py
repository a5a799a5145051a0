"""A Douyin shop to read from: our connector against the sandbox, or against a platform that a test scripts."""

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

from sluice.channels.douyin.connector import CONNECTOR, Douyin, Options, connect
from sluice.channels.protocol import Connection, Page, Stream
from sluice.sandbox.douyin.server import SECRETS

ORDERS, AFTERSALES, PRODUCTS = CONNECTOR.streams
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
TOKEN = {"access_token": "access", "expires_in": int((NOW + timedelta(days=7)).timestamp()), "refresh_token": "refresh-2"}


def shop(
    url: str, now: Callable[[], datetime] = lambda: NOW, sleep: Callable[[float], None] = lambda seconds: None, **options: Any
) -> Douyin:
    """Opened as the connector does, but waiting as the test says."""
    since = datetime(2024, 1, 1, tzinfo=UTC)
    opened = connect(Connection("main", url, dict(SECRETS), "CNY", "Asia/Shanghai", since, Options(**options), now))
    opened.gateway.transport = replace(opened.gateway.transport, sleep=sleep)
    return opened


def records(pages: list[Page], stream: Stream = ORDERS) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one) for page in pages for one in CONNECTOR.records(stream, page.body, page.context)]


@dataclass(frozen=True)
class Call:
    """One request as it came over the wire."""

    path: str
    asked: Mapping[str, str]
    body: bytes

    @property
    def method(self) -> str:
        return self.asked["method"]

    @property
    def given(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@contextmanager
def scripted(script: Callable[[Call], Any]) -> Iterator[tuple[str, list[Call]]]:
    """The address of a platform that answers with what `script` makes of a call: `data`, or a whole body as bytes.

    The token is given as it should be where it makes None of that.
    """
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            call = Call(parts.path, dict(parse_qsl(parts.query)), self.rfile.read(int(self.headers["Content-Length"])))
            calls.append(call)
            made = script(call)
            made = TOKEN if made is None and call.method == "token.refresh" else made
            body = made if isinstance(made, bytes) else json.dumps({"code": 10000, "msg": "success", "data": made}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()


def fault(code: int, sub_code: str = "", text: str = "") -> bytes:
    return json.dumps({"code": code, "msg": text, "sub_code": sub_code, "sub_msg": text, "data": None}).encode()
