"""An eBay seller to read from: our connector against answers that a test scripts."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sluice.channels.ebay.connector import CONNECTOR, Ebay
from sluice.channels.ebay.orders import iso
from sluice.channels.protocol import Connection, Page, Stream
from sluice.sandbox.ebay import SECRETS
from sluice.sandbox.host import on_loopback

ORDERS, ITEMS = CONNECTOR.streams
NOW = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
GRANT = {"access_token": "v^1.1#scripted", "token_type": "User Access Token", "expires_in": 7200}

Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]
Script = Callable[[Request, Any], Reply]


def shop(
    url: str,
    waits: list[float] | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    since: datetime = datetime(2025, 1, 1, tzinfo=UTC),
    **options: Any,
) -> Ebay:
    """Opened as the connector does, but waiting is only noted in `waits`."""
    wanted = {name: SECRETS[name] for name in CONNECTOR.secrets}
    opened = CONNECTOR.open(Connection("main", url, wanted, "USD", "UTC", since, CONNECTOR.options(**options), now))
    assert isinstance(opened, Ebay)
    for transport in (opened.gateway.transport, opened.gateway.grant.login):
        transport.sleep = ([] if waits is None else waits).append
    return opened


def records(pages: list[Page], stream: Stream = ORDERS) -> list[Any]:
    return [msgspec.json.decode(one, type=stream.record) for page in pages for one in CONNECTOR.records(stream, page.body, {})]


def order(number: int, modified: datetime, **more: Any) -> dict[str, Any]:
    return {
        "orderId": f"12-{number:05}",
        "creationDate": iso(modified),
        "lastModifiedDate": iso(modified),
        "orderFulfillmentStatus": "NOT_STARTED",
        "orderPaymentStatus": "PAID",
        "pricingSummary": {"total": {"value": "1.00", "currency": "USD"}},
        "lineItems": [],
        **more,
    }


def errors(number: int, message: str = "m") -> dict[str, Any]:
    return {"errors": [{"errorId": number, "domain": "API", "category": "REQUEST", "message": message}]}


@contextmanager
def scripted(script: Script, grants: Callable[[Request], Reply] = lambda request: (200, GRANT)) -> Iterator[str]:
    """A server that answers as `script` says, given each request and its JSON: status, JSON (bytes go as they are), headers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        if request.url.path == "/identity/v1/oauth2/token":
            status, answer, *headers = grants(request)
        else:
            status, answer, *headers = script(request, json.loads(body) if body else None)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        await Response(content, status, *headers, media_type="application/json")(scope, receive, send)

    with on_loopback(app) as url:
        yield url
