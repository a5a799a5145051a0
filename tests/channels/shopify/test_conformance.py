"""What we send and what we expect, held against Shopify's own schema."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    NoDeprecatedCustomRule,
    get_named_type,
    parse,
    specified_rules,
    validate,
)
from msgspec import Struct, inspect

from sluice.channels.shopify import bulk_query
from sluice.channels.shopify import graphql as shopify_graphql
from sluice.channels.shopify.contract import Customer, Order, Product, Weight
from tests.channels.shopify.schema import schema

OPERATIONS = [*shopify_graphql.operations(), *bulk_query.operations()]
SEED = Path(__file__).parents[3] / "dbt_project" / "seeds" / "channel_status_map.csv"
SCALARS = {
    inspect.StrType: {"ID", "String", "UnsignedInt64", "URL"},
    inspect.IntType: {"Int"},
    inspect.BoolType: {"Boolean"},
    inspect.DecimalType: {"Decimal", "Money", "Float"},
    inspect.DateTimeType: {"DateTime"},
}


@pytest.mark.parametrize("version", ["2026-04", "2026-07", "2026-10"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda text: " ".join(text.split())[:90])
def test_every_operation_is_valid(version: str, operation: str) -> None:
    assert validate(schema(version), parse(operation), max_errors=5) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda text: " ".join(text.split())[:90])
def test_no_operation_asks_for_what_will_go(operation: str) -> None:
    assert validate(schema(), parse(operation), [*specified_rules, NoDeprecatedCustomRule]) == []


@pytest.mark.parametrize("version", ["2026-04", "2026-07", "2026-10"])
@pytest.mark.parametrize("record", [Order, Customer, Product], ids=lambda record: record.__name__)
def test_the_contract_fits_the_schema(version: str, record: type[Struct]) -> None:
    assert list(_misfits(inspect.type_info(record), schema(version).type_map[record.__name__], record.__name__)) == []


def test_a_misfit_is_found() -> None:
    class Wrong(Struct):
        name: int
        note: str
        nothing: str | None = None

    found = "\n".join(_misfits(inspect.type_info(Wrong), schema().type_map["Order"], "Order"))
    assert "Order.name: contract int, schema String" in found
    assert "Order.note: the schema may leave it null" in found
    assert "Order.nothing: not in the schema" in found


@pytest.mark.parametrize(
    ("axis", "enum"),
    [
        ("payment", "OrderDisplayFinancialStatus"),
        ("fulfilment", "OrderDisplayFulfillmentStatus"),
        ("shipment", "FulfillmentDisplayStatus"),
        ("shipment", "FulfillmentStatus"),
    ],
)
@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
def test_every_status_of_the_schema_has_its_word(version: str, axis: str, enum: str) -> None:
    with SEED.open(encoding="utf-8") as file:
        mapped = {row["native_status"] for row in csv.DictReader(file) if (row["channel"], row["axis"]) == ("shopify", axis)}
    values = schema(version).type_map[enum]
    assert isinstance(values, GraphQLEnumType)
    assert set(values.values) - mapped == set()


def _misfits(kind: inspect.Type, shape: Any, path: str) -> Iterator[str]:
    """Where a contract can't hold what the schema may send, or the schema does not have it."""
    assert isinstance(kind, inspect.StructType)
    assert isinstance(shape, GraphQLObjectType)
    for field in kind.fields:
        here = f"{path}.{field.encode_name}"
        if field.encode_name not in shape.fields:
            yield f"{here}: not in the schema"
            continue
        yield from _misfit(field.type, shape.fields[field.encode_name].type, here)


def _misfit(kind: inspect.Type, shape: Any, here: str) -> Iterator[str]:
    nullable = isinstance(kind, inspect.UnionType)
    if isinstance(kind, inspect.UnionType):
        kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(shape, GraphQLNonNull):
        shape = shape.of_type
    elif not nullable:
        yield f"{here}: the schema may leave it null"
    if isinstance(kind, inspect.ListType):
        if isinstance(shape, GraphQLList):
            yield from _misfit(kind.item_type, shape.of_type, f"{here}[]")
        else:
            yield f"{here}: no list in the schema"
    elif isinstance(kind, inspect.StructType):
        yield from _misfits(kind, shape, here)
    elif isinstance(shape, GraphQLEnumType):
        if not isinstance(kind, inspect.StrType):
            yield f"{here}: an enum is text"
    elif not isinstance(shape, GraphQLScalarType) or shape.name not in SCALARS[type(kind)]:
        yield f"{here}: contract {type(kind).__name__.removesuffix('Type').lower()}, schema {get_named_type(shape).name}"


def test_floats_are_read_digit_by_digit() -> None:
    assert msgspec.json.decode(b'{"value": 0.1000000000000000055, "unit": "GRAMS"}', type=Weight).value == Decimal(
        "0.1000000000000000055"
    )
