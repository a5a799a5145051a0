"""Sales of Odoo, whole: an order with its lines, transfers, returns, invoices and credit notes.

A change moves the stamp of the record that was written and those that Odoo computes anew, not always the order's: posting an
invoice leaves it. So orders are read when any of their records has a new stamp.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from sluice.channels.odoo import sales_contract as contract
from sluice.channels.odoo.changes import changes, settled, written
from sluice.channels.odoo.reader import Reader
from sluice.channels.odoo.rpc import Domain
from sluice.channels.protocol import ChannelError, Cursor, OrderClaim, Page, Stream

UNSTAMPED = (
    "orders that were deleted or set back to a quotation",
    "payments, on a version of Odoo that does not stamp the invoices that they settle",
)
STREAM = Stream(
    "sale_orders",
    contract.SaleOrder,
    key=("id",),
    version="write_date",
    order_key="id",
    unstamped=UNSTAMPED,
    made="date_order",
)
T = TypeVar("T")
AT_ONCE = 200
"""Orders that are read whole in one go."""
ORDER = "sale.order"
PLACED: Domain = [["state", "in", ["sale", "done", "cancel"]]]
"""Orders rather than quotations and carts."""
CUSTOMER_INVOICES: Domain = [["move_type", "in", ["out_invoice", "out_refund"]]]

MODELS: tuple[tuple[str, type[Struct]], ...] = (
    (ORDER, contract.SaleOrder),
    ("sale.order.line", contract.SaleLine),
    ("account.move", contract.Invoice),
    ("account.move.line", contract.InvoiceLine),
    ("res.partner", contract.Partner),
)
"""What a user must be able to read; transfers come with the app for stock."""

NOTHING = b'{"result": []}'
Record = dict[str, Raw]


class _Rows(Struct):
    result: list[Record]


@dataclass(frozen=True, slots=True)
class Watched:
    """A model whose stamps tell of sales; `links` are the fields that lead to the order."""

    model: str
    links: tuple[str, ...]
    domain: tuple[Any, ...] = ()


WATCHED = (
    Watched(ORDER, ("id",), tuple(PLACED)),
    Watched("sale.order.line", ("order_id",)),
    Watched("stock.picking", ("sale_id",), (["sale_id", "!=", False],)),
    Watched("account.move", ("id", "reversed_entry_id"), tuple(CUSTOMER_INVOICES)),
)


class _Claim(Struct):
    id: int
    amount_total: Decimal
    currency_id: tuple[int, str]


class _Claims(Struct):
    result: list[_Claim]


@dataclass(frozen=True)
class Sales:
    """The sales of one company."""

    reader: Reader
    page_size: int
    now: Callable[[], datetime]

    def pages(self, cursor: Cursor | None) -> Iterator[Page]:
        """Orders of which something changed since the cursor, a place for each model. Raises Refused, ChannelError."""
        self.reader.offered(ORDER)
        places: dict[str, Any] = dict(cursor or {})
        if cursor is None:
            # What changed of their records before this moment is read with the orders themselves.
            start = {"write_date": settled(self.now()), "id": None}
            places = {watched.model: start for watched in WATCHED if watched.model != ORDER}
        for watched in WATCHED:
            if all(self.reader.has(watched.model, link) for link in watched.links):
                yield from self._changed(watched, places)

    def again(self, ids: Sequence[str]) -> Iterator[Page]:
        """These orders as they are now, in whatever state. Raises Refused, ChannelError."""
        for some in _portions(ids):
            body, found = self._whole([int(id) for id in some], [])
            yield Page(body, context={"gone": [[id] for id in some if int(id) not in found]})

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        """Id and total of each order placed in [since, until). Raises Refused, ChannelError."""
        within = [["date_order", ">=", written(since)], ["date_order", "<", written(until)]]
        last, full = 0, True
        while full:
            conditions = [*PLACED, *within, ["id", ">", last]]
            body = self.reader.rows(ORDER, ["id", "amount_total", "currency_id"], conditions, limit=self.page_size)
            found = msgspec.json.decode(body, type=_Claims).result
            yield from (OrderClaim(str(one.id), one.amount_total, one.currency_id[1]) for one in found)
            last, full = found[-1].id if found else last, len(found) == self.page_size

    def _changed(self, watched: Watched, places: dict[str, Any]) -> Iterator[Page]:
        fields = list(dict.fromkeys(["id", "write_date", *watched.links]))
        # no more than are read whole in one go: a cursor stands after each answer
        size = min(self.page_size, AT_ONCE)

        def read(conditions: Domain, order: str) -> bytes:
            return self.reader.rows(watched.model, fields, [*watched.domain, *conditions], order, size)

        for body, place in changes(read, size, self.now, places.get(watched.model)):
            places[watched.model] = place
            ids = self._orders(watched, _rows(body))
            for some in _portions(ids):
                yield Page(self._whole(some, PLACED)[0], dict(places) if some[-1] == ids[-1] else None)
            if not ids:
                yield Page(NOTHING, dict(places))

    def _orders(self, watched: Watched, rows: list[Record]) -> list[int]:
        """The orders that these records belong to."""
        linked = {id for row in rows for link in watched.links if (id := _id(row.get(link))) is not None}
        if watched.model != "account.move" or not linked:
            return sorted(linked)
        return sorted(_ids(self.reader.rows(ORDER, ["id"], [["invoice_ids", "in", sorted(linked)]])))

    def _whole(self, ids: Sequence[int], conditions: Domain) -> tuple[bytes, set[int]]:
        """The orders with all that hangs on them, as one answer, and the ids of those that are there."""
        orders = self._read(ORDER, contract.SaleOrder, [*conditions, ["id", "in", list(ids)]])
        found = [_own(order) for order in orders]
        _answered(ORDER, set(found) <= set(ids))
        if not found:
            return NOTHING, set()
        outward: Domain = [["location_dest_id.usage", "=", "customer"]]
        parts = {
            "order_line": self._by("sale.order.line", contract.SaleLine, "order_id", found, order="sequence, id"),
            "picking_ids": self._by("stock.picking", contract.Picking, "sale_id", found, outward),
        }
        of_line = {_own(line): order for order, lines in parts["order_line"].items() for line in lines}
        parts["returns"] = self._returns(of_line)
        parts["invoice_ids"] = self._invoices(found, of_line)
        partners = self._partners(orders)
        for order in orders:
            for name, by_order in parts.items():
                order[name] = _raw(by_order.get(_own(order), []))
            for name in ("partner_id", "partner_shipping_id"):
                order[name] = partners.get(_id(order[name]) or 0) or _bare(order[name])
        return msgspec.json.encode({"result": orders}), set(found)

    def _returns(self, of_line: dict[int, int]) -> dict[int, list[Record]]:
        back: Domain = [["location_id.usage", "=", "customer"], ["state", "=", "done"]]
        found: dict[int, list[Record]] = {}
        for line, some in self._by("stock.move", contract.Return, "sale_line_id", sorted(of_line), back).items():
            found.setdefault(of_line[line], []).extend(some)
        return found

    def _invoices(self, orders: list[int], of_line: dict[int, int]) -> dict[int, list[Record]]:
        """By order. A credit note that names no line of a sale is found by the invoice that it reverses."""
        ours: Domain = [["sale_line_ids.order_id", "in", orders]]
        linked = _rows(self.reader.rows("account.move.line", ["move_id", "sale_line_ids"], ours))
        _answered("account.move.line", all(not of_line.keys().isdisjoint(_sold(line)) for line in linked))
        moves = sorted({id for line in linked if (id := _id(line["move_id"])) is not None})
        named: Domain = ["|", ["id", "in", moves], ["reversed_entry_id", "in", moves]]
        invoices = {_own(one): one for one in self._read("account.move", contract.Invoice, [*CUSTOMER_INVOICES, *named])}
        told = ({id, _id(one.get("reversed_entry_id"))} for id, one in invoices.items())
        _answered("account.move", all(not either.isdisjoint(moves) for either in told))
        lines = self._by("account.move.line", contract.InvoiceLine, "move_id", sorted(invoices), [["sale_line_ids", "!=", False]])
        of_move = {move: {of_line[id] for line in some for id in _sold(line) if id in of_line} for move, some in lines.items()}
        found: dict[int, list[Record]] = {}
        for move, invoice in invoices.items():
            reversed_entry = _id(invoice.get("reversed_entry_id")) or 0
            reverses = of_move.get(reversed_entry, set())
            for order in sorted(of_move.get(move) or (reverses if len(reverses) == 1 else ())):
                found.setdefault(order, []).append(invoice | {"invoice_line_ids": _raw(lines.get(move, []))})
        return found

    def _partners(self, orders: list[Record]) -> dict[int, Raw]:
        ids = {id for order in orders for name in ("partner_id", "partner_shipping_id") if (id := _id(order[name])) is not None}
        conditions: Domain = [["id", "in", sorted(ids)], ["active", "in", [True, False]]]
        return {_own(one): _raw(one) for one in self._read("res.partner", contract.Partner, conditions)}

    def _by(
        self,
        model: str,
        record: type[Struct],
        link: str,
        among: Sequence[int],
        conditions: Sequence[Any] = (),
        order: str = "id",
    ) -> dict[int, list[Record]]:
        """Records by the id that `link` refers to, one of these; none where this server has no such link."""
        if not self.reader.has(model, link):
            return {}
        fields = list(dict.fromkeys([*self.reader.fields(model, record), link]))
        found: dict[int, list[Record]] = {}
        for row in _rows(self.reader.rows(model, fields, [[link, "in", list(among)], *conditions], order)):
            found.setdefault(_id(row[link]) or 0, []).append(row)
        _answered(model, found.keys() <= set(among))
        return found

    def _read(self, model: str, record: type[Struct], conditions: Domain) -> list[Record]:
        return _rows(self.reader.read(model, record, conditions))


def _answered(model: str, is_ours: bool) -> None:
    """Raise ChannelError where an answer is not to what was asked: orders would be landed without what hangs on them."""
    if not is_ours:
        raise ChannelError(f"Odoo answered with records of {model} that it was not asked for; the next run asks again.")


def _rows(body: bytes) -> list[Record]:
    return msgspec.json.decode(body, type=_Rows).result


def _ids(body: bytes) -> list[int]:
    return [_own(row) for row in _rows(body)]


def _own(row: Record) -> int:
    return msgspec.json.decode(row["id"], type=int)


def _id(value: Raw | None) -> int | None:
    """The id of an own id or a reference; None where Odoo says false."""
    found = msgspec.json.decode(value) if value is not None else False
    return found[0] if isinstance(found, list) else found or None


def _sold(line: Record) -> list[int]:
    """Lines of sales that a line of an invoice is for."""
    found: list[int] = msgspec.json.decode(line["sale_line_ids"])
    return found


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))


def _bare(reference: Raw) -> Raw:
    """All that is known of a partner whom this user may not read."""
    found = msgspec.json.decode(reference)
    return _raw({"id": found[0], "name": found[1]}) if isinstance(found, list) else reference


def _portions(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
