"""Sales of Tryton, whole: an order with its lines, moves, shipments, invoices and payments, and returns, which are sales too.

A change moves the stamp of the record that was written, not always the sale's: a tracking number leaves it. So sales are read
when any of their records has a new stamp.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Cursor, OrderClaim, Page, Stream
from sluice.channels.tryton import sales_contract as contract
from sluice.channels.tryton.changes import changes, found_in, settled
from sluice.channels.tryton.contract import Currency
from sluice.channels.tryton.reader import Reader
from sluice.channels.tryton.records import written_day

UNSTAMPED = ("sales that were set back to a draft or deleted", "payments that were booked beside the invoice that they are for")
STREAM = Stream(
    "sales", contract.Sale, key=("id",), version="changed_at", order_key="id", unstamped=UNSTAMPED, made="create_date"
)
DAY = timedelta(days=1)
AT_ONCE = 200
"""Sales that are read whole in one go."""
SALE, INVOICE = "sale.sale", "account.invoice"
PLACED: list[Any] = [
    ["state", "in", ["confirmed", "processing", "done", "cancelled"]],
    ["sale_date", "!=", None],
]
"""Orders rather than quotations: a quotation that is cancelled has no date of sale."""
MODELS: tuple[tuple[str, str, type[Struct]], ...] = ((STREAM.name, SALE, contract.Sale), (STREAM.name, INVOICE, contract.Invoice))
"""What a user must be able to read."""
NOTHING = b'{"result": []}'
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watched:
    """A model whose stamps tell of sales. A record's ids of `link` (text: those in references) are looked for in the sale's
    field `found_by`."""

    model: str
    domain: tuple[Any, ...]
    link: str
    found_by: str


WATCHED = (
    Watched(SALE, (*PLACED,), "id", "id"),
    Watched("sale.line", (), "sale", "id"),
    Watched("stock.move", (["origin", "like", "sale.line,%"],), "origin", "lines.id"),
    Watched("stock.shipment.out", (), "id", "shipments"),
    Watched("stock.shipment.out.return", (), "id", "shipment_returns"),
    Watched(INVOICE, (["type", "=", "out"],), "id", "invoices"),
    # A credit note is a credit of an invoice, whose sale it does not name.
    Watched(INVOICE, (["type", "=", "out"],), "origin_invoices", "invoices"),
    Watched("account.payment", (["origin", "like", "sale.sale,%"],), "origin", "id"),
)


class _Claim(Struct):
    id: int
    origin: str | None
    sale_date: date
    create_date: datetime
    total_amount: Decimal
    currency: Currency

    @property
    def is_return(self) -> bool:
        """Whether it takes back what another sale sold: then it is no order, but a refund."""
        return self.total_amount < 0 and (self.origin or "").startswith("sale.sale,")


@dataclass(frozen=True)
class Sales:
    """The sales of one company; `zone` is where its days begin."""

    reader: Reader
    page_size: int
    zone: ZoneInfo
    now: Callable[[], datetime]

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Sales of which something changed since the cursor, a place for each model. Raises Refused, ChannelError."""
        if not self.reader.has(SALE):
            raise ChannelError("Tryton has no sale.sale: activate the module sale, or take the option sales away.")
        places: dict[str, Any] = dict(cursor or {})
        if cursor is None:
            # What changed of their records before this moment is read with the sales themselves.
            start = {"at": settled(self.now()).isoformat(), "id": 0}
            places = {_place(one): {"create_date": start, "write_date": start} for one in WATCHED if one.model != SALE}
        for watched in WATCHED:
            if self.reader.has(watched.model):
                yield from self._changed(watched, places)

    def again(self, ids: Sequence[str]) -> Iterator[Page]:
        """These sales as they are now, in whatever state. Raises Refused, ChannelError."""
        for some in _portions(ids):
            body, found = self._whole([int(id) for id in some], [])
            yield Page(body, context={"gone": [[id] for id in some if int(id) not in found]})

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Id and total of each order placed in [since, until), returns left out. Raises Refused, ChannelError."""
        days = [["sale_date", ">=", _day(since - DAY)], ["sale_date", "<=", _day(until + DAY)]]
        fields = ["origin", "sale_date", "create_date", "total_amount", "currency.code"]
        last, full = 0, True
        while full:
            conditions = [*PLACED, *self._own(), *days, ["id", ">", last]]
            found = found_in(self.reader.rows(SALE, conditions, fields, limit=self.page_size))
            for one in msgspec.convert(found, type=list[_Claim], strict=False):
                if since <= placed_at(one.sale_date, one.create_date, self.zone) < until and not one.is_return:
                    yield OrderClaim(str(one.id), one.total_amount, one.currency.code)
            last, full = found[-1]["id"] if found else last, len(found) == self.page_size

    def _changed(self, watched: Watched, places: dict[str, Any]) -> Iterator[Page]:
        fields = list(dict.fromkeys(["create_date", "write_date", watched.link]))

        def read(conditions: list[Any], order: list[list[str]]) -> bytes:
            return self.reader.rows(
                watched.model, [*watched.domain, *self._own(watched), *conditions], fields, order, self.page_size
            )

        for body, place in changes(read, self.page_size, self.now, places.get(_place(watched))):
            places[_place(watched)] = place
            ids = self._sales(watched, body)
            for some in _portions(ids):
                yield Page(self._whole(some, PLACED)[0], dict(places) if some[-1] == ids[-1] else None)
            if not ids:
                yield Page(NOTHING, dict(places))

    def _sales(self, watched: Watched, body: bytes) -> list[int]:
        """The sales that these records belong to."""
        linked = sorted({id for row in found_in(body) for id in _ids(row[watched.link])})
        if watched.found_by == "id" or not linked:
            return linked
        return sorted(row["id"] for row in found_in(self.reader.rows(SALE, [[watched.found_by, "in", linked]], ["id"])))

    def _whole(self, ids: Sequence[int], conditions: list[Any]) -> tuple[bytes, set[int]]:
        """The sales with all that hangs on them, as one answer, and the ids of those that are there."""
        body = self.reader.read(SALE, contract.Sale, [*conditions, *self._own(), ["id", "in", list(ids)]])
        sales = msgspec.json.decode(body)["result"]
        invoices = sorted({invoice["id"] for sale in sales for invoice in sale["invoices."]})
        credits: list[dict[str, Any]] = []
        if invoices:
            fields = [*self.reader.fields(INVOICE, contract.Invoice), "origin_invoices"]
            credits = msgspec.json.decode(self.reader.rows(INVOICE, [["origin_invoices", "in", invoices]], fields))["result"]
        for sale in sales:
            own = {invoice["id"] for invoice in sale["invoices."]}
            sale["credits"] = [credit for credit in credits if own & set(credit["origin_invoices"]) and credit["id"] not in own]
        return msgspec.json.encode({"result": sales}), {sale["id"] for sale in sales}

    def _own(self, watched: Watched | None = None) -> list[Any]:
        """What limits a model to the company's own records."""
        path = "sale.company" if watched and watched.model == "sale.line" else "company"
        return [[path, "=", self.reader.company]]


def placed_at(day: date, created: datetime, zone: ZoneInfo) -> datetime:
    """When a sale was placed: Tryton keeps its day, and when it was written down, which may be another day."""
    midnight = datetime.combine(day, time(), zone)
    return created if created.astimezone(zone).date() == day else midnight


def _day(moment: datetime) -> dict[str, Any]:
    return written_day(moment.astimezone(UTC).date())


def _place(watched: Watched) -> str:
    return f"{watched.model} {watched.link}"


def _ids(link: Any) -> list[int]:
    """Ids in a reference by id or as text ("sale.line,7"), or in a list of ids."""
    if isinstance(link, str):
        return [int(link.partition(",")[2])]
    return link if isinstance(link, list) else [] if link is None else [link]


def _portions(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
