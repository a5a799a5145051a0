"""eBay's Sell APIs on loopback: consent exchanged for tokens of two hours, offset paging, two years of orders, numbered errors.

What moves an order's last modification, eBay does not say in full: here its payment and its parcels do, refunds and cancellations
don't.
"""

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.ebay import records
from sluice.sandbox.ebay.records import Record
from sluice.sandbox.state import SandboxState

SHOP = Shop("ebay", "main", "USD", "America/Los_Angeles", "own_shop", 0.3)
SECRETS = {
    "client_id": "Sandbox-Sluice-PRD-0001",
    "client_secret": "PRD-sandbox-cert",
    "refresh_token": "v^1.1#i^1#r^1#sandbox",
}
CHANNEL = SHOP.channel
SCOPES = {f"https://api.ebay.com/oauth/api_scope/sell.{name}" for name in ("fulfillment", "inventory")}
TOKEN_LIFE, HISTORY = timedelta(hours=2), timedelta(days=731)
RANGE = re.compile(r"(creationdate|lastmodifieddate):\[([^\].]+(?:\.\d+)?Z)\.\.([^\].]+(?:\.\d+)?Z)?\]")

Query = Mapping[str, str]
Handler = Callable[[Mapping[str, str], Query, Any], Record | None]


class Fault(Exception):
    """An answer that is a list of errors."""

    def __init__(self, status: int, number: int, message: str) -> None:
        super().__init__(message)
        kind = {
            "errorId": number,
            "domain": "ACCESS" if status in (401, 403) else "API",
            "category": "REQUEST",
            "message": message,
        }
        self.status, self.answer = status, {"errors": [kind]}


def app(state: SandboxState) -> Starlette:
    """The seller's account for `state`; mounted by the sandbox's host."""
    account = _Account(state)
    orders, stock = "/sell/fulfillment/v1/order", "/sell/inventory/v1"
    routes = [
        Route("/identity/v1/oauth2/token", account.grant, methods=["POST"]),
        Route(orders, _answering(account, account.orders), methods=["GET"]),
        Route(orders + "/{order}", _answering(account, account.order), methods=["GET"]),
        Route(orders + "/{order}/shipping_fulfillment", _answering(account, account.parcels_of), methods=["GET"]),
        Route(orders + "/{order}/shipping_fulfillment", _answering(account, account.confirm, 201), methods=["POST"]),
        Route(stock + "/inventory_item", _answering(account, account.items), methods=["GET"]),
        Route(stock + "/bulk_get_inventory_item", _answering(account, account.get_items), methods=["POST"]),
        Route(stock + "/bulk_update_price_quantity", _answering(account, account.set_items), methods=["POST"]),
    ]
    return Starlette(routes=routes)


def _answering(account: "_Account", handler: Handler, good: int = 200) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            account.admit(request)
            body = await request.body()
            query = dict(parse_qsl(request.url.query, keep_blank_values=True))
            found = handler(request.path_params, query, msgspec.json.decode(body) if body else None)
        except Fault as fault:
            return Response(msgspec.json.encode(fault.answer), fault.status, media_type="application/json")
        return Response(b"" if found is None else msgspec.json.encode(found), good, media_type="application/json")

    return answer


