"""Taobao's TOP gateway on loopback: one address, signed calls, errors inside HTTP 200, the limits of the real one.

Trades are told for three months (`index.earliest`), while the world's history is longer. The list of refunds is held to
those trades as well, since a refund without its trade would only be half a truth.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.state import SandboxState
from sluice.sandbox.taobao.index import GRACE, Index, Rows, earliest
from sluice.sandbox.taobao.parcels import Parcels
from sluice.sandbox.taobao.sessions import Sessions

SECRETS = {"app_key": "12345678", "app_secret": "sandbox-taobao-secret", "session": "sandbox-taobao-session"}
CHANNEL, SHOP = "taobao", "flagship"
BEIJING = timezone(timedelta(hours=8))
SKEW = timedelta(minutes=10)
BAN = 1
"""Seconds that a planned rate limit lasts."""
DEFAULT_TYPES = "guarantee_trade,auto_delivery,ec,cod,step"
REFUND_TYPES = "guarantee_trade,auto_delivery"
SPOILED = {"trade": "payment", "refund": "refund_fee", "item": "price"}
"""The amount that a malformed record of each kind has words in."""

Form = Mapping[str, str]


class Fault(Exception):
    """An error_response."""

    def __init__(self, code: int, msg: str, sub_code: str = "", sub_msg: str = "") -> None:
        super().__init__(msg)
        self.answer = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg, "request_id": "sandbox"}


def app(state: SandboxState) -> Starlette:
    """The gateway for `state`; mounted by the sandbox's host."""
    methods = _Methods(state)

    async def answer(request: Request) -> Response:
        # parameters of the gateway may stand in the address, as Taobao's own SDK puts them
        body = (await request.body()).decode()
        form = dict(request.query_params) | dict(parse_qsl(body, keep_blank_values=True))
        try:
            answered = _wrapped(form, methods.answer(form))
        except Fault as fault:
            answered = msgspec.json.encode({"error_response": fault.answer})
        return Response(answered, media_type="application/json;charset=utf-8")

    return Starlette(routes=[Route("/router/rest", answer, methods=["POST"])])


def _wrapped(form: Form, inside: str) -> bytes:
    name = form["method"].removeprefix("taobao.").replace(".", "_") + "_response"
    return f'{{"{name}":{{{inside},"request_id":"sandbox"}}}}'.encode()


