"""TikTok Shop's open platform on loopback: signed calls, tokens that end, page tokens that count places, errors by code.

How the platform throttles and which code stands for what is published in part only; what this one says is in its manner.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.state import SandboxState
from sluice.sandbox.tiktok import records
from sluice.sandbox.tiktok.index import Index
from sluice.sandbox.view import records as as_dicts

SHOP = Shop("tiktok", "main", "USD", "America/Los_Angeles", "marketplace", 0.3)
SECRETS = {
    "app_key": "29a39dsandbox",
    "app_secret": "sandbox-tiktok-secret",
    "refresh_token": "sandbox-tiktok-refresh",
    "webhook_secret": "sandbox-tiktok-secret",
}
CHANNEL = "tiktok"
CIPHER, SHOP_ID = "ROW_sandboxAAAAcipher", "7495540735365777507"
SKEW, LIFE = timedelta(minutes=5), timedelta(days=7)
COMMON = {"app_key", "timestamp", "sign", "shop_cipher"}
PAGING = {"page_size", "page_token", "sort_field", "sort_order"}
LISTS = {"orders": ("orders", 100), "returns": ("return_orders", 50), "cancellations": ("cancellations", 50)}
RANGE = {"create_time_ge", "create_time_lt", "update_time_ge", "update_time_lt"}
FILTERS = {
    "orders": RANGE | {"order_status", "shipping_type", "buyer_user_id", "is_buyer_request_cancel"},
    "returns": RANGE | {"return_ids", "order_ids", "buyer_user_ids", "return_types", "return_status", "locale"},
    "cancellations": RANGE | {"cancel_ids", "order_ids", "buyer_user_ids", "cancel_types", "cancel_status", "locale"},
}
SPOILED = {"orders": "create_time", "returns": "create_time", "cancellations": "create_time", "products": "skus"}
MOST = 99_999
Asked = Mapping[str, str]
Body = Mapping[str, Any]


class Fault(Exception):
    """An answer with a code of its own."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def app(state: SandboxState) -> Starlette:
    """The platform for `state`; mounted by the sandbox's host."""
    platform = _Platform(state)

    def route(path: str, method: str, serve: Callable[..., Any], parameters: set[str], is_shops: bool = True) -> Route:
        async def answer(request: Request) -> Response:
            asked, body = dict(request.query_params), await request.body()
            try:
                platform.admit(request, asked, body, parameters, is_shops)
                given = msgspec.json.decode(body, type=dict[str, Any]) if body else {}
                return _answered(serve(asked, given, **request.path_params))
            except msgspec.MsgspecError:
                return _answered(None, 36009001, "the body is no JSON object", 400)
            except Fault as fault:
                return _answered(None, fault.code, str(fault), fault.status)

        return Route(path, answer, methods=[method])

    async def refresh(request: Request) -> Response:
        try:
            return _answered(platform.refresh(dict(request.query_params)))
        except Fault as fault:
            return _answered(None, fault.code, str(fault), fault.status)

    fulfilment = "/fulfillment/202309"
    return Starlette(
        routes=[
            Route("/api/v2/token/refresh", refresh, methods=["GET"]),
            route("/authorization/202309/shops", "GET", platform.shops, set(), is_shops=False),
            route("/order/202309/orders/search", "POST", platform.search("orders"), PAGING),
            route("/order/202309/orders", "GET", platform.details, {"ids"}),
            route("/return_refund/202309/returns/search", "POST", platform.search("returns"), PAGING),
            route("/return_refund/202309/cancellations/search", "POST", platform.search("cancellations"), PAGING),
            route("/product/202309/products/search", "POST", platform.products, {"page_size", "page_token"}),
            route("/product/202309/products/{product_id}/inventory/update", "POST", platform.set_inventory, set()),
            route("/product/202309/inventory/search", "POST", platform.inventory, set()),
            route("/logistics/202309/delivery_options/{option}/shipping_providers", "GET", platform.providers, set()),
            route(fulfilment + "/orders/{order_id}/packages", "POST", platform.mark_shipped, set()),
        ]
    )


