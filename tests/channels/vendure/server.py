"""A Vendure to talk to: a server on loopback that a test scripts, and our connector on it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from sluice.channels.protocol import Connection
from sluice.channels.vendure import CONNECTOR

RECORDED = Path(__file__).parents[2] / "fixtures" / "vendure"
CHANNELS, VARIANTS, CUSTOMERS, ORDERS = CONNECTOR.streams
Asked = dict[str, Any]
Said = tuple[int, dict[str, str], bytes]


def recorded(name: str) -> bytes:
    return (RECORDED / f"{name}.json").read_bytes()


def said(data: Any, status: int = 200, **headers: str) -> Said:
    """An answer; names of headers are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, data if isinstance(data, bytes) else msgspec.json.encode(data)


def failed(code: str, message: str = "It is so.", status: int = 200) -> Said:
    return said({"errors": [{"message": message, "extensions": {"code": code}}], "data": None}, status)


@contextmanager
def answering(answer: Callable[[Asked], Said]) -> Iterator[tuple[str, list[Asked]]]:
    """Its address, and what it was asked: GraphQL's body, with the `headers` in lower case."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body | {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}})
            status, headers, text = answer(asked[-1])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def connection(url: str, secrets: dict[str, str] | None = None, **options: Any) -> Connection:
    return Connection(
        shop="main",
        url=url,
        secrets=secrets or {"key": "k"},
        currency="USD",
        timezone="UTC",
        since=datetime(2026, 1, 1, tzinfo=UTC),
        options=CONNECTOR.options(**options),
        now=lambda: datetime(2026, 11, 23, 6, tzinfo=UTC),
    )
