"""Every request we send and every answer the sandbox gives, held against the platform's own descriptors."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from sluice.channels.protocol import Dispatch, Quota
from sluice.channels.taobao.windows import TYPES
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF, START
from sluice.sandbox.state import SandboxState
from tests.channels.taobao.shop import ITEMS, REFUNDS, TRADES, records, shop
from tests.sandbox.worlds import world

DESCRIPTORS = json.loads((Path(__file__).parents[2] / "fixtures/taobao/descriptors.json").read_text())
COMMON = {"method", "app_key", "session", "timestamp", "format", "v", "sign_method", "sign"}
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
Exchange = tuple[dict[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """All that is said while everything the connector can do is done once."""
    heard: list[Exchange] = []

    def listen(response: requests.Response, **_: Any) -> None:
        body = response.request.body
        assert isinstance(body, str)
        heard.append((dict(parse_qsl(body, keep_blank_values=True)), response.json()))

    session = requests.Session()
    session.hooks["response"].append(listen)
    with hosted(SandboxState(world())) as url:
        ours = shop(f"{url}/taobao", session=session, page_size=2)
        for stream in (TRADES, REFUNDS):
            assert records(list(ours.pages(stream, None)), stream)
        assert list(ours.claims(START, AS_OF))
        items = records(list(ours.pages(ITEMS, None)), ITEMS)
        assert all(answer.accepted for answer in ours.publish(list(quotas(items))))
        waiting = [trade for trade in records(list(ours.pages(TRADES, None))) if trade["status"] == "WAIT_SELLER_SEND_GOODS"]
        assert all(answer.accepted for answer in ours.ship([parcel(trade) for trade in waiting[:2]]))
    return heard


def parcel(trade: dict[str, Any]) -> Dispatch:
    lines = {str(order["oid"]): order["num"] for order in trade["orders"]["order"]}
    return Dispatch(f"p{trade['tid']}", str(trade["tid"]), "SF", f"SF{trade['tid']}", AS_OF, lines)


def quotas(items: list[dict[str, Any]]) -> Iterator[Quota]:
    for number, item in enumerate(items):
        product = str(item["num_iid"])
        for sku in item.get("skus", {"sku": [{"sku_id": product}]})["sku"]:
            yield Quota(f"{number}/{sku['sku_id']}", "SKU", product, str(sku["sku_id"]), None, None, 7)


def test_all_methods_were_used(exchanges: list[Exchange]) -> None:
    assert {form["method"] for form, _ in exchanges} == set(DESCRIPTORS)


def test_requests_have_only_parameters_that_exist_and_all_that_must_be(exchanges: list[Exchange]) -> None:
    for form, _ in exchanges:
        descriptor = DESCRIPTORS[form["method"]]
        assert form.keys() >= COMMON | set(descriptor["required"])
        for name, value in form.items():
            if name in COMMON:
                continue
            kind = descriptor["request"][name]
            if kind == "Number":
                assert value.isdigit(), (form["method"], name, value)
            elif kind == "Boolean":
                assert value in ("true", "false")
            elif kind == "Date":
                assert TIME.fullmatch(value)


def test_fields_that_are_asked_for_exist(exchanges: list[Exchange]) -> None:
    for form, _ in exchanges:
        if "fields" not in form:
            continue
        (record,) = (one["fields"] for one in DESCRIPTORS[form["method"]]["response"].values() if isinstance(one, dict))
        for name in form["fields"].split(","):
            assert _field(record, name), (form["method"], name)


def _field(record: dict[str, Any], name: str) -> bool:
    """A list's fields are asked for under its name, or as the descriptor of items says, under `sku` for the list `skus`."""
    if "." not in name:
        return isinstance(record.get(name), str)
    prefix, inner = name.split(".")
    return inner in record["skus" if prefix == "sku" else prefix]["fields"]


def test_trades_of_all_kinds_are_asked_for_everywhere(exchanges: list[Exchange]) -> None:
    """The list of refunds leaves presales out unless they are named."""
    asked = {form["type"] for form, _ in exchanges if form["method"].startswith(("taobao.trades", "taobao.refunds"))}
    assert asked == {TYPES}


def test_answers_have_the_types_that_are_described(exchanges: list[Exchange]) -> None:
    for form, body in exchanges:
        ((name, answer),) = body.items()
        assert name == form["method"].removeprefix("taobao.").replace(".", "_") + "_response"
        _conforms(answer, DESCRIPTORS[form["method"]]["response"] | {"request_id": "String"}, name)


def _conforms(record: dict[str, Any], fields: dict[str, Any], where: str) -> None:
    for name, value in record.items():
        kind = fields[name]
        here = f"{where}.{name}"
        if isinstance(kind, str):
            _typed(value, kind, here)
        elif kind["type"].endswith("[]"):
            assert list(value) == [_singular(name)], here
            for one in value[_singular(name)]:
                _conforms(one, kind["fields"], here)
        else:
            _conforms(value, kind["fields"], here)


def _singular(plural: str) -> str:
    return plural.removesuffix("s")


def _typed(value: Any, kind: str, where: str) -> None:
    kinds: dict[str, type] = {"Number": int, "Boolean": bool, "String": str, "Date": str}
    assert type(value) is kinds[kind], (where, value)
    if kind == "Date":
        assert TIME.fullmatch(value), (where, value)


def test_ids_are_numbers_past_what_a_float_holds(exchanges: list[Exchange]) -> None:
    listed = [body["trades_sold_increment_get_response"] for form, body in exchanges if "increment" in form["method"]]
    ids = [trade["tid"] for answer in listed for trade in answer.get("trades", {"trade": []})["trade"]]
    assert min(ids) > 2**53
    assert any(int(float(one)) != one for one in ids)
