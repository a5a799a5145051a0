"""Square on loopback: bearer tokens, JSON in and out, errors by category, lists by cursors that belong to their question."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.square.index import Index, Listed
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
FACILITIES = {place: facility for facility, place in LOCATIONS.items()}
DAY = timedelta(days=1)
SPOILED = ("total_money", "amount_money", "created_at")

Body = Mapping[str, Any]
Keyed = tuple[Mapping[str, str], bytes]


class Fault(Exception):
    """An answer of errors."""

    def __init__(self, status: int, category: str, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.answer = {"category": category, "code": code, "detail": detail} | ({"field": field} if field else {})


def invalid(code: str, detail: str, field: str | None = None, status: int = 400) -> Fault:
    return Fault(status, "INVALID_REQUEST_ERROR", code, detail, field)


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
            Route("/v2/inventory/changes/batch-create", square.serve(square.change_stock), methods=["POST"]),
            Route("/v2/inventory/counts/batch-retrieve", square.serve(square.counts), methods=["POST"]),
            Route("/oauth2/token", square.grant, methods=["POST"]),
        ]
    )


class _Square:
    """One seller."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.tokens = {SECRETS["token"]}
        self.done: dict[str, tuple[bytes, Response]] = {}
        self.counted: dict[tuple[str, str], int] = {}
        self.shipped: dict[str, dict[str, Any]] = {}

    @property
    def index(self) -> Index:
        def build() -> Index:
            self.state.join(SHOP)
            return Index(self.state.view(SHOP.channel, SHOP.shop), self.state.world, SHOP)

        return self.state.cached((SHOP.channel, SHOP.shop, "index"), build)

    def serve(self, method: Callable[[Request, Body], bytes | Mapping[str, Any]]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                self._admit(request)
                raw = await request.body()
                try:
                    body = msgspec.json.decode(raw) if raw else {}
                except msgspec.DecodeError as fault:
                    raise invalid("EXPECTED_JSON_BODY", "Expected a JSON body.") from fault
                found = method(request, body)
                return _json(found if isinstance(found, bytes) else msgspec.json.encode(found))
            except Fault as fault:
                headers = {"Retry-After": "0.1"} if fault.status == 429 else {}
                return _json(msgspec.json.encode({"errors": [fault.answer]}), fault.status, headers)

        return answer

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
            return _json(msgspec.json.encode({"errors": [error]}), 401)
        token = f"EAAAsandbox-{len(self.tokens)}"
        self.tokens.add(token)
        ends = (self.state.now + 30 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        grant = {"access_token": token, "token_type": "bearer", "expires_at": ends, "merchant_id": "MLSANDBOX0001"}
        return _json(msgspec.json.encode(grant | {"refresh_token": REFRESH}))

    def list_locations(self, request: Request, body: Body) -> Mapping[str, Any]:
        return {"locations": locations()}

    def search_orders(self, request: Request, body: Body) -> bytes:
        _only(body, ("location_ids", "cursor", "query", "limit", "return_entries"))
        places = body.get("location_ids") or []
        if not places:
            raise invalid("MISSING_REQUIRED_PARAMETER", "At least one location is required.", "location_ids")
        if len(places) > 10:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "At most 10 locations.", "location_ids")
        limit = _limit(body.get("limit", 500), 1000)
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
        rows = _between(rows, name, times.get(name) or {})
        if sort.get("sort_order", "DESC") == "DESC":
            rows = rows[::-1]
        page, cursor = _page(rows, limit, body, ("location_ids", "query"))
        return _answer("orders", [self._now(row) for row in page], cursor, self._spoiled)

    def retrieve_orders(self, request: Request, body: Body) -> bytes:
        _only(body, ("order_ids", "location_id"))
        ids = body.get("order_ids") or []
        if len(ids) > 100:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "At most 100 orders.", "order_ids")
        known = self.index.order_by_id
        return _answer("orders", [self._now(({"id": name}, known[name])) for name in ids if name in known], None)

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
        _only(asked, (*names, "sort_order", "limit", "cursor"))
        by = asked.get("sort_field", "CREATED_AT").lower()
        place = asked.get("location_id", main)
        found = [row for row in rows.by(by) if place is None or row[0]["location_id"] == place]
        since = asked.get("begin_time") or stamp(self.state.now - 365 * DAY)
        found = _between(found, "created_at", {"start_at": since, "end_at": asked.get("end_time")})
        changed = {"start_at": asked.get("updated_at_begin_time"), "end_at": asked.get("updated_at_end_time")}
        found = _between(found, "updated_at", changed)
        if asked.get("sort_order", "DESC") == "DESC":
            found = found[::-1]
        limit = min(100, _limit(int(asked.get("limit", 100)), 1_000_000))
        page, cursor = _page(found, limit, asked, tuple(key for key in asked if key != "cursor"))
        return _answer(name, [body for _, body in page], cursor, self._spoiled)

    def search_customers(self, request: Request, body: Body) -> bytes:
        _only(body, ("cursor", "limit", "query", "count"))
        asked = body.get("query") or {}
        wanted = asked.get("filter") or {}
        rows = self.index.customers.by("created_at")
        for name in ("created_at", "updated_at"):
            rows = _between(rows, name, wanted.get(name) or {})
        if (asked.get("sort") or {}).get("order", "ASC") == "DESC":
            rows = rows[::-1]
        page, cursor = _page(rows, _limit(body.get("limit", 100), 100), body, ("query",))
        return _answer("customers", [one for _, one in page], cursor, self._spoiled)

    def search_catalog(self, request: Request, body: Body) -> bytes:
        _only(body, ("cursor", "object_types", "include_deleted_objects", "include_related_objects", "begin_time", "limit"))
        rows: list[Keyed] = [
            ({"id": name}, one) for kind in body.get("object_types") or [] for name, one in self.index.catalog.get(kind, [])
        ]
        page, cursor = _page(rows, _limit(body.get("limit", 100), 1000), body, ("object_types",))
        return _answer("objects", [one for _, one in page], cursor)

    def change_stock(self, request: Request, body: Body) -> bytes:
        _only(body, ("idempotency_key", "changes", "ignore_unchanged_counts"))
        key, changes = body.get("idempotency_key"), body.get("changes") or []
        if not key:
            raise invalid("MISSING_REQUIRED_PARAMETER", "An idempotency key is required.", "idempotency_key")
        if len(changes) > 100:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "At most 100 changes.", "changes")
        content = msgspec.json.encode(body, order="deterministic")
        if key in self.done:
            if self.done[key][0] != content:
                raise invalid("IDEMPOTENCY_KEY_REUSED", "The key was used for another request.", "idempotency_key")
            return bytes(self.done[key][1].body)
        for number, change in enumerate(changes):
            self._check_change(change, f"changes[{number}].physical_count")
        counts = []
        for change in changes:
            told = change["physical_count"]
            where = (told["catalog_object_id"], told["location_id"])
            quantity = int(Decimal(told["quantity"]))
            # Square drops a count that equals the last count, whatever was sold since, unless it is told not to.
            if self.counted.get(where) != quantity or body.get("ignore_unchanged_counts", True) is False:
                self.counted[where] = quantity
                listing, _ = self.index.listings[where[0]]
                self.state.published[SHOP.channel, SHOP.shop, listing, FACILITIES[where[1]]] = quantity
            counts.append(self._count(*where))
        answer = msgspec.json.encode({"counts": counts, "changes": changes})
        self.done[key] = (content, Response(answer))
        return answer

    def _check_change(self, change: Body, field: str) -> None:
        if change.get("type") != "PHYSICAL_COUNT" or not change.get("physical_count"):
            raise invalid("INVALID_VALUE", "The sandbox knows PHYSICAL_COUNT only.", "changes")
        told = change["physical_count"]
        if told.get("catalog_object_id") not in self.index.listings:
            raise invalid("NOT_FOUND", "No variation with this id.", f"{field}.catalog_object_id", 404)
        if told.get("location_id") not in FACILITIES:
            raise invalid("INVALID_VALUE", "No location with this id.", f"{field}.location_id")
        if told.get("state") != "IN_STOCK":
            raise invalid("INVALID_VALUE", "Only IN_STOCK is counted.", f"{field}.state")
        try:
            if not isinstance(told.get("quantity"), str) or Decimal(told["quantity"]) < 0:
                raise invalid("INVALID_VALUE", "The quantity must be a decimal string, not negative.", f"{field}.quantity")
            at = datetime.fromisoformat(told["occurred_at"])
        except (InvalidOperation, ValueError, KeyError) as fault:
            raise invalid("INVALID_VALUE", "Not a number or time.", field) from fault
        # The shop's clock may be the sandbox's or the machine's.
        if not any(now - DAY <= at <= now for now in (self.state.now, datetime.now(UTC))):
            raise invalid("INVALID_TIME", "occurred_at is in the future or older than 24 hours.", f"{field}.occurred_at")

    def counts(self, request: Request, body: Body) -> bytes:
        _only(body, ("catalog_object_ids", "location_ids", "updated_after", "cursor", "states", "limit"))
        places = body.get("location_ids") or list(FACILITIES)
        items = [one for one in body.get("catalog_object_ids") or [] if one in self.index.listings]
        wheres = [(item, place) for item in items for place in places if place in FACILITIES]
        rows: list[Keyed] = [({"id": f"{item}{place}"}, msgspec.json.encode(self._count(item, place))) for item, place in wheres]
        page, cursor = _page(rows, _limit(body.get("limit") or 100, 1000), body, ("catalog_object_ids", "location_ids", "states"))
        return _answer("counts", [one for _, one in page], cursor)

    def _count(self, item: str, place: str) -> dict[str, Any]:
        listing, sku = self.index.listings[item]
        lying = self.index.stock.get((FACILITIES[place], sku), 0)
        quantity = self.state.published.get((SHOP.channel, SHOP.shop, listing, FACILITIES[place]), lying)
        where = {"catalog_object_id": item, "catalog_object_type": "ITEM_VARIATION", "location_id": place}
        return where | {"state": "IN_STOCK", "quantity": str(quantity), "calculated_at": stamp(self.state.now)}

    def _spoiled(self, body: bytes) -> bytes:
        """A record that breaks its contract, where one was ordered."""
        if not self.state.faults.take(SHOP.channel, "malformed"):
            return body
        record = msgspec.json.decode(body)
        return msgspec.json.encode({name: value for name, value in record.items() if name not in SPOILED})


