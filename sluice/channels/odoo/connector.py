"""Odoo, the company's ERP: products, warehouses, stock, purchases and kits in, over its own RPC.

It takes no quotas. Each model is read by its own stamps (`changes.py`), or whole, as far as this server has it (`reader.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.odoo import contract, sales, ship
from sluice.channels.odoo.changes import changes, stamps
from sluice.channels.odoo.either import Either
from sluice.channels.odoo.json2 import Json2
from sluice.channels.odoo.reader import Reader, Wire
from sluice.channels.odoo.records import records
from sluice.channels.odoo.rpc import Domain, NoModel, Rpc
from sluice.channels.odoo.sales import Sales
from sluice.channels.protocol import (
    Answer,
    ChannelError,
    Connection,
    Connector,
    Cursor,
    Dispatch,
    OrderClaim,
    Page,
    Quota,
    Stream,
)
from sluice.channels.transport import Transport

NOTHING = b'{"jsonrpc": "2.0", "result": []}'


class Options(BaseModel):
    """`page_size` is records a call. `company` is the id of the one company to read, of several in a database; `language` the
    code (zh_CN) of the language that names are read in. `sales` reads orders that were placed in Odoo: off where they are the
    shops' own, which are read from the shops. `protocol` is how Odoo is spoken to: json2 since Odoo 19, jsonrpc until Odoo 21,
    auto what this server and this key know."""

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    company: int | None = None
    language: str | None = None
    sales: bool = False
    protocol: Literal["auto", "jsonrpc", "json2"] = "auto"


@dataclass(frozen=True, slots=True)
class Model:
    """Where a stream's records are. `linked_from` (model, field) limits them to those referred to there; an `optional` model
    belongs to an app that need not be installed, and so does the field that it `needs`."""

    stream: Stream
    name: str
    domain: tuple[Any, ...] = ()
    linked_from: tuple[str, str] | None = None
    optional: bool = False
    needs: str | None = None


def _changing(name: str, record: type[Struct], model: str, *domain: Any, **more: Any) -> Model:
    return Model(Stream(name, record, key=("id",), version="write_date"), model, domain, **more)


def _snapshot(name: str, record: type[Struct], model: str, *domain: Any, **more: Any) -> Model:
    return Model(Stream(name, record, key=("id",), snapshot=True), model, domain, **more)


ANY_STATE = ["active", "in", [True, False]]
MODELS = (
    _changing("products", contract.Product, "product.product", ANY_STATE),
    _changing("templates", contract.Template, "product.template", ANY_STATE),
    _snapshot("warehouses", contract.Warehouse, "stock.warehouse"),
    _snapshot("addresses", contract.Address, "res.partner", ANY_STATE, linked_from=("stock.warehouse", "partner_id")),
    _snapshot("locations", contract.Location, "stock.location", ["usage", "=", "internal"], ANY_STATE),
    _snapshot("units", contract.Unit, "uom.uom", ANY_STATE),
    _snapshot("operation_types", contract.OperationType, "stock.picking.type", ANY_STATE),
    _snapshot("points_of_sale", contract.PointOfSale, "pos.config", optional=True),
    _snapshot("quants", contract.Quant, "stock.quant", ["location_id.usage", "=", "internal"]),
    _changing("purchase_orders", contract.PurchaseOrder, "purchase.order", optional=True),
    _changing("purchase_order_lines", contract.PurchaseOrderLine, "purchase.order.line", optional=True),
    _changing(
        "receipts",
        contract.Receipt,
        "stock.move",
        ["purchase_line_id", "!=", False],
        ["location_id.usage", "=", "supplier"],
        needs="purchase_line_id",
    ),
    _snapshot("boms", contract.Bom, "mrp.bom", ["type", "=", "phantom"], optional=True),
    _snapshot("bom_lines", contract.BomLine, "mrp.bom.line", ["bom_id.type", "=", "phantom"], optional=True),
)
BY_STREAM = {model.stream.name: model for model in MODELS}


class _Linked(Struct):
    result: list[dict[str, Any]]


@dataclass(frozen=True)
class Odoo:
    """An open connection to one company."""

    reader: Reader
    options: Options
    now: Callable[[], datetime]

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now, or the whole of a snapshot. Raises Refused, ChannelError."""
        if stream.name == sales.STREAM.name:
            return self.sales.pages(cursor) if self.options.sales else iter(())
        model = BY_STREAM[stream.name]
        if self._is_missing(model):
            return iter([Page(NOTHING, complete=stream.snapshot)])
        return self._snapshot(model) if stream.snapshot else self._changes(model, cursor)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders that were placed in [since, until), where sales are read. Raises Refused, ChannelError."""
        return self.sales.claims(since, until) if self.options.sales else iter(())

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now. Raises Refused, ChannelError."""
        return self.sales.again(ids) if self.options.sales else iter(())

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Raises ChannelError: stock in Odoo is counted, not published."""
        raise ChannelError("Odoo takes no quotas: it is where stock is counted, not where it is sold")

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Validate transfers of sales, one answer a parcel; telling one again changes nothing. Raises Refused, ChannelError."""
        return ship.ship(self.reader, dispatches)

    def check(self) -> Iterator[str]:
        """What this user may not read, what is not there, and companies that would run together. Raises Refused, ChannelError."""
        self.reader.offered("res.users")  # with a wrong password nothing more can be said
        wanted = [(model.name, model.stream.record) for model in MODELS if not (model.optional and self._is_missing(model))]
        for name, record in [*wanted, *(sales.MODELS if self.options.sales else ())]:
            try:
                self.reader.read(name, record, [], limit=1)
            except NoModel:
                yield f"Odoo has no {name}: install the app that it belongs to."
            except ChannelError as fault:
                yield f"{name} can't be read. {fault}"
        companies = msgspec.json.decode(self.reader.rows("res.company", ["name"], []), type=_Linked).result
        if self.options.company is None and len(companies) > 1:
            names = ", ".join(f"{company['name']} ({company['id']})" for company in companies)
            yield f"This user sees several companies, whose stock would be read as one: {names}. Name one in the option company."

    @property
    def sales(self) -> Sales:
        return Sales(self.reader, self.options.page_size, self.now)

    def _is_missing(self, model: Model) -> bool:
        """Whether the app that this belongs to is not installed. Raises NoModel where it must be."""
        try:
            offered = self.reader.offered(model.name)
        except NoModel:
            if not model.optional:
                raise
            return True
        return model.needs is not None and model.needs not in offered

    def _snapshot(self, model: Model) -> Iterator[Page]:
        """By id, so that what is written meanwhile shifts nothing."""
        last, full = 0, True
        while full:
            body = self._read(model, [*self._linked(model), ["id", ">", last]], "id asc")
            found = stamps(body)
            full = len(found) == self.options.page_size
            last = found[-1].id if found else last
            yield Page(body, complete=not full)

    def _changes(self, model: Model, cursor: Cursor | None) -> Iterator[Page]:
        def read(conditions: Domain, order: str) -> bytes:
            return self._read(model, conditions, order)

        for body, place in changes(read, self.options.page_size, self.now, cursor):
            yield Page(body, place)

    def _read(self, model: Model, conditions: Domain, order: str) -> bytes:
        return self.reader.read(model.name, model.stream.record, [*model.domain, *conditions], order, self.options.page_size)

    def _linked(self, model: Model) -> Domain:
        if model.linked_from is None:
            return []
        name, field = model.linked_from
        answer = msgspec.json.decode(self.reader.rows(name, [field], []), type=_Linked)
        return [["id", "in", sorted({row[field][0] for row in answer.result if row.get(field)})]]


def connect(connection: Connection) -> Odoo:
    """Open a connection; nothing is asked yet."""
    secrets, options = connection.secrets, connection.options
    transport, database = Transport(connection.url.rstrip("/")), secrets["database"]
    older, newer = Rpc(transport, database, secrets["user"], secrets["password"]), Json2(transport, database, secrets["password"])
    wires: dict[str, Wire] = {"jsonrpc": older, "json2": newer, "auto": Either(newer, older)}
    context = {"lang": options.language, "allowed_company_ids": options.company and [options.company]}
    return Odoo(
        Reader(wires[options.protocol], {name: value for name, value in context.items() if value}), options, connection.now
    )


CONNECTOR = Connector(
    name="odoo",
    kind="erp",
    streams=(*(model.stream for model in MODELS), sales.STREAM),
    open=connect,
    records=records,
    secrets={
        "database": "the database's name",
        "user": "the login of a user that may read stock, purchases and kits",
        "password": "that user's password or API key",
    },
    options=Options,
)
