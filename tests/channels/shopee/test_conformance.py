"""What we send and read, against Shopee's official documentation: parameters, fields, types, samples."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
import requests
from msgspec import inspect

from sluice.channels.protocol import Dispatch, Quota
from sluice.channels.shopee import contract, gateway, items, orders, ship
from sluice.channels.shopee.connector import CONNECTOR, _Shop, records
from sluice.channels.shopee.gateway import Fault, meaning
from sluice.sandbox.host import hosted
from tests.channels.shopee.shop import FIXTURES, ITEMS, ORDERS, RETURNS, before_dispatch, shop

DESCRIBED = json.loads((FIXTURES / "descriptors.json").read_text())
APIS = DESCRIBED["apis"]
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "float": (int, float),
    "object": (dict,),
    **dict.fromkeys(("int", "int32", "int64", "uint64", "timestamp"), (int,)),
}
ELSEWHERE = {"product_location_id"}
"""Text by its description, a list by its sample; not read."""
SAMPLED = {"stock_info_v2", "total_available_stock", "total_reserved_stock", "seller_stock", "model_name"}
"""Told by samples or by the documentation of other calls, not by this description."""

Exchange = tuple[requests.PreparedRequest, requests.Response]


@pytest.fixture(scope="module")
def exchanges() -> Iterator[list[Exchange]]:
    """All that a landing, a check, a quota and a parcel ask, and the sandbox's answers."""
    told: list[Exchange] = []
    state = before_dispatch()
    with hosted(state) as url:
        found = shop(f"{url}/shopee", lambda: state.now, since=state.now - timedelta(days=90))
        found.gateway.transport.session.hooks["response"].append(lambda answer, **_: told.append((answer.request, answer)))
        numbers = []
        for stream in CONNECTOR.streams:
            for page in found.pages(stream, None):
                numbers += [json.loads(one) for one in records(stream, page.body, page.context)]
        assert list(found.check()) == []
        assert list(found.claims(state.now - timedelta(days=90), state.now))
        item = next(one["item_id"] for one in numbers if one.get("has_model"))
        model = next(one["model"][0]["model_id"] for one in numbers if "model" in one and one["item_id"] == item)
        assert [one.read_back for one in found.publish([Quota("d", "s", str(item), str(model), None, None, 5)])] == [5]
        ready = next(one["order_sn"] for one in numbers if one.get("order_status") == "READY_TO_SHIP")
        assert [one.accepted for one in found.ship([Dispatch("p", ready, "SF", "SF1", state.now)])] == [True]
        yield told


def test_every_call_is_made(exchanges: list[Exchange]) -> None:
    assert {_path(request) for request, _ in exchanges} == set(APIS)


def _path(request: requests.PreparedRequest) -> str:
    assert request.url
    return request.path_url.split("?")[0].removeprefix("/shopee")


def test_every_parameter_that_we_send_is_described(exchanges: list[Exchange]) -> None:
    for request, _ in exchanges:
        api = APIS[_path(request)]
        assert request.method == api["method"]
        query = urlsplit(str(request.url)).query
        names = {part.split("=")[0] for part in query.split("&")}
        assert set(api["common"]) <= names <= set(api["common"]) | set(api["request"]), names
        if api["method"] == "POST":
            body = json.loads(request.body or b"{}")
            _conforms(body, api["request"], api["name"])
            names |= set(body)
        required = {name for name, one in api["request"].items() if one.get("required")}
        assert names >= required, (api["name"], required - names)


def test_fields_that_are_asked_for_are_described() -> None:
    described = set(APIS["/api/v2/order/get_order_detail"]["response"]["response"]["fields"]["order_list"]["fields"])
    for wanted in (contract.ORDER_FIELDS, orders.STATED):
        assert set(wanted.split(",")) <= described


def test_the_sandbox_answers_as_described(exchanges: list[Exchange]) -> None:
    for request, answer in exchanges:
        api = APIS[_path(request)]
        _conforms(answer.json(), api["response"] | {"request_id": {"type": "string"}, "message": {"type": "string"}}, api["name"])


def _conforms(record: dict[str, Any], fields: dict[str, Any], where: str) -> None:
    for name, value in record.items():
        here = f"{where}.{name}"
        if name in ELSEWHERE or value is None:
            continue
        if name not in fields:
            assert name in SAMPLED | {"total_count", "has_next_page", "next_offset"}, here
            continue
        kind = fields[name]["type"]
        values = value if kind.endswith("[]") else [value]
        for one in values:
            assert type(one) in TYPES[kind.removesuffix("[]")], (here, one)
            if isinstance(one, dict):
                _conforms(one, fields[name].get("fields", {}), here)