def _json(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json")


def _only(asked: Body, names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            raise invalid("UNKNOWN_BODY_PARAMETER", f"{name} is not known.", name)


def _limit(value: Any, most: int) -> int:
    if not isinstance(value, int) or not 1 <= value <= most:
        raise invalid("INVALID_VALUE", f"The limit must be from 1 to {most}.", "limit")
    return value


def _between(rows: list[Keyed], name: str, span: Mapping[str, str | None]) -> list[Keyed]:
    """Both bounds included. Stamps of one form sort as text."""
    start, end = (_stamp(span.get(bound)) for bound in ("start_at", "end_at"))
    return [row for row in rows if (start is None or row[0][name] >= start) and (end is None or row[0][name] <= end)]


def _stamp(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return stamp(datetime.fromisoformat(text).astimezone(UTC))
    except ValueError as fault:
        raise invalid("INVALID_TIME", "Not an RFC 3339 time.") from fault


def _page(rows: list[Keyed], limit: int, asked: Body, names: Sequence[str]) -> tuple[list[Keyed], str | None]:
    """The page that the cursor names. A cursor is good for the question that it was given for, and for no other."""
    question = hashlib.sha256(msgspec.json.encode([asked.get(name) for name in names], order="deterministic")).hexdigest()[:16]
    start = 0
    if asked.get("cursor"):
        try:
            at, of = base64.urlsafe_b64decode(asked["cursor"]).decode().split(":")
        except ValueError as fault:
            raise invalid("INVALID_CURSOR", "The cursor can't be read.", "cursor") from fault
        if of != question:
            raise invalid("INVALID_CURSOR", "The cursor belongs to another query.", "cursor")
        start = int(at)
    end = start + limit
    following = base64.urlsafe_b64encode(f"{end}:{question}".encode()).decode() if end < len(rows) else None
    return rows[start:end], following


def _answer(
    name: str, found: Iterable[bytes], cursor: str | None, spoiled: Callable[[bytes], bytes] = lambda body: body
) -> bytes:
    """A list as Square answers it: what is empty is left out."""
    told: dict[str, Any] = {}
    shown = [msgspec.Raw(spoiled(body)) for body in found]
    if shown:
        told[name] = shown
    if cursor:
        told["cursor"] = cursor
    return msgspec.json.encode(told)
