"""A Lazada shop to read from: our connector against the sandbox, or against a platform that a test scripts."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sluice.channels.lazada.connector import CONNECTOR, Lazada, Options, connect
from sluice.channels.protocol import Connection, Remembered, Tokens
from sluice.sandbox.lazada import SECRETS

FIXTURES = Path(__file__).parents[2] / "fixtures" / "lazada"
ORDERS, PRODUCTS, REVERSED = CONNECTOR.streams
NOW = datetime(2026, 10, 31, 16, tzinfo=UTC)
SINCE = datetime(2026, 10, 20, tzinfo=UTC)
REFRESH = "/auth/token/refresh"

Asked = tuple[str, dict[str, str]]
"""Path and parameters of a request."""
Script = Callable[[str, dict[str, str]], Mapping[str, Any]]


def shop(
    url: str,
    now: Callable[[], datetime] = lambda: NOW,
    tokens: Tokens | None = None,
    secrets: Mapping[str, str] = SECRETS,
    currency: str = "CNY",
    **options: Any,
) -> Lazada:
    """A connection whose retries take no time."""
    found = connect(
        Connection(
            shop="main",
            url=url,
            secrets=dict(secrets),
            currency=currency,
            timezone="Asia/Singapore",
            since=SINCE,
            options=Options(**options),
            now=now,
            tokens=tokens or Remembered(),
        )
    )
    found.gateway.transport.sleep = found.gateway.granting.sleep = lambda seconds: None
    return found


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[Asked]]]:
    """The address of a platform that answers with what `script` makes of a request; and what was asked."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))
            asked.append((parts.path, form))
            sent = json.dumps({"code": "0"} | dict(script(parts.path, form))).encode()
            self.send_response(200)
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


def granted(number: int) -> dict[str, Any]:
    return {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 604_800}
