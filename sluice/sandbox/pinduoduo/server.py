"""Pinduoduo's gateway on loopback: one address, signed calls, errors inside HTTP 200, half-hour windows, a short memory."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.pinduoduo import index, records
from sluice.sandbox.state import SandboxState
from sluice.sandbox.view import ShopView

SECRETS = {
    "client_id": "sandbox-pdd-client",
    "client_secret": "sandbox-pdd-secret",
    "access_token": "sandbox-pdd-token",
    "refresh_token": "sandbox-pdd-refresh",
}
SHOP = Shop("pinduoduo", "main", "CNY", "Asia/Shanghai", "marketplace", 0.1, index.OPENED)
SINCE = index.OPENED
"""Before this there was no such shop."""
RENEWED = "sandbox-pdd-token-renewed"
"""The access token that a refresh token is exchanged for."""
SKEW = 600
"""Seconds."""
COMMON = {"type", "client_id", "access_token", "timestamp", "data_type", "version", "sign"}
WINDOW = {"start_updated_at", "end_updated_at", "page", "page_size"}
SPOILED = {"order_sn_list": "pay_amount", "order_list": "pay_amount", "refund_list": "refund_amount", "goods_list": "is_onsale"}

Form = Mapping[str, str]


def told(view: ShopView) -> tuple[pl.DataFrame, pl.Series]:
    """The orders that the platform tells of at the view's time, and its ids of them."""
    orders = index.told(view)
    rows = orders.select("created_at", "order_id").iter_rows(named=True)
    return orders, pl.Series("order_id", [records.number(row) for row in rows], dtype=pl.String)


class Fault(Exception):
    """An error_response."""

    def __init__(self, code: int, text: str, sub: str = "") -> None:
        super().__init__(text)
        self.answer = {"error_code": code, "error_msg": text, "sub_code": None, "sub_msg": sub or text, "request_id": "sandbox"}


def app(state: SandboxState) -> Starlette:
    """The gateway for `state`; mounted by the sandbox's host."""
    methods = _Methods(state)

    async def answer(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True)) | dict(request.query_params)
        try:
            body = methods.answer(form)
        except Fault as fault:
            body = msgspec.json.encode({"error_response": fault.answer})
        return Response(body, media_type="application/json;charset=utf-8")

    return Starlette(routes=[Route("/api/router", answer, methods=["POST"])])


