"""Tryton's JSON-RPC on the world: logging in, searching and reading, errors inside HTTP 200."""

import time
from base64 import b64decode
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton import sold_search
from sluice.sandbox.tryton.models import REFERS, records
from sluice.sandbox.tryton.offered import OFFERED
from sluice.sandbox.tryton.search import Wanted, search, shown
from sluice.sandbox.tryton.shop import SHOP
from sluice.sandbox.tryton.sold import is_here
from sluice.sandbox.tryton.tables import TABLES
from sluice.sandbox.tryton.values import COMPANY, Record

CHANNEL = SHOP.channel
SECRETS = {"database": "sandbox", "user": "sluice", "password": "sandbox-tryton-key"}
UID = 6
ATTEMPTS, LOCKED_SECONDS = 6, 300
SPOILED = {"product.product": "rec_name", "purchase.line": "type"}
SPOILED_SALES = {"sale.sale": "shipment_state"}
"""Where a malformed record can be asked for, and the text that is a number then. Of a shop that sells it is a sale: the one kind
whose loss would be noticed in the books."""


def app(state: SandboxState) -> Starlette:
    """Mounted at /tryton."""
    service = _Service(state)

    async def rpc(request: Request) -> Response:
        if state.faults.take(CHANNEL, "throttle"):
            return HTMLResponse("<h1>Too Many Requests</h1>", 429, {"Retry-After": "1"})
        if state.faults.take(CHANNEL, "server_error"):
            return HTMLResponse("<h1>502 Bad Gateway</h1>", 502)
        if request.path_params["database"] != SECRETS["database"]:
            return HTMLResponse("<h1>Not Found</h1>", 404)
        try:
            sent = msgspec.json.decode(await request.body())
            method, params = sent["method"], sent["params"]
        except (msgspec.MsgspecError, KeyError, TypeError):
            return HTMLResponse("<h1>Bad Request</h1>", 400)
        if method == "common.db.login":
            return service.login(sent.get("id"), *params[:2])
        if not service.admits(request.headers.get("Authorization", "")):
            return Response(b"", 401, {"WWW-Authenticate": 'Basic realm="Tryton"'})
        try:
            return _answered(sent.get("id"), result=service.call(method, params))
        except KeyError as fault:
            return _answered(sent.get("id"), error=[str(fault), ""])

    return Starlette(routes=[Route("/{database}/rpc/", rpc, methods=["POST"])])


def _answered(number: Any, **answer: Any) -> Response:
    return Response(msgspec.json.encode({"id": number} | answer), media_type="application/json")


class _Service:
    """One user; sessions live as long as this."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.sessions: set[str] = set()
        self.wrong: list[float] = []

    def login(self, number: Any, user: str, given: dict[str, Any]) -> Response:
        self.wrong = [moment for moment in self.wrong if moment > time.monotonic() - LOCKED_SECONDS]
        if len(self.wrong) >= ATTEMPTS:
            return HTMLResponse("<h1>Too Many Requests</h1>", 429)
        if (user, given.get("password")) != (SECRETS["user"], SECRETS["password"]):
            self.wrong.append(time.monotonic())
            return HTMLResponse("<h1>Unauthorized</h1>", 401)
        if self.state.faults.refused(CHANNEL):
            return HTMLResponse("<h1>Unauthorized</h1>", 401)
        session = token_hex(32)
        self.sessions.add(session)
        return _answered(number, result=[UID, session, None])

    def admits(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        try:
            user, uid, session = b64decode(token, validate=True).decode().split(":", 2)
        except ValueError:
            return False
        known = scheme == "Session" and (user, uid) == (SECRETS["user"], str(UID)) and session in self.sessions
        return known and not self.state.faults.refused(CHANNEL)

    def call(self, method: str, params: list[Any]) -> Any:
        """KeyError names what Tryton does not know."""
        kind, _, rest = method.partition(".")
        model, _, name = rest.rpartition(".")
        if (kind, model, name) == ("model", "res.user", "get_preferences"):
            return {"company": COMPANY, "company_filter": "one", "language": "en"}
        if kind != "model" or name not in ("search_read", "fields_get"):
            raise KeyError(method)
        if name == "fields_get":
            return {field: {"name": field, "relation": relation} for field, relation in self._fields(model).items()}
        domain, offset, limit, order, fields, context = params
        page = slice(offset, None if limit is None else offset + limit)
        wanted = Wanted.of(fields)
        rows = [
            shown(self.state, model, record, wanted, context)
            for record in self._found(model, domain, order, page, fields, context.get("active_test") is False)
        ]
        text = (SPOILED_SALES if is_here(self.state) else SPOILED).get(model)
        if rows and text in rows[0]:
            for row in rows[: self.state.faults.take_all(CHANNEL, "malformed")]:
                row[text] = 7
        return rows

    def _fields(self, model: str) -> Mapping[str, str | None]:
        if model in OFFERED and (model in TABLES or model == "carrier"):
            return OFFERED[model]
        first = next(iter(records(self.state, model).values()), {})
        return {name: REFERS.get(name) for name in first}

    def _found(
        self, model: str, domain: list[Any], order: list[list[str]] | None, page: slice, fields: list[str], archived: bool
    ) -> list[Record]:
        if model not in TABLES:
            return search(self.state, model, domain, order, archived)[page]
        # Moves of purchases are read where nothing is sold, too.
        if model != "stock.move":
            self.state.join(SHOP)
        return sold_search.search(self.state, model, domain, order, page, fields)