class _Account:
    """One seller."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.granted: dict[str, datetime] = {}
        self.parcels: dict[str, list[tuple[datetime, Record]]] = {}

    async def grant(self, request: Request) -> Response:
        """A token for a refresh token, as RFC 6749 has it."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        known = base64.b64encode(f"{SECRETS['client_id']}:{SECRETS['client_secret']}".encode()).decode()
        refusal = None
        if request.headers.get("authorization") != f"Basic {known}":
            refusal = (401, "invalid_client", "client authentication failed")
        elif form.get("grant_type") != "refresh_token":
            refusal = (400, "unsupported_grant_type", "grant type in request is not supported by the authorization server")
        elif form.get("refresh_token") != SECRETS["refresh_token"] or self.state.faults.refused(CHANNEL):
            refusal = (
                400,
                "invalid_grant",
                "the provided authorization refresh token is invalid or was issued to another client",
            )
        elif not set(form.get("scope", "").split()) <= SCOPES:
            refusal = (400, "invalid_scope", "the requested scope is invalid, unknown, malformed, or exceeds the scope granted")
        if refusal:
            status, error, text = refusal
            return Response(
                msgspec.json.encode({"error": error, "error_description": text}), status, media_type="application/json"
            )
        token = f"v^1.1#i^1#p^3#sandbox-{len(self.granted)}"
        self.granted[token] = self.state.now
        answer = {"access_token": token, "expires_in": 7200, "token_type": "User Access Token"}
        return Response(msgspec.json.encode(answer), media_type="application/json")

    def admit(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        is_known = token in self.granted and self.state.now < self.granted[token] + TOKEN_LIFE
        if not is_known or self.state.faults.refused(CHANNEL):
            raise Fault(401, 1001, "Invalid access token")
        if self.state.faults.take(CHANNEL, "throttle"):
            raise Fault(429, 2001, "The request limit has been reached for the resource")
        if self.state.faults.take(CHANNEL, "server_error"):
            raise Fault(500, 30500, "System error")

    @property
    def stamped(self) -> pl.DataFrame:
        self.state.join(SHOP)
        view = self.state.view(CHANNEL, SHOP.shop)

        def build() -> pl.DataFrame:
            told = {number: parcels[-1][0] for number, parcels in self.parcels.items()}
            later = pl.col("order_id").replace_strict(told, default=None, return_dtype=pl.Datetime("us", "UTC"))
            stamp = pl.max_horizontal("created_at", "paid_at", "shipped_at", later).dt.truncate("1s")
            kept = view.orders.filter(pl.col("created_at") >= self.state.now - HISTORY)
            return kept.with_columns(stamp=stamp).sort("stamp", "order_id", descending=True)

        return self.state.cached((CHANNEL, "stamped", sum(map(len, self.parcels.values()))), build)

    @property
    def shown(self) -> list[Record]:
        self.state.join(SHOP)

        def build() -> list[Record]:
            ours = self.state.world.listings.filter(channel=CHANNEL, shop=SHOP.shop)
            weights = self.state.world.products.select("sku", "weight_g")
            return ours.filter(pl.col("listed_at") <= self.state.now).join(weights, on="sku").sort("listed_at", "sku").to_dicts()

        return self.state.cached((CHANNEL, "items"), build)

    def orders(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        if "orderIds" in query:
            wanted = query["orderIds"].split(",")
            if len(wanted) > 50:
                raise Fault(400, 30830, "at most 50 orders")
            found = self.stamped.filter(pl.col("order_id").is_in([one.replace("-", "") for one in wanted]))
            shown = self._rendered(found)
            return {"href": "", "total": len(shown), "limit": 50, "offset": 0, "orders": shown}
        limit, offset = _number(query, "limit", 50, 1, 200), _number(query, "offset", 0, 0, 10**6)
        found = self.stamped
        if "filter" in query:
            match = RANGE.fullmatch(query["filter"])
            if not match:
                raise Fault(400, 30810, "invalid filter")
            column = {"creationdate": "created_at", "lastmodifieddate": "stamp"}[match[1]]
            end = datetime.fromisoformat(match[3]) if match[3] else self.state.now
            found = found.filter(pl.col(column).is_between(datetime.fromisoformat(match[2]), end))
        shown = self._rendered(found.slice(offset, limit))
        if "lastmodifieddate" in query.get("filter", "") and shown:
            for one in shown[: self.state.faults.take_all(CHANNEL, "malformed")]:
                one["pricingSummary"] = {"total": {"value": "to be agreed", "currency": "USD"}}
        return {"href": "", "total": len(found), "limit": limit, "offset": offset, "orders": shown}

    def order(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        return self._rendered(self._one(places["order"]))[0]

    def parcels_of(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        (one,) = self._documents(self._one(places["order"]))
        found = records.fulfilments(one, self._told(one["order_id"]))
        return {"fulfillments": found, "total": len(found)}

    def confirm(self, places: Mapping[str, str], query: Query, body: Any) -> None:
        (one,) = self._documents(self._one(places["order"]))
        number, carrier = body.get("trackingNumber"), body.get("shippingCarrierCode")
        if bool(number) != bool(carrier) or (number and not number.isalnum()):
            raise Fault(400, 32210, "tracking number and carrier go together, the number in letters and digits")
        left = {line["line_id"]: 0 if one["shipped_at"] else line["quantity"] for line in one["lines"]}
        for piece in (piece for parcel in self._told(one["order_id"]) for piece in parcel["lineItems"]):
            left[piece["lineItemId"]] -= piece["quantity"]
        pieces = body.get("lineItems") or []
        if not pieces or any(not 0 < piece["quantity"] <= left.get(piece["lineItemId"], 0) for piece in pieces):
            raise Fault(400, 32110, "a line item is not of this order, or has fewer pieces left to ship")
        self.parcels.setdefault(one["order_id"], []).append((self.state.now, body))

    def items(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        """`offset` counts pages here, and orders there: so eBay has it."""
        limit, page = _number(query, "limit", 25, 1, 200), _number(query, "offset", 0, 0, 10**6)
        shown = [self._item(one) for one in self.shown[page * limit : (page + 1) * limit]]
        answer: Record = {"total": len(self.shown), "size": len(shown), "limit": limit, "inventoryItems": shown}
        if (page + 1) * limit < len(self.shown):
            answer["next"] = f"/sell/inventory/v1/inventory_item?{urlencode({'limit': limit, 'offset': page + 1})}"
        return answer

    def get_items(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known = {one["sku"]: one for one in self.shown}
        return {"responses": [self._got(one["sku"], known.get(one["sku"])) for one in _requests(body)]}

    def set_items(self, places: Mapping[str, str], query: Query, body: Any) -> Record:
        known = {one["sku"] for one in self.shown}
        answers = []
        for one in _requests(body):
            quantity = one.get("shipToLocationAvailability", {}).get("quantity")
            if one["sku"] not in known:
                answers.append(_problem(one["sku"], 404, 25710, "We didn't find the entity you are requesting."))
            elif not isinstance(quantity, int) or quantity < 0:
                answers.append(_problem(one["sku"], 400, 25004, "Invalid quantity."))
            else:
                self.state.published[CHANNEL, SHOP.shop, one["sku"], None] = quantity
                answers.append({"sku": one["sku"], "statusCode": 200})
        return {"responses": answers}

    def _got(self, sku: str, known: Record | None) -> Record:
        if known is None:
            return _problem(sku, 404, 25710, "We didn't find the entity you are requesting.")
        return {"sku": sku, "statusCode": 200, "inventoryItem": self._item(known)}

    def _item(self, one: Record) -> Record:
        return records.item(one, self.state.published.get((CHANNEL, SHOP.shop, one["sku"], None), 0), one["weight_g"])

    def _one(self, order: str) -> pl.DataFrame:
        found = self.stamped.filter(order_id=order.replace("-", ""))
        if found.is_empty():
            raise Fault(404, 32100, "Invalid order ID")
        return found

    def _told(self, number: str) -> list[Record]:
        return [parcel for _, parcel in self.parcels.get(number, ())]

    def _documents(self, orders: pl.DataFrame) -> list[Record]:
        return self.state.view(CHANNEL, SHOP.shop).documents(orders)

    def _rendered(self, orders: pl.DataFrame) -> list[Record]:
        titles = {one["sku"]: one["title"] for one in self.shown}
        return [records.order(one, one["stamp"], titles, self._told(one["order_id"])) for one in self._documents(orders)]


def _requests(body: Any) -> list[Record]:
    found = (body or {}).get("requests") or []
    if not 0 < len(found) <= 25:
        raise Fault(400, 25001, "from 1 to 25 requests")
    return list(found)


def _problem(sku: str, status: int, number: int, message: str) -> Record:
    return {"sku": sku, "statusCode": status, "errors": [{"errorId": number, "domain": "API_INVENTORY", "message": message}]}


def _number(query: Query, name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise Fault(400, 30820, f"{name}: from {low} to {high}")
    return int(text)
