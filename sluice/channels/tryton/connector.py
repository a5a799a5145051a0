"""Tryton, the company's ERP: products, warehouses, stock and purchases in, over its own JSON-RPC. It takes no quotas.

Each model is read by its own stamps (`changes.py`), or whole.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.protocol import Answer, ChannelError, Connection, Connector, Cursor, OrderClaim, Page, Quota, Stream
from sluice.channels.transport import Transport
from sluice.channels.tryton import contract
from sluice.channels.tryton.changes import changes, found_in
from sluice.channels.tryton.records import asked, records
from sluice.channels.tryton.rpc import NoModel, Rpc

NOTHING = b'{"result": []}'
BY_ID = [["id", "ASC"]]
WAREHOUSES: list[Any] = [["type", "=", "warehouse"]]
GOODS: list[Any] = [["template.type", "=", "goods"]]


class Options(BaseModel):
    """`page_size` is records a call. `company` is the id of the company to read, `language` the code (zh_CN) of the language that
    names are read in; without them, those of the user's preferences."""

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    company: int | None = None
    language: str | None = None


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

    rpc: Rpc
    options: Options
    now: Callable[[], datetime]
    _offered: dict[str, frozenset[str]] = field(default_factory=dict)

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now, or the whole of a snapshot. Raises Refused, ChannelError."""
        model = BY_STREAM[stream.name]
        if model.optional and not self._has(model.name):
            return iter([Page(NOTHING)])
        if stream.name == "stock":
            return self._stock(model)
        return self._snapshot(model) if stream.snapshot else self._changes(model, cursor)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """None: orders are the shops' own."""
        return iter(())

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Raises ChannelError: stock in Tryton is counted, not published."""
        raise ChannelError("Tryton takes no quotas: it is where stock is counted, not where it is sold")

    def check(self) -> Iterator[str]:
        """What this user may not read, which modules are missing, warehouses without a code of their own.

        Raises Refused, ChannelError.
        """
        if self.context.get("company") is None:
            yield "The user has no company: choose one in the user's preferences in Tryton, or name it in the option company."
        for model in MODELS:
            try:
                self._read(model, [], BY_ID, limit=1)
            except NoModel:
                module = model.name.split(".")[0]
                yield f"Tryton has no {model.name}: activate the module {module}, without which {model.stream.name} stay empty."
            except ChannelError as fault:
                yield f"{model.name} can't be read. {fault}"
        in_use = [*WAREHOUSES, ["active", "=", True]]
        codes = Counter(row["code"] for row in found_in(self._rows("stock.location", in_use, BY_ID, ["code"])))
        for code, count in codes.items():
            if code is None or count > 1:
                named = f"the code {code}" if code else "no code"
                yield f"{count} warehouses have {named}: give each a code of its own, till then their ids stand for them."

    @cached_property
    def context(self) -> dict[str, Any]:
        """What goes with every call: the user's own preferences, and archived records among the others."""
        own = msgspec.json.decode(self.rpc.call("res.user", "get_preferences", True, {}))["result"] or {}
        chosen = {"company": self.options.company, "language": self.options.language}
        return own | {name: value for name, value in chosen.items() if value} | {"active_test": False}

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
        places = [row["id"] for row in found_in(self._rows("stock.location", WAREHOUSES, BY_ID, ["id"]))]
        for place in places:
            there = {"locations": [place], "with_childs": True}
            last, full = 0, True
            while full:
                conditions = [*model.domain, ["id", ">", last]]
                size = self.options.page_size
                counted = self._rows(model.name, conditions, BY_ID, ["quantity"], size, **there, stock_assign=False)
                free = self._rows(model.name, conditions, BY_ID, ["quantity"], size, **there, stock_assign=True)
                found = found_in(counted)
                last, full = found[-1]["id"] if found else last, len(found) == size
                body = msgspec.json.encode({"result": found, "free": found_in(free)})
                yield Page(body, context={"warehouse": place}, complete=not full and place == places[-1])
        if not places:
            yield Page(NOTHING, complete=True)

    def _read(self, model: Model, conditions: list[Any], order: list[list[str]], limit: int | None = None) -> bytes:
        own = [[model.company, "=", self.context.get("company")]] if model.company else []
        return self._rows(model.name, [*model.domain, *own, *conditions], order, self._fields(model), limit)

    def _rows(
        self, model: str, domain: list[Any], order: list[list[str]], fields: list[str], limit: int | None = None, **more: Any
    ) -> bytes:
        return self.rpc.call(model, "search_read", domain, 0, limit, order, fields, self.context | more)

    def _fields(self, model: Model) -> list[str]:
        """What to ask for: fields with a default only where a module adds them."""
        wanted = asked(model.stream.record)
        if all(wanted.values()):
            return list(wanted)
        return [name for name, is_required in wanted.items() if is_required or name in self._offers(model.name)]

    def _offers(self, model: str) -> frozenset[str]:
        if model not in self._offered:
            answer = msgspec.json.decode(self.rpc.call(model, "fields_get", [], 0, self.context))
            self._offered[model] = frozenset(answer["result"])
        return self._offered[model]

    def _has(self, model: str) -> bool:
        try:
            return bool(self._offers(model))
        except NoModel:
            return False


def connect(connection: Connection) -> Tryton:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    rpc = Rpc(Transport(connection.url.rstrip("/")), secrets["database"], secrets["user"], secrets["password"])
    return Tryton(rpc, connection.options, connection.now)


CONNECTOR = Connector(
    name="tryton",
    kind="erp",
    streams=tuple(model.stream for model in MODELS),
    open=connect,
    records=records,
    secrets={
        "database": "the database's name",
        "user": "the login of a user that may read products, stock and purchases",
        "password": "that user's password",
    },
    options=Options,
)
