"""What the files themselves add up to, order by order: read with other libraries and added up in another way than landing does.

Slow and simple on purpose (a row at a time, in Decimal), so that a fault in the fast path can't hide behind the same fault here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sluice.channels.file.options import Options, StreamMap
from sluice.channels.file.rows import Getter, amounts, getter, moments, rows
from sluice.channels.protocol import OrderClaim

File = tuple[str, bytes]
ZERO = Decimal(0)
HEADER = ("order_id", "ordered_at", "currency")
AMOUNTS = ("quantity", "unit_price", "discount_amount", "tax_amount", "shipping_amount", "total_amount")


@dataclass(slots=True)
class Claim:
    """An order so far: when, its stated total, the sum of its lines by the file that holds them."""

    ordered_at: datetime | None = None
    total: Decimal | None = None
    lines: dict[str, Decimal] = field(default_factory=dict)
    currency: str | None = None

    def take_header(self, moment: datetime | None, currency: str | None) -> None:
        if moment is not None and (self.ordered_at is None or moment < self.ordered_at):
            self.ordered_at = moment
        self.currency = currency or self.currency


def claims(
    options: Options, orders: Iterable[File], lines: Iterable[File], zone: ZoneInfo, currency: str
) -> Iterator[tuple[datetime | None, OrderClaim]]:
    """Every order in the files (oldest file first) with the time it was made. A row that can't be read counts nothing."""
    found: dict[str, Claim] = {}
    if "orders" in options.streams:
        for _, body in orders:
            _take_orders(found, body, options.streams["orders"], zone)
    if "order_lines" in options.streams:
        for name, body in lines:
            _take_lines(found, name, body, options, zone)
    for order_id, claim in found.items():
        total = claim.total if claim.total is not None else sum(claim.lines.values(), ZERO)
        yield claim.ordered_at, OrderClaim(order_id, total, claim.currency or currency)


def _take_orders(found: dict[str, Claim], body: bytes, mapping: StreamMap, zone: ZoneInfo) -> None:
    order_id, ordered_at, currency = (getter(mapping, name) for name in ("order_id", "ordered_at", "currency"))
    total, amount, moment = getter(mapping, "total_amount"), amounts(mapping), moments(mapping, zone)
    for row in rows(body, mapping, (*HEADER, "total_amount")):
        key = order_id(row)
        if key is None:
            continue
        claim = found.setdefault(key, Claim())
        stated = amount(total(row))
        claim.total = stated if stated is not None else claim.total
        claim.take_header(moment(ordered_at(row)), currency(row))


def _take_lines(found: dict[str, Claim], name: str, body: bytes, options: Options, zone: ZoneInfo) -> None:
    mapping = options.streams["order_lines"]
    order_id, ordered_at, currency = (getter(mapping, one) for one in ("order_id", "ordered_at", "currency"))
    line_total, moment, new = _line_total(mapping), moments(mapping, zone), set[str]()
    for row in rows(body, mapping, (*HEADER, *AMOUNTS)):
        key = order_id(row)
        if key is None:
            continue
        claim = found.setdefault(key, Claim())
        if key not in new:
            new.add(key)
            if not options.orders_span_files:
                claim.lines.clear()
            claim.lines[name] = ZERO
        claim.lines[name] += line_total(row)
        if "orders" not in options.streams:
            claim.take_header(moment(ordered_at(row)), currency(row))


def _line_total(mapping: StreamMap) -> Getter:
    amount = amounts(mapping)
    net, tax, shipping = (getter(mapping, name) for name in ("total_amount", "tax_amount", "shipping_amount"))
    quantity, price, discount = (getter(mapping, name) for name in ("quantity", "unit_price", "discount_amount"))

    def line_total(row: dict[str, object]) -> Decimal:
        stated = amount(net(row))
        if stated is None:
            stated = (amount(quantity(row)) or ZERO) * (amount(price(row)) or ZERO) - (amount(discount(row)) or ZERO)
        return stated + (amount(tax(row)) or ZERO) + (amount(shipping(row)) or ZERO)

    return line_total


def within(since: datetime, until: datetime, moment: datetime | None) -> bool:
    """Whether an order made at `moment` is in [since, until); one without a time always is."""
    return moment is None or since <= moment.astimezone(UTC) < until
