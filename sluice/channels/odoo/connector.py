"""Odoo, the company's ERP: products, warehouses, stock, purchases and kits in, over JSON-RPC.

It takes no quotas and has no orders for us. Answers carry whole seconds while the database keeps microseconds, so that
`write_date = x` finds nothing and a page of one second's rows can't be passed by time alone. A change is stamped with the start
of its transaction and seen at the end: the cursor never enters the last minutes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from msgspec.inspect import BoolType, DateTimeType, Metadata, StructType, UnionType, type_info
from pydantic import BaseModel, ConfigDict, Field

from sluice.channels.odoo import contract
from sluice.channels.odoo.rpc import Domain, NoModel, Rpc
from sluice.channels.protocol import Answer, ChannelError, Connection, Connector, Cursor, OrderClaim, Page, Quota, Stream
from sluice.channels.transport import Transport

SETTLING = timedelta(minutes=10)
"""How long a transaction may run, and clocks differ, with every change still seen: what is younger is read again."""
FIRST = "1970-01-01 00:00:00"
FORMAT = "%Y-%m-%d %H:%M:%S"
NOTHING = b'{"jsonrpc": "2.0", "result": []}'


class Options(BaseModel):
    """`page_size` is records a call."""

    model_config = ConfigDict(extra="forbid")

    page_size: Annotated[int, Field(ge=1, le=10_000)] = 1_000


@dataclass(frozen=True, slots=True)
class Model:
    """Where a stream's records are. `linked_from` (model, field) limits them to those referred to there; an `optional` model
    belongs to an app that need not be installed."""

    stream: Stream
    name: str
    domain: tuple[Any, ...] = ()
    linked_from: tuple[str, str] | None = None
    optional: bool = False

    @property
    def fields(self) -> list[str]:
        return [field.encode_name for field in msgspec.structs.fields(self.stream.record)]


def _changing(name: str, record: type[Struct], model: str, *domain: Any) -> Model:
    return Model(Stream(name, record, key=("id",), version="write_date"), model, domain)


def _snapshot(name: str, record: type[Struct], model: str, *domain: Any, **more: Any) -> Model:
    return Model(Stream(name, record, key=("id",), snapshot=True), model, domain, **more)


ANY_STATE = ["active", "in", [True, False]]
MODELS = (
    _changing("products", contract.Product, "product.product", ANY_STATE),
    _changing("templates", contract.Template, "product.template", ANY_STATE),
    _snapshot("warehouses", contract.Warehouse, "stock.warehouse"),
    _snapshot("addresses", contract.Address, "res.partner", linked_from=("stock.warehouse", "partner_id")),
    _snapshot("locations", contract.Location, "stock.location", ["usage", "=", "internal"], ANY_STATE),
    _snapshot("operation_types", contract.OperationType, "stock.picking.type", ANY_STATE),
    _snapshot("points_of_sale", contract.PointOfSale, "pos.config", optional=True),
    _snapshot("quants", contract.Quant, "stock.quant", ["location_id.usage", "=", "internal"]),
    _changing("purchase_orders", contract.PurchaseOrder, "purchase.order"),
    _changing("purchase_order_lines", contract.PurchaseOrderLine, "purchase.order.line"),
    _changing(
        "receipts", contract.Receipt, "stock.move", ["purchase_line_id", "!=", False], ["location_id.usage", "=", "supplier"]
    ),
    _snapshot("boms", contract.Bom, "mrp.bom", ["type", "=", "phantom"], optional=True),
    _snapshot("bom_lines", contract.BomLine, "mrp.bom.line", ["bom_id.type", "=", "phantom"], optional=True),
)
BY_STREAM = {model.stream.name: model for model in MODELS}


class _Stamp(Struct):
    id: int
    write_date: str = ""


class _Stamps(Struct):
    result: list[_Stamp]


class _Records(Struct):
    result: list[dict[str, msgspec.Raw]]


@dataclass(frozen=True)
class Odoo:
    """An open connection to one company."""

    rpc: Rpc
    page_size: int
    now: Callable[[], datetime]

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        """Read from `cursor` to now, or the whole of a snapshot. Raises Refused, ChannelError."""
        model = BY_STREAM[stream.name]
        return self._snapshot(model) if stream.snapshot else self._changes(model, cursor)

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """None: Odoo delivers no orders."""
        return iter(())

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Raises ChannelError: stock in Odoo is counted, not published."""
        raise ChannelError("Odoo takes no quotas: it is where stock is counted, not where it is sold")

    def _snapshot(self, model: Model) -> Iterator[Page]:
        """By id, so that what is written meanwhile shifts nothing."""
        last, full = 0, True
        while full:
            try:
                body = self._read(model, [*self._linked(model), ["id", ">", last]], "id asc")
            except NoModel:
                if not model.optional:
                    raise
                body = NOTHING
            stamps = _stamps(body)
            full = len(stamps) == self.page_size
            last = stamps[-1].id if stamps else last
            yield Page(body, complete=not full)

    def _changes(self, model: Model, cursor: Cursor | None) -> Iterator[Page]:
        """By (write_date, id) from a second on. A second that fills a page by itself is walked by id, then time goes on."""
        since, after = (cursor["write_date"], cursor["id"]) if cursor else (FIRST, None)
        while True:
            settled = (self.now() - SETTLING).astimezone(UTC).strftime(FORMAT)
            if after is None:
                body = self._read(model, [["write_date", ">=", since]], "write_date asc, id asc")
            else:
                within = [["write_date", ">=", since], ["write_date", "<", _next(since)], ["id", ">", after]]
                body = self._read(model, within, "id asc")
            stamps = _stamps(body)
            full = len(stamps) == self.page_size
            done = after is None and not full
            if after is not None:
                since, after = (since, stamps[-1].id) if full else (_next(since), None)
            elif stamps:
                after = 0 if full and stamps[-1].write_date == since else None
                since = stamps[-1].write_date
            yield Page(body, {"write_date": since, "id": after} if since < settled else {"write_date": settled, "id": None})
            if done:
                return

    def _read(self, model: Model, conditions: Domain, order: str) -> bytes:
        return self.rpc.search_read(model.name, [*model.domain, *conditions], model.fields, order, self.page_size)

    def _linked(self, model: Model) -> Domain:
        if model.linked_from is None:
            return []
        name, field = model.linked_from
        answer = msgspec.json.decode(self.rpc.search_read(name, [], [field], "id asc"))
        return [["id", "in", sorted({row[field][0] for row in answer["result"] if row[field]})]]


