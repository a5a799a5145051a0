"""WooCommerce's REST API v3 on loopback: its paths, limits, headers and errors, over a store that may keep orders in two ways."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.paged import matching, ordered
from sluice.sandbox.state import SandboxState
from sluice.sandbox.woocommerce.keys import Denied, Keys
from sluice.sandbox.woocommerce.records import Record
from sluice.sandbox.woocommerce.store import SHOP, Store

CHANNEL = SHOP.channel
SECRETS = {"consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox", "webhook_secret": "sandbox-woocommerce-webhook"}
READING = {"consumer_key": "ck_reading", "consumer_secret": "cs_reading"}
"""A key that may not write."""
BATCH = 100
WRITING = ("POST", "PUT", "DELETE")
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")
ORDERBY = {"date": "created_at", "modified": "modified_at", "id": "id", "registered_date": "created_at"}
LIMITS: dict[str, tuple[str, Callable[[pl.Expr, Any], pl.Expr]]] = {
    "after": ("created_at", lambda column, moment: column > moment),
    "before": ("created_at", lambda column, moment: column < moment),
    "modified_after": ("modified_at", lambda column, moment: column > moment),
    "modified_before": ("modified_at", lambda column, moment: column < moment),
}
"""All of them exclusive."""


class Fault(Exception):
    """An error as WordPress answers it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status}}


def app(state: SandboxState, hpos: bool = True) -> Starlette:
    """The shop for `state`; mounted by the sandbox's host. `hpos` is whether orders have tables of their own."""
    return Starlette(routes=Server(state, Store(state, hpos)).routes())


