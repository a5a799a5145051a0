"""Douyin's shop platform on loopback: one path a method, signed canonical JSON, errors inside HTTP 200.

Lists are paged by number from 0 (products from 1), bounds of the products' list are not included, as the platform says. How it
throttles is not published; what this one says is in its manner.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.douyin import records
from sluice.sandbox.ranked import Ranked, ranked
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import ORDER_EVENTS, REFUND_EVENTS, ShopView, clipped
from sluice.sandbox.view import records as as_dicts

SHOP = Shop("douyin", "main", "CNY", "Asia/Shanghai", "marketplace", 0.3)
SECRETS = {
    "app_key": "6839996111111111111",
    "app_secret": "sandbox-douyin-secret",
    "refresh_token": "sandbox-douyin-refresh",
}
CHANNEL = "douyin"
SKEW, LIFE = timedelta(minutes=10), timedelta(days=7)
DEEPEST_CASES, DEEPEST_PRODUCTS = 50_000, 10_000
LIST = {"page", "size", "order_by"}
MEMBERS = {
    "order.searchList": LIST | {"order_asc", "create_time_start", "create_time_end", "update_time_start", "update_time_end"},
    "order.orderDetail": {"shop_order_id"},
    "afterSale.List": LIST | {"start_time", "end_time", "update_start_time", "update_end_time"},
    "product.listV2": {"page", "size", "status", "update_start_time", "update_end_time"},
    "sku.list": {"product_id"},
    "sku.syncStock": {"product_id", "sku_id", "stock_num", "incremental", "out_warehouse_id"},
    "order.logisticsCompanyList": set(),
    "order.logisticsAdd": {"order_id", "company_code", "logistics_code"},
    "order.logisticsAddMultiPack": {"order_id", "pack_list", "request_id"},
    "token.refresh": {"grant_type", "refresh_token"},
}
"""What each method takes."""
Given = Mapping[str, Any]


class Fault(Exception):
    """An answer that is not success."""

    def __init__(self, code: int, sub_code: str, text: str) -> None:
        super().__init__(text)
        self.answer = {"code": code, "msg": text, "sub_code": sub_code, "sub_msg": text, "log_id": "sandbox"}


class Shelf:
    """The shop at one moment of the clock. A case moves no order's stamp."""

    def __init__(self, view: ShopView, listings: pl.DataFrame) -> None:
        self.view, self.all_listings = view, listings
        self.titles = dict(zip(listings["listing_id"], listings["title"], strict=True))

    @cached_property
    def orders(self) -> pl.DataFrame:
        return self.view.orders.with_columns(stamped_at=pl.max_horizontal(ORDER_EVENTS))

    @cached_property
    def positions(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.orders["order_id"].to_list())}

    @cached_property
    def ranks(self) -> dict[str, Ranked]:
        return {
            "update": ranked(self.orders, "stamped_at"),
            "create": ranked(self.orders, "created_at"),
            "cases": ranked(self.cases, "stamped_at"),
        }

    @cached_property
    def cases(self) -> pl.DataFrame:
        seen = clipped(self.view.history.refunds.frame, REFUND_EVENTS, self.view.now)
        lines = self.view.history.lines.frame.select("order_id", "line_no", "line_id", "sku")
        return (
            seen.with_columns(stamped_at=pl.max_horizontal(REFUND_EVENTS))
            .join(lines, on=["order_id", "line_no"], how="left", maintain_order="left")
            .join(self.orders.select("order_id", "shipped_at"), on="order_id", how="inner", maintain_order="left")
        )

    @cached_property
    def products(self) -> dict[str, list[dict[str, Any]]]:
        """What is listed by now, by product."""
        found: dict[str, list[dict[str, Any]]] = {}
        listed = self.all_listings.filter(pl.col("listed_at") <= self.view.now).sort("product_id", "listing_id")
        for one in as_dicts(listed):
            found.setdefault(one["product_id"], []).append(one)
        return found


def app(state: SandboxState) -> Starlette:
    """The platform for `state`; mounted by the sandbox's host."""
    platform = _Platform(state)

    async def answer(request: Request) -> Response:
        try:
            data = platform.answer(
                request.path_params["path"].replace("/", "."), dict(request.query_params), await request.body()
            )
            body = {"code": 10000, "msg": "success", "sub_code": "", "sub_msg": "", "log_id": "sandbox", "data": data}
        except Fault as fault:
            body = fault.answer
        return Response(msgspec.json.encode(body), media_type="application/json;charset=utf-8")

    return Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])


