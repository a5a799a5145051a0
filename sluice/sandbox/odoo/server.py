"""Odoo's JSON-RPC and JSON-2 on the world: logging in, searching and reading. JSON-RPC answers HTTP 200, errors in the body."""

from collections.abc import Callable
from typing import Any

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.odoo import shop
from sluice.sandbox.odoo.models import MODELS, frame, in_order
from sluice.sandbox.odoo.search import Invalid, matching, shown
from sluice.sandbox.state import SandboxState

CHANNEL = "odoo"
SECRETS = {"database": "sandbox", "user": "sluice@example.com", "password": "sandbox-odoo-key"}
UID = 6
VERSION = {
    "server_version": "16.0",
    "server_version_info": [16, 0, 0, "final", 0, ""],
    "server_serie": "16.0",
    "protocol_version": 1,
}
SPOILED = {"product.product": "standard_price", "stock.quant": "quantity", "purchase.order.line": "product_uom_qty"}
"""Where a malformed record can be asked for, and the number that is text then."""
SPOILED_ORDERS = {"sale.order": "amount_total"}


class RpcFault(Exception):
    """An error as the server names it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def app(state: SandboxState) -> Starlette:
    """Mounted at /odoo. `/web/webclient/version_info` is what clients ask first."""
    service = _Services(state)

    async def jsonrpc(request: Request) -> Response:
        if state.faults.take(CHANNEL, "throttle"):
            return Response("Too Many Requests", 429, {"Retry-After": "1"})
        if state.faults.take(CHANNEL, "server_error"):
            return Response("<html><h1>502 Bad Gateway</h1></html>", 502, media_type="text/html")
        return _answered(await request.body(), service.call)

    async def json2(request: Request) -> Response:
        """The body is the method's arguments by name; errors have a status of their own."""
        if state.faults.take(CHANNEL, "throttle"):
            return Response("Too Many Requests", 429, {"Retry-After": "1"})
        if state.faults.take(CHANNEL, "server_error"):
            return Response("<html><h1>502 Bad Gateway</h1></html>", 502, media_type="text/html")
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or key != SECRETS["password"] or state.faults.refused(CHANNEL):
            return _failed(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        if request.headers.get("X-Odoo-Database", SECRETS["database"]) != SECRETS["database"]:
            return _failed(404, "werkzeug.exceptions.NotFound", "no such database")
        model, method = request.path_params["model"], request.path_params["method"]
        try:
            found = service.execute(model, method, [], msgspec.json.decode(await request.body()))
        except RpcFault as fault:
            missing = str(fault).endswith("doesn't exist")
            return _failed(*((404, "werkzeug.exceptions.NotFound") if missing else (422, fault.name)), str(fault))
        except Invalid as fault:
            return _failed(422, "builtins.ValueError", str(fault))
        return Response(msgspec.json.encode(found), media_type="application/json")

    async def version_info(request: Request) -> Response:
        return _answered(await request.body(), lambda params: VERSION)

    return Starlette(
        routes=[
            Route("/jsonrpc", jsonrpc, methods=["POST"]),
            Route("/json/2/{model}/{method}", json2, methods=["POST"]),
            Route("/web/webclient/version_info", version_info, methods=["POST"]),
        ]
    )


def _answered(body: bytes, call: Callable[[dict[str, Any]], Any]) -> Response:
    sent: Any = {}
    try:
        sent = msgspec.json.decode(body)
        answer = {"result": call(sent["params"])}
    except RpcFault as fault:
        answer = {"error": _error(fault.name, str(fault))}
    except Invalid as fault:
        answer = {"error": _error("builtins.ValueError", str(fault))}
    except (msgspec.MsgspecError, KeyError, IndexError, TypeError, ValueError) as fault:
        answer = {"error": _error(f"builtins.{type(fault).__name__}", str(fault))}
    number = sent.get("id") if isinstance(sent, dict) else None
    return Response(msgspec.json.encode({"jsonrpc": "2.0", "id": number} | answer), media_type="application/json")


def _failed(status: int, name: str, message: str) -> Response:
    body = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": ""}
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _error(name: str, message: str) -> dict[str, Any]:
    trace = f"Traceback (most recent call last):\n{name}: {message}"
    data = {"name": name, "debug": trace, "message": message, "arguments": [message], "context": {}}
    return {"code": 200, "message": "Odoo Server Error", "data": data}


class _Services:
    """`common` and `object`."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state

    def call(self, params: dict[str, Any]) -> Any:
        service, method, arguments = params["service"], params["method"], params["args"]
        if service == "common" and method == "version":
            return VERSION
        if service == "common" and method in ("authenticate", "login"):
            return self._admits(*arguments[:3]) and UID
        if service == "object" and method in ("execute", "execute_kw"):
            database, uid, password, model, name, *rest = arguments
            if uid != UID or not self._admits(database, SECRETS["user"], password):
                raise RpcFault("odoo.exceptions.AccessDenied", "Access Denied")
            positional, named = (rest, {}) if method == "execute" else ((rest or [[]])[0], rest[1] if len(rest) > 1 else {})
            return self.execute(model, name, list(positional), dict(named))
        raise RpcFault("builtins.AttributeError", f"no method {service}.{method}")

    def _admits(self, database: str, user: str, password: str) -> bool:
        if database != SECRETS["database"]:
            raise RpcFault("psycopg2.OperationalError", f'FATAL:  database "{database}" does not exist')
        return (user, password) == (SECRETS["user"], SECRETS["password"]) and not self.state.faults.refused(CHANNEL)

    def execute(self, model: str, method: str, positional: list[Any], named: dict[str, Any]) -> Any:
        if (model, method) == ("res.users", "context_get"):
            return {"lang": "en_US", "tz": "Asia/Shanghai", "uid": UID}
        if (model, method) == ("ir.model", "search"):
            return [number for number, name in enumerate(MODELS, 1) if ["model", "=", name] in positional[0]]
        if model not in MODELS:
            raise RpcFault("odoo.exceptions.UserError", f"Object {model} doesn't exist")
        if method not in METHODS:
            raise RpcFault("builtins.AttributeError", f"The method '{method}' does not exist on the model '{model}'")
        found = METHODS[method](self.state, model, positional, named)
        return self._spoiled(model, found) if method == "search_read" else found

    def _spoiled(self, model: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Malformed records are orders where the shop is open: the one kind whose loss would be noticed in the books."""
        spoiled = SPOILED_ORDERS if shop.is_open(self.state) else SPOILED
        if model in spoiled and found and spoiled[model] in found[0]:
            for record in found[: self.state.faults.take_all(CHANNEL, "malformed")]:
                record[spoiled[model]] = "not a number"
        return found


def _arguments(names: tuple[str, ...], positional: list[Any], named: dict[str, Any]) -> dict[str, Any]:
    return dict(zip(names, positional, strict=False)) | named


def _found(state: SandboxState, model: str, given: dict[str, Any]) -> pl.DataFrame:
    """What a page costs follows the page: positions first, records of those alone."""
    active_test = (given.get("context") or {}).get("active_test", True)
    records = in_order(state, model, given.get("order") or "id")
    found = matching(records, model, given.get("domain") or given.get("args") or [], active_test)
    return records[found.slice(given.get("offset") or 0, given.get("limit") or None)]


def _search_read(state: SandboxState, model: str, positional: list[Any], named: dict[str, Any]) -> Any:
    given = _arguments(("domain", "fields", "offset", "limit", "order"), positional, named)
    return shown(_found(state, model, given), model, given.get("fields") or [])


def _search(state: SandboxState, model: str, positional: list[Any], named: dict[str, Any]) -> Any:
    return _found(state, model, _arguments(("domain", "offset", "limit", "order"), positional, named))["id"].to_list()


def _search_count(state: SandboxState, model: str, positional: list[Any], named: dict[str, Any]) -> Any:
    return _found(state, model, _arguments(("domain",), positional, named)).height


def _read(state: SandboxState, model: str, positional: list[Any], named: dict[str, Any]) -> Any:
    given = _arguments(("ids", "fields"), positional, named)
    ids = given["ids"] if isinstance(given["ids"], list) else [given["ids"]]
    records = frame(state, model)
    return shown(records[matching(records, model, [["id", "in", ids]], active_test=False)], model, given.get("fields") or [])


def _fields_get(state: SandboxState, model: str, positional: list[Any], named: dict[str, Any]) -> Any:
    return {name: {"string": name, "type": "char"} for name in frame(state, model).columns if "." not in name}


METHODS = {
    "search_read": _search_read,
    "search": _search,
    "search_count": _search_count,
    "read": _read,
    "fields_get": _fields_get,
}
