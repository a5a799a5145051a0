"""Quantities and parcels, told to the sandbox's gateway."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sluice.channels.pinduoduo.connector import Pinduoduo
from sluice.channels.protocol import Dispatch, Quota, Refused
from sluice.sandbox.host import hosted
from sluice.sandbox.pinduoduo import SECRETS, SHOP
from sluice.sandbox.seasons import AS_OF
from sluice.sandbox.state import SandboxState
from tests.channels.pinduoduo.shop import GOODS, NOW, ORDERS, records, shop
from tests.sandbox.worlds import world


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(world())


@pytest.fixture
def opened(state: SandboxState) -> Iterator[Pinduoduo]:
    with hosted(state) as url:
        yield shop(f"{url}/pinduoduo", since=AS_OF - timedelta(days=3))


def test_one_bad_sku_does_not_keep_the_others_from_their_quantity(opened: Pinduoduo, state: SandboxState) -> None:
    goods = records(list(opened.pages(GOODS, None)), GOODS)
    skus = [(str(one["goods_id"]), sku) for one in goods for sku in one["sku_list"]][:4]
    quotas = [
        Quota(f"d{at}", sku["outer_id"], goods_id, "404" if at == 1 else str(sku["sku_id"]), None, None, 10 + at)
        for at, (goods_id, sku) in enumerate(skus)
    ]
    answers = {one.decision_id: one for one in opened.publish(quotas)}
    assert {name: (one.accepted, one.read_back) for name, one in answers.items()} == {
        "d0": (True, 10),
        "d1": (False, None),
        "d2": (True, 12),
        "d3": (True, 13),
    }
    assert "sku不存在" in answers["d1"].message
    assert state.published[SHOP.channel, SHOP.shop, str(skus[0][1]["sku_id"]), None] == 10


def waiting(opened: Pinduoduo) -> list[dict[str, Any]]:
    found = records(list(opened.pages(ORDERS, None)))
    return [one for one in found if one["order_status"] == 1 and one["confirm_status"] == 1]


def test_a_parcel_is_told_once_and_telling_it_again_changes_nothing(opened: Pinduoduo) -> None:
    order = waiting(opened)[0]
    parcel = Dispatch("p1", order["order_sn"], "顺丰快递", "SF123", NOW)
    other = Dispatch("p2", order["order_sn"], "SF", "SF999", NOW)
    told = [(one.decision_id, one.accepted, one.message) for one in opened.ship([parcel, parcel, other])]
    assert told[:2] == [("p1", True, "shipped"), ("p1", True, "was told before")]
    assert told[2][:2] == ("p2", False)
    assert "SF123" in told[2][2]


def test_what_can_t_be_told_says_why(opened: Pinduoduo) -> None:
    order = waiting(opened)[0]
    item = order["item_list"][0]
    whole = {str(one["sku_id"]): one["goods_count"] for one in order["item_list"]}
    part = whole | {str(item["sku_id"]): item["goods_count"] - 1}
    tries = [
        Dispatch("part", order["order_sn"], "SF", "SF1", NOW, part),
        Dispatch("carrier", order["order_sn"], "Pony Express", "P1", NOW),
        Dispatch("order", "999999-1", "SF", "SF1", NOW),
        Dispatch("good", order["order_sn"], "sf", "SF1", NOW, whole),
    ]
    told = {one.decision_id: (one.accepted, one.message) for one in opened.ship(tries)}
    assert [accepted for accepted, _ in told.values()] == [False, False, False, True]
    assert "as a whole" in told["part"][1]
    assert "carriers" in told["carrier"][1]
    assert "订单不存在" in told["order"][1]


def test_a_shop_s_own_name_of_a_carrier_is_an_option(opened: Pinduoduo) -> None:
    order = waiting(opened)[0]
    named = shop(opened.connection.url, carriers={"Pony Express": 44})
    assert [one.accepted for one in named.ship([Dispatch("p", order["order_sn"], "pony express", "P1", NOW)])] == [True]


def test_refused_credentials_end_the_writing() -> None:
    with hosted(SandboxState(world())) as url:
        expired = shop(f"{url}/pinduoduo", SECRETS | {"access_token": "old"})
        with pytest.raises(Refused, match="authorise the app again"):
            list(expired.publish([Quota("d", "S", "1", "2", None, None, 3)]))
        with pytest.raises(Refused, match="authorise the app again"):
            list(expired.ship([Dispatch("s", "1", "SF", "SF1", NOW)]))
