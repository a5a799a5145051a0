"""A contract becomes tables by rules that a reader of the contract can foretell; what has no place is refused by name."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from sluice.channels.protocol import Id, Stream
from sluice.landing.names import ShapeError, snake
from sluice.landing.shape import shape


@pytest.mark.parametrize(
    ("name", "column"),
    [("totalPriceSet", "total_price_set"), ("countryCodeV2", "country_code_v2"), ("SKU", "sku"), ("itemSKU", "item_sku"),
     ("HTTPStatus", "http_status"), ("post_fee", "post_fee"), ("address1", "address1")],
)  # fmt: skip
def test_names_become_snake_case(name: str, column: str) -> None:
    assert snake(name) == column


class Leafs(Struct):
    number: Id
    count: int
    amount: Decimal
    flag: bool
    at: Annotated[datetime, Meta(tz=True)]
    on: date
    word: Literal["a", "b"]
    bag: dict[str, Any]
    anything: Any
    tags: list[str]
    raw: msgspec.Raw


def tables(record: type[Struct], key: tuple[str, ...] = ("id",)) -> dict[str, dict[str, str]]:
    found = shape("toy", Stream("things", record, key))
    return {table.name: {leaf.column: leaf.pg for leaf in table.leaves} for table in found.tables}


def test_every_kind_has_its_column() -> None:
    assert tables(Leafs, ("number",)) == {
        "toy_things": {
            "number": "text",
            "count": "bigint",
            "amount": "numeric",
            "flag": "boolean",
            "at": "timestamptz",
            "on": "date",
            "word": "text",
            "bag": "jsonb",
            "anything": "jsonb",
            "tags": "jsonb",
            "raw": "jsonb",
        }
    }


class Tax(Struct):
    rate: Decimal


class Fee(Struct):
    taxes: list[Tax] | None = None


class Fees(Struct):
    fee: list[Fee]


class Address(Struct):
    city: str
    phones: list[Tax] = []


class Nested(Struct):
    id: str
    shipTo: Address | None = None
    fees: Fees | None = None


def test_records_become_prefixes_and_lists_become_tables() -> None:
    assert tables(Nested) == {
        "toy_things": {"id": "text", "ship_to_city": "text"},
        "toy_things__ship_to_phones": {"rate": "numeric"},
        "toy_things__fees": {},
        "toy_things__fees__taxes": {"rate": "numeric"},
    }


def struct(**fields: Any) -> type[Struct]:
    return msgspec.defstruct("Thing", [("id", str), *fields.items()])


class Loop(Struct):
    id: str
    parts: list["Loop"] = []


class Deep(Struct):
    fees: list[Fee]


REFUSED: dict[str, tuple[type[Struct], tuple[str, ...], str]] = {
    "a float": (struct(price=float), ("id",), "price.*Float"),
    "a field of two types": (struct(price=int | str), ("id",), "price.*several types"),
    "a record that holds itself": (Loop, ("id",), "Loop holds itself"),
    "lists nested three deep": (struct(deep=list[Deep]), ("id",), "more than two deep"),
    "a name that PostgreSQL would cut": (struct(**{"x" * 64: str}), ("id",), "63 bytes"),
    "two fields of one name": (struct(shipTo=Address, ship_to_city=str), ("id",), "ship_to_city"),
    "a field named like one of landing's": (struct(shop=str), ("id",), "shop"),
    "a key that may be missing": (struct(sku=str | None), ("sku",), "key sku"),
    "a key that is no text or number": (struct(price=Decimal), ("price",), "key price"),
    "a key that is not there": (struct(), ("sku",), "key sku"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_place_is_refused_by_name(case: str) -> None:
    record, key, message = REFUSED[case]
    with pytest.raises(ShapeError, match=message):
        shape("toy", Stream("things", record, key))
