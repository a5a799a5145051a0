"""Square on loopback: bearer tokens, JSON in and out, errors by category, lists by cursors that belong to their question."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.square.index import Index, Listed
from sluice.sandbox.square.inventory import Inventory
from sluice.sandbox.square.lists import Body, Fault, Keyed, answer, as_json, between, invalid, limit, only, page
from sluice.sandbox.square.records import LOCATIONS, locations, stamp
from sluice.sandbox.state import SandboxState

SHOP = Shop("square", "main", "USD", "America/New_York", "own_shop", 0.3)
SECRETS = {
    "token": "EAAAsandbox-0123456789abcdef",
    "client_id": "sq0idp-sandbox",
    "client_secret": "sq0csp-sandbox",
    "webhook_secret": "sandbox-signature-key",
    "webhook_url": "http://127.0.0.1/webhooks/square/main",
}
REFRESH = "EQAAsandbox-refresh"
DAY = timedelta(days=1)
SPOILED = ("total_money", "amount_money", "created_at")


def app(state: SandboxState) -> Starlette:
    """The API for `state`; mounted by the sandbox's host."""
    square = _Square(state)
    return Starlette(
        routes=[
            Route("/v2/orders/search", square.serve(square.search_orders), methods=["POST"]),
            Route("/v2/orders/batch-retrieve", square.serve(square.retrieve_orders), methods=["POST"]),
            Route("/v2/orders/{order_id}", square.serve(square.update_order), methods=["PUT"]),
            Route("/v2/payments", square.serve(square.list_payments), methods=["GET"]),
            Route("/v2/refunds", square.serve(square.list_refunds), methods=["GET"]),
            Route("/v2/customers/search", square.serve(square.search_customers), methods=["POST"]),
            Route("/v2/catalog/search", square.serve(square.search_catalog), methods=["POST"]),
            Route("/v2/locations", square.serve(square.list_locations), methods=["GET"]),
            Route("/v2/inventory/changes/batch-create", square.serve(square.inventory.change), methods=["POST"]),
            Route("/v2/inventory/counts/batch-retrieve", square.serve(square.inventory.counts), methods=["POST"]),
            Route("/oauth2/token", square.grant, methods=["POST"]),
        ]
    )


