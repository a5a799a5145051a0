"""Tryton, the company's ERP: products, warehouses, stock, purchases and sales in, over its own JSON-RPC. It takes no quotas.

Each model is read by its own stamps (`changes.py`), or whole.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

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
from sluice.channels.tryton import contract, sales, ship
from sluice.channels.tryton.changes import changes, found_in
from sluice.channels.tryton.reader import BY_ID, Reader
from sluice.channels.tryton.records import records
from sluice.channels.tryton.rpc import NoModel, Rpc
from sluice.channels.tryton.sales import Sales

NOTHING = b'{"result": []}'
WAREHOUSES: list[Any] = [["type", "=", "warehouse"]]
GOODS: list[Any] = [["template.type", "=", "goods"]]


class Options(BaseModel):
    """`page_size` is records a call. `company` is the id of the company to read, `language` the code (zh_CN) of the language that
    names are read in; without them, those of the user's preferences. `sales` reads orders that were placed in Tryton: off where
    they are the shops' own, which are read from the shops."""

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    company: int | None = None
    language: str | None = None
    sales: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """Where a stream's records are. An `optional` model belongs to a module that need not be activated. `company` is the path to
    the company that a record is of: a user may see those of several, and context does not choose among them."""

    stream: Stream
    name: str
    domain: tuple[Any, ...] = ()
    optional: bool = False
    company: str | None = None


def _changing(name: str, record: type[Struct], model: str, *domain: Any, **more: Any) -> Model:
    return Model(Stream(name, record, key=("id",), version="changed_at"), model, domain, **more)


def _snapshot(name: str, record: type[Struct], model: str, **more: Any) -> Model:
    return Model(Stream(name, record, key=("id",), snapshot=True), model, **more)


MODELS = (
    _changing("products", contract.Product, "product.product"),
    _changing("templates", contract.Template, "product.template"),
    _snapshot("categories", contract.Category, "product.category"),
    _snapshot("units", contract.Unit, "product.uom"),
    _snapshot("companies", contract.Company, "company.company", company="id"),
    _snapshot("warehouses", contract.Warehouse, "stock.location", domain=tuple(WAREHOUSES)),
    Model(Stream("stock", contract.Stock, key=("warehouse", "id"), snapshot=True), "product.product", tuple(GOODS)),
    _changing("purchases", contract.Purchase, "purchase.purchase", optional=True, company="company"),
    _changing("purchase_lines", contract.PurchaseLine, "purchase.line", optional=True, company="purchase.company"),
    _changing("receipts", contract.Receipt, "stock.move", ["origin", "like", "purchase.line,%"], company="company"),
)
BY_STREAM = {model.stream.name: model for model in MODELS}


