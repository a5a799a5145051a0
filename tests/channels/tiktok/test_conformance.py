"""Contract, status map and sandbox against the members that the platform documents for version 202309."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, inspect

from sluice.channels.tiktok import contract
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.tiktok.shop import CANCELLATIONS, ORDERS, PRODUCTS, RETURNS, records, shop
from tests.sandbox.worlds import world

ROOT = Path(__file__).parents[3]
FIELDS = json.loads((ROOT / "tests/fixtures/tiktok/fields.json").read_text())
RECORDS: dict[str, type[Struct]] = {
    "order": contract.Order,
    "payment": contract.Payment,
    "recipient_address": contract.Address,
    "district": contract.District,
    "line_item": contract.LineItem,
    "return": contract.Return,
    "return_line": contract.ReturnLine,
    "refund_amount": contract.Refunded,
    "cancellation": contract.Cancellation,
    "cancel_line": contract.CancelLine,
    "product": contract.Product,
    "sku": contract.Sku,
    "price": contract.Price,
    "inventory": contract.Inventory,
}
OURS = {("line_item", "quantity")}
"""Not documented: taken where it comes."""
KINDS = {
    inspect.StrType: "string",
    inspect.DecimalType: "string",
    inspect.IntType: "int",
    inspect.BoolType: "bool",
    inspect.ListType: "array",
    inspect.StructType: "object",
}
INSIDE = {
    ("order", "payment"): "payment",
    ("order", "recipient_address"): "recipient_address",
    ("order", "line_items"): "line_item",
    ("recipient_address", "district_info"): "district",
    ("return", "refund_amount"): "refund_amount",
    ("return", "return_line_items"): "return_line",
    ("return_line", "refund_amount"): "refund_amount",
    ("cancellation", "refund_amount"): "refund_amount",
    ("cancellation", "cancel_line_items"): "cancel_line",
    ("cancel_line", "refund_amount"): "refund_amount",
    ("product", "skus"): "sku",
    ("sku", "price"): "price",
    ("sku", "inventory"): "inventory",
}
VALUES = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}


def kind(field: inspect.Field) -> str:
    # what is personal is marked so, around its type
    bare = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
    types = bare.types if isinstance(bare, inspect.UnionType) else (bare,)
    (one,) = (each for each in types if not isinstance(each, inspect.NoneType))
    return KINDS[type(one.type if isinstance(one, inspect.Metadata) else one)]


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_of_the_contract_is_documented_with_its_type(name: str) -> None:
    info = inspect.type_info(RECORDS[name])
    assert isinstance(info, inspect.StructType)
    mine = {field.name: kind(field) for field in info.fields if (name, field.name) not in OURS}
    assert mine == {field: FIELDS[name].get(field) for field in mine}


def test_every_documented_status_has_a_word() -> None:
    rows = csv.DictReader((ROOT / "dbt_project/seeds/channel_status_map.csv").open())
    mapped = {(row["axis"], row["native_status"]) for row in rows if row["channel"] == "tiktok"}
    axes = {"order": ("order", "payment", "fulfilment", "shipment"), "refund": ("refund",), "shipment": ("shipment",)}
    wanted = {(axis, status) for kind, statuses in FIELDS["statuses"].items() for axis in axes[kind] for status in statuses}
    assert wanted - mapped == set()


def undocumented(name: str, record: dict[str, Any]) -> set[str]:
    """Members that the documentation lacks or gives another type."""
    wrong = {f"{name}.{key}" for key, value in record.items() if type(value) is not VALUES.get(FIELDS[name].get(key))}
    for key, value in record.items():
        inner = INSIDE.get((name, key))
        for one in (value if isinstance(value, list) else [value]) if inner else []:
            wrong |= undocumented(inner, one)
    return wrong


def test_the_sandbox_says_nothing_that_is_not_documented() -> None:
    state = SandboxState(world())
    with hosted(state) as url:
        opened = shop(f"{url}/tiktok", now=lambda: state.now)
        for name, stream in zip(
            ("order", "return", "cancellation", "product"), (ORDERS, RETURNS, CANCELLATIONS, PRODUCTS), strict=True
        ):
            found = records(list(opened.pages(stream, None)), stream)
            assert len(found) > 5
            assert set().union(*(undocumented(name, one) for one in found)) == set()