class Server:
    """Answers one shop's requests."""

    def __init__(self, state: SandboxState, store: Store) -> None:
        self.state = state
        self.store = store
        pairs = ((SECRETS, True), (READING, False))
        self.keys = Keys({one["consumer_key"]: (one["consumer_secret"], writes) for one, writes in pairs})

    def routes(self) -> list[Route]:
        api = "/wp-json/wc/v3"
        found: list[tuple[str, Callable[[Request, Any], Response], str]] = [
            ("orders", self.orders, "GET"),
            ("orders/{id:int}", self.order, "GET"),
            ("orders/{id:int}", self.change_order, "PUT"),
            ("orders/{id:int}", self.delete_order, "DELETE"),
            ("orders/{id:int}/refunds", self.refunds, "GET"),
            ("orders/{id:int}/refunds/{refund:int}", self.delete_refund, "DELETE"),
            ("customers", self.customers, "GET"),
            ("products", self.products, "GET"),
            ("products/batch", self.change_products, "POST"),
            ("products/{id:int}/variations", self.variations, "GET"),
            ("products/{id:int}/variations/batch", self.change_variations, "POST"),
            ("settings/products/woocommerce_weight_unit", self.weight_unit, "GET"),
        ]
        return [Route(f"{api}/{path}", self._endpoint(one, method), methods=[method]) for path, one, method in found]

    def _endpoint(self, answer: Callable[[Request, Any], Response], method: str) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            faults = self.state.faults
            if faults.take(CHANNEL, "throttle"):
                return Response("<html>Too many requests</html>", 429, {"Retry-After": "0.1"}, "text/html")
            if faults.take(CHANNEL, "server_error"):
                return _json({"code": "internal_server_error", "message": "A critical error", "data": 500}, 500)
            try:
                if faults.refused(CHANNEL):
                    raise Denied("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
                may_write = self.keys.may_write(request, self.state.now)
                if method in WRITING and not may_write:
                    raise Denied("woocommerce_rest_authentication_error", "The API key provided does not have write permissions.")
                content = msgspec.json.decode(await request.body()) if method in ("POST", "PUT") else None
                return answer(request, content)
            except Denied as fault:
                return _json({"code": fault.code, "message": str(fault), "data": {"status": 401}}, 401)
            except Fault as fault:
                return _json(fault.body, fault.status)

        return endpoint

    def orders(self, request: Request, _: Any) -> Response:
        status = request.query_params.get("status", "any")
        if status not in ("any", "trash"):
            raise _invalid("status") if status not in STATUSES else Fault(501, "sandbox", "any and trash are all it filters by")
        rows = self.store.orders(bin=status == "trash")
        return self._listed(request, rows, self.store.order_records, spoil="_fields" not in request.query_params)

    def order(self, request: Request, _: Any) -> Response:
        return _json(self.store.order_records(self._order(request))[0])

    def change_order(self, request: Request, content: Any) -> Response:
        row = self._order(request, 400)
        status = content.get("status")
        if status is not None and status not in STATUSES:
            raise _invalid("status")
        edit = self.store.edit(row["id"][0], moves=status is not None or self.store.hpos)
        edit.status = status or edit.status
        if "meta_data" in content:
            kept = {one["key"]: one for one in self.store.order_records(row)[0]["meta_data"]}
            edit.meta_data = list((kept | {one["key"]: {"id": 99, **one} for one in content["meta_data"]}).values())
        return _json(self.store.order_records(self._order(request))[0])

    def delete_order(self, request: Request, _: Any) -> Response:
        row = self._order(request)
        edit = self.store.edit(row["id"][0], moves=True)
        record = self.store.order_records(row)[0]
        if request.query_params.get("force", "false").lower() in ("true", "1"):
            edit.deleted = True
        else:
            edit.status = "trash"
        return _json(record)

    def refunds(self, request: Request, _: Any) -> Response:
        found = self.store.refund_records(self._order(request))
        return self._paged(request, found, len(found))

    def delete_refund(self, request: Request, _: Any) -> Response:
        """The order's stamp stays as it was, wherever orders are kept."""
        row = self._order(request)
        self.store.edit(row["id"][0], moves=False).refunds_deleted.add(request.path_params["refund"])
        return _json({"id": request.path_params["refund"]})

    def customers(self, request: Request, _: Any) -> Response:
        if request.query_params.get("orderby", "name") not in ("id", "registered_date", "include", "name"):
            raise _invalid("orderby")
        return self._listed(request, self.store.customers(), self.store.customer_records)

    def products(self, request: Request, _: Any) -> Response:
        return self._listed(request, self.store.products(), self.store.product_records)

    def variations(self, request: Request, _: Any) -> Response:
        number = request.path_params["id"]
        if number not in self.store.products()["id"]:
            raise Fault(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        found = self.store.variation_records(str(number))
        asked = request.query_params.get("include")
        found = [one for one in found if not asked or str(one["id"]) in asked.split(",")]
        return self._paged(request, found, len(found))

    def change_products(self, request: Request, content: Any) -> Response:
        known = {str(one) for one in self.store.products()["id"]}
        return self._batch(content, known, "product")

    def change_variations(self, request: Request, content: Any) -> Response:
        known = {str(one["id"]) for one in self.store.variation_records(str(request.path_params["id"]))}
        if not known:
            raise Fault(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        return self._batch(content, known, "product_variation")

    def weight_unit(self, request: Request, _: Any) -> Response:
        return _json({"id": "woocommerce_weight_unit", "label": "Weight unit", "type": "select", "default": "kg", "value": "kg"})

    def _batch(self, content: Any, known: set[str], kind: str) -> Response:
        updates = content.get("update", [])
        if len(updates) > BATCH:
            raise Fault(413, "woocommerce_rest_request_entity_too_large", f"Unable to accept more than {BATCH} items.")
        return _json({"update": [self._set(one, known, kind) for one in updates]} if updates else {})

    def _set(self, wanted: Record, known: set[str], kind: str) -> Record:
        number = str(wanted["id"])
        fault = None
        if number not in known:
            fault = {"code": f"woocommerce_rest_{kind}_invalid_id", "message": "Invalid ID.", "data": {"status": 400}}
        elif not isinstance(wanted["stock_quantity"], int):
            fault = {"code": "rest_invalid_param", "message": "Invalid parameter(s): stock_quantity", "data": {"status": 400}}
        elif wanted.get("manage_stock"):
            self.store.set_quantity(number, wanted["stock_quantity"])
        return {"id": wanted["id"], "error": fault} if fault else {"id": wanted["id"], "stock_quantity": wanted["stock_quantity"]}

    def _order(self, request: Request, status: int = 404) -> pl.DataFrame:
        number = request.path_params["id"]
        for rows in (self.store.orders(), self.store.orders(bin=True)):
            found = rows.filter(pl.col("id") == number)
            if len(found):
                return found
        raise Fault(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")

    def _listed(
        self, request: Request, rows: pl.DataFrame, render: Callable[[pl.DataFrame], list[Record]], spoil: bool = False
    ) -> Response:
        """A page of rows, filtered and sorted as asked."""
        asked = request.query_params
        by, order = asked.get("orderby", "date"), asked.get("order", "desc")
        if by not in ORDERBY or ORDERBY[by] not in rows.columns:
            raise _invalid("orderby")
        if order not in ("asc", "desc"):
            raise _invalid("order")
        number, size = _number(request, "page", 1, 10**6), _number(request, "per_page", 10, 100)
        keys = [ORDERBY[by], "id"] if by in ("date", "modified") else [ORDERBY[by]]
        rows = ordered(self.state, (CHANNEL, request.url.path), rows, keys, order == "desc")
        told = matching(rows, *_asked(request, rows.columns))
        found = render(rows[told.slice((number - 1) * size, size)])
        if spoil and found and self.state.faults.take(CHANNEL, "malformed"):
            found[0] |= {"total": "much"}
        return self._answer(request, found, len(told), number, size)

    def _paged(self, request: Request, found: list[Record], total: int) -> Response:
        number, size = _number(request, "page", 1, 10**6), _number(request, "per_page", 10, 100)
        return self._answer(request, found[(number - 1) * size : number * size], total, number, size)

    def _answer(self, request: Request, found: list[Record], total: int, number: int, size: int) -> Response:
        # Past the last page orders in tables of their own count as none.
        total = 0 if not found and number > 1 and self.store.hpos and request.url.path.endswith("/orders") else total
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(-(-total // size))}
        names = request.query_params.get("_fields")
        wanted: Iterable[Record] = found
        if names:
            wanted = [{name: one[name] for name in names.split(",") if name in one} for one in found]
        return _json(list(wanted), headers=headers)


def _asked(request: Request, columns: list[str]) -> Iterator[pl.Expr]:
    """What must hold of a row for this request."""
    asked = request.query_params
    for name, (column, compared) in LIMITS.items():
        if name in asked and column in columns:
            if asked.get("dates_are_gmt") != "true":
                raise Fault(501, "sandbox", "it knows UTC only")
            try:
                moment = datetime.strptime(asked[name], "%Y-%m-%dT%H:%M:%S")
            except ValueError:
                raise _invalid(name) from None
            yield compared(pl.col(column), pl.lit(moment).dt.replace_time_zone("UTC"))
    if "include" in asked:
        yield pl.col("id").is_in([int(one) for one in asked["include"].split(",")])


def _number(request: Request, name: str, default: int, high: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= high:
        raise _invalid(name)
    return int(text)


def _invalid(name: str) -> Fault:
    return Fault(400, "rest_invalid_param", f"Invalid parameter(s): {name}")


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, "application/json")