class _Methods:
    """The APIs: each gives what its answer's one key holds, as JSON. Named beside them: that key, and the parameters it takes."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.sent: dict[str, tuple[str, str]] = {}
        many = {"order_status", "refund_status", "page", "page_size", "trade_type", "use_has_next"}
        self.known: dict[str, tuple[str, Callable[[Form], bytes], set[str]]] = {
            "pdd.time.get": ("time_get_response", self.time, set()),
            "pdd.pop.auth.token.refresh": ("pop_auth_token_refresh_response", self.refresh, {"refresh_token"}),
            "pdd.order.number.list.increment.get": (
                "order_sn_increment_get_response",
                self.changed,
                many | WINDOW | {"is_lucky_flag"},
            ),
            "pdd.order.list.get": ("order_list_get_response", self.confirmed, many | {"start_confirm_at", "end_confirm_at"}),
            "pdd.order.information.get": ("order_info_get_response", self.order, {"order_sn"}),
            "pdd.refund.list.increment.get": (
                "refund_increment_get_response",
                self.cases,
                WINDOW | {"after_sales_status", "after_sales_type"},
            ),
            "pdd.goods.list.get": ("goods_list_get_response", self.goods, {"page", "page_size", "outer_id", "is_onsale"}),
            "pdd.goods.quantity.update": (
                "goods_quantity_update_response",
                self.set,
                {"goods_id", "sku_id", "outer_id", "quantity", "update_type"},
            ),
            "pdd.logistics.companies.get": ("logistics_companies_get_response", self.carriers, set()),
            "pdd.logistics.online.send": (
                "logistics_online_send_response",
                self.send,
                {"order_sn", "logistics_id", "tracking_number"},
            ),
        }

    def answer(self, form: Form) -> bytes:
        self.state.join(SHOP)
        method = form.get("type", "")
        if method not in self.known:
            raise Fault(10001, "公共参数错误:type")
        name, give, allowed = self.known[method]
        self._admit(form, is_open=method in ("pdd.time.get", "pdd.pop.auth.token.refresh"))
        unknown = set(form) - COMMON - allowed
        if unknown:
            raise Fault(50001, "业务服务错误", f"参数错误: {', '.join(sorted(unknown))}")
        return b'{"%s":%s}' % (name.encode(), give(form))

    def _admit(self, form: Form, is_open: bool) -> None:
        for name in ("client_id", "timestamp", "sign"):
            if not form.get(name):
                raise Fault(10001, f"公共参数错误:{name}")
        if form["client_id"] != SECRETS["client_id"]:
            raise Fault(10001, "公共参数错误:client_id")
        if form["sign"] != _signature(form):
            raise Fault(20004, "签名sign校验失败")
        sent = _number(form, "timestamp")
        if min(abs(sent - now.timestamp()) for now in (self.state.now, datetime.now(UTC))) > SKEW:
            raise Fault(10001, "公共参数错误:timestamp")
        if is_open:
            return
        if self.state.faults.refused(SHOP.channel) or form.get("access_token") not in (SECRETS["access_token"], RENEWED):
            raise Fault(10019, "access_token已过期")
        if self.state.faults.take(SHOP.channel, "throttle"):
            raise Fault(70031, "调用过于频繁，请调整调用频率")
        if self.state.faults.take(SHOP.channel, "server_error"):
            raise Fault(52102, "当前接口暂时不可用，请稍后重试")

    @property
    def index(self) -> index.Index:
        def build() -> index.Index:
            ours = self.state.world.listings.filter(channel=SHOP.channel, shop=SHOP.shop)
            return index.Index(self.state.view(SHOP.channel, SHOP.shop), ours)

        return self.state.cached((SHOP.channel, SHOP.shop, "index"), build)

    def time(self, form: Form) -> bytes:
        return msgspec.json.encode({"time": records.local(self.state.now)})

    def refresh(self, form: Form) -> bytes:
        if form.get("refresh_token") != SECRETS["refresh_token"]:
            raise Fault(10019, "refresh_token已过期")
        token = {"access_token": RENEWED, "refresh_token": SECRETS["refresh_token"], "expires_in": 86_400}
        return msgspec.json.encode(token)

    def changed(self, form: Form) -> bytes:
        start, end = _window(form, "start_updated_at", "end_updated_at", 1_800)
        return self._listed(form, "order_sn_list", self.index.changed.between(start, end))

    def confirmed(self, form: Form) -> bytes:
        start, end = _window(form, "start_confirm_at", "end_confirm_at", 86_400)
        return self._listed(form, "order_list", self.index.confirmed.between(start, end))

    def cases(self, form: Form) -> bytes:
        start, end = _window(form, "start_updated_at", "end_updated_at", 1_800)
        status = _number(form, "after_sales_status")
        found = self.index.cases.between(start, end)
        if status != 1:
            found = [one for one in found if msgspec.json.decode(one)["after_sales_status"] == status]
        return self._listed(form, "refund_list", found)

    def order(self, form: Form) -> bytes:
        return msgspec.json.encode({"order_info": self._order(form["order_sn"])})

    def goods(self, form: Form) -> bytes:
        products: Sequence[str] = list(self.index.goods)
        if form.get("outer_id"):
            products = [self.index.goods_of[form["outer_id"]]] if form["outer_id"] in self.index.goods_of else []
        chosen, total = _page(form, products), len(products)
        quantities = {key[2]: count for key, count in self.state.published.items() if key[0] == SHOP.channel}
        found = [msgspec.json.encode(records.page(self.index.goods[one], quantities)) for one in chosen]
        return self._records("goods_list", found, total=total)

    def set(self, form: Form) -> bytes:
        skus = {one["listing_id"] for one in self.index.goods.get(form.get("goods_id", ""), [])}
        if form.get("sku_id") not in skus:
            raise Fault(50001, "业务服务错误", "sku不存在")
        quantity = form.get("quantity", "")
        if form.get("update_type", "1") != "1" or not quantity.isdigit():
            raise Fault(50001, "业务服务错误", "库存不能小于0")
        self.state.published[SHOP.channel, SHOP.shop, form["sku_id"], None] = int(quantity)
        return b'{"is_success":true}'

    def carriers(self, form: Form) -> bytes:
        shown = [
            {"id": number, "logistics_company": name, "code": code, "available": 1}
            for number, name, code in records.CARRIERS.values()
        ]
        return msgspec.json.encode({"logistics_companies": shown})

    def send(self, form: Form) -> bytes:
        order = self._order(form["order_sn"])
        if order["order_status"] != 1 or order["confirm_status"] != 1:
            raise Fault(50001, "业务服务错误", "订单状态不是待发货")
        if int(form["logistics_id"]) not in {number for number, *_ in records.CARRIERS.values()}:
            raise Fault(50001, "业务服务错误", "快递公司不支持")
        self.sent[form["order_sn"]] = form["logistics_id"], form["tracking_number"]
        return b'{"is_success":true}'

    def _order(self, number: str) -> dict[str, Any]:
        if number not in self.index.orders:
            raise Fault(50001, "业务服务错误", "订单不存在")
        order = self.index.orders[number]
        if number in self.sent:
            carrier, tracking = self.sent[number]
            order = order | {"order_status": 2, "logistics_id": int(carrier), "tracking_number": tracking}
        return order

    def _listed(self, form: Form, name: str, found: list[bytes]) -> bytes:
        if form.get("use_has_next") == "true":
            number, size = _number(form, "page", 1), _number(form, "page_size", 100)
            return self._records(name, _page(form, found), has_next=number * size < len(found))
        return self._records(name, _page(form, found), total=len(found))

    def _records(self, name: str, found: list[bytes], total: int | None = None, has_next: bool | None = None) -> bytes:
        """A list, with as many malformed records as are planned."""
        for at in range(min(len(found), self.state.faults.take_all(SHOP.channel, "malformed") if found else 0)):
            found[at] = msgspec.json.encode(msgspec.json.decode(found[at]) | {SPOILED[name]: "面议"})
        count = b'"total_count":%d' % total if total is not None else b'"has_next":%s' % (b"true" if has_next else b"false")
        return b'{"%s":[%s],%s}' % (name.encode(), b",".join(found), count)


def _signature(form: Form) -> str:
    text = "".join(name + value for name, value in sorted(form.items()) if name != "sign")
    return hashlib.md5(f"{SECRETS['client_secret']}{text}{SECRETS['client_secret']}".encode()).hexdigest().upper()


def _window(form: Form, first: str, last: str, longest: int) -> tuple[int, int]:
    start, end = _number(form, first), _number(form, last)
    if not 0 <= end - start <= longest:
        raise Fault(50001, "业务服务错误", f"{last}: 时间跨度不超过{longest}秒")
    return start, end


def _page(form: Form, found: Sequence[Any]) -> list[Any]:
    number, size = _number(form, "page", 1), _number(form, "page_size", 100)
    if number < 1 or not 1 <= size <= 100:
        raise Fault(50001, "业务服务错误", "page_size最大100")
    return list(found[(number - 1) * size : number * size])


def _number(form: Form, name: str, default: int | None = None) -> int:
    text = form.get(name) or ("" if default is None else str(default))
    if not text.isdigit():
        raise Fault(50001, "业务服务错误", f"参数错误: {name}")
    return int(text)