class _Square:
    """One seller."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.tokens = {SECRETS["token"]}
        self.inventory = Inventory(state, SHOP, lambda: self.index)
        self.shipped: dict[str, dict[str, Any]] = {}

    @property
    def index(self) -> Index:
        def build() -> Index:
            self.state.join(SHOP)
            return Index(self.state.view(SHOP.channel, SHOP.shop), self.state.world, SHOP)

        return self.state.cached((SHOP.channel, SHOP.shop, "index"), build)

    def serve(self, method: Callable[[Request, Body], bytes | Mapping[str, Any]]) -> Callable[[Request], Any]:
        async def respond(request: Request) -> Response:
            try:
                self._admit(request)
                raw = await request.body()
                try:
                    body = msgspec.json.decode(raw) if raw else {}
                except msgspec.DecodeError as fault:
                    raise invalid("EXPECTED_JSON_BODY", "Expected a JSON body.") from fault
                found = method(request, body)
                return as_json(found if isinstance(found, bytes) else msgspec.json.encode(found))
            except Fault as fault:
                headers = {"Retry-After": "0.1"} if fault.status == 429 else {}
                return as_json(msgspec.json.encode({"errors": [fault.answer]}), fault.status, headers)

        return respond

    def _admit(self, request: Request) -> None:
        faults = self.state.faults
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if faults.refused(SHOP.channel) or token not in self.tokens:
            text = "This request could not be authorized."
            raise Fault(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", text)
        if faults.take(SHOP.channel, "throttle"):
            raise Fault(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Too many requests.")
        if faults.take(SHOP.channel, "server_error"):
            raise Fault(503, "API_ERROR", "SERVICE_UNAVAILABLE", "Square is not available right now.")

    async def grant(self, request: Request) -> Response:
        """A new access token for the app's refresh token, good for 30 days of the sandbox's clock."""
        body = msgspec.json.decode(await request.body())
        known = body.get("client_id") == SECRETS["client_id"] and body.get("client_secret") == SECRETS["client_secret"]
        if not known or body.get("grant_type") != "refresh_token" or body.get("refresh_token") != REFRESH:
            error = {"category": "AUTHENTICATION_ERROR", "code": "UNAUTHORIZED", "detail": "Not Authorized"}
            return as_json(msgspec.json.encode({"errors": [error]}), 401)
        token = f"EAAAsandbox-{len(self.tokens)}"
        self.tokens.add(token)
        ends = (self.state.now + 30 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        grant = {"access_token": token, "token_type": "bearer", "expires_at": ends, "merchant_id": "MLSANDBOX0001"}
        return as_json(msgspec.json.encode(grant | {"refresh_token": REFRESH}))

    def list_locations(self, request: Request, body: Body) -> Mapping[str, Any]:
        return {"locations": locations()}

    def search_orders(self, request: Request, body: Body) -> bytes:
        only(body, ("location_ids", "cursor", "query", "limit", "return_entries"))
        places = body.get("location_ids") or []
        if not places:
            raise invalid("MISSING_REQUIRED_PARAMETER", "At least one location is required.", "location_ids")
        if len(places) > 10:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "At most 10 locations.", "location_ids")
        most = limit(body.get("limit", 500), 1000)
        asked = body.get("query") or {}
        wanted = asked.get("filter") or {}
        times = wanted.get("date_time_filter") or {}
        if len(times) > 1:
            raise invalid("INVALID_VALUE", "Only one of created_at, updated_at, closed_at.", "query.filter.date_time_filter")
        sort = asked.get("sort") or {"sort_field": "CREATED_AT"}
        for name in times:
            if sort["sort_field"] != name.upper():
                raise invalid("INVALID_VALUE", "The sort field must match the filtered timestamp.", "query.sort.sort_field")
        name = sort["sort_field"].lower()
        states = (wanted.get("state_filter") or {}).get("states")
        rows = [row for row in self.index.orders.by(name) if row[0]["location_id"] in places]
        rows = [row for row in rows if states is None or row[0]["state"] in states]
        rows = between(rows, name, times.get(name) or {})
        if sort.get("sort_order", "DESC") == "DESC":
            rows = rows[::-1]
        shown, cursor = page(rows, most, body, ("location_ids", "query"))
        return answer("orders", [self._now(row) for row in shown], cursor, self._spoiled)

    def retrieve_orders(self, request: Request, body: Body) -> bytes:
        only(body, ("order_ids", "location_id"))
        ids = body.get("order_ids") or []
        if len(ids) > 100:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "At most 100 orders.", "order_ids")
        known = self.index.order_by_id
        return answer("orders", [self._now(({"id": name}, known[name])) for name in ids if name in known], None)

    def update_order(self, request: Request, body: Body) -> bytes:
        name = request.path_params["order_id"]
        if name not in self.index.order_by_id:
            raise invalid("NOT_FOUND", f"Order not found for id {name}", status=404)
        order = msgspec.json.decode(self._now(({"id": name}, self.index.order_by_id[name])))
        told = body.get("order") or {}
        if told.get("location_id") != order["location_id"]:
            raise invalid("INVALID_VALUE", "The location does not match the order's.", "order.location_id")
        if told.get("version") != order.get("version"):
            raise invalid("VERSION_MISMATCH", "The order has another version.", "order.version", 409)
        parts = {part["uid"]: part for part in order["fulfillments"]}
        for change in told.get("fulfillments", []):
            if change.get("uid") not in parts:
                raise invalid("NOT_FOUND", "No such fulfillment.", "order.fulfillments", 404)
            part = parts[change["uid"]]
            if part["state"] in ("COMPLETED", "CANCELED", "FAILED") and change["state"] != part["state"]:
                raise invalid("BAD_REQUEST", f"A fulfillment that is {part['state']} can't be changed.", "order.fulfillments")
            if change["state"] == "COMPLETED" and "tenders" not in order:
                raise invalid("BAD_REQUEST", "The order must be paid before its fulfillment is completed.")
            details = part.get("shipment_details", {}) | change.get("shipment_details", {})
            part |= {"state": change["state"], "shipment_details": details}
        self.shipped[name] = {"fulfillments": list(parts.values()), "version": order["version"] + 1}
        return msgspec.json.encode({"order": order | self.shipped[name]})

    def _now(self, row: Keyed) -> bytes:
        """An order with what was told of its parcels."""
        change = self.shipped.get(row[0]["id"])
        return row[1] if change is None else msgspec.json.encode(msgspec.json.decode(row[1]) | change)

    def list_payments(self, request: Request, body: Body) -> bytes:
        return self._money(request, "payments", self.index.payments, next(iter(LOCATIONS.values())))

    def list_refunds(self, request: Request, body: Body) -> bytes:
        return self._money(request, "refunds", self.index.refunds, None)

    def _money(self, request: Request, name: str, rows: Listed, main: str | None) -> bytes:
        asked = dict(request.query_params)
        names = ("location_id", "begin_time", "end_time", "updated_at_begin_time", "updated_at_end_time", "sort_field")
        only(asked, (*names, "sort_order", "limit", "cursor"))
        by = asked.get("sort_field", "CREATED_AT").lower()
        place = asked.get("location_id", main)
        found = [row for row in rows.by(by) if place is None or row[0]["location_id"] == place]
        since = asked.get("begin_time") or stamp(self.state.now - 365 * DAY)
        found = between(found, "created_at", {"start_at": since, "end_at": asked.get("end_time")})
        changed = {"start_at": asked.get("updated_at_begin_time"), "end_at": asked.get("updated_at_end_time")}
        found = between(found, "updated_at", changed)
        if asked.get("sort_order", "DESC") == "DESC":
            found = found[::-1]
        most = min(100, limit(int(asked.get("limit", 100)), 1_000_000))
        shown, cursor = page(found, most, asked, tuple(key for key in asked if key != "cursor"))
        return answer(name, [body for _, body in shown], cursor, self._spoiled)

    def search_customers(self, request: Request, body: Body) -> bytes:
        only(body, ("cursor", "limit", "query", "count"))
        asked = body.get("query") or {}
        wanted = asked.get("filter") or {}
        rows = self.index.customers.by("created_at")
        for name in ("created_at", "updated_at"):
            rows = between(rows, name, wanted.get(name) or {})
        if (asked.get("sort") or {}).get("order", "ASC") == "DESC":
            rows = rows[::-1]
        shown, cursor = page(rows, limit(body.get("limit", 100), 100), body, ("query",))
        return answer("customers", [one for _, one in shown], cursor, self._spoiled)

    def search_catalog(self, request: Request, body: Body) -> bytes:
        only(body, ("cursor", "object_types", "include_deleted_objects", "include_related_objects", "begin_time", "limit"))
        rows: list[Keyed] = [
            ({"id": name}, one) for kind in body.get("object_types") or [] for name, one in self.index.catalog.get(kind, [])
        ]
        shown, cursor = page(rows, limit(body.get("limit", 100), 1000), body, ("object_types",))
        return answer("objects", [one for _, one in shown], cursor)

    def _spoiled(self, body: bytes) -> bytes:
        """A record that breaks its contract, where one was ordered."""
        if not self.state.faults.take(SHOP.channel, "malformed"):
            return body
        record = msgspec.json.decode(body)
        return msgspec.json.encode({name: value for name, value in record.items() if name not in SPOILED})