class _Methods:
    """The APIs. Each gives the members of its answer as JSON without the braces."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.parcels = Parcels()
        self.sessions = Sessions(SECRETS["session"])
        self.known: dict[str, Callable[[Form], str]] = {
            "taobao.time.get": self.time,
            "taobao.top.auth.token.refresh": self.renew,
            "taobao.trades.sold.increment.get": self.changed_trades,
            "taobao.trades.sold.get": self.created_trades,
            "taobao.refunds.receive.get": self.changed_refunds,
            "taobao.items.onsale.get": self.items_on_sale,
            "taobao.items.seller.list.get": self.items,
            "taobao.skus.quantity.update": self.set_skus,
            "taobao.item.quantity.update": self.set_item,
            "taobao.trade.fullinfo.get": self.whole_trade,
            "taobao.logistics.offline.send": self.send,
        }

    def answer(self, form: Form) -> str:
        self._admit(form)
        if form["method"] not in self.known:
            raise Fault(22, "Invalid method")
        return self.known[form["method"]](form)

    def _admit(self, form: Form) -> None:
        for code, name in ((21, "method"), (28, "app_key"), (30, "timestamp"), (24, "sign")):
            if not form.get(name):
                raise Fault(code, f"Missing {name}")
        if form["app_key"] != SECRETS["app_key"]:
            raise Fault(29, "Invalid app Key")
        if form["sign"] != _signature(form):
            raise Fault(25, "Invalid signature")
        # Taobao's own SDK stamps its calls in milliseconds
        stamp = form["timestamp"]
        sent = datetime.fromtimestamp(int(stamp) / 1000, UTC) if stamp.isdigit() else _moment(form, "timestamp")
        if min(abs(sent - now) for now in (self.state.now, datetime.now(UTC))) > SKEW:
            raise Fault(31, "Invalid timestamp")
        if self.state.faults.refused(CHANNEL) or not self.sessions.admit(form):
            raise Fault(27, "Invalid session", "invalid-sessionkey", "SessionKey is invalid or has expired")
        if self.state.faults.take(CHANNEL, "throttle"):
            text = f"This ban will last for {BAN} more seconds"
            raise Fault(7, "App Call Limited", "accesscontrol.limited-by-api-access-count", text)
        if self.state.faults.take(CHANNEL, "server_error"):
            raise Fault(15, "Remote service error", "isp.top-remote-connection-timeout", "the service did not answer")

    @property
    def index(self) -> Index:
        world = self.state.world

        def build() -> Index:
            ours = world.listings.filter(channel=CHANNEL, shop=SHOP)
            weights = dict(zip(world.products["sku"], world.products["weight_g"], strict=True))
            return Index(self.state.view(CHANNEL, SHOP), ours, weights)

        return self.state.cached((CHANNEL, SHOP, "index"), build)

    def time(self, form: Form) -> str:
        return f'"time":"{self.state.now.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"'

    def renew(self, form: Form) -> str:
        if found := self.sessions.renew(form):
            return found
        raise Fault(15, "Remote service error", "isv.refresh-token-invalid", "the refresh token is not valid")

    def changed_trades(self, form: Form) -> str:
        start, end = self._window(form, "start_modified", "end_modified")
        if end - start > timedelta(days=1):
            raise _invalid("end_modified", "the span must not be longer than one day")
        rows = _of_types(self.index.by_modified.between(start, end), self.index.is_step, form.get("type") or DEFAULT_TYPES)
        return self._listed(form, "trades", "trade", rows, self.index.render_trades, spoil=True)

    def created_trades(self, form: Form) -> str:
        start, end = self._window(form, "start_created", "end_created")
        rows = _of_types(self.index.by_created.between(start, end), self.index.is_step, form.get("type") or DEFAULT_TYPES)
        return self._listed(form, "trades", "trade", rows, self.index.render_trades)

    def changed_refunds(self, form: Form) -> str:
        start, end = self._window(form, "start_modified", "end_modified")
        found = self.index.refunds_by_modified.between(start, end)
        rows = _of_types(found, self.index.refund_is_step, form.get("type") or REFUND_TYPES)
        return self._listed(form, "refunds", "refund", rows, self.index.render_refunds, spoil=True)

    def items_on_sale(self, form: Form) -> str:
        ids = [product for (product,) in self.index.items]
        if form.get("order_by", "list_time:desc") == "list_time:desc":
            ids.reverse()
        number, size = _number(form, "page_no", 1, 1, 10**6), _number(form, "page_size", 40, 1, 200)
        chosen = ids[(number - 1) * size : number * size]
        return self._records("items", "item", [self._item(one, form["fields"]) for one in chosen], total=len(ids))

    def items(self, form: Form) -> str:
        ids = form["num_iids"].split(",")
        if len(ids) > 20:
            raise _invalid("num_iids", "at most 20")
        found = [self._item(one, form["fields"]) for one in ids if (one,) in self.index.items]
        return self._records("items", "item", self._spoiled("item", found))

    def set_skus(self, form: Form) -> str:
        numbers = dict(pair.split(":") for pair in form["skuid_quantities"].split(";"))
        if len(numbers) > 20:
            raise _invalid("skuid_quantities", "at most 20")
        if form["num_iid"] in self.index.plain or (form["num_iid"],) not in self.index.items:
            raise Fault(15, "Remote service error", "isv.item-is-delete:invalid-numIid", "no such item")
        listings = set(self.index.items[form["num_iid"],]["listing_id"])
        wrong = [sku for sku in numbers if sku not in listings]
        if wrong:
            raise Fault(15, "Remote service error", "isv.invalid-parameter:sku", f"{wrong[0]} is no sku of this item")
        return self._set(form, {sku: _quantity(text) for sku, text in numbers.items()})

    def set_item(self, form: Form) -> str:
        if form["num_iid"] not in self.index.plain or (form["num_iid"],) not in self.index.items:
            raise Fault(15, "Remote service error", "isv.item-is-delete:invalid-numIid", "no such item, or it has skus")
        listing = self.index.items[form["num_iid"],]["listing_id"][0]
        return self._set(form, {listing: _quantity(form["quantity"])})

    def whole_trade(self, form: Form) -> str:
        trade = self._trade(form["tid"], form["fields"])
        return f'"trade":{msgspec.json.encode(trade).decode()}'

    def send(self, form: Form) -> str:
        for name in ("out_sid", "company_code"):
            if not form.get(name):
                raise Fault(40, f"Missing required arguments:{name}")
        trade = self._trade(form["tid"], "tid,status,orders.oid,orders.status")
        orders = [one for one in form.get("sub_tid", "").split(",") if one]
        if bool(orders) != (form.get("is_split", "0") == "1"):
            raise _invalid("is_split", "1 goes with sub_tid")
        wrong = self.parcels.send(trade, orders, form["out_sid"])
        if wrong:
            raise Fault(15, "Remote service error", wrong, "the trade's status allows no dispatch")
        return '"shipping":{"is_success":true}'

    def _trade(self, tid: str, fields: str) -> dict[str, Any]:
        """A trade as it is, with what was told of its parcels."""
        rows = (self.index.trades["order_id"] == tid).arg_true().to_numpy()
        if not len(rows):
            raise Fault(15, "Remote service error", "isv.trade-not-exist", "no such trade")
        (text,) = self.index.render_trades(rows, fields)
        return self.parcels.shown(msgspec.json.decode(text))

    def _set(self, form: Form, quantities: Mapping[str, int]) -> str:
        if form.get("type", "1") != "1":
            raise _invalid("type", "the sandbox takes whole quantities only")
        for listing, quantity in quantities.items():
            self.state.published[CHANNEL, SHOP, listing, None] = quantity
        return '"item":' + self._item(form["num_iid"], "num_iid,num,modified,sku.sku_id,sku.quantity,sku.modified")

    def _item(self, product_id: str, fields: str) -> str:
        listings = self.index.items[product_id,]["listing_id"]
        quantities = {one: self.state.published.get((CHANNEL, SHOP, one, None), 0) for one in listings}
        return self.index.render_item(product_id, quantities, fields)

    def _window(self, form: Form, first: str, last: str) -> tuple[datetime, datetime]:
        start, end = _moment(form, first), _moment(form, last)
        if start < earliest(self.state.now) - GRACE:
            raise _invalid(first, "only trades of the last three months are told")
        if end < start:
            raise _invalid(last, f"must not be before {first}")
        return start, end

    def _listed(
        self, form: Form, plural: str, singular: str, rows: Rows, render: Callable[[Rows, str], list[str]], spoil: bool = False
    ) -> str:
        number, size = _number(form, "page_no", 1, 1, 10**6), _number(form, "page_size", 40, 1, 100)
        if not form.get("fields"):
            raise Fault(40, "Missing required arguments:fields")
        records = render(rows[(number - 1) * size : number * size], form["fields"])
        records = self._spoiled(singular, records) if spoil else records
        if form.get("use_has_next") == "true":
            return self._records(plural, singular, records, has_next=number * size < len(rows))
        return self._records(plural, singular, records, total=len(rows))

    def _spoiled(self, singular: str, records: list[str]) -> list[str]:
        """The answer with as many malformed records as are planned."""
        count = self.state.faults.take_all(CHANNEL, "malformed") if records else 0
        broken: list[dict[str, Any]] = [msgspec.json.decode(record) for record in records[:count]]
        return [msgspec.json.encode(one | {SPOILED[singular]: "面议"}).decode() for one in broken] + records[count:]

    def _records(
        self, plural: str, singular: str, records: list[str], total: int | None = None, has_next: bool | None = None
    ) -> str:
        """A list as the platform writes it: what is empty is left out."""
        members = [f'"{plural}":{{"{singular}":[{",".join(records)}]}}'] if records else []
        if total is not None:
            members.append(f'"total_results":{total}')
        if has_next is not None:
            members.append(f'"has_next":{"true" if has_next else "false"}')
        return ",".join(members) or '"total_results":0'


def _signature(form: Form) -> str:
    text = "".join(name + value for name, value in sorted(form.items()) if name != "sign")
    secret = SECRETS["app_secret"]
    if form.get("sign_method", "md5") == "md5":
        return hashlib.md5(f"{secret}{text}{secret}".encode()).hexdigest().upper()
    digest = "sha256" if form["sign_method"] == "hmac-sha256" else "md5"
    return hmac.new(secret.encode(), text.encode(), digest).hexdigest().upper()


def _of_types(rows: Rows, is_step: Any, types: str) -> Rows:
    """Rows of the kinds of trade that were asked for: presales are `step`, all others count as guaranteed trades."""
    wanted = types.split(",")
    if "guarantee_trade" in wanted and "step" in wanted:
        return rows
    chosen: Rows = rows[is_step[rows] if "step" in wanted else ~is_step[rows]]
    return chosen


def _moment(form: Form, name: str) -> datetime:
    try:
        return datetime.strptime(form.get(name, ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise _invalid(name, "write yyyy-MM-dd HH:mm:ss") from None


def _number(form: Form, name: str, default: int, low: int, high: int) -> int:
    text = form.get(name) or str(default)
    if not text.isdigit() or not low <= int(text) <= high:
        raise _invalid(name, f"from {low} to {high}")
    return int(text)


def _quantity(text: str) -> int:
    if not text.isdigit():
        raise _invalid("quantity", "must not be negative")
    return int(text)


def _invalid(name: str, allowed: str) -> Fault:
    return Fault(41, f"Invalid arguments:{name}", "isv.invalid-parameter", f"{name}: {allowed}")
