"""Medusa's Admin API on loopback: offsets, fields by sign, errors as {type, message}, unknown parameters passed over."""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import polars as pl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sluice.sandbox.medusa.records import Record, pieces, shown
from sluice.sandbox.medusa.store import SHOP, Store
from sluice.sandbox.paged import matching, ordered
from sluice.sandbox.state import SandboxState

CHANNEL = SHOP.channel
SECRETS = {"api_key": "sk_sandbox"}
BY_ITSELF = {
    "orders": "id display_id status version summary total metadata created_at updated_at items payment_status fulfillment_status",
    "customers": "id email first_name last_name phone has_account created_at updated_at",
    "product-variants": "id title sku weight manage_inventory product created_at updated_at",
    "stock-locations": "id name",
}
"""Fields that come without being asked for. An order's currency is not among them."""
COMPARED: dict[str, Callable[[pl.Expr, datetime], pl.Expr]] = {
    "$gte": lambda column, moment: column >= moment,
    "$gt": lambda column, moment: column > moment,
    "$lte": lambda column, moment: column <= moment,
    "$lt": lambda column, moment: column < moment,
}


class Fault(Exception):
    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"type": kind, "message": message}


def app(state: SandboxState) -> Starlette:
    """The server for `state`; mounted by the sandbox's host."""
    return Starlette(routes=Server(state).routes())


