"""JD's gateway on loopback: one address, signed calls, errors inside HTTP 200, windows of a month, JD's own spelling."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.catalogue import Shop
from sluice.sandbox.jd import records
from sluice.sandbox.state import SandboxState

SECRETS = {"app_key": "sandbox-jd-key", "app_secret": "sandbox-jd-secret", "access_token": "sandbox-jd-token"}
REFRESH = "sandbox-jd-refresh"
SHOP = Shop("jd", "main", "CNY", "Asia/Shanghai", "marketplace", 0.3)
SKEW = timedelta(minutes=6)
GRACE = timedelta(minutes=1)
CONTAINER = "paramOrderJSFQuery"
SPOILED = {"orderInfoList": "orderSellerPrice", "data": "stockNum"}
COMMON = {"360buy_param_json", "access_token", "app_key", "method", "timestamp", "v", "sign"}

Asked = Mapping[str, Any]
Records = list[tuple[datetime, dict[str, Any]]]


class Fault(Exception):
    """An error_response."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.answer = {"code": code, "zh_desc": zh, "en_desc": en}


def app(state: SandboxState) -> Starlette:
    """The gateway for `state`; mounted by the sandbox's host."""
    methods = _Methods(state)

    async def answer(request: Request) -> Response:
        form = dict(request.query_params) | dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        try:
            body = methods.answer(form)
        except Fault as fault:
            body = msgspec.json.encode({"error_response": fault.answer})
        return Response(body, media_type="application/json;charset=utf-8")

    async def renew(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True)) | dict(request.query_params)
        return Response(msgspec.json.encode(methods.renew(form)), media_type="application/json")

    routes = [
        Route("/routerjson", answer, methods=["POST"]),
        Route("/oauth2/refresh_token", renew, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes)


class _Index:
    """What the shop shows at one moment of the clock, each list by the time that it is asked for by."""

    def __init__(self, state: SandboxState) -> None:
        view = state.view(SHOP.channel, SHOP.shop)
        listings = state.world.listings.filter(channel=SHOP.channel, shop=SHOP.shop)
        titles = dict(zip(listings["listing_id"], listings["title"], strict=True))
        documents = view.documents(view.orders)
        shown = [(one, records.order(one, titles)) for one in documents]
        self.orders = {str(record["orderId"]): record for _, record in shown}
        self.created = _sorted([(one["created_at"], record) for one, record in shown])
        self.changed = _sorted([(one["updated_at"], record) for one, record in shown])
        self.applied = _sorted(
            [(back["requested_at"], records.service(one, back)) for one in documents for back in one["refunds"]]
        )
        self.skus = listings.filter(pl.col("listed_at") <= view.now).sort("listed_at", "listing_id").to_dicts()


class _Methods:
    """The APIs: each gives what its answer's one key holds."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.sent: dict[str, str] = {}
        self.granted = {SECRETS["access_token"]}
        self.refresh = REFRESH
        self.known: dict[str, tuple[Callable[[Asked], dict[str, Any]], set[str]]] = {
            "jingdong.pop.order.search": (
                self.search,
                {
                    "order_state",
                    "optional_fields",
                    "source_id",
                    "page",
                    "page_size",
                    "start_date",
                    "end_date",
                    "dateType",
                    "sortType",
                },
            ),
            "jingdong.pop.order.get": (self.order, {"order_id", "optional_fields", "source_id"}),
            "jingdong.pop.order.shipment": (self.ship, {"orderId", "logiCoprId", "logiNo"}),
            "jingdong.asc.serviceAndRefund.view": (
                self.services,
                {"orderId", "applyTimeBegin", "applyTimeEnd", "approveTimeBegin", "approveTimeEnd", "pageNumber", "pageSize"},
            ),
            "jingdong.sku.read.searchSkuList": (self.skus, {"skuId", "pageNo", "page_size", "field"}),
            "jingdong.stock.write.updateSkuStock": (self.write_stock, {"skuId", "stockNum", "storeId"}),
            "jingdong.ware.stock.sku.set": (self.set_stock, {"req"}),
        }

    def answer(self, form: Mapping[str, str]) -> bytes:
        self.state.join(SHOP)
        method = form.get("method", "")
        if method not in self.known:
            raise Fault("10", "无效的方法", "Invalid method")
        self._admit(form)
        give, allowed = self.known[method]
        asked = msgspec.json.decode(form["360buy_param_json"])
        asked = asked.get(CONTAINER, asked)
        unknown = set(asked) - allowed | (set(form) - COMMON)
        if unknown:
            raise Fault("40", f"无效的参数 {sorted(unknown)}", f"Invalid arguments {sorted(unknown)}")
        return msgspec.json.encode({f"{method.replace('.', '_')}_responce": {"code": "0"} | give(asked)})

    def renew(self, form: Mapping[str, str]) -> dict[str, Any]:
        """New tokens for a refresh token, which is good for once."""
        app = {name: SECRETS[name] for name in ("app_key", "app_secret")} | {"grant_type": "refresh_token"}
        if any(form.get(name) != value for name, value in app.items()):
            return {"code": 401, "msg": "app_key或app_secret错误", "requestId": "sandbox"}
        if form.get("refresh_token") != self.refresh:
            return {"code": 402, "msg": "refresh_token不存在或已过期", "requestId": "sandbox"}
        number = len(self.granted)
        token, self.refresh = f"sandbox-jd-token-{number}", f"{REFRESH}-{number}"
        self.granted.add(token)
        return {
            "access_token": token,
            "refresh_token": self.refresh,
            "expires_in": 86_400,
            "scope": "snsapi_base",
            "open_id": "o",
        }

    def _admit(self, form: Mapping[str, str]) -> None:
        missing = sorted(COMMON - set(form))
        if missing:
            raise Fault("40", f"缺少参数 {missing}", f"Missing arguments {missing}")
        if form["app_key"] != SECRETS["app_key"]:
            raise Fault("21", "无效的app_key", "Invalid app_key")
        if form["sign"] != _signature(form):
            raise Fault("25", "无效签名", "Invalid signature")
        sent = _moment(form, "timestamp")
        if min(abs(sent - now) for now in (self.state.now, datetime.now(UTC))) > SKEW:
            raise Fault("31", "timestamp时间戳超出有效期", "Invalid timestamp")
        if self.state.faults.refused(SHOP.channel) or form["access_token"] not in self.granted:
            raise Fault("19", "access_token已过期", "access_token expired")
        if self.state.faults.take(SHOP.channel, "throttle"):
            raise Fault("22", "API调用频率超过限制", "call limit reached")
        if self.state.faults.take(SHOP.channel, "server_error"):
            raise Fault("65", "平台连接后端服务超时，请稍后重试", "service timeout")

    @property
    def index(self) -> _Index:
        return self.state.cached((SHOP.channel, SHOP.shop, "index"), lambda: _Index(self.state))

    def search(self, asked: Asked) -> dict[str, Any]:
        start, end = _moment(asked, "start_date"), _moment(asked, "end_date")
        by_creation = asked.get("dateType") == 1
        if not isinstance(asked.get("page"), str) or not isinstance(asked.get("page_size"), str):
            return _failed("searchorderinfo_result", "page和page_size必须是字符串")
        if not start < end <= start + timedelta(days=31):
            return _failed("searchorderinfo_result", "查询时间跨度不能超过一个月")
        history = timedelta(days=731 if by_creation else 92)
        if start < self.state.now - history - GRACE:
            return _failed("searchorderinfo_result", "只能查询最近的订单")
        if int(asked["page_size"]) > 100:
            return _failed("searchorderinfo_result", "page_size不能超过100")
        states = str(asked.get("order_state", "")).split(",")
        kept = _between(self.index.created if by_creation else self.index.changed, start, end)
        rows = [one for one in kept if states == ["ALL"] or one["orderState"] in states]
        rows = rows[::-1] if asked.get("sortType") == 1 else rows
        fields = set(str(asked.get("optional_fields", "")).split(","))
        chosen = [self._fields(one, fields) for one in _page(rows, int(asked["page"]), int(asked["page_size"]))]
        result = {"apiResult": _SUCCESS, "orderTotal": len(rows), "orderInfoList": self._spoiled("orderInfoList", chosen)}
        return {"searchorderinfo_result": result}

    def order(self, asked: Asked) -> dict[str, Any]:
        held = self.index.orders.get(str(asked["order_id"]))
        if held is None:
            return _failed("orderDetailInfo", "订单不存在")
        number = str(asked["order_id"])
        if number in self.sent:
            held = held | {"orderState": "WAIT_GOODS_RECEIVE_CONFIRM", "waybill": self.sent[number]}
        fields = set(asked["optional_fields"].split(","))
        return {"orderDetailInfo": {"apiResult": _SUCCESS, "orderInfo": self._fields(held, fields)}}

    def ship(self, asked: Asked) -> dict[str, Any]:
        held = self.index.orders.get(str(asked["orderId"]))
        if held is None or held["orderState"] != "WAIT_SELLER_STOCK_OUT" or str(asked["orderId"]) in self.sent:
            return _failed("sopjosshipment_result", "订单状态不允许出库")
        if int(asked["logiCoprId"]) not in records.CARRIERS.values():
            return _failed("sopjosshipment_result", "物流公司不存在")
        self.sent[str(asked["orderId"])] = asked["logiNo"]
        return {"sopjosshipment_result": {"success": True}}

    def services(self, asked: Asked) -> dict[str, Any]:
        start, end = _moment(asked, "applyTimeBegin"), _moment(asked, "applyTimeEnd")
        if not timedelta(0) < end - start <= timedelta(days=7) or not 1 <= asked["pageSize"] <= 50:
            return _failed("pageResult", "申请时间跨度不能超过7天")
        rows = _between(self.index.applied, start, end)[::-1]
        chosen = _page(rows, asked["pageNumber"], asked["pageSize"])
        return {"pageResult": {"success": True, "code": "00000", "totalCount": len(rows), "data": chosen}}

    def skus(self, asked: Asked) -> dict[str, Any]:
        rows: Sequence[Mapping[str, Any]] = self.index.skus
        if asked.get("skuId"):
            rows = [one for one in rows if one["listing_id"] == str(asked["skuId"])]
        fields = set(asked["field"].split(","))
        shown = [
            self._fields(
                records.sku(one, self.state.published.get((SHOP.channel, SHOP.shop, one["listing_id"], None), 0)), fields
            )
            for one in _page(rows, asked["pageNo"], asked["page_size"])
        ]
        return {"page": {"data": self._spoiled("data", shown), "totalItem": len(rows), "pageNo": asked["pageNo"]}}

    def write_stock(self, asked: Asked) -> dict[str, Any]:
        return {"success": True} if self._stock(asked) else _failed("result", "sku不存在")

    def set_stock(self, asked: Asked) -> dict[str, Any]:
        if asked["req"].get("updateModel") != "fullStockIn":
            return _failed("returnType", "updateModel")
        done = [
            {"data": str(one["skuId"]), "success": self._stock(one), "message": "sku不存在"} for one in asked["req"]["skuStocks"]
        ]
        return {"returnType": {"success": True, "obj": {"updateStockResult": done}}}

    def _stock(self, one: Asked) -> bool:
        if str(one["skuId"]) not in {sku["listing_id"] for sku in self.index.skus} or one["stockNum"] < 0:
            return False
        self.state.published[SHOP.channel, SHOP.shop, str(one["skuId"]), None] = one["stockNum"]
        return True

    def _fields(self, record: Mapping[str, Any], fields: set[str]) -> dict[str, Any]:
        return {name: value for name, value in record.items() if name in fields}

    def _spoiled(self, name: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The list with as many malformed records as are planned."""
        count = self.state.faults.take_all(SHOP.channel, "malformed") if found else 0
        return [one | {SPOILED[name]: "面议"} for one in found[:count]] + found[count:]


_SUCCESS = {"success": True, "chineseErrCode": "成功", "numberCode": 0}


def _failed(name: str, text: str) -> dict[str, Any]:
    return {name: {"apiResult": {"success": False, "chineseErrCode": text, "englishErrCode": "failed", "numberCode": 10400003}}}


def _sorted(timed: Records) -> Records:
    return sorted(timed, key=lambda one: one[0])


def _between(timed: Records, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """From `start` to `end`, both included, oldest first."""
    low = bisect_left(timed, start, key=lambda one: one[0])
    high = bisect_right(timed, end, key=lambda one: one[0])
    return [record for _, record in timed[low:high]]


def _page(found: Sequence[Any], number: int, size: int) -> list[Any]:
    return list(found[(number - 1) * size : number * size])


def _signature(form: Mapping[str, str]) -> str:
    text = "".join(name + value for name, value in sorted(form.items()) if name != "sign")
    return hashlib.md5(f"{SECRETS['app_secret']}{text}{SECRETS['app_secret']}".encode()).hexdigest().upper()


def _moment(asked: Asked, name: str) -> datetime:
    try:
        return datetime.strptime(asked.get(name, ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=records.BEIJING)
    except ValueError:
        raise Fault("40", f"无效的参数 {name}", f"Invalid arguments {name}") from None
