"""Shopify on loopback: POST /admin/api/{version}/graphql.json answers GraphQL with the world's orders, customers, products.

POST /webhooks {"address": ...} asks for a webhook of each order that changes when the clock is moved; GET /webhooks tells how
that went.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from sluice.sandbox.graphql import Field, GraphQLError, parse, select
from sluice.sandbox.shopify.bucket import Bucket, price
from sluice.sandbox.shopify.bulk import Operations
from sluice.sandbox.shopify.hooks import delivery, send, topics
from sluice.sandbox.shopify.parcels import Parcels
from sluice.sandbox.shopify.records import LOCATIONS, Record, connection, gid, order_of
from sluice.sandbox.shopify.stock import Writer
from sluice.sandbox.shopify.store import CHANNEL, MEMBERS, Store
from sluice.sandbox.state import SandboxState

SHOP = "main"
SECRETS = {"token": "shpat_sandbox_0123456789abcdef", "webhook_secret": "shpss_sandbox_0123456789abcdef"}
VERSIONS = ("2026-04", "2026-07", "2026-10", "unstable")
REFUSED = "[API] Invalid API key or access token (unrecognized login or wrong password)"
SHOP_RECORD = {"__typename": "Shop", "id": gid("Shop", 1), "name": "Meridian", "currencyCode": "USD"}
SCOPES = (
    "read_orders",
    "read_all_orders",
    "read_customers",
    "read_products",
    "read_locations",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
)
SETS = ("orders", "customers", "products")
FOUND = ("order", "customer", "product", "refund", "fulfillment")


def app(state: SandboxState, bucket: Bucket | None = None, shop: "Shopify | None" = None) -> Starlette:
    """The channel. `bucket` sets the points it gives; without it there are more than anyone can use. `shop` is a known one."""
    shop = shop or Shopify(state, bucket or Bucket())
    state.watching.append(shop.tell)
    return Starlette(
        routes=[
            Route("/admin/api/{version}/graphql.json", shop.answer, methods=["POST"]),
            Route("/bulk/{number:int}.jsonl", shop.file, methods=["GET"]),
            Route("/webhooks", shop.subscribe, methods=["POST"]),
            Route("/webhooks", shop.told, methods=["GET"]),
        ]
    )


class Shopify:
    """One shop that answers, with its points and its faults."""

    def __init__(self, state: SandboxState, bucket: Bucket) -> None:
        self._state = state
        self._bucket = bucket
        self._store = Store(state, SHOP)
        self._writer = Writer(self._store)
        self._parcels = Parcels()
        self.bulk = Operations(self._store.rows, lambda: state.now)
        self._throttled = 0
        self._address: str | None = None
        self._address_of_files = ""
        self._statuses: Counter[int] = Counter()

    async def subscribe(self, request: Request) -> Response:
        """Webhooks go to this address from now on; null ends it."""
        self._address = (await request.json())["address"]
        return await self.told(request)

    async def told(self, request: Request) -> Response:
        """Where webhooks go, and how many ended with which HTTP status (0: no answer)."""
        return _json({"address": self._address, "statuses": {str(code): count for code, count in self._statuses.items()}})

    async def tell(self, since: datetime) -> None:
        """A webhook of every order that changed after `since`; returns when all are answered."""
        if self._address is None:
            return
        now, secret = self._state.now, SECRETS["webhook_secret"]
        orders = self._store.changed(since)
        deliveries = [delivery(order, topic, secret, now) for order in orders for topic in topics(order, since)]
        self._statuses.update(await run_in_threadpool(send, deliveries, self._address))

    async def file(self, request: Request) -> Response:
        """What a bulk operation wrote. Its address is known to none but who asked for it, so it needs no token."""
        if "X-Shopify-Access-Token" in request.headers:
            return Response("a token that is none of this storage's business", 400)
        if self.bulk.locked:
            return Response("<Error><Code>ExpiredToken</Code></Error>", 403, media_type="application/xml")
        blocks = self.bulk.file(request.path_params["number"])
        return Response("", 404) if blocks is None else StreamingResponse(blocks, media_type="application/jsonl")

    async def answer(self, request: Request) -> Response:
        """One request. Faults come first, in the order in which a request would meet them."""
        if self._state.faults.refused(CHANNEL) or request.headers.get("X-Shopify-Access-Token") != SECRETS["token"]:
            return _json({"errors": REFUSED}, 401)
        if request.path_params["version"] not in VERSIONS:
            return _json({"errors": "Not Found"}, 404)
        if self._state.faults.take(CHANNEL, "server_error"):
            return HTMLResponse("<html><body>Service unavailable</body></html>", 503)
        if self._state.faults.take(CHANNEL, "throttle"):
            return self._throttle()
        try:
            asked = msgspec.json.decode(await request.body(), type=dict[str, Any])
            self._address_of_files = str(request.url.replace(path=request.scope.get("root_path", ""), query=""))
            return self._execute(str(asked["query"]), asked.get("variables") or {})
        except (msgspec.DecodeError, KeyError) as fault:
            return _json({"errors": f"Bad Request: {fault}"}, 400)

    def _throttle(self) -> Response:
        """Ordered from outside: in turn as an error in a 200 and as a 429, for Shopify's clients have seen both."""
        self._throttled += 1
        self._bucket.drain()
        if self._throttled % 2:
            return self._error("Throttled", "THROTTLED", requested=self._bucket.maximum / 100)
        return _json({"errors": "Exceeded rate limit"}, 429, {"Retry-After": "0.1"})

    def _execute(self, query: str, variables: dict[str, Any]) -> Response:
        try:
            fields = parse(query).bound(variables)
            requested = price(fields)
            if requested > self._bucket.limit:
                words = f"Query cost is {requested}, which exceeds the single query max cost limit ({self._bucket.limit:.0f})."
                return self._error(words, "MAX_COST_EXCEEDED", requested)
            if not self._bucket.take(requested):
                return self._error("Throttled", "THROTTLED", requested)
            data = {field.alias: self._root(field) for field in fields}
        except GraphQLError as fault:
            return self._error(str(fault), "undefinedField")
        return _json({"data": data, "extensions": {"cost": self._bucket.cost(requested, requested)}})

    def _root(self, field: Field) -> Any:
        if field.name in SETS:
            return self._store.page(field.name, field, self._spoiling(field.name))
        if field.name.removesuffix("Count") in SETS:
            return select(self._counted(field), field.fields)
        if field.name in FOUND:
            found = self._store.find(field.name, str(field.argument("id")).rsplit("/", 1)[-1])
            return select(self._parcels.shown(found) if field.name == "order" else found, field.fields)
        roots: dict[str, Callable[[], Any]] = {
            "locations": lambda: connection(self._locations())(field),
            "nodes": lambda: self._nodes([str(one) for one in field.argument("ids")]),
            "node": lambda: self._node(str(field.argument("id"))),
            "inventoryItem": lambda: self._node(str(field.argument("id"))),
            "bulkOperationRunQuery": lambda: self.bulk.run(str(field.argument("query"))),
            "bulkOperation": lambda: self.bulk.look(str(field.argument("id")), self._address_of_files),
            "bulkOperations": lambda: {"nodes": self.bulk.listed()[: field.argument("first")]},
            "shop": lambda: SHOP_RECORD,
            "currentAppInstallation": lambda: {"accessScopes": [{"handle": scope} for scope in SCOPES]},
            "inventorySetQuantities": lambda: self._writer.set_quantities(field),
            "fulfillmentCreate": lambda: self._parcels.create(field, self._order_of),
        }
        if field.name not in roots:
            raise GraphQLError(f"Field '{field.name}' doesn't exist on type 'QueryRoot'")
        return select(roots[field.name](), field.fields)

    def _counted(self, field: Field) -> Record:
        """No further than `limit`, as Shopify counts."""
        found, limit = (
            self._store.count(field.name.removesuffix("Count"), field.argument("query") or ""),
            field.argument("limit", 10_000),
        )
        more = limit is not None and found > limit
        return {"count": limit if more else found, "precision": "AT_LEAST" if more else "EXACT"}

    def _spoiling(self, root: str) -> Callable[[], bool]:
        """Malformed records are orders: the one kind whose loss would be noticed in the books."""
        return lambda: root == "orders" and self._state.faults.take(CHANNEL, "malformed")

    def _locations(self) -> list[Record]:
        return [{"__typename": "Location", "id": place, "name": name, "isActive": True} for name, place in LOCATIONS.items()]

    def _order_of(self, work: str) -> Record | None:
        """The order of a fulfilment order."""
        return self._parcels.shown(self._store.find("order", str(order_of(work))))

    def _nodes(self, idents: list[str]) -> list[Record | None]:
        """Inventory items, refunds and fulfilments by their global ids."""
        known: dict[str, Record] = {}
        for kind in MEMBERS:
            numbers = [ident.rsplit("/", 1)[-1] for ident in idents if f"/{kind.title()}/" in ident]
            known |= (
                {gid(kind.title(), number): one for number, one in self._store.members(kind, numbers).items()} if numbers else {}
            )
        return [known.get(ident) or self._node(ident) for ident in idents]

    def _node(self, number: str) -> Record | None:
        """An inventory item with its levels; other kinds of record by the root field of their own."""
        levels = {place: self._store.level(number, place) for place in LOCATIONS.values()}
        shown = {place: _level(number, place, quantity) for place, quantity in levels.items() if quantity is not None}
        if not shown:
            return None
        return {
            "__typename": "InventoryItem",
            "id": number,
            "tracked": True,
            "inventoryLevel": lambda field: shown.get(str(field.argument("locationId"))),
            "inventoryLevels": connection(list(shown.values())),
        }

    def _error(self, message: str, code: str, requested: float | None = None) -> Response:
        body: Record = {"errors": [{"message": message, "extensions": {"code": code}}]}
        if requested is not None:
            body["extensions"] = {"cost": self._bucket.cost(requested, None)}
        return _json(body)


def _level(item: str, place: str, quantity: int) -> Record:
    names = {location: name for name, location in LOCATIONS.items()}
    return {
        "__typename": "InventoryLevel",
        "id": gid("InventoryLevel", f"{place.rsplit('/', 1)[-1]}?inventory_item_id={item.rsplit('/', 1)[-1]}"),
        "location": {"id": place, "name": names[place]},
        "quantities": lambda field: [{"name": name, "quantity": quantity} for name in field.argument("names")],
    }


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, "application/json")
