"""Quantities and parcels: what is sent, what is answered, what is told again."""

import json
from datetime import timedelta
from typing import Any

import pytest

from sluice.channels.protocol import Dispatch, Quota
from sluice.channels.shopee.connector import records
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.shopee.shop import ITEMS, MODELS, NOW, ORDERS, REFRESH, Asked, before_dispatch, granted, scripted, shop
from tests.sandbox.worlds import world


def quota(item: int, listing: int, quantity: int) -> Quota:
    return Quota(f"d{listing}", f"sku {listing}", str(item), str(listing), None, None, quantity)


class Stock:
    """An item 700 with many models; model 13 is refused; where `broken`, so is any call of several."""

    def __init__(self) -> None:
        self.stock: dict[int, int] = {}
        self.calls: list[dict[str, Any]] = []
        self.broken = False

    def __call__(self, asked: Asked) -> dict[str, Any]:
        if asked["path"] == REFRESH:
            return granted(1)
        if asked["path"].endswith("get_model_list"):
            places = [{"location_id": "A", "stock": 1000}]
            shown = [
                {"model_id": m, "stock_info_v2": {"seller_stock": [{"location_id": "", "stock": q}]}}
                for m, q in self.stock.items()
            ]
            return {"response": {"model": [*shown, {"model_id": 999, "stock_info_v2": {"seller_stock": places}}]}}
        body = asked["body"]
        self.calls.append(body)
        wanted = {one["model_id"]: one["seller_stock"][0]["stock"] for one in body["stock_list"]}
        if self.broken and len(wanted) > 1:
            return {"error": "product.error_busi", "message": "something about one of them"}
        self.stock |= {model: quantity for model, quantity in wanted.items() if model != 13}
        failed = [{"model_id": 13, "failed_reason": "Wrong model_id."}] if 13 in wanted else []
        return {"response": {"success_list": [], "failure_list": failed}}


@pytest.mark.parametrize("broken", [False, True])
def test_one_bad_model_keeps_none_of_the_others_from_its_number(broken: bool) -> None:
    platform = Stock()
    platform.broken = broken
    with scripted(platform) as (url, _):
        answers = {one.decision_id: one for one in shop(url).publish([quota(700, model, model) for model in range(1, 61)])}
    assert {name for name, one in answers.items() if not one.accepted} == {"d13"}
    assert "Wrong model_id" in answers["d13"].message
    assert all(one.read_back == int(name[1:]) for name, one in answers.items() if one.accepted)
    assert max(len(one["stock_list"]) for one in platform.calls) == 50


def test_a_warehouse_is_named_where_the_seller_has_several() -> None:
    platform = Stock()
    with scripted(platform) as (url, _):
        list(shop(url, location_id="A").publish([quota(700, 5, 3)]))
    assert platform.calls[0]["stock_list"] == [{"model_id": 5, "seller_stock": [{"location_id": "A", "stock": 3}]}]


def test_quantities_of_the_sandbox_s_items_and_models() -> None:
    state = SandboxState(world())
    with hosted(state) as url:
        found = shop(f"{url}/shopee", lambda: state.now)
        items = [json.loads(one) for page in found.pages(ITEMS, None) for one in records(ITEMS, page.body, page.context)]
        models = [json.loads(one) for page in found.pages(MODELS, None) for one in records(MODELS, page.body, page.context)]
        plain = next(one["item_id"] for one in items if not one["has_model"])
        wanted = [quota(plain, plain, 4)] + [quota(models[0]["item_id"], one["model_id"], 9) for one in models[0]["model"]]
        answers = list(found.publish([*wanted, quota(plain, 123, 1)]))
    assert [one.read_back for one in answers if one.accepted] == [one.quantity for one in wanted]
    assert [one.decision_id for one in answers if not one.accepted] == ["d123"]


def dispatch(order: str, **lines: int) -> Dispatch:
    return Dispatch("p1", order, "SF", "SF1", NOW, lines)


def test_an_order_of_the_sandbox_is_sent_once() -> None:
    state = before_dispatch()
    with hosted(state) as url:
        found = shop(f"{url}/shopee", lambda: state.now, since=state.now - timedelta(days=400))
        told = [json.loads(one) for page in found.pages(ORDERS, None) for one in records(ORDERS, page.body, page.context)]
        by_status = {one["order_status"]: one["order_sn"] for one in told}
        ready = by_status["READY_TO_SHIP"]
        answers = [next(found.ship([dispatch(one)])) for one in (ready, ready, by_status["CANCELLED"], "nonsense")]
        (page,) = found.again(ORDERS, [ready])
    assert [one.accepted for one in answers] == [True, True, False, False]
    assert "already" in answers[1].message
    assert "CANCELLED" in answers[2].message
    assert [json.loads(one)["order_status"] for one in records(ORDERS, page.body, page.context)] == ["PROCESSED"]


ADDRESSES = {
    "address_list": [
        {"address_id": 1, "address_flag": ["return_address"], "time_slot_list": None},
        {
            "address_id": 2,
            "address_flag": ["pickup_address"],
            "time_slot_list": [{"pickup_time_id": "a", "flags": []}, {"pickup_time_id": "b", "flags": ["recommended"]}],
        },
    ]
}


@pytest.mark.parametrize(
    ("needed", "offered", "told"),
    [
        ({"non_integrated": ["tracking_no"]}, None, {"non_integrated": {"tracking_number": "SF1"}}),
        ({"dropoff": []}, None, {"dropoff": {}}),
        ({"dropoff": ["tracking_no"]}, None, {"dropoff": {"tracking_number": "SF1"}}),
        ({"pickup": ["address_id", "pickup_time_id"]}, ADDRESSES, {"pickup": {"address_id": 2, "pickup_time_id": "b"}}),
        ({"dropoff": ["branch_id"]}, None, None),
        ({"pickup": ["address_id"]}, {"address_list": []}, None),
        ({}, None, None),
    ],
)
def test_what_is_told_is_what_shopee_says_is_needed(needed: Any, offered: Any, told: Any) -> None:
    sent = []

    def platform(asked: Asked) -> dict[str, Any]:
        match asked["path"].rsplit("/", 1)[-1]:
            case "get_order_detail":
                line = {"model_quantity_purchased": 2}
                return {"response": {"order_list": [{"order_status": "READY_TO_SHIP", "item_list": [line]}]}}
            case "get_shipping_parameter":
                return {"response": {"info_needed": needed, "pickup": offered, "dropoff": None}}
            case "ship_order":
                sent.append(asked["body"])
                return {}
        return granted(1)

    with scripted(platform) as (url, _):
        (answer,) = shop(url).ship([dispatch("1")])
        (part,) = shop(url).ship([dispatch("1", line=1)])
    assert answer.accepted is (told is not None), answer.message
    assert sent == ([{"order_sn": "1"} | told] if told is not None else [])
    assert not part.accepted
    assert "whole orders" in part.message
