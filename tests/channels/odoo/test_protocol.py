"""By which protocol Odoo is spoken to, where that is left to the connector."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sluice.channels.odoo.connector import CONNECTOR
from sluice.channels.protocol import ChannelError, Refused
from sluice.sandbox.host import on_loopback
from sluice.sandbox.odoo.server import SECRETS, app
from sluice.sandbox.state import SandboxState
from tests.channels.odoo.server import TEMPLATES, SmallOdoo, connection
from tests.sandbox.worlds import world


class Heard:
    """An Odoo, the addresses that were asked of it, and those that it has no more."""

    def __init__(self, within: ASGIApp, gone: str = "nothing") -> None:
        self.within, self.gone = within, gone
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        answer = Response("<html>Not Found", 404) if scope["path"].startswith(self.gone) else self.within
        await answer(scope, receive, send)


@pytest.fixture(scope="module")
def odoo() -> ASGIApp:
    return app(SandboxState(world()))


def read(url: str, protocol: str = "auto", **secrets: str) -> int:
    pages = CONNECTOR.open(connection(url, options={"protocol": protocol}, **secrets)).pages(CONNECTOR.stream("warehouses"), None)
    return len(list(pages))


def test_the_newer_is_spoken_where_it_is(odoo: ASGIApp) -> None:
    heard = Heard(odoo)
    with on_loopback(heard) as url:
        assert read(url)
    assert {path.split("/")[1] for path in heard.paths} == {"json"}


def test_an_older_server_is_spoken_to_as_it_understands(odoo: ASGIApp) -> None:
    heard = Heard(odoo, gone="/json/2")
    with on_loopback(heard) as url:
        assert read(url)
    assert [path for path in heard.paths if path != "/jsonrpc"] == ["/json/2/res.users/context_get"], "it is asked once"


def test_a_server_that_leads_away_from_it_has_none() -> None:
    small = SmallOdoo({1: 0})

    async def away(request: Request) -> Response:
        return RedirectResponse("/web/login", 303)

    async def login(request: Request) -> Response:
        return Response("<html>")

    routes = [
        Route("/jsonrpc", small.answer, methods=["POST"]),
        Route("/json/{rest:path}", away, methods=["POST"]),
        Route("/web/login", login),
    ]
    with on_loopback(Starlette(routes=routes)) as url:
        assert len(list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))) == 1


def test_a_server_that_answers_any_address_by_the_older_is_found_out() -> None:
    """As Odoo 15: HTTP 200, and the error in a body of JSON-RPC."""
    small = SmallOdoo({1: 0})

    async def unknown(request: Request) -> Response:
        error = {"code": 404, "message": "404: Not Found", "http_status": 404}
        return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error})

    routes = [Route("/jsonrpc", small.answer, methods=["POST"]), Route("/{rest:path}", unknown, methods=["POST"])]
    with on_loopback(Starlette(routes=routes)) as url:
        assert len(list(CONNECTOR.open(connection(url)).pages(TEMPLATES, None))) == 1


def test_a_password_that_is_no_key_is_taken_by_the_older(odoo: ASGIApp) -> None:
    """As on Odoo 19, where JSON-2 takes API keys only."""
    heard = Heard(odoo)

    async def without_key(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [(name, value) for name, value in scope.get("headers", []) if name != b"authorization"]
        await heard(dict(scope, headers=kept), receive, send)

    with on_loopback(without_key) as url:
        assert read(url)
    assert heard.paths[-1] == "/jsonrpc"


def test_where_only_the_newer_is_left_its_refusal_is_told(odoo: ASGIApp) -> None:
    with on_loopback(Heard(odoo, gone="/jsonrpc")) as url:
        assert read(url)
        with pytest.raises(Refused, match=r"Invalid apikey.*three months"):
            read(url, password="hunter2")


def test_a_wrong_password_is_told_as_one(odoo: ASGIApp) -> None:
    with on_loopback(odoo) as url, pytest.raises(Refused, match=f"knows no user {SECRETS['user']}"):
        read(url, password="hunter2")


def test_what_is_no_odoo_is_told() -> None:
    with on_loopback(Starlette()) as url, pytest.raises(ChannelError, match="HTTP 404"):
        read(url)
