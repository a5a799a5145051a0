"""A channel of three streams, served from memory: the protocol is all that landing knows of a channel."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from sluice.channels import personal
from sluice.channels.protocol import Answer, Connection, Connector, Cursor, Id, NoOptions, OrderClaim, Page, Quota, Stream

Aware = Annotated[datetime, Meta(tz=True)]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Money(Struct, rename="camel"):
    amount: Decimal
    currency_code: str


class MoneyBag(Struct, rename="camel"):
    shop_money: Money


class Discount(Struct, rename="camel"):
    code: str
    allocated: Money


class Line(Struct, rename="camel"):
    id: Id
    title: str
    quantity: int
    price: MoneyBag | None = None
    discounts: list[Discount] = []


class Lines(Struct):
    nodes: list[Line]


class Order(Struct, rename="camel"):
    id: Id
    name: str
    updated_at: Aware
    total_price_set: MoneyBag
    line_items: Lines | None = None
    customer_email: personal.Email | None = None
    paid: bool = False
    processed_at: datetime | None = None
    ship_on: date | None = None
    tags: list[str] = []
    attributes: dict[str, Any] | None = None


class Level(Struct, rename="camel"):
    sku: str
    facility: str
    on_hand: int


ORDERS = Stream("orders", Order, ("id",), version="updated_at", order_key="id")
EVENTS = Stream("events", Order, ("id",))
LEVELS = Stream("levels", Level, ("sku", "facility"), snapshot=True)


@dataclass
class Toy:
    """An open connection. `served` are the pages by stream; an exception among them is raised in its turn."""

    served: Mapping[str, Sequence[Page | Exception]] = field(default_factory=dict)

    def pages(self, stream: Stream, cursor: Cursor | None) -> Iterator[Page]:
        for page in list(self.served.get(stream.name, ()))[cursor["next"] if cursor else 0 :]:
            if isinstance(page, Exception):
                raise page
            yield page

    def claims(self, since: datetime, until: datetime) -> Iterator[OrderClaim]:
        return iter(())

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        return iter(())


def records(stream: Stream, body: bytes, context: Mapping[str, Any]) -> Iterable[bytes]:
    """A page is a JSON list."""
    return [bytes(record) for record in msgspec.json.decode(body, type=list[msgspec.Raw])]


def toy(served: Mapping[str, Sequence[Page | Exception]] | None = None) -> Connector:
    return Connector("toy", "own_shop", (ORDERS, EVENTS, LEVELS), lambda connection: Toy(served or {}), records)


CONNECTION = Connection("main", "memory:", {}, "EUR", "UTC", START, NoOptions())


def order(number: int, version: int = 0, **changes: Any) -> dict[str, Any]:
    """An order of two lines as the channel would send it."""
    money = {"shopMoney": {"amount": f"{number}.10", "currencyCode": "EUR"}}
    return {
        "id": number,
        "name": f"#{number}",
        "updatedAt": (START + timedelta(minutes=version)).isoformat(),
        "totalPriceSet": money,
        "lineItems": {
            "nodes": [
                {"id": number * 10 + line, "title": f"Item {line}", "quantity": line + 1, "price": money, "discounts": []}
                for line in range(2)
            ]
        },
        **changes,
    }


def page(found: Sequence[Any], at: int = 0, cursor: int | None = None, complete: bool = False) -> Page:
    """Records, dicts or bytes, as a page received `at` minutes after START."""
    body = b"[" + b",".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in found) + b"]"
    return Page(body, None if cursor is None else {"next": cursor}, complete, {}, START + timedelta(minutes=at))
