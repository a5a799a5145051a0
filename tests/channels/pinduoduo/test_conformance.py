"""What we send and read, against the platform's definitions of its APIs, as far as they were written down."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
import requests

from sluice.channels.pinduoduo.contract import RESPONSES, Depot, Goods, Item, Order, Refund, Sku, StepOrder
from sluice.channels.protocol import Dispatch, Quota
from sluice.sandbox.host import hosted
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.channels.pinduoduo.shop import GOODS, NOW, ORDERS, REFUNDS, shop
from tests.sandbox.worlds import world

DEFINED = json.loads((Path(__file__).parents[2] / "fixtures/pinduoduo/definitions.json").read_text())
RECORDS = DEFINED.pop("records")
EXAMPLE = DEFINED.pop("refund_example")
CONTRACTS = {
    "order": Order,
    "item_list": Item,
    "step_order_info": StepOrder,
    "order_depot_info": Depot,
    "refund": Refund,
    "goods": Goods,
    "sku_list": Sku,
}


def test_answers_have_the_names_that_they_are_looked_for_under() -> None:
    assert {method: one["answer"] for method, one in DEFINED.items()} == RESPONSES


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_field_of_the_contract_is_a_field_of_the_platform(name: str) -> None:
    assert set(CONTRACTS[name].__struct_fields__) <= set(RECORDS[name])


def test_the_documents_own_example_is_a_refund() -> None:
    refund = msgspec.json.decode(json.dumps(EXAMPLE).encode(), type=Refund, strict=False)
    assert (refund.id, refund.sku_id, str(refund.refund_amount), refund.goods_number) == (301851299, "13182332985", "8.00", "1")


COMMON = {"type", "client_id", "timestamp", "data_type", "version", "access_token", "sign"}


def test_only_defined_parameters_are_sent_and_only_defined_fields_come() -> None:
    """Each API that we call, as it is on the wire to the sandbox, which is held to the same definitions."""
    asked: dict[str, set[str]] = {}
    strange: set[str] = set()

    def listen(response: requests.Response, **_: Any) -> None:
        form = dict(parse_qsl(str(response.request.body), keep_blank_values=True))
        definition = DEFINED[form["type"]]
        asked.setdefault(form["type"], set()).update(form.keys() - COMMON)
        (answer,) = response.json().values()
        for record in answer.get(definition.get("list"), []):
            strange.update(record.keys() - RECORDS[definition["record"]])

    with hosted(SandboxState(world())) as url:
        opened = shop(f"{url}/pinduoduo", since=AS_OF - timedelta(days=1))
        opened.gateway.transport.session.hooks["response"].append(listen)
        for stream in (ORDERS, REFUNDS, GOODS):
            list(opened.pages(stream, None))
        list(opened.claims(NOW - timedelta(days=1), NOW))
        list(opened.publish([Quota("d", "NONE", "1", "2", None, None, 3)]))
        order = next(iter(opened.claims(NOW - timedelta(days=1), NOW)))
        list(opened.ship([Dispatch("s", order.order_id, "SF", "SF1", NOW)]))
        assert list(opened.check()) == []
    assert {method: asked[method] - set(DEFINED[method]["asked"]) for method in asked} == {method: set() for method in asked}
    assert set(asked) >= {method for method in DEFINED if DEFINED[method].get("list")}
    assert strange == set()
