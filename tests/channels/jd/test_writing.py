"""Quantities and parcels, told to the sandbox's gateway."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sluice.channels.jd.connector import Jd
from sluice.channels.protocol import Dispatch, Quota, Refused
from sluice.sandbox.host import hosted
from sluice.sandbox.jd import SECRETS, SHOP
from sluice.sandbox.state import SandboxState
from tests.channels.jd.shop import NOW, ORDERS, SKUS, records, shop
from tests.sandbox.worlds import world


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(world(11, 20_000))


@pytest.fixture
def address(state: SandboxState) -> Iterator[str]:
    with hosted(state) as url:
        yield f"{url}/jd"


@pytest.mark.parametrize("method", ["jingdong.stock.write.updateSkuStock", "jingdong.ware.stock.sku.set"])
def test_one_bad_sku_does_not_keep_the_others_from_their_quantity(address: str, state: SandboxState, method: str) -> None:
    opened = shop(address, stock_method=method)
    skus = records(list(opened.pages(SKUS, None)), SKUS)[:4]
    quotas = [
        Quota(f"d{at}", sku["outerId"], str(sku["wareId"]), "404" if at == 1 else str(sku["skuId"]), None, None, 10 + at)
        for at, sku in enumerate(skus)
    ]
    answers = {one.decision_id: one for one in opened.publish(quotas)}
    assert {name: (one.accepted, one.read_back) for name, one in answers.items()} == {
        "d0": (True, 10),
        "d1": (False, None),
        "d2": (True, 12),
        "d3": (True, 13),
    }
    assert "sku不存在" in answers["d1"].message
    assert state.published[SHOP.channel, SHOP.shop, str(skus[0]["skuId"]), None] == 10


def waiting(opened: Jd) -> dict[str, Any]:
    found = records(list(opened.pages(ORDERS, None)))
    return next(one for one in found if one["orderState"] == "WAIT_SELLER_STOCK_OUT")


def test_a_parcel_is_told_once_and_what_can_t_be_told_says_why(address: str) -> None:
    opened = shop(address, since=NOW - timedelta(days=30), carriers={"SF Express": 467})
    order = waiting(opened)
    number = order["orderId"]
    whole = {one["skuId"]: int(one["itemTotal"]) for one in order["itemInfoList"]}
    part = whole | {order["itemInfoList"][0]["skuId"]: 0}
    tries = [
        Dispatch("part", number, "SF Express", "SF1", NOW, part),
        Dispatch("carrier", number, "Pony Express", "P1", NOW),
        Dispatch("order", "999", "467", "SF1", NOW),
        Dispatch("good", number, "sf express", "SF1", NOW, whole),
        Dispatch("again", number, "SF Express", "SF1", NOW, whole),
        Dispatch("other", number, "SF Express", "SF2", NOW, whole),
    ]
    told = {one.decision_id: (one.accepted, one.message) for one in opened.ship(tries)}
    assert [accepted for accepted, _ in told.values()] == [False, False, False, True, True, False]
    assert "as a whole" in told["part"][1]
    assert "carriers" in told["carrier"][1]
    assert "订单不存在" in told["order"][1]
    assert told["again"][1] == "was told before"
    assert "WAIT_GOODS_RECEIVE_CONFIRM" in told["other"][1]


def test_refused_credentials_end_the_writing(address: str) -> None:
    expired = shop(address, SECRETS | {"access_token": "old"})
    with pytest.raises(Refused, match="authorise the app again"):
        list(expired.publish([Quota("d", "S", "1", "2", None, None, 3)]))
    with pytest.raises(Refused, match="authorise the app again"):
        list(expired.ship([Dispatch("s", "1", "467", "SF1", NOW)]))
