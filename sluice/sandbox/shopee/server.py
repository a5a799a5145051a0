"""Shopee's API v2 on loopback: signed calls, tokens that end, errors in the answer, the limits of the real one.

The refresh token of SECRETS stands for the owner's authorisation and may be used again and again; those that are handed out may
be used once, as with Shopee.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.shopee import records
from sluice.sandbox.shopee.store import Store
from sluice.sandbox.state import SandboxState

SHOP = Shop("shopee", "main", "CNY", "Asia/Singapore", "marketplace", 0.3)
SECRETS = {
    "partner_id": "2001887",
    "partner_key": "sandbox-shopee-partner-key",
    "shop_id": "322300222",
    "refresh_token": "sandbox-shopee-authorisation",
    "push_key": "sandbox-shopee-push-key",
    "push_url": "https://example.com/webhooks/shopee/main",
}
LONGEST, SKEW, LIFE = 15 * 86_400, 300, 4 * 3600
COMMON = {"partner_id", "timestamp", "sign", "access_token", "shop_id"}
REFRESH = "/api/v2/auth/access_token/get"


class Fault(Exception):
    """An answer that says what is wrong; Shopee gives most of them HTTP status 200."""

    def __init__(self, error: str, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.error, self.status = error, status


Body = Mapping[str, Any]


class _Methods:
    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.access: dict[str, datetime] = {}
        self.refresh: set[str] = set()
        self.arranged: dict[str, Body] = {}
        """Orders that ship_order was called for, with its body."""

    @property
    def store(self) -> Store:
        self.state.join(SHOP)

        def build() -> Store:
            world = self.state.world
            ours = world.listings.filter(channel=SHOP.channel, shop=SHOP.shop)
            weights = dict(zip(world.products["sku"], world.products["weight_g"], strict=True))
            return Store(self.state.view(SHOP.channel, SHOP.shop), ours, weights)

        return self.state.cached((SHOP.channel, SHOP.shop, "store"), build)

    def admit(self, path: str, query: QueryParams) -> None:
        """Sign, clock, token and planned faults."""
        faults, channel, is_public = self.state.faults, SHOP.channel, path == REFRESH
        for name in (
            ("partner_id", "timestamp", "sign") if is_public else ("partner_id", "timestamp", "sign", "access_token", "shop_id")
        ):
            if not query.get(name):
                raise Fault("error_param", f"There is no {name} in query.", 403)
        if query["partner_id"] != SECRETS["partner_id"]:
            raise Fault("error_auth", "partner_id is invalid", 403)
        text = f"{query['partner_id']}{path}{query['timestamp']}"
        text += "" if is_public else f"{query['access_token']}{query['shop_id']}"
        if query["sign"] != hmac.new(SECRETS["partner_key"].encode(), text.encode(), "sha256").hexdigest():
            raise Fault("error_sign", "Wrong sign.", 403)
        sent = int(query["timestamp"])
        if min(abs(sent - now.timestamp()) for now in (self.state.now, datetime.now(UTC))) > SKEW:
            raise Fault("error_param", "Timestamp is expired.", 403)
        if faults.refused(channel):
            raise Fault("shop_no_linked", "Partner and shop has no linked.", 403)
        if is_public:
            return
        if query["shop_id"] != SECRETS["shop_id"]:
            raise Fault("error_auth", "Invalid partner_id or shopid.", 403)
        ends = self.access.get(query["access_token"])
        if ends is None or ends < self.state.now:
            raise Fault("invalid_acceess_token", "Invalid access_token, please have a check.", 403)
        if faults.take(channel, "throttle"):
            raise Fault("error_rate_limit", "Too many requests. You have reached the rate limit. Please try again later.", 429)
        if faults.take(channel, "server_error"):
            raise Fault("error_server", "Something wrong. Please try later.")

    def renew(self, query: QueryParams, body: Body) -> Body:
        given = body.get("refresh_token")
        if body.get("partner_id") != int(SECRETS["partner_id"]) or body.get("shop_id") != int(SECRETS["shop_id"]):
            raise Fault("error_param", "parameter invalid")
        if given != SECRETS["refresh_token"] and given not in self.refresh:
            raise Fault("error_shop_refresh_token", "Your refresh token is error ,please check refresh token or shopid.")
        self.refresh.discard(str(given))
        access, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self.access[access] = self.state.now + timedelta(seconds=LIFE)
        self.refresh.add(refresh)
        ids = {"partner_id": int(SECRETS["partner_id"]), "shop_id": int(SECRETS["shop_id"])}
        return ids | {"access_token": access, "refresh_token": refresh, "expire_in": LIFE}

    def shop_info(self, query: QueryParams, body: Body) -> Body:
        ends = int((self.state.now + timedelta(days=300)).timestamp())
        return {"shop_name": "sandbox", "region": records.REGION, "status": "NORMAL", "is_cb": False, "expire_time": ends}

    def orders(self, query: QueryParams, body: Body) -> Body:
        field = query.get("time_range_field")
        if field not in ("create_time", "update_time"):
            raise Fault("error_param", "Wrong parameters, detail: time_range_field.")
        first, last = _int(query, "time_from"), _int(query, "time_to")
        if not 0 <= last - first <= LONGEST:
            raise Fault("order.order_list_invalid_time", "Start time must be earlier than end time and diff in 15days.")
        size, at = _size(query), int(query.get("cursor") or 0)
        found = (self.store.by_update if field == "update_time" else self.store.by_creation).between(first, last)
        more = at + size < len(found)
        chosen = [{"order_sn": self.store.numbers[row]} for row in found[at : at + size]]
        return {"response": {"more": more, "next_cursor": str(at + size) if more else "", "order_list": chosen}}

    def details(self, query: QueryParams, body: Body) -> Body:
        numbers = (query.get("order_sn_list") or "").split(",")
        if not 1 <= len(numbers) <= 50:
            raise Fault("error_param", "Wrong parameters, detail: order_sn_list limit [1,50].")
        if any(number not in self.store.rows for number in numbers):
            raise Fault("error_not_found", "Wrong parameters, detail: the order is not found.")
        wanted = records.DEFAULT | set((query.get("response_optional_fields") or "").split(","))
        shown = []
        for found, number in zip(self.store.documents([self.store.rows[one] for one in numbers]), numbers, strict=True):
            whole = records.order(found, self.store.plain, self.store.titles, number in self.arranged)
            shown.append({name: value for name, value in whole.items() if name in wanted})
        if "package_list" in wanted:
            for one in shown[: self.state.faults.take_all(SHOP.channel, "malformed")]:
                one["create_time"] = "yesterday"
        return {"response": {"order_list": shown}}

    def returns(self, query: QueryParams, body: Body) -> Body:
        first, last = _int(query, "update_time_from"), _int(query, "update_time_to")
        if not 0 <= last - first <= LONGEST:
            raise Fault("error_param", "Wrong parameters, detail: the time range is 15 days at most.")
        size, number = _size(query), _int(query, "page_no")
        found = self.store.refunds_by_update.between(first, last)
        shown = self.store.returns(found[number * size : (number + 1) * size])
        return {"response": {"more": (number + 1) * size < len(found), "return": shown}}

    def items(self, query: QueryParams, body: Body) -> Body:
        statuses = query.getlist("item_status")
        if not statuses or set(statuses) - {"NORMAL", "UNLIST", "BANNED", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE"}:
            raise Fault("error_param", "Wrong parameters, detail: item_status.")
        first, last = int(query.get("update_time_from") or 0), int(query.get("update_time_to") or 10**11)
        changed = [(item, self.store.updated(item)) for item in self.store.items]
        entries = [{"item_id": item, "item_status": "NORMAL", "update_time": at} for item, at in changed if first <= at <= last]
        found = entries if "NORMAL" in statuses else []
        size, at = _size(query), _int(query, "offset")
        more = at + size < len(found)
        page = {"item": found[at : at + size], "total_count": len(found), "has_next_page": more}
        return {"response": page | ({"next_offset": at + size} if more else {})}

    def base_info(self, query: QueryParams, body: Body) -> Body:
        ids = [int(one) for one in (query.get("item_id_list") or "").strip("[]").split(",") if one]
        if not 1 <= len(ids) <= 50:
            raise Fault("error_param", "item_id_list limit [0,50]")
        known = [item for item in ids if item in self.store.items]
        shown = [records.item(self.store.items[item], self.store.weights, self._stock(item)) for item in known]
        return {"response": {"item_list": shown}}

    def models(self, query: QueryParams, body: Body) -> Body:
        listings = self.store.items.get(_int(query, "item_id"))
        if listings is None:
            raise Fault("error_item_not_found", "Product not found")
        stock = self._stock(int(listings[0]["product_id"]))
        shown = [records.model(one, self.store.weights, stock[one["listing_id"]]) for one in listings]
        return {"response": {"tier_variation": [], "model": shown if len(listings) > 1 else []}}

    def set_stock(self, query: QueryParams, body: Body) -> Body:
        item, wanted = int(body.get("item_id", 0)), body.get("stock_list", [])
        if item not in self.store.items:
            raise Fault("error_item_not_found", "Item_id is not found.")
        if not 1 <= len(wanted) <= 50:
            raise Fault("error_param", "stock_list length should be between 1 to 50")
        listings = {one["listing_id"] for one in self.store.items[item]}
        plain = len(listings) == 1
        done, failed = [], []
        for one in wanted:
            model, quantity = int(one.get("model_id", 0)), one["seller_stock"][0]["stock"]
            listing = next(iter(listings)) if plain and model == 0 else str(model)
            if listing not in listings or (plain and model) or quantity < 0:
                failed.append({"model_id": model, "failed_reason": "Wrong model_id." if quantity >= 0 else "stock below 0"})
                continue
            self.state.published[SHOP.channel, SHOP.shop, listing, None] = quantity
            done.append({"model_id": model, "location_id": "SGZ", "stock": quantity})
        return {"response": {"success_list": done, "failure_list": failed}}

    def shipping(self, query: QueryParams, body: Body) -> Body:
        self._row(query.get("order_sn") or "")
        return {"response": {"info_needed": {"non_integrated": ["tracking_no"]}, "dropoff": None, "pickup": None}}

    def ship(self, query: QueryParams, body: Body) -> Body:
        number = str(body.get("order_sn", ""))
        (found,) = self.store.documents([self._row(number)])
        if records.status(found, number in self.arranged) != "READY_TO_SHIP":
            raise Fault("logistics.ship_order_only_ready_to_ship", "Only orders that are ready to ship can be shipped.")
        if not body.get("non_integrated", {}).get("tracking_number"):
            raise Fault("logistics.ship_order_need_tracking_number", "Parameter tracking_number can not be null.")
        self.arranged[number] = body
        return {}

    def _row(self, number: str) -> int:
        if number not in self.store.rows:
            raise Fault("logistics.invalid_error", "The order is not exist.")
        return self.store.rows[number]

    def _stock(self, item: int) -> dict[str, int]:
        published = self.state.published
        return {
            one["listing_id"]: published.get((SHOP.channel, SHOP.shop, one["listing_id"], None), 0)
            for one in self.store.items[item]
        }


def _int(query: QueryParams, name: str) -> int:
    text = query.get(name) or ""
    if not text.isdigit():
        raise Fault("error_param", f"Wrong parameters, detail: {name}.")
    return int(text)


def _size(query: QueryParams) -> int:
    size = _int(query, "page_size")
    if not 1 <= size <= 100:
        raise Fault("error_param", "Wrong parameters, detail: page_size.")
    return size


def app(state: SandboxState) -> Starlette:
    """The platform for `state`; mounted by the sandbox's host."""
    methods = _Methods(state)
    paths: list[tuple[str, str, Callable[[QueryParams, Body], Body], str]] = [
        ("POST", REFRESH, methods.renew, ""),
        ("GET", "/api/v2/shop/get_shop_info", methods.shop_info, ""),
        (
            "GET",
            "/api/v2/order/get_order_list",
            methods.orders,
            "time_range_field time_from time_to page_size cursor request_order_status_pending",
        ),
        (
            "GET",
            "/api/v2/order/get_order_detail",
            methods.details,
            "order_sn_list request_order_status_pending response_optional_fields",
        ),
        ("GET", "/api/v2/returns/get_return_list", methods.returns, "page_no page_size update_time_from update_time_to"),
        (
            "GET",
            "/api/v2/product/get_item_list",
            methods.items,
            "offset page_size item_status update_time_from update_time_to",
        ),
        ("GET", "/api/v2/product/get_item_base_info", methods.base_info, "item_id_list"),
        ("GET", "/api/v2/product/get_model_list", methods.models, "item_id"),
        ("POST", "/api/v2/product/update_stock", methods.set_stock, ""),
        ("GET", "/api/v2/logistics/get_shipping_parameter", methods.shipping, "order_sn package_number"),
        ("POST", "/api/v2/logistics/ship_order", methods.ship, ""),
    ]
    return Starlette(routes=[_route(methods, *one) for one in paths])


def _route(methods: _Methods, verb: str, path: str, answer: Callable[[QueryParams, Body], Body], parameters: str) -> Route:
    allowed = COMMON | set(parameters.split())

    async def handle(request: Request) -> Response:
        sent, status = await request.body(), 200
        try:
            methods.admit(path, request.query_params)
            unknown = set(request.query_params) - allowed
            if unknown:
                raise Fault("error_param", f"Wrong parameters, detail: {min(unknown)}.")
            told = {"error": "", "message": "", **answer(request.query_params, msgspec.json.decode(sent) if sent else {})}
        except Fault as fault:
            told, status = {"error": fault.error, "message": str(fault)}, fault.status
        return Response(msgspec.json.encode(told | {"request_id": "sandbox"}), status, media_type="application/json")

    return Route(path, handle, methods=[verb])
