"""Lazada's gateway on loopback: signed calls, tokens that end, the limits of offsets and lists.

The refresh token of SECRETS stands for the owner's authorisation and may be used again and again; those that are handed out may
be used once.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import numpy as np
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.lazada import records
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import REFUND_EVENTS, ShopView, clipped
from sluice.sandbox.view import records as rows_of

SHOP = Shop("lazada", "main", "CNY", "Asia/Singapore", "marketplace", 0.3)
SECRETS = {
    "app_key": "123456",
    "app_secret": "sandbox-lazada-app-secret",
    "refresh_token": "sandbox-lazada-authorisation",
    "push_secret": "sandbox-lazada-app-secret",
    "push_app_key": "123456",
}
SKEW = 7_200
LIFE = 7 * 86_400
REFRESH = "/auth/token/refresh"
COMMON = {"app_key", "sign_method", "timestamp", "sign", "access_token", "partner_id"}
SKU = re.compile(r"<Sku><ItemId>(\d+)</ItemId><SkuId>(\d+)</SkuId><(?:Sellable)?Quantity>(-?\d+)</(?:Sellable)?Quantity></Sku>")

Form = Mapping[str, str]


class Fault(Exception):
    """An answer whose code is not 0; its HTTP status is 200."""

    def __init__(self, code: str, message: str, kind: str = "ISV", detail: Any = None) -> None:
        super().__init__(message)
        self.answer = {"code": code, "type": kind, "message": message} | ({"detail": detail} if detail else {})


class _Store:
    """The shop at one moment of the clock."""

    def __init__(self, view: ShopView, listings: pl.DataFrame, weights: dict[str, int]) -> None:
        self.view, self.weights = view, weights
        self.by_update = view.orders
        self.by_creation = view.orders.sort("created_at", "order_id")
        self.titles = dict(zip(listings["listing_id"], listings["title"], strict=True))
        self.rows = {records.order_id(position): row for row, position in enumerate(view.orders["position"])}
        self.products: dict[str, list[dict[str, Any]]] = {}
        for one in rows_of(listings.filter(pl.col("listed_at") <= view.now).sort("listed_at", "listing_id")):
            self.products.setdefault(one["product_id"], []).append(one)

    def between(self, field: str, first: datetime, last: datetime) -> pl.DataFrame:
        """Orders by `field`, both ends included, oldest first."""
        frame = self.by_update if field == "updated_at" else self.by_creation
        moments = frame[field].dt.epoch("s").to_numpy()
        low, high = np.searchsorted(moments, [first.timestamp(), last.timestamp() + 0.5])
        return frame[int(low) : int(high)]

    def reversed(self) -> pl.DataFrame:
        """Refunds by the second that they last changed in."""
        seen = clipped(self.view.history.refunds.frame, REFUND_EVENTS, self.view.now)
        return seen.with_columns(stamp=pl.max_horizontal(REFUND_EVENTS).dt.truncate("1s")).sort("stamp", "refund_id")

    def documents(self, frame: pl.DataFrame) -> list[dict[str, Any]]:
        found = self.view.documents(frame) if len(frame) else []
        for document in found:
            for line in document["lines"]:
                line["title"] = self.titles[line["listing_id"]]
        return found


class _Methods:
    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.access: dict[str, datetime] = {}
        self.refresh: set[str] = set()

    @property
    def store(self) -> _Store:
        self.state.join(SHOP)

        def build() -> _Store:
            world = self.state.world
            ours = world.listings.filter(channel=SHOP.channel, shop=SHOP.shop)
            weights = dict(zip(world.products["sku"], world.products["weight_g"], strict=True))
            return _Store(self.state.view(SHOP.channel, SHOP.shop), ours, weights)

        return self.state.cached((SHOP.channel, SHOP.shop, "store"), build)

    def admit(self, path: str, form: Form) -> None:
        """Key, sign, clock, token and planned faults."""
        faults, channel = self.state.faults, SHOP.channel
        for name in ("app_key", "timestamp", "sign"):
            if not form.get(name):
                raise Fault("MissingParameter", f"The input parameter {name} that is mandatory is missing")
        if form["app_key"] != SECRETS["app_key"]:
            raise Fault("InvalidAppKey", "The specified App Key is invalid")
        text = path + "".join(name + form[name] for name in sorted(form) if name != "sign")
        if form["sign"] != hmac.new(SECRETS["app_secret"].encode(), text.encode(), "sha256").hexdigest().upper():
            raise Fault("IncompleteSignature", "The request signature does not conform to platform standards")
        sent = int(form["timestamp"]) / 1000
        if min(abs(sent - now.timestamp()) for now in (self.state.now, datetime.now(UTC))) > SKEW:
            raise Fault("IllegalTimestamp", "The specified timestamp is out of range")
        if faults.refused(channel):
            raise Fault("AppWhiteIpLimit", "The source IP is not in the white list of the app")
        if path == REFRESH:
            return
        ends = self.access.get(form.get("access_token", ""))
        if ends is None or ends < self.state.now:
            raise Fault("IllegalAccessToken", "The specified access token is invalid or expired")
        if faults.take(channel, "throttle"):
            raise Fault("ApiCallLimit", "The request has exceeded the limit, this ban will last 1 seconds")
        if faults.take(channel, "server_error"):
            raise Fault("ServiceUnavailable", "The service is not available now", "SYSTEM")

    def renew(self, form: Form) -> Mapping[str, Any]:
        given = form.get("refresh_token", "")
        if given != SECRETS["refresh_token"] and given not in self.refresh:
            raise Fault("IllegalRefreshToken", "The specified refresh token is invalid or expired")
        self.refresh.discard(given)
        access, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self.access[access] = self.state.now + timedelta(seconds=LIFE)
        self.refresh.add(refresh)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": LIFE,
            "refresh_expires_in": 4 * LIFE,
            "country": "sg",
        }

    def orders(self, form: Form) -> Mapping[str, Any]:
        field = form.get("sort_by", "created_at")
        offset, limit = _int(form, "offset", 0, 5_000), _int(form, "limit", 100, 100)
        if form.get("sort_direction", "DESC") != "ASC" or field not in ("created_at", "updated_at"):
            raise Fault("75", "E075: Invalid sort filter.")
        if not form.get("created_after") and not form.get("update_after"):
            raise Fault("MissingParameter", "created_after or update_after is mandatory")
        prefix = "update" if form.get("update_after") else "created"
        found = self.store.between(
            "updated_at" if prefix == "update" else "created_at",
            _moment(form, f"{prefix}_after"),
            _moment(form, f"{prefix}_before"),
        )
        shown = [records.order(one) for one in self.store.documents(found[offset : offset + limit])]
        for one in shown[: self.state.faults.take_all(SHOP.channel, "malformed") if prefix == "update" and shown else 0]:
            one["price"] = "to be agreed"
        return {"data": {"count": len(shown), "countTotal": len(found), "orders": shown}}

    def items(self, form: Form) -> Mapping[str, Any]:
        ids = msgspec.json.decode(form.get("order_ids", "[]"), type=list[int])
        if not 1 <= len(ids) <= 100:
            raise Fault("37", "E037: One or more order id in the list are incorrect")
        if any(one not in self.store.rows for one in ids):
            raise Fault("37", "E037: One or more order id in the list are incorrect")
        found = self.store.documents(self.store.view.orders[[self.store.rows[one] for one in ids]])
        pairs = zip(ids, found, strict=True)
        return {"data": [{"order_id": one, "order_number": one, "order_items": list(records.items(doc))} for one, doc in pairs]}

    def reverse_orders(self, form: Form) -> Mapping[str, Any]:
        """A page; the lines of every fifth are told by its detail alone."""
        size, number = _int(form, "page_size", 10, 100), _int(form, "page_no", 1, 100_000)
        found = self.store.reversed()
        if "ReverseOrderLineModifiedTimeRangeStart" in form:
            first, last = (int(form[f"ReverseOrderLineModifiedTimeRange{end}"]) for end in ("Start", "End"))
            found = found.filter(pl.col("stamp").dt.epoch("ms").is_between(first, last))
        shown = self._reversed(found[(number - 1) * size : number * size])
        items = [one if int(one["reverse_order_id"]) % 5 else one | {"reverse_order_lines": []} for one in shown]
        return {"result": {"total": str(len(found)), "success": "true", "page_no": number, "page_size": size, "items": items}}

    def reverse_order(self, form: Form) -> Mapping[str, Any]:
        (one,) = self._reversed(self.store.reversed().filter(refund_id=form.get("reverse_order_id", ""))) or [{}]
        lines = [line | {"tracking_number": "TH2404B29P6D"} for line in one.get("reverse_order_lines", [])]
        return {"data": {**one, "reverse_order_lines": None, "reverseOrderLineDTOList": lines}}

    def _reversed(self, found: pl.DataFrame) -> list[dict[str, Any]]:
        view = self.store.view
        orders = view.orders.filter(pl.col("order_id").is_in(found["order_id"].to_list()))
        documents = {one["order_id"]: one for one in self.store.documents(orders)}
        pairs = ((documents[order], refund) for order, refund in found.select("order_id", "refund_id").iter_rows())
        return [
            records.reverse_order(one, next(told for told in one["refunds"] if told["refund_id"] == refund))
            for one, refund in pairs
        ]

    def products(self, form: Form) -> Mapping[str, Any]:
        offset, limit = _int(form, "offset", 0, 10_000), _int(form, "limit", 20, 50)
        shown = list(self.store.products.values())
        if form.get("sku_seller_list"):
            wanted = set(msgspec.json.decode(form["sku_seller_list"], type=list[str]))
            shown = [listings for listings in shown if wanted & {one["sku"] for one in listings}]
        if form.get("create_after"):
            first, last = _moment(form, "create_after"), _moment(form, "create_before")
            shown = [listings for listings in shown if first <= min(one["listed_at"] for one in listings) <= last]
        found = [records.product(one, self.store.weights, self._stock(one)) for one in shown[offset : offset + limit]]
        return {"data": {"total_products": len(shown), "products": found}}

    def set_stock(self, form: Form) -> Mapping[str, Any]:
        wanted = SKU.findall(form.get("payload", ""))
        if not 1 <= len(wanted) <= 50:
            raise Fault("501", "E0501: the payload is not valid")
        known = {(one["product_id"], one["listing_id"]) for listings in self.store.products.values() for one in listings}
        wrong = [sku for item, sku, quantity in wanted if (item, sku) not in known or int(quantity) < 0]
        if wrong:
            raise Fault(
                "501", "E0501: Update product failed", detail=[{"sku_id": sku, "message": "SKU_NOT_FOUND"} for sku in wrong]
            )
        for _, sku, quantity in wanted:
            self.state.published[SHOP.channel, SHOP.shop, sku, None] = int(quantity)
        return {}

    def _stock(self, listings: list[dict[str, Any]]) -> dict[str, int]:
        published = self.state.published
        return {one["listing_id"]: published.get((SHOP.channel, SHOP.shop, one["listing_id"], None), 0) for one in listings}


def _int(form: Form, name: str, default: int, most: int) -> int:
    text = form.get(name) or str(default)
    if not text.isdigit() or int(text) > most:
        raise Fault("19", f'E019: "{text}" Invalid {name}')
    return int(text)


def _moment(form: Form, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(form.get(name, ""))
    except ValueError:
        raise Fault("17", f'E017: "{form.get(name)}" Invalid Date Format') from None
    if moment.tzinfo is None:
        raise Fault("17", f'E017: "{form.get(name)}" Invalid Date Format')
    return moment


REVERSED = "page_no page_size ReverseOrderLineModifiedTimeRangeStart ReverseOrderLineModifiedTimeRangeEnd"
WINDOW = "created_after created_before update_after update_before sort_by sort_direction offset limit status"


def app(state: SandboxState) -> Starlette:
    """The gateway for `state`; mounted by the sandbox's host."""
    methods = _Methods(state)
    paths: list[tuple[str, str, Callable[[Form], Mapping[str, Any]], str]] = [
        ("GET", REFRESH, methods.renew, "refresh_token"),
        ("GET", "/orders/get", methods.orders, WINDOW),
        ("GET", "/orders/items/get", methods.items, "order_ids"),
        ("GET", "/reverse/getreverseordersforseller", methods.reverse_orders, REVERSED),
        ("GET", "/order/reverse/return/detail/list", methods.reverse_order, "reverse_order_id"),
        ("GET", "/products/get", methods.products, "filter create_after create_before offset limit sku_seller_list"),
        ("POST", "/product/price_quantity/update", methods.set_stock, "payload"),
        ("POST", "/product/stock/sellable/update", methods.set_stock, "payload"),
    ]
    return Starlette(routes=[_route(methods, *one) for one in paths])


def _route(methods: _Methods, verb: str, path: str, answer: Callable[[Form], Mapping[str, Any]], parameters: str) -> Route:
    allowed = COMMON | set(parameters.split())

    async def handle(request: Request) -> Response:
        form = dict(request.query_params) | dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        try:
            methods.admit(path, form)
            unknown = set(form) - allowed
            if unknown:
                raise Fault("InvalidParameter", f"The parameter {min(unknown)} is not known")
            told: Mapping[str, Any] = {"code": "0", **answer(form)}
        except Fault as fault:
            told = fault.answer
        return Response(msgspec.json.encode({**told, "request_id": "sandbox"}), media_type="application/json")

    return Route(path, handle, methods=[verb])