def _stamps(body: bytes) -> list[_Stamp]:
    return msgspec.json.decode(body, type=_Stamps).result


def _next(second: str) -> str:
    return (datetime.strptime(second, FORMAT).replace(tzinfo=UTC) + timedelta(seconds=1)).strftime(FORMAT)


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """The records of an answer: null where Odoo says false for nothing, and Z on its times, which are UTC without saying so."""
    booleans, times = _kinds(stream.record)
    for record in msgspec.json.decode(body, type=_Records).result:
        yield msgspec.json.encode({name: _plain(name, value, booleans, times) for name, value in record.items()})


def _plain(name: str, value: msgspec.Raw, booleans: frozenset[str], times: frozenset[str]) -> msgspec.Raw:
    text = bytes(value)
    if text == b"false" and name not in booleans:
        return msgspec.Raw(b"null")
    if name in times and text.endswith(b'"'):
        return msgspec.Raw(text[:-1] + b'Z"')
    return value


@cache
def _kinds(record: type[Struct]) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the contract's booleans and times."""
    kinds: dict[type, set[str]] = {BoolType: set(), DateTimeType: set()}
    struct = type_info(record)
    assert isinstance(struct, StructType)
    for field in struct.fields:
        for kind in field.type.types if isinstance(field.type, UnionType) else (field.type,):
            inner = kind.type if isinstance(kind, Metadata) else kind
            kinds.get(type(inner), set()).add(field.encode_name)
    return frozenset(kinds[BoolType]), frozenset(kinds[DateTimeType])


def connect(connection: Connection) -> Odoo:
    """Open a connection; nothing is asked yet."""
    secrets = connection.secrets
    rpc = Rpc(Transport(connection.url.rstrip("/")), secrets["database"], secrets["user"], secrets["password"])
    return Odoo(rpc, connection.options.page_size, connection.now)


CONNECTOR = Connector(
    name="odoo",
    kind="erp",
    streams=tuple(model.stream for model in MODELS),
    open=connect,
    records=records,
    secrets={
        "database": "the database's name",
        "user": "the login of a user that may read stock, purchases and kits",
        "password": "that user's password or API key",
    },
    options=Options,
)