READ = [
    (contract.Order, "/api/v2/order/get_order_detail", ("response", "order_list")),
    (orders._Order, "/api/v2/order/get_order_detail", ("response", "order_list")),
    (ship._Order, "/api/v2/order/get_order_detail", ("response", "order_list")),
    (contract.OrderNumber, "/api/v2/order/get_order_list", ("response", "order_list")),
    (contract.Return, "/api/v2/returns/get_return_list", ("response", "return")),
    (contract.Item, "/api/v2/product/get_item_base_info", ("response", "item_list")),
    (contract.ListedItem, "/api/v2/product/get_item_list", ("response", "item")),
    (contract.Model, "/api/v2/product/get_model_list", ("response", "model")),
    (items._Failure, "/api/v2/product/update_stock", ("response", "failure_list")),
    (ship._Ways, "/api/v2/logistics/get_shipping_parameter", ("response",)),
    (gateway._Granted, "/api/v2/auth/access_token/get", ()),
    (_Shop, "/api/v2/shop/get_shop_info", ()),
]


@pytest.mark.parametrize(("record", "path", "inside"), READ, ids=lambda value: getattr(value, "__name__", ""))
def test_every_field_that_we_read_is_described(record: type[msgspec.Struct], path: str, inside: tuple[str, ...]) -> None:
    fields = APIS[path]["response"]
    for name in inside:
        fields = fields[name]["fields"]
    _described(record, fields, record.__name__)


def _described(record: type[msgspec.Struct], fields: dict[str, Any], where: str) -> None:
    found = inspect.type_info(record)
    assert isinstance(found, inspect.StructType)
    for field in found.fields:
        here = f"{where}.{field.encode_name}"
        if field.encode_name in SAMPLED:
            continue
        assert field.encode_name in fields, here
        described = fields[field.encode_name]
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        (kind,) = [one for one in kinds if not isinstance(one, inspect.NoneType)]
        _fits(kind, described, here)


def _fits(kind: Any, described: dict[str, Any], where: str) -> None:
    told = described["type"]
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.ListType):
        assert told.endswith("[]"), where
        _fits(kind.item_type, described | {"type": told.removesuffix("[]")}, where)
    elif isinstance(kind, inspect.StructType):
        assert told == "object", where
        _described(kind.cls, described["fields"], where)
    else:
        fitting: dict[Any, tuple[str, ...]] = {
            inspect.IntType: ("int", "int32", "int64", "timestamp"),
            inspect.StrType: ("string",),
            inspect.BoolType: ("boolean",),
            inspect.DecimalType: ("float",),
        }
        assert told in fitting[type(kind)], (where, told)


def sample(path: str) -> bytes:
    """The documentation's own sample. Some are no valid JSON there: two braces too many, commas that are missing or too many."""
    (found,) = APIS[path]["samples"]
    if isinstance(found, dict):
        return json.dumps(found).encode()
    mended = found.replace("{\n{", "{", 1).replace("18080\n", "18080,\n").replace("},\n\t\t\t}", "}\n\t\t\t}")
    return str(mended).encode()


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        (ORDERS, "/api/v2/order/get_order_detail"),
        (RETURNS, "/api/v2/returns/get_return_list"),
        (ITEMS, "/api/v2/product/get_item_base_info"),
    ],
)
def test_the_documentation_s_samples_keep_the_contract(stream: Any, path: str) -> None:
    found = [msgspec.json.decode(one, type=stream.record) for one in records(stream, sample(path), {})]
    assert len(found) == 1


def test_the_sample_of_an_order_is_read_to_the_cent() -> None:
    (raw,) = records(ORDERS, sample("/api/v2/order/get_order_detail"), {})
    order = msgspec.json.decode(raw, type=contract.Order)
    (line,) = order.item_list
    assert (order.order_sn, order.currency, order.cod) == ("2404098R48U37H", "VND", True)
    assert (line.model_original_price, line.model_discounted_price) == (Decimal(300000), Decimal(48000))
    assert [one.logistics_status for one in order.package_list or []] == ["LOGISTICS_DELIVERY_DONE"]


def test_every_documented_error_has_a_meaning_in_words() -> None:
    """And none of them is taken for a good answer."""
    for error, message in DESCRIBED["errors"]:
        fault = Fault(error, message)
        assert fault
        assert str(meaning(fault))
    examples = [one for api in APIS.values() for one in api["error_examples"]]
    assert len(examples) > 5
    assert all(msgspec.convert(one, Fault, strict=False) for one in examples)
