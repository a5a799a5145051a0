"""Quantities and parcels to the shop: against the sandbox, and against a platform that refuses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.channels.douyin.connector import Douyin
from sluice.channels.protocol import Answer, Dispatch, Quota
from sluice.sandbox.host import hosted
from sluice.sandbox.state import SandboxState
from tests.channels.douyin.shop import ORDERS, PRODUCTS, Call, fault, records, scripted, shop
from tests.sandbox.worlds import world


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Douyin]:
    state = SandboxState(world(orders=5_000))
    with hosted(state) as url:
        yield shop(f"{url}/douyin", now=lambda: state.now)


def quota(number: int, sku: object, product: object, quantity: int) -> Quota:
    return Quota(f"d{number}", "SKU", str(product), str(sku), None, None, quantity)


def test_quantities_are_absolute_and_one_bad_sku_keeps_no_other_from_its_number(sandbox: Douyin) -> None:
    found = records(list(sandbox.pages(PRODUCTS, None)), PRODUCTS)[:4]
    good = [(sku["id"], product["product_id"]) for product in found for sku in product["skus"]]
    for quantity in (9, 4):  # absolute: the second takes the place of the first
        quotas = [quota(number, *one, quantity + number) for number, one in enumerate(good)]
        bad = [quota(100, 404, good[0][1], 1), quota(101, 404, 405, 1), quota(102, "no number", good[0][1], 1)]
        answers = {answer.decision_id: answer for answer in sandbox.publish([*bad, *quotas])}
        assert [(answers[one.decision_id].accepted, answers[one.decision_id].read_back) for one in quotas] == [
            (True, one.quantity) for one in quotas
        ]
        assert [(answers[one.decision_id].accepted, answers[one.decision_id].read_back) for one in bad] == [(False, None)] * 3


@pytest.mark.parametrize(("warehouse", "read_back"), [(None, None), ("WH-SH", 3)])
def test_a_sku_with_a_number_a_warehouse_is_set_in_ours(warehouse: str | None, read_back: int | None) -> None:
    levels = [{"id": 2, "sku_type": 1, "stock_num": 0, "stock_map": {"WH-SH": 3, "WH-GZ": 8}}]
    script: dict[str, Any] = {"sku.syncStock": {}, "sku.list": levels}
    with scripted(lambda call: script.get(call.method)) as (url, calls):
        answers = list(shop(url, out_warehouse_id=warehouse).publish([quota(1, 2, 1, 3)]))
    assert answers == [Answer("d1", True, "set", read_back)]
    (sent,) = [call.given for call in calls if call.method == "sku.syncStock"]
    assert sent.get("out_warehouse_id") == warehouse
    assert (sent["stock_num"], sent["incremental"]) == (3, False)


def dispatch(order_id: str, lines: dict[str, int] | None = None) -> Dispatch:
    return Dispatch(f"p-{order_id}", order_id, "SF Express", f"T{order_id}", datetime(2026, 10, 1, tzinfo=UTC), lines or {})


def waiting(sandbox: Douyin) -> list[dict[str, Any]]:
    return [one for one in records(list(sandbox.pages(ORDERS, None))) if one["order_status"] == 2]


def test_a_whole_order_is_told_once(sandbox: Douyin) -> None:
    order = waiting(sandbox)[0]["order_id"]
    assert list(sandbox.ship([dispatch(order)])) == [Answer(f"p-{order}", True, "shipped")]
    assert list(sandbox.ship([dispatch(order)])) == [Answer(f"p-{order}", True, "told before")]
    (shown,) = [one for one in waiting(sandbox) if one["order_id"] == order]
    (parcel,) = shown["logistics_info"]
    assert (parcel["tracking_no"], parcel["company"]) == (f"T{order}", "shunfeng")


def test_parts_of_an_order_go_by_line_and_piece(sandbox: Douyin) -> None:
    order = next(one for one in waiting(sandbox) if not one["logistics_info"])
    line = order["sku_order_list"][0]["order_id"]
    (answer,) = sandbox.ship([dispatch(order["order_id"], {line: 1})])
    assert answer.accepted
    (shown,) = [one for one in waiting(sandbox) if one["order_id"] == order["order_id"]]
    assert [parcel["product_info"] for parcel in shown["logistics_info"]] == [[{"sku_order_id": line, "product_count": 1}]]
    (more,) = sandbox.ship([replace(dispatch(order["order_id"], {line: 99}), dispatch_id="x", tracking_number="other")])
    assert (more.accepted, "待发货数不足" in more.message) == (False, True)


def test_what_can_t_be_shipped_says_why(sandbox: Douyin) -> None:
    done = next(one for one in records(list(sandbox.pages(ORDERS, None))) if one["order_status"] == 5)
    strange = replace(dispatch(done["order_id"]), carrier="Pigeon Post")
    answers = list(sandbox.ship([dispatch("404"), dispatch(done["order_id"]), strange]))
    assert [one.accepted for one in answers] == [False, False, False]
    assert "no order 404" in answers[0].message
    assert "不允许发货" in answers[1].message
    assert "option carriers" in answers[2].message


def test_a_check_names_what_the_app_may_not_read() -> None:
    def script(call: Call) -> Any:
        if call.method == "token.refresh":
            return None
        return fault(30001, "isv.app-permissions-insufficient") if call.method == "afterSale.List" else {}

    with scripted(script) as (url, _):
        (said,) = shop(url).check()
    assert said.startswith("afterSale.List: ")
    assert "apply for it" in said
