"""Vendure on loopback: POST /admin-api answers GraphQL with an API key or a session, its errors inside HTTP 200."""

from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.graphql import Field, GraphQLError, parse, select
from sluice.sandbox.state import SandboxState
from sluice.sandbox.vendure.records import CURRENCY, LOCATIONS, Record
from sluice.sandbox.vendure.store import Store, UserInputError

SHOP = Shop("vendure", "main", "USD", "America/Los_Angeles", "own_shop", 0.3)
SECRETS = {"key": "sandbox-vendure-api-key"}
ADMINISTRATOR = ("superadmin", "sandbox-vendure-password")
SESSION = "sandbox-vendure-session"
FORBIDDEN = "You are not currently authorized to perform this action"
LISTS = ("orders", "customers", "productVariants")


def app(state: SandboxState) -> Starlette:
    """The channel."""
    return Starlette(routes=[Route("/admin-api", Vendure(state).answer, methods=["POST"])])


class Vendure:
    """One server, with its faults."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._store = Store(state, SHOP)

    async def answer(self, request: Request) -> Response:
        """One request. Limits and outages are those of a proxy in front: Vendure itself has none."""
        self._state.join(SHOP)
        if self._state.faults.take(SHOP.channel, "server_error"):
            return HTMLResponse("<html><body>502 Bad Gateway</body></html>", 502)
        if self._state.faults.take(SHOP.channel, "throttle"):
            return HTMLResponse("<html><body>Too many requests</body></html>", 429, {"Retry-After": "0.1"})
        try:
            asked = msgspec.json.decode(await request.body(), type=dict[str, Any])
            fields = parse(str(asked["query"])).bound(asked.get("variables") or {})
        except (msgspec.DecodeError, KeyError):
            return _json({"statusCode": 400, "message": "Unexpected token in JSON"}, 400)
        except GraphQLError as fault:
            return _failed(str(fault), "GRAPHQL_PARSE_FAILED", 400)
        if fields[0].name == "login":
            return self._login(fields[0])
        if self._state.faults.refused(SHOP.channel) or not _known(request):
            return _failed(FORBIDDEN, "FORBIDDEN")
        try:
            return _json({"data": {field.alias: select(self._root(field), field.fields) for field in fields}})
        except UserInputError as fault:
            return _failed(str(fault), "USER_INPUT_ERROR")
        except GraphQLError as fault:
            return _failed(str(fault), "GRAPHQL_VALIDATION_FAILED", 400)

    def _login(self, field: Field) -> Response:
        if (field.argument("username"), field.argument("password")) != ADMINISTRATOR:
            said = {"errorCode": "INVALID_CREDENTIALS_ERROR", "message": "The provided credentials are invalid"}
            return _json({"data": {"login": {"__typename": "InvalidCredentialsError", **said}}})
        said = {"__typename": "CurrentUser", "id": "1"}
        return _json({"data": {"login": said}}, headers={"vendure-auth-token": SESSION})

    def _root(self, field: Field) -> Any:
        if field.name in LISTS:
            total, items = self._store.page(field.name, field.argument("options") or {})
            return {"totalItems": total, "items": [self._spoiled(item) for item in items]}
        if field.name == "updateProductVariants":
            return [self._updated(change) for change in field.argument("input")]
        fixed: dict[str, Any] = {
            "activeChannel": {
                "id": "1",
                "code": "__default_channel__",
                "defaultCurrencyCode": CURRENCY,
                "pricesIncludeTax": False,
            },
            "globalSettings": {
                "outOfStockThreshold": 0,
                "trackInventory": True,
                "serverConfig": {"moneyStrategyPrecision": 2},
            },
            "stockLocations": {
                "totalItems": len(LOCATIONS),
                "items": [{"id": place, "name": facility} for facility, place in LOCATIONS.items()],
            },
            "addFulfillmentToOrder": {"__typename": "EmptyOrderLineSelectionError"},
        }
        if field.name not in fixed:
            raise GraphQLError(f'Cannot query field "{field.name}" on type "Query".')
        return fixed[field.name]

    def _updated(self, change: dict[str, Any]) -> Record:
        if not self._store.set_levels(change["id"], change["stockLevels"]):
            raise UserInputError(f'No ProductVariant with the id "{change["id"]}" could be found')
        return {"id": change["id"]}

    def _spoiled(self, record: Record) -> Record:
        """Malformed records are orders: the one kind whose loss would be noticed in the books."""
        if record["__typename"] == "Order" and self._state.faults.take(SHOP.channel, "malformed"):
            return record | {"totalWithTax": None}
        return record


def _known(request: Request) -> bool:
    by_key = request.headers.get("vendure-api-key") == SECRETS["key"]
    return by_key or request.headers.get("Authorization") == f"Bearer {SESSION}"


def _failed(message: str, code: str, status: int = 200) -> Response:
    return _json({"errors": [{"message": message, "extensions": {"code": code}}], "data": None}, status)


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, "application/json")
