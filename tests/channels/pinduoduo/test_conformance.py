"""What we send and read, against the platform's definitions of its APIs, as far as they were written down."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

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


def test_only_defined_parameters_are_sent_and_only_defined_fields_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each API that we call, against the sandbox, which is held to the same definitions."""
    asked: dict[str, set[str]] = {}
    with hosted(SandboxState(world())) as url:
        opened = shop(f"{url}/pinduoduo", since=AS_OF - timedelta(days=1))
        call = type(opened.gateway).call

        def watched(gateway: Any, method: str, **parameters: object) -> bytes:
            asked.setdefault(method, set()).update(parameters)
            body = call(gateway, method, **parameters)
            (answer,) = json.loads(body).values()
            for record in answer.get(DEFINED[method].get("list"), []):
                assert set(record) <= set(RECORDS[DEFINED[method]["record"]])
            return body

        monkeypatch.setattr(type(opened.gateway), "call", watched)
        for stream in (ORDERS, REFUNDS, GOODS):
            list(opened.pages(stream, None))
        list(opened.claims(NOW - timedelta(days=1), NOW))
        list(opened.publish([Quota("d", "NONE", "1", "2", None, None, 3)]))
        order = next(iter(opened.claims(NOW - timedelta(days=1), NOW)))
        list(opened.ship([Dispatch("s", order.order_id, "SF", "SF1", NOW)]))
        assert list(opened.check()) == []
    assert {method: asked[method] - set(DEFINED[method]["asked"]) for method in asked} == {method: set() for method in asked}
    assert set(asked) >= {method for method in DEFINED if DEFINED[method].get("list")}