@dataclass(frozen=True)
class Tryton:
    """An open connection to one company."""

    reader: Reader
    options: Options
    zone: ZoneInfo
    now: Callable[[], datetime]

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now, or the whole of a snapshot. Raises Refused, ChannelError."""
        if stream.name == sales.STREAM.name:
            return self.sales.pages(cursor) if self.options.sales else iter(())
        model = BY_STREAM[stream.name]
        if model.optional and not self.reader.has(model.name):
            return iter([Page(NOTHING)])
        if stream.name == "stock":
            return self._stock(model)
        return self._snapshot(model) if stream.snapshot else self._changes(model, cursor)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Orders that were confirmed in [since, until), where sales are read. Raises Refused, ChannelError."""
        return self.sales.claims(since, until) if self.options.sales else iter(())

    def again(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now. Raises Refused, ChannelError."""
        return self.sales.again(ids) if self.options.sales else iter(())

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Raises ChannelError: stock in Tryton is counted, not published."""
        raise ChannelError("Tryton takes no quotas: it is where stock is counted, not where it is sold")

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """Send shipments of sales, one answer a parcel; telling one again changes nothing. Raises Refused, ChannelError."""
        return ship.ship(self.reader, dispatches)

    def check(self) -> Iterator[str]:
        """What this user may not read, which modules are missing, warehouses without a code of their own.

        Raises Refused, ChannelError.
        """
        if self.reader.company is None:
            yield "The user has no company: choose one in the user's preferences in Tryton, or name it in the option company."
        wanted = [(model.stream.name, model.name, model.stream.record) for model in MODELS]
        for stream, model, record in [*wanted, *(sales.MODELS if self.options.sales else ())]:
            try:
                self.reader.read(model, record, [], limit=1)
            except NoModel:
                yield f"Tryton has no {model}: activate the module {model.split('.')[0]}, without which {stream} stay empty."
            except ChannelError as fault:
                yield f"{model} can't be read. {fault}"
        in_use = [*WAREHOUSES, ["active", "=", True]]
        codes = Counter(row["code"] for row in found_in(self.reader.rows("stock.location", in_use, ["code"], BY_ID)))
        for code, count in codes.items():
            if code is None or count > 1:
                named = f"the code {code}" if code else "no code"
                yield f"{count} warehouses have {named}: give each a code of its own, till then their ids stand for them."

    @property
    def sales(self) -> Sales:
        return Sales(self.reader, self.options.page_size, self.zone, self.now)

    def _changes(self, model: Model, cursor: Cursor | None) -> Iterator[Page]:
        def read(conditions: list[Any], order: list[list[str]]) -> bytes:
            return self._read(model, conditions, order, self.options.page_size)

        for body, place in changes(read, self.options.page_size, self.now, cursor):
            yield Page(body, place)

    def _snapshot(self, model: Model) -> Iterator[Page]:
        """By id, so that what is written meanwhile shifts nothing."""
        last, full = 0, True
        while full:
            body = self._read(model, [["id", ">", last]], BY_ID, self.options.page_size)
            found = found_in(body)
            last, full = found[-1]["id"] if found else last, len(found) == self.options.page_size
            yield Page(body, complete=not full)

    def _stock(self, model: Model) -> Iterator[Page]:
        """Each warehouse with all that is under it, then the same less what shipments have assigned."""
        places = [row["id"] for row in found_in(self.reader.rows("stock.location", WAREHOUSES, ["id"], BY_ID))]
        for place in places:
            there = {"locations": [place], "with_childs": True}
            last, full = 0, True
            while full:
                conditions = [*model.domain, ["id", ">", last]]
                size = self.options.page_size
                counted = self.reader.rows(model.name, conditions, ["quantity"], BY_ID, size, **there, stock_assign=False)
                free = self.reader.rows(model.name, conditions, ["quantity"], BY_ID, size, **there, stock_assign=True)
                found = found_in(counted)
                last, full = found[-1]["id"] if found else last, len(found) == size
                body = msgspec.json.encode({"result": found, "free": found_in(free)})
                yield Page(body, context={"warehouse": place}, complete=not full and place == places[-1])
        if not places:
            yield Page(NOTHING, complete=True)

    def _read(self, model: Model, conditions: list[Any], order: list[list[str]], limit: int | None = None) -> bytes:
        own = [[model.company, "=", self.reader.company]] if model.company else []
        return self.reader.read(model.name, model.stream.record, [*model.domain, *own, *conditions], order, limit)


def connect(connection: Connection) -> Tryton:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    rpc = Rpc(Transport(connection.url.rstrip("/")), secrets["database"], secrets["user"], secrets["password"])
    options = connection.options
    reader = Reader(rpc, {"company": options.company, "language": options.language})
    return Tryton(reader, options, ZoneInfo(connection.timezone), connection.now)


CONNECTOR = Connector(
    name="tryton",
    kind="erp",
    streams=(*(model.stream for model in MODELS), sales.STREAM),
    open=connect,
    records=records,
    secrets={
        "database": "the database's name",
        "user": "the login of a user that may read products, stock, purchases and, where they are read, sales and invoices",
        "password": "that user's password",
    },
    options=Options,
)