class _Platform:
    """The methods. Each gives the `data` of its answer."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.access: dict[str, datetime] = {}
        self.refreshing = SECRETS["refresh_token"]
        self.parcels: dict[str, list[dict[str, Any]]] = {}
        self.requests: set[str] = set()
        self.known: dict[str, Callable[[Given], Any]] = {
            "token.refresh": self.refresh,
            "order.searchList": self.orders,
            "order.orderDetail": self.detail,
            "afterSale.List": self.cases,
            "product.listV2": self.products,
            "sku.list": self.skus,
            "sku.syncStock": self.set_stock,
            "order.logisticsCompanyList": self.companies,
            "order.logisticsAdd": self.ship,
            "order.logisticsAddMultiPack": self.ship_parts,
        }

    def answer(self, method: str, asked: Mapping[str, str], body: bytes) -> Any:
        text = body.decode()
        self._admit(method, asked, text)
        given = msgspec.json.decode(body, type=dict[str, Any])
        if unknown := given.keys() - MEMBERS[method]:
            raise Fault(40004, "isv.parameter-invalid", f"unknown: {', '.join(sorted(unknown))}")
        return self.known[method](given)

    def _admit(self, method: str, asked: Mapping[str, str], text: str) -> None:
        if self.state.faults.take(CHANNEL, "throttle"):
            raise Fault(60000, "isv.business-limit", "触发限流，请稍后重试")
        if self.state.faults.take(CHANNEL, "server_error"):
            raise Fault(20000, "isp.service-error", "服务不可用")
        if method not in self.known or asked.get("method") != method:
            raise Fault(70000, "isp.api-service-off", "API不存在或API已下线")
        if asked.get("app_key") != SECRETS["app_key"]:
            raise Fault(40003, "isv.app-id-invalid", "认证失败，app_key格式不正确")
        sent = asked.get("timestamp", "")
        if not sent.isdigit() or not any(abs(int(sent) - now.timestamp()) <= SKEW.total_seconds() for now in self._clocks()):
            raise Fault(40003, "isv.timestamp-invalid", "时间戳不合法")
        if asked.get("v") != "2" or asked.get("sign_method") != "hmac-sha256" or asked.get("sign") != _signature(asked, text):
            raise Fault(40003, "isv.signature-invalid", "签名校验失败")
        if method == "token.refresh":
            return
        ends = self.access.get(asked.get("access_token", ""))
        if self.state.faults.refused(CHANNEL) or ends is None or ends <= self.state.now:
            raise Fault(40003, "isv.access-token-expired", "access_token已过期")

    def _clocks(self) -> tuple[datetime, datetime]:
        return self.state.now, datetime.now(UTC)

    @property
    def shelf(self) -> Shelf:
        self.state.join(SHOP)

        def build() -> Shelf:
            ours = self.state.world.listings.filter(pl.col("channel") == SHOP.channel, pl.col("shop") == SHOP.shop)
            return Shelf(self.state.view(SHOP.channel, SHOP.shop), ours)

        return self.state.cached((CHANNEL, "shelf"), build)

    def refresh(self, given: Given) -> dict[str, Any]:
        """A new pair of tokens. Only the newest refresh token counts, and the first, as if it had just been given."""
        known = {self.refreshing, SECRETS["refresh_token"]}
        if self.state.faults.refused(CHANNEL) or given.get("refresh_token") not in known:
            raise Fault(50001, "dop.token-generate-failed:token-invalid", "生成token失败，token不存在")
        name, ends = f"sandbox-access-{len(self.access)}", max(self._clocks()) + LIFE
        self.access[name], self.refreshing = ends, f"sandbox-refresh-{len(self.access)}"
        return {"access_token": name, "expires_in": int(ends.timestamp()), "refresh_token": self.refreshing, "shop_id": 4463798}

    def orders(self, given: Given) -> dict[str, Any]:
        stamp = "update" if "update_time_start" in given else "create"
        if given.get("order_by", "create_time") != f"{stamp}_time":
            raise Fault(40004, "isv.parameter-invalid", "order_by is not the stamp that is asked by")
        rows = self.shelf.ranks[stamp].between(given.get(f"{stamp}_time_start", 0), given.get(f"{stamp}_time_end", 2**40) + 1)
        rows = rows if given.get("order_asc") else rows[::-1]
        page, size = _page(given, 0)
        shown = [self._order(one) for one in self.shelf.view.documents(self.shelf.orders[rows[page * size : (page + 1) * size]])]
        return {"page": page, "size": size, "total": len(rows), "shop_order_list": self._spoiled(shown, "create_time")}

    def _order(self, document: dict[str, Any]) -> dict[str, Any]:
        return records.order(document, self.shelf.titles, self.parcels)

    def _spoiled(self, shown: list[dict[str, Any]], member: str) -> list[dict[str, Any]]:
        """The page with as many malformed records as are planned."""
        count = self.state.faults.take_all(CHANNEL, "malformed") if shown else 0
        return [one | {member: "面议"} for one in shown[:count]] + shown[count:]

    def detail(self, given: Given) -> dict[str, Any]:
        if given["shop_order_id"] not in self.shelf.positions:
            return {"shop_order_detail": None}
        rows = np.array([self.shelf.positions[given["shop_order_id"]]])
        return {"shop_order_detail": self._order(self.shelf.view.documents(self.shelf.orders[rows])[0])}

    def cases(self, given: Given) -> dict[str, Any]:
        if given.get("order_by", ["update_time asc"]) != ["update_time asc"]:
            raise Fault(40004, "isv.parameter-invalid", "the sandbox knows the order update_time asc only")
        page, size = _page(given, 0)
        if page * size > DEEPEST_CASES:
            raise Fault(40004, "isv.parameter-invalid", "page*size > 50000")
        rows = self.shelf.ranks["cases"].between(given.get("update_start_time", 0), given.get("update_end_time", 2**40) + 1)
        shown = [records.case(one) for one in as_dicts(self.shelf.cases[rows[page * size : (page + 1) * size]])]
        has_more = (page + 1) * size < len(rows)
        return {
            "items": self._spoiled(shown, "order_info"),
            "total": len(rows),
            "page": page,
            "size": len(shown),
            "has_more": has_more,
        }

    def products(self, given: Given) -> dict[str, Any]:
        page, size = _page(given, 1)
        if page * size > DEEPEST_PRODUCTS or page > 100:
            raise Fault(40004, "isv.parameter-invalid", "page*size > 10000")
        low, high = given.get("update_start_time", 0), given.get("update_end_time", 2**40)
        found = [records.product(one) for one in self.shelf.products.values()]
        found = sorted((one for one in found if low < one["update_time"] < high), key=lambda one: -one["update_time"])
        shown = found[(page - 1) * size : page * size]
        return {"data": shown, "total": len(found), "page": page, "size": size}

    def skus(self, given: Given) -> list[dict[str, Any]]:
        product = self.shelf.products.get(str(given["product_id"]))
        if product is None:
            raise Fault(50002, "isv.business-failed:product", "商品不存在")
        numbers = self.state.published
        return [records.sku(one, numbers.get((SHOP.channel, SHOP.shop, one["listing_id"], None), 0)) for one in product]

    def set_stock(self, given: Given) -> None:
        ours = {one["listing_id"] for one in self.shelf.products.get(str(given["product_id"]), ())}
        if str(given["sku_id"]) not in ours:
            raise Fault(50002, "isv.business-failed:sku", "sku不存在")
        if given.get("incremental") or not isinstance(given["stock_num"], int) or given["stock_num"] < 0:
            raise Fault(40004, "isv.parameter-invalid", "stock_num: a whole number, not less than 0")
        self.state.published[SHOP.channel, SHOP.shop, str(given["sku_id"]), None] = given["stock_num"]

    def companies(self, given: Given) -> list[dict[str, Any]]:
        return [{"id": number, "name": name, "code": code} for number, (name, code) in enumerate(records.COMPANIES.items())]

    def ship(self, given: Given) -> dict[str, Any]:
        """The whole order."""
        order = self._waiting(given["order_id"])
        lines = [(line["order_id"], line["item_num"]) for line in order["sku_order_list"]]
        return self._pack(given["order_id"], given, lines)

    def ship_parts(self, given: Given) -> dict[str, Any]:
        if given["request_id"] in self.requests:
            return {}
        order = self._waiting(given["order_id"])
        bought = {line["order_id"]: line["item_num"] for line in order["sku_order_list"]}
        for pack in given["pack_list"]:
            lines = [(one["shipped_order_id"], one["shipped_num"]) for one in pack["shipped_order_info"]]
            if any(pieces > bought.get(name, 0) for name, pieces in lines):
                raise Fault(50002, "isv.business-failed:num", "待发货数不足")
            self._pack(given["order_id"], pack, lines)
        self.requests.add(given["request_id"])
        return {}

    def _waiting(self, order_id: str) -> dict[str, Any]:
        order: dict[str, Any] | None = self.detail({"shop_order_id": order_id})["shop_order_detail"]
        if order is None or order["order_status"] not in (2, 101):
            raise Fault(50002, "isv.business-failed:status", "订单状态不允许发货")
        return order

    def _pack(self, order_id: str, given: Given, lines: list[tuple[str, int]]) -> dict[str, Any]:
        if given["company_code"] not in records.COMPANIES.values():
            raise Fault(50002, "isv.business-failed:company", "物流公司不存在")
        info = [{"sku_order_id": name, "product_count": pieces} for name, pieces in lines]
        told = self.parcels.setdefault(order_id, [])
        told.append(
            {
                "tracking_no": given["logistics_code"],
                "company": given["company_code"],
                "delivery_id": f"{order_id}-{len(told)}",
                "ship_time": records.seconds(self.state.now),
                "product_info": info,
            }
        )
        return {}


def _signature(asked: Mapping[str, str], param_json: str) -> str:
    secret = SECRETS["app_secret"]
    own = {"app_key": asked["app_key"], "method": asked["method"], "param_json": param_json}
    own |= {"timestamp": asked["timestamp"], "v": asked["v"]}
    text = secret + "".join(name + own[name] for name in sorted(own)) + secret
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _page(given: Given, first: int) -> tuple[int, int]:
    page, size = given.get("page"), given.get("size")
    if not isinstance(page, int) or page < first or not isinstance(size, int) or not 1 <= size <= 100:
        raise Fault(40004, "isv.parameter-invalid", f"page from {first}, size from 1 to 100")
    return page, size
