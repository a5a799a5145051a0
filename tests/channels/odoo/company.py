"""A company that sells through Odoo, a few records on loopback. Searches follow references as Odoo's do, in any direction."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sluice.sandbox.host import on_loopback

Record = dict[str, Any]
REFERS = {
    "partner_id": "res.partner", "partner_shipping_id": "res.partner", "currency_id": "res.currency",
    "warehouse_id": "stock.warehouse", "order_id": "sale.order", "product_id": "product.product", "product_uom": "uom.uom",
    "uom_id": "uom.uom", "product_tmpl_id": "product.template", "sale_id": "sale.order", "location_id": "stock.location",
    "location_dest_id": "stock.location", "picking_type_id": "stock.picking.type", "sale_line_id": "sale.order.line",
    "sale_line_ids": "sale.order.line", "move_id": "account.move", "reversed_entry_id": "account.move",
    "invoice_ids": "account.move", "carrier_id": "delivery.carrier", "picking_id": "stock.picking",
}  # fmt: skip
COMPARED = {
    "=": lambda found, value: found == value or (value is False and not found),
    "!=": lambda found, value: not (found == value or (value is False and not found)),
    "in": lambda found, value: found in value,
    "not in": lambda found, value: found not in value,
    ">=": lambda found, value: bool(found) and found >= value,
    "<": lambda found, value: bool(found) and found < value,
    ">": lambda found, value: bool(found) and found > value,
}


@dataclass
class Company:
    """`models` is records by id, by model; stamps may hold parts of a second, which are compared and not shown. Searches of the
    `mistaken` model are answered as the one before was; `methods` are those that write."""

    models: dict[str, dict[int, Record]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    secret: tuple[str, ...] = ()
    mistaken: str = ""
    before: dict[str, list[Record]] = field(default_factory=dict)
    knows_json2: bool = False
    methods: Mapping[str, Callable[["Company", str, list[int], dict[str, Any]], Any]] = field(default_factory=dict)

    def put(self, model: str, id: int, /, **values: Any) -> None:
        """Write a record, or some of its fields."""
        self.models.setdefault(model, {}).setdefault(id, {"id": id}).update(values)

    def search(self, model: str, domain: list[Any]) -> list[Record]:
        return [record for record in self.models[model].values() if self._matches(model, record, domain)]

    def _matches(self, model: str, record: Record, domain: list[Any]) -> bool:
        stack: list[bool] = []
        for term in reversed(domain):
            if term == "|":
                first, second = stack.pop(), stack.pop()
                stack.append(first or second)
            else:
                path, sign, value = term
                found = self._along(record, path.split("."))
                stack.append(any(COMPARED[sign](one, value) for one in found or [False]))
        return all(stack)

    def _along(self, record: Record, path: list[str]) -> list[Any]:
        name, *rest = path
        values = record[name] if isinstance(record[name], list) else [record[name]]
        if not rest:
            return values
        return [end for id in values if id for end in self._along(self.models[REFERS[name]][id], rest)]

    def _shown(self, model: str, record: Record, fields: list[str]) -> Record:
        return {name: self._value(model, name, record[name]) for name in ["id", *fields]}

    def _value(self, model: str, name: str, value: Any) -> Any:
        there = "stock.move" if (model, name) == ("stock.move.line", "move_id") else REFERS.get(name)
        if there and isinstance(value, int) and value is not False:
            return [value, self.models[there][value].get("name") or False]
        return value[:19] if name.endswith("_date") and value else value

    async def answer(self, request: Request) -> JSONResponse:
        call = (await request.json())["params"]
        if call["service"] == "common":
            return JSONResponse({"result": 6})
        return JSONResponse(self._said(*call["args"][3:]))

    def _said(self, model: str, method: str, positional: list[Any], named: dict[str, Any]) -> dict[str, Any]:
        """The envelope of JSON-RPC."""
        self.asked.append((model, method, named))
        if model not in self.models:
            data = {"name": "odoo.exceptions.UserError", "message": f"Object {model} doesn't exist"}
            return {"error": {"code": 200, "message": "Odoo Server Error", "data": data}}
        if method == "fields_get":
            names = {name for record in self.models[model].values() for name in record}
            return {"result": {name: {"type": "char"} for name in names}}
        if model in self.secret:
            data = {"name": "odoo.exceptions.AccessError", "message": f"You are not allowed to access '{model}' records."}
            return {"error": {"code": 200, "message": "Odoo Server Error", "data": data}}
        if positional:
            return self._told(model, method, positional[0], named)
        if model != self.mistaken:
            self.before[model] = self.search(model, named["domain"])
        found = list(self.before[model])
        for name in reversed([part.split()[0] for part in named["order"].split(",")]):
            found.sort(key=lambda record, name=name: record[name])
        return {"result": [self._shown(model, record, named["fields"]) for record in found[: named["limit"] or None]]}

    async def answer_newer(self, request: Request) -> Response:
        """JSON-2: the ids of records stand among the arguments."""
        named = {"domain": [], "order": "id", "limit": None} | await request.json()
        ids = [named.pop("ids")] if "ids" in named else []
        model, method = request.path_params["model"], request.path_params["method"]
        said = self._said(model, method, ids, named)
        if "error" in said:
            data = said["error"]["data"]
            missing = data["message"].endswith("doesn't exist")
            return JSONResponse({**data, "name": "werkzeug.exceptions.NotFound"} if missing else data, 404 if missing else 422)
        return JSONResponse(said["result"])

    def _told(self, model: str, method: str, ids: list[int], named: dict[str, Any]) -> dict[str, Any]:
        """What is done with records, rather than read of them."""
        try:
            return {"result": self.methods[method](self, model, ids, named)}
        except ValueError as fault:
            data = {"name": "odoo.exceptions.UserError", "message": str(fault)}
            return {"error": {"code": 200, "message": "Odoo Server Error", "data": data}}

    @contextmanager
    def serving(self) -> Iterator[str]:
        newer = [Route("/json/2/{model}/{method}", self.answer_newer, methods=["POST"])] if self.knows_json2 else []
        with on_loopback(Starlette(routes=[Route("/jsonrpc", self.answer, methods=["POST"]), *newer])) as address:
            yield address


def lamps() -> Company:
    """Orders of every kind, by their number: 1 paid and sent, with tax on top, 10 % off and postage; 2 with tax in its prices,
    sent in part; 3 a dozen, of which two came back; 4 cancelled; 5 and 6 on one invoice, half paid; 7 a quotation."""
    odoo = Company()
    odoo.put("res.currency", 7, name="USD")
    odoo.put("res.users", 6, name="Sluice")
    odoo.put("res.company", 1, name="Lamps")
    odoo.put("delivery.carrier", 1, name="DHL")
    odoo.put("res.partner", 1, name="Ann", email="ann@example.com", phone=False, city="Turin", country_code="IT", active=True,
             state_id=False)  # fmt: skip
    odoo.put(
        "res.partner", 2, name=False, email=False, phone=False, city="Milan", country_code="IT", active=False, state_id=False
    )
    for id, usage in ((1, "internal"), (2, "customer")):
        odoo.put("stock.location", id, usage=usage)
    odoo.put("stock.warehouse", 1, name="Main", code="WH", sequence=1, partner_id=False)
    odoo.put("stock.picking.type", 1, name="Deliveries", code="outgoing", warehouse_id=1, active=True)
    odoo.put("uom.uom", 1, name="Units", factor=1.0, factor_inv=1.0, active=True)
    odoo.put("uom.uom", 2, name="Dozens", factor=0.08333333333333333, factor_inv=12.0, active=True)
    for id, sku in ((1, "LAMP"), (2, "BULB")):
        odoo.put("product.product", id, default_code=sku, display_name=sku, product_tmpl_id=id, active=True, standard_price=1.0,
                 price_extra=0.0, weight=0.1, uom_id=1, barcode=False, write_date="2026-01-01 00:00:00")  # fmt: skip
        odoo.put("product.template", id, name=sku)
    odoo.put("stock.move", 99, sale_line_id=False, product_id=1, product_qty=5.0, state="done", to_refund=False, location_id=1)
    _order(odoo, 1, 27.0, 2.7, delivery_status="full", invoice_status="invoiced", invoice_ids=[1])
    _line(odoo, 1, 1, 1, 2.0, 10.0, 18.0, 1.8, discount=10.0, qty_delivered=2.0)
    _line(odoo, 2, 1, 2, 1.0, 5.0, 5.0, 0.5, qty_delivered=1.0)
    _line(odoo, 3, 1, 2, 1.0, 4.0, 4.0, 0.4, is_delivery=True, qty_delivered_method="manual")
    _picking(odoo, 1, 1, "done", carrier_id=1, carrier_tracking_ref="T1")
    _invoice(odoo, 1, "paid", 29.7, 0.0, {1: (2.0, 19.8), 2: (1.0, 5.5), 3: (1.0, 4.4)})
    _order(odoo, 2, 30.0, 6.0, delivery_status="partial", invoice_status="to invoice")
    _line(odoo, 4, 2, 1, 3.0, 12.0, 30.0, 6.0, qty_delivered=1.0)
    _picking(odoo, 2, 2, "done")
    _picking(odoo, 3, 2, "assigned", date_done=False)
    _order(odoo, 3, 100.0, 0.0, delivery_status="full", invoice_status="invoiced", invoice_ids=[2, 3])
    _line(odoo, 5, 3, 1, 1.0, 100.0, 100.0, 0.0, product_uom=2, qty_delivered=0.8333333333333334)
    _picking(odoo, 4, 3, "done")
    odoo.put("stock.move", 1, sale_line_id=5, product_id=1, product_qty=2.0, state="done", to_refund=True, location_id=2)
    _invoice(odoo, 2, "paid", 100.0, 0.0, {5: (1.0, 100.0)})
    _invoice(odoo, 3, "paid", 20.0, 0.0, {5: (0.16666666666666666, 16.67)}, move_type="out_refund", reversed_entry_id=2)
    _order(odoo, 4, 8.0, 0.0, state="cancel", delivery_status=False, invoice_status="no")
    _line(odoo, 6, 4, 2, 1.0, 8.0, 8.0, 0.0)
    for id, amount in ((5, 60.0), (6, 40.0)):
        _order(odoo, id, amount, 0.0, delivery_status="pending", invoice_status="invoiced", invoice_ids=[4])
        _line(odoo, id + 2, id, 1, 1.0, amount, amount, 0.0)
    _invoice(odoo, 4, "partial", 100.0, 50.0, {7: (1.0, 60.0), 8: (1.0, 40.0)})
    _order(odoo, 7, 9.0, 0.0, state="draft", delivery_status=False, invoice_status="no")
    _line(odoo, 9, 7, 2, 1.0, 9.0, 9.0, 0.0)
    return odoo


def _order(odoo: Company, id: int, untaxed: float, tax: float, **values: Any) -> None:
    given: Record = {"state": "sale", "partner_id": 1, "partner_shipping_id": 2, "currency_id": 7, "warehouse_id": 1}
    given |= {"invoice_ids": [], "write_date": f"2026-03-0{id} 12:00:00.25"}
    odoo.put("sale.order", id, name=f"S{id:05}", amount_untaxed=untaxed, amount_tax=tax, amount_total=round(untaxed + tax, 2),
             date_order=f"2026-03-0{id} 10:00:00", commitment_date=False, **(given | values))  # fmt: skip


def _line(
    odoo: Company, id: int, order: int, product: int, quantity: float, price: float, subtotal: float, tax: float, **values: Any
) -> None:
    given = {"discount": 0.0, "qty_delivered": 0.0, "product_uom": 1, "is_delivery": False, "is_downpayment": False}
    given |= {"display_type": False, "qty_delivered_method": "stock_move"}
    odoo.put("sale.order.line", id, order_id=order, sequence=10, name=f"Line {id}", product_id=product, product_uom_qty=quantity,
             price_unit=price, price_subtotal=subtotal, price_tax=tax, price_total=round(subtotal + tax, 2),
             write_date=f"2026-03-0{order} 12:00:00.25", **(given | values))  # fmt: skip


def _picking(odoo: Company, id: int, order: int, state: str, **values: Any) -> None:
    given = {"date_done": f"2026-03-1{id} 09:00:00", "carrier_id": False, "carrier_tracking_ref": False}
    odoo.put("stock.picking", id, name=f"WH/OUT/{id}", state=state, sale_id=order, picking_type_id=1, location_dest_id=2,
             write_date=f"2026-03-1{id} 09:00:00.5", **(given | values))  # fmt: skip


def _invoice(
    odoo: Company, id: int, payment: str, total: float, residual: float, lines: dict[int, tuple[float, float]], **values: Any
) -> None:
    given = {"move_type": "out_invoice", "state": "posted", "reversed_entry_id": False, "ref": False, "currency_id": 7}
    odoo.put("account.move", id, name=f"INV/{id}", payment_state=payment, amount_total=total, amount_residual=residual,
             invoice_date="2026-03-20", create_date="2026-03-20 08:00:00", write_date=f"2026-03-2{id} 08:00:00.75",
             **(given | values))  # fmt: skip
    for line, (quantity, amount) in lines.items():
        odoo.put("account.move.line", id * 100 + line, move_id=id, sale_line_ids=[line], quantity=quantity, price_subtotal=amount,
                 price_total=amount)  # fmt: skip