class Server:
    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.store = Store(state)

    def routes(self) -> list[Route]:
        found: list[tuple[str, Callable[[Request, Any], Record], str]] = [
            ("orders/{id}", self.order, "GET"),
            ("orders/{id}/fulfillments", self.fulfil, "POST"),
            ("orders/{id}/fulfillments/{fulfillment}/shipments", self.ship, "POST"),
            ("inventory-items", lambda request, content: {"inventory_items": [], "count": 0, "offset": 0, "limit": 20}, "GET"),
            ("inventory-items/{id}", self.item, "GET"),
            ("inventory-items/{id}/location-levels/{place}", self.set_level, "POST"),
        ]
        lists = [Route(f"/admin/{name}", self._endpoint(self._lister(name), "GET")) for name in BY_ITSELF]
        return lists + [Route(f"/admin/{path}", self._endpoint(one, method), methods=[method]) for path, one, method in found]

    def _endpoint(self, answer: Callable[[Request, Any], Record], method: str) -> Callable[[Request], Any]:
        key = base64.b64encode(f"{SECRETS['api_key']}:".encode()).decode()

        async def endpoint(request: Request) -> Response:
            faults = self.state.faults
            if faults.take(CHANNEL, "throttle"):
                return Response("Too many requests", 429, {"Retry-After": "0.1"}, "text/plain")
            if faults.take(CHANNEL, "server_error"):
                return _json({"code": "unknown_error", "type": "unknown_error", "message": "An unknown error occurred."}, 500)
            if faults.refused(CHANNEL) or request.headers.get("authorization") != f"Basic {key}":
                return _json({"message": "Unauthorized"}, 401)
            try:
                content = msgspec.json.decode(await request.body()) if method == "POST" else None
                return _json(answer(request, content))
            except Fault as fault:
                return _json(fault.body, fault.status)

        return endpoint

    def _lister(self, name: str) -> Callable[[Request, Any], Record]:
        def answer(request: Request, _: Any) -> Record:
            asked = request.query_params
            rows, by = self.store.rows(name), asked.get("order", "id")
            keys = [by.lstrip("-"), "id"] if by.lstrip("-") in rows.columns else ["id"]
            rows = ordered(self.state, (CHANNEL, name), rows, keys, by.startswith("-"))
            told = matching(rows, *_asked(request))
            offset, limit = _number(request, "offset", 0), _number(request, "limit", 20)
            found = self.store.render(name, rows[told.slice(offset, limit)])
            shown = [_selected(one, asked.get("fields", ""), name) for one in found]
            if (
                name == "orders"
                and shown
                and "*items" in asked.get("fields", "")
                and self.state.faults.take(CHANNEL, "malformed")
            ):
                shown[0]["items"][0]["raw_unit_price"]["value"] = "much"
            listed = "variants" if name == "product-variants" else name.replace("-", "_")
            return {listed: shown, "count": len(told), "offset": offset, "limit": limit}

        return answer

    def order(self, request: Request, _: Any) -> Record:
        number = request.path_params["id"]
        rows = self.store.rows("orders").filter(pl.col("id") == number)
        if not len(rows):
            raise Fault(404, "not_found", f"Order id not found: {number}")
        (record,) = self.store.render("orders", rows)
        return {"order": _selected(record, request.query_params.get("fields", ""), "orders")}

    def fulfil(self, request: Request, content: Any) -> Record:
        number = request.path_params["id"]
        known = {item["id"] for item in self.order(request, None)["order"]["items"]}
        unknown = [one["id"] for one in content["items"] if one["id"] not in known]
        if unknown:
            raise Fault(400, "invalid_data", f"Items with ids {', '.join(unknown)} does not exist in order with id {number}.")
        made = {
            "id": f"ful_{number}_{len(self.store.parcels.get(number, []))}",
            "location_id": content.get("location_id"),
            "provider_id": "manual_manual",
            "created_at": shown(self.state.now),
            "packed_at": shown(self.state.now),
            "shipped_at": None,
            "delivered_at": None,
            "canceled_at": None,
            "items": [pieces(one["id"], one["quantity"]) for one in content["items"]],
            "labels": [],
        }
        self.store.tell(number, made)
        return self.order(request, None)

    def ship(self, request: Request, content: Any) -> Record:
        parcels = self.store.parcels.get(request.path_params["id"], [])
        parcel = next((one for one in parcels if one["id"] == request.path_params["fulfillment"]), None)
        if parcel is None:
            raise Fault(404, "not_found", "Fulfillment not found")
        if parcel["shipped_at"]:
            raise Fault(400, "not_allowed", "Shipment has already been created")
        labels = [{"id": f"fulla_{parcel['id']}", **label} for label in content.get("labels", [])]
        parcel |= {"shipped_at": shown(self.state.now), "labels": labels}
        return self.order(request, None)

    def item(self, request: Request, _: Any) -> Record:
        number = request.path_params["id"]
        levels = self.store.levels(number)
        if levels is None:
            raise Fault(404, "not_found", f"Inventory item with id: {number} was not found")
        return {"inventory_item": {"id": number, "location_levels": levels}}

    def set_level(self, request: Request, content: Any) -> Record:
        number, place = request.path_params["id"], request.path_params["place"]
        stocked = content["stocked_quantity"]
        if not isinstance(stocked, int) or stocked < 0:
            raise Fault(400, "invalid_data", "Invalid request: stocked_quantity")
        if not self.store.set_stocked(number, place, stocked):
            raise Fault(404, "not_found", f"Item {number} is not stocked at location {place}")
        return self.item(request, None)


def _asked(request: Request) -> Iterator[pl.Expr]:
    """What must hold of a row for this request."""
    asked = request.query_params
    for column in ("created_at", "updated_at"):
        for sign, compared in COMPARED.items():
            text = asked.get(f"{column}[{sign}]")
            if text:
                yield compared(pl.col(column), datetime.fromisoformat(text))
    ids = asked.getlist("id[]")
    if ids:
        yield pl.col("id").is_in(ids)


def _selected(record: Record, fields: str, name: str) -> Record:
    """By sign: `+x` and `*x` add, a bare name drops what comes by itself. What does not exist is passed over."""
    names = [one for one in fields.split(",") if one]
    bare = [one for one in names if one[0] not in "+*"]
    wanted = set(bare or BY_ITSELF[name].split()) | {one.lstrip("+*").split(".")[0] for one in names}
    return {key: value for key, value in record.items() if key in wanted}


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit():
        raise Fault(400, "invalid_data", f"Invalid request: Expected type: 'number' for field '{name}', got: '{text}'")
    return int(text)


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, None, "application/json; charset=utf-8")