def _answered(data: Any, code: int = 0, message: str = "Success", status: int = 200) -> Response:
    body = msgspec.json.encode({"code": code, "message": message, "request_id": "sandbox", "data": data})
    headers = {"Retry-After": "1"} if status == 429 else None
    return Response(body, status, headers=headers, media_type="application/json")


def _signature(path: str, asked: Asked, body: bytes) -> str:
    secret = SECRETS["app_secret"].encode()
    glued = "".join(f"{name}{value}" for name, value in sorted(asked.items()) if name not in ("sign", "access_token"))
    return hmac.new(secret, secret + path.encode() + glued.encode() + body + secret, hashlib.sha256).hexdigest()


class _Platform:
    """The APIs. Each gives the `data` of its answer."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.access: dict[str, datetime] = {}
        self.refreshing = SECRETS["refresh_token"]
        self.parcels: dict[str, tuple[str, str]] = {}

    def admit(self, request: Request, asked: Asked, body: bytes, parameters: set[str], is_shops: bool) -> None:
        """Refuse what the platform would refuse before it looks at the question."""
        if self.state.faults.take(CHANNEL, "throttle"):
            raise Fault(36009002, "Too many requests", 429)
        if self.state.faults.take(CHANNEL, "server_error"):
            raise Fault(36009003, "Internal error. Please try again.", 500)
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        if asked.get("app_key") != SECRETS["app_key"]:
            raise Fault(106001, "Invalid credentials. The 'app_key' query parameter is invalid.", 401)
        sent = asked.get("timestamp", "")
        if len(sent) != 10 or not any(abs(int(sent) - now.timestamp()) <= SKEW.total_seconds() for now in self._clocks()):
            raise Fault(36009004, "Invalid timestamp", 400)
        if asked.get("sign") != _signature(path, asked, body):
            raise Fault(106001, "Invalid credentials. The 'sign' query parameter is invalid.", 401)
        ends = self.access.get(request.headers.get("x-tts-access-token", ""))
        if self.state.faults.refused(CHANNEL) or ends is None or ends <= self.state.now:
            raise Fault(105002, "Expired credentials. The access token is expired.", 401)
        if is_shops and asked.get("shop_cipher") != CIPHER:
            raise Fault(106013, "The shop_cipher is invalid", 403)
        if unknown := asked.keys() - COMMON - parameters:
            raise Fault(36009001, f"Invalid parameter: {', '.join(sorted(unknown))}", 400)

    def refresh(self, asked: Asked) -> dict[str, Any]:
        """A new pair of tokens. Only the newest refresh token counts, and the first, as if it had just been given."""
        if asked.get("app_key") != SECRETS["app_key"] or asked.get("app_secret") != SECRETS["app_secret"]:
            raise Fault(36004004, "app_key or app_secret is invalid")
        known = {self.refreshing, SECRETS["refresh_token"]}
        if self.state.faults.refused(CHANNEL) or asked.get("refresh_token") not in known:
            raise Fault(36004004, "Invalid refresh_token")
        if asked.get("grant_type") != "refresh_token":
            raise Fault(36004004, "grant_type is invalid")
        name, ends = f"sandbox-access-{len(self.access)}", max(self._clocks()) + LIFE
        self.access[name], self.refreshing = ends, f"sandbox-refresh-{len(self.access)}"
        return {
            "access_token": name,
            "access_token_expire_in": int(ends.timestamp()),
            "refresh_token": self.refreshing,
            "refresh_token_expire_in": int((ends + LIFE * 50).timestamp()),
            "seller_name": "Sandbox",
            "seller_base_region": "US",
        }

    def _clocks(self) -> tuple[datetime, datetime]:
        return self.state.now, datetime.now(UTC)

    @property
    def index(self) -> Index:
        self.state.join(SHOP)
        return self.state.cached((CHANNEL, "index"), lambda: Index(self.state.view(SHOP.channel, SHOP.shop)))

    @property
    def listings(self) -> dict[str, list[dict[str, Any]]]:
        """What is listed by now, by product."""
        self.state.join(SHOP)

        def build() -> dict[str, list[dict[str, Any]]]:
            ours = self.state.world.listings.filter(pl.col("channel") == SHOP.channel, pl.col("shop") == SHOP.shop)
            found: dict[str, list[dict[str, Any]]] = {}
            for one in as_dicts(ours.filter(pl.col("listed_at") <= self.state.now).sort("product_id", "listing_id")):
                found.setdefault(one["product_id"], []).append(one)
            return found

        return self.state.cached((CHANNEL, "listings"), build)

    @property
    def titles(self) -> dict[str, str]:
        self.state.join(SHOP)

        def build() -> dict[str, str]:
            ours = self.state.world.listings.filter(pl.col("channel") == SHOP.channel, pl.col("shop") == SHOP.shop)
            return dict(zip(ours["listing_id"], ours["title"], strict=True))

        return self.state.cached((CHANNEL, "titles"), build)

    def shops(self, asked: Asked, body: Body) -> dict[str, Any]:
        return {"shops": [{"id": SHOP_ID, "cipher": CIPHER, "name": "Sandbox", "region": "US", "seller_type": "LOCAL"}]}

    def search(self, name: str) -> Callable[[Asked, Body], dict[str, Any]]:
        """The search of one list, by one of its two stamps."""
        member, most = LISTS[name]

        def answer(asked: Asked, body: Body) -> dict[str, Any]:
            if unknown := body.keys() - FILTERS[name]:
                raise Fault(36009001, f"Invalid parameter: {', '.join(sorted(unknown))}", 400)
            size = _number(asked, "page_size", most)
            field = asked.get("sort_field", "create_time")
            if field not in ("create_time", "update_time") or asked.get("sort_order", "ASC") not in ("ASC", "DESC"):
                raise Fault(36009001, "Invalid parameter: sort_field or sort_order", 400)
            for bound in ("ge", "lt"):
                other = {"create_time": "update_time", "update_time": "create_time"}[field]
                if body.get(f"{other}_{bound}") is not None:
                    raise Fault(36009001, "the sandbox sorts by the stamp that it is asked by", 400)
            rows = self.index.ranks[name, field].between(body.get(f"{field}_ge", 0), body.get(f"{field}_lt", 2**40))
            if asked.get("sort_order") == "DESC":
                rows = rows[::-1]
            start = _place(asked.get("page_token"), body)
            shown = self._rendered(name, rows[start : start + size])
            following = _token(start + size, body) if start + size < len(rows) else ""
            return {member: self._spoiled(name, shown), "next_page_token": following, "total_count": len(rows)}

        return answer

    def _rendered(self, name: str, rows: Any) -> list[dict[str, Any]]:
        if name == "orders":
            return [records.order(one, self.titles, self.parcels) for one in self.index.documents(rows)]
        render = {"returns": records.given_back, "cancellations": records.cancellation}[name]
        return [render(one) for one in self.index.refunds(name, rows)]

    def _spoiled(self, name: str, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The page with as many malformed records as are planned."""
        count = self.state.faults.take_all(CHANNEL, "malformed") if shown else 0
        return [one | {SPOILED[name]: "soon"} for one in shown[:count]] + shown[count:]

    def details(self, asked: Asked, body: Body) -> dict[str, Any]:
        ids = asked.get("ids", "").split(",")
        if len(ids) > 50:
            raise Fault(36009001, "ids: at most 50", 400)
        return {"orders": [records.order(one, self.titles, self.parcels) for one in self.index.found(ids)]}

    def products(self, asked: Asked, body: Body) -> dict[str, Any]:
        if unknown := body.keys() - {"status", "seller_skus", "update_time_ge", "update_time_le"}:
            raise Fault(36009001, f"Invalid parameter: {', '.join(sorted(unknown))}", 400)
        size, start = _number(asked, "page_size", 100), _place(asked.get("page_token"), body)
        chosen = list(self.listings.values())[start : start + size]
        shown = [records.product(one, {sku["listing_id"]: self._quantity(sku["listing_id"]) for sku in one}) for one in chosen]
        following = _token(start + size, body) if start + size < len(self.listings) else ""
        return {"products": self._spoiled("products", shown), "next_page_token": following, "total_count": len(self.listings)}

    def _quantity(self, listing_id: str) -> int:
        return self.state.published.get((SHOP.channel, SHOP.shop, listing_id, None), 0)

    def set_inventory(self, asked: Asked, body: Body, product_id: str) -> dict[str, Any]:
        """A sku that is not the product's fails beside the others, with code 0."""
        ours = {one["listing_id"] for one in self.listings.get(product_id, ())}
        if not ours:
            raise Fault(12052048, "The product does not exist")
        errors = []
        for sku in body["skus"]:
            (level,) = sku["inventory"]
            if level.get("warehouse_id", records.WAREHOUSE) != records.WAREHOUSE:
                raise Fault(12052700, "seller inventory for this warehouse is null")
            if not 0 <= level["quantity"] <= MOST:
                raise Fault(12052217, "quantity must be from 0 to 99999")
            if sku["id"] not in ours:
                errors.append({"code": 12052048, "message": "The sku does not exist", "detail": {"sku_id": sku["id"]}})
            else:
                self.state.published[SHOP.channel, SHOP.shop, sku["id"], None] = level["quantity"]
        return {"errors": errors} if errors else {}

    def inventory(self, asked: Asked, body: Body) -> dict[str, Any]:
        wanted = set(body.get("sku_ids", ()))
        if not wanted or len(wanted) > 600:
            raise Fault(36009001, "sku_ids: from 1 to 600", 400)
        found = []
        for product_id, skus in self.listings.items():
            chosen = [one for one in skus if one["listing_id"] in wanted]
            if chosen:
                found.append({"product_id": product_id, "skus": [self._level(one) for one in chosen]})
        return {"inventory": found}

    def _level(self, sku: dict[str, Any]) -> dict[str, Any]:
        pieces = self._quantity(sku["listing_id"])
        level = {"warehouse_id": records.WAREHOUSE, "available_quantity": pieces, "committed_quantity": 0}
        own = {"id": sku["listing_id"], "seller_sku": sku["sku"]}
        return own | {"total_available_quantity": pieces, "warehouse_inventory": [level]}

    def providers(self, asked: Asked, body: Body, option: str) -> dict[str, Any]:
        if option != records.DELIVERY_OPTION:
            raise Fault(21011001, "The delivery option does not exist")
        return {"shipping_providers": [{"id": number, "name": name} for name, number in records.PROVIDERS.items()]}

    def mark_shipped(self, asked: Asked, body: Body, order_id: str) -> dict[str, Any]:
        """Pieces leave under a number. The order's stamp stays as it was: it tells of the status alone."""
        found = self._rendered("orders", [self.index.positions[order_id]]) if order_id in self.index.positions else []
        if not found:
            raise Fault(21008019, "The order does not exist")
        waiting = {item["id"] for item in found[0]["line_items"] if item["display_status"] == "AWAITING_SHIPMENT"}
        chosen = set(body.get("order_line_item_ids") or waiting)
        if not chosen or chosen - waiting:
            raise Fault(21008023, "The order line items can not be shipped")
        if body.get("shipping_provider_id") not in records.PROVIDERS.values() or not body.get("tracking_number"):
            raise Fault(21008025, "shipping_provider_id or tracking_number is invalid")
        self.parcels |= dict.fromkeys(chosen, (body["tracking_number"], body["shipping_provider_id"]))
        return {"order_id": order_id, "order_line_item_ids": sorted(chosen), "package_id": f"9{order_id}"}


def _number(asked: Asked, name: str, most: int) -> int:
    text = asked.get(name, "10")
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise Fault(36009001, f"Invalid parameter: {name}, from 1 to {most}", 400)
    return int(text)


def _token(place: int, body: Body) -> str:
    return base64.urlsafe_b64encode(f"{place}:{_digest(body)}".encode()).decode()


def _place(token: str | None, body: Body) -> int:
    """Where a page begins. A token is good for the question that it was given to."""
    if not token:
        return 0
    place, _, digest = base64.urlsafe_b64decode(token).decode().partition(":")
    if digest != _digest(body):
        raise Fault(36009001, "Invalid parameter: page_token", 400)
    return int(place)


def _digest(body: Body) -> str:
    return hashlib.md5(msgspec.json.encode(dict(sorted(body.items())))).hexdigest()
