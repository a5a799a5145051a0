"""Quotas set at the shop's locations: compared before they are set, once a decision, read back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sluice.channels.protocol import Answer, Quota
from sluice.channels.shopify.client import Client
from sluice.channels.shopify.connector import Shop
from sluice.channels.shopify.graphql import SET_QUANTITIES
from sluice.sandbox.host import hosted
from sluice.sandbox.shopify.records import LOCATIONS, gid
from sluice.sandbox.state import SandboxState
from sluice.sandbox.world import World
from tests.channels.shopify.shop import connection, scripted, shop
from tests.channels.shopify.worlds import HERE

WORLD = World.generate(7, 1000)
LISTINGS = WORLD.listings.filter(channel="shopify").to_dicts()


@pytest.fixture
def state() -> SandboxState:
    return SandboxState(WORLD)


@pytest.fixture
def url(state: SandboxState) -> Iterator[str]:
    with hosted(state) as address:
        yield f"{address}/shopify"


def quota(number: int, quantity: int, facility_id: str | None = "WH-SH", **changed: Any) -> Quota:
    listing = LISTINGS[number]
    fields = {
        "decision_id": f"d{number}-{facility_id}-{quantity}",
        "sku": listing["sku"],
        "product_id": listing["product_id"],
        "listing_id": listing["listing_id"],
        "stock_ref": gid("InventoryItem", listing["stock_ref"]),
    }
    return Quota(**{**fields, "facility_id": facility_id, "quantity": quantity, **changed})


def published(state: SandboxState, one: Quota) -> int | None:
    return state.published.get((*HERE, one.listing_id, one.facility_id))


class Meddling(Client):
    """A client before each of whose writes, for a while, something happens at the shop."""

    def __init__(self, url: str, meddle: Callable[[], None], times: int) -> None:
        super().__init__(connection(url), lambda seconds: None)
        self.meddle, self.times, self.writes = meddle, times, 0

    def ask(self, operation: str, **variables: Any) -> bytes:
        if operation == SET_QUANTITIES:
            self.writes += 1
            if self.times > 0:
                self.times -= 1
                self.meddle()
        return super().ask(operation, **variables)


def test_quotas_are_set_and_read_back(url: str, state: SandboxState) -> None:
    quotas = [quota(number, 100 + number, facility) for number in range(20) for facility in ("WH-SH", "WH-GZ")]
    answers = {answer.decision_id: answer for answer in shop(url).publish(quotas)}
    assert len(answers) == 40
    for one in quotas:
        assert answers[one.decision_id] == Answer(one.decision_id, True, "set", one.quantity)
        assert published(state, one) == one.quantity


def test_more_than_one_call_holds_are_all_set() -> None:
    state = SandboxState(World.generate(7, 30_000))
    listings = state.world.listings.filter(channel="shopify").to_dicts()
    changed = [{name: one[name] for name in ("sku", "product_id", "listing_id")} for one in listings]
    quotas = [
        quota(0, 9_000 + at, decision_id=f"d{at}", stock_ref=gid("InventoryItem", one["stock_ref"]), **changed[at])
        for at, one in enumerate(listings)
    ]
    assert len(quotas) > 250
    with hosted(state) as address:
        client = Meddling(f"{address}/shopify", lambda: None, 0)
        answers = {answer.decision_id: answer.read_back for answer in Shop(connection(address), client).publish(quotas)}
    assert client.writes == 2
    wanted = {one.decision_id: one.quantity for one in quotas}
    assert answers == {one.decision_id: published(state, one) for one in quotas} == wanted


def test_locations_may_be_mapped_and_typed_in_any_case(url: str, state: SandboxState) -> None:
    [mapped] = shop(url, locations={"north": LOCATIONS["WH-GZ"]}).publish([quota(0, 7, "north")])
    [typed] = shop(url).publish([quota(1, 8, "wh-gz")])
    assert (mapped.read_back, typed.read_back) == (7, 8)
    assert {key[3]: quantity for key, quantity in state.published.items() if key[2] == LISTINGS[0]["listing_id"]} == {"WH-GZ": 7}


def test_what_is_so_already_is_not_written(url: str, state: SandboxState) -> None:
    list(shop(url).publish([quota(0, 9)]))
    client = Meddling(url, lambda: None, 0)
    [answer] = Shop(connection(url), client).publish([quota(0, 9)])
    assert answer == Answer(quota(0, 9).decision_id, True, "already so", 9)
    assert client.writes == 0


def test_a_sale_between_reading_and_setting_is_seen(url: str, state: SandboxState) -> None:
    one, other = quota(0, 50), quota(1, 60)

    def sell() -> None:
        state.published[(*HERE, one.listing_id, "WH-SH")] = 3

    client = Meddling(url, sell, 1)
    answers = list(Shop(connection(url), client).publish([one, other]))
    assert [(answer.accepted, answer.read_back) for answer in answers] == [(True, 50), (True, 60)]
    assert client.writes == 2, "the stale call changed nothing and was repeated with the number it had missed"


def test_what_never_holds_still_is_left_alone(url: str, state: SandboxState) -> None:
    one = quota(0, 50)
    sold = iter(range(1, 100))

    def sell() -> None:
        state.published[(*HERE, one.listing_id, "WH-SH")] = next(sold)

    [answer] = Shop(connection(url), Meddling(url, sell, 99)).publish([one])
    assert not answer.accepted
    assert "changed at Shopify" in answer.message
    assert published(state, one) != 50


def test_one_bad_quota_does_not_hold_up_the_others(url: str, state: SandboxState) -> None:
    bad = quota(0, 5, stock_ref="gid://shopify/InventoryItem/1", decision_id="bad")
    negative = quota(1, -1, decision_id="negative")
    good = [quota(number, 12) for number in (2, 3)]
    answers = {answer.decision_id: answer for answer in shop(url).publish([bad, good[0], negative, good[1]])}
    assert "INVALID_INVENTORY_ITEM" in answers["bad"].message
    assert "INVALID_QUANTITY_NEGATIVE" in answers["negative"].message
    assert not answers["bad"].accepted
    assert not answers["negative"].accepted
    assert [answers[one.decision_id].read_back for one in good] == [12, 12]


def test_quotas_without_a_place_say_what_to_do(url: str) -> None:
    quotas = [quota(0, 5, "WH-XX"), quota(1, 5, None), quota(2, 5, stock_ref=None)]
    messages = [answer.message for answer in shop(url).publish(quotas) if not answer.accepted]
    assert messages[0] == "no Shopify location is called WH-XX; there are WH-SH, WH-GZ, ST-HZ. Map it under options.locations"
    assert "names no facility" in messages[1]
    assert "no inventory item" in messages[2]


def test_a_call_whose_answer_was_lost_takes_effect_once(url: str, state: SandboxState) -> None:
    one = quota(0, 40)

    def lose() -> None:
        # The write is done, its answer comes back cut in half; then a piece is sold before the write is repeated.
        state.faults.plan("shopify", truncate=1)

    def sell(seconds: float) -> None:
        state.published[(*HERE, one.listing_id, "WH-SH")] = 39

    client = Meddling(url, lose, 1)
    client._transport.sleep = sell
    [answer] = Shop(connection(url), client).publish([one])
    assert answer.accepted
    assert answer.read_back == published(state, one) == 39, "the repeated call must not put back the piece that was sold"


def test_a_later_decision_of_an_earlier_number_is_not_swallowed(url: str, state: SandboxState) -> None:
    for turn, quantity in enumerate([40, 0, 40, 0, 40]):
        [answer] = shop(url).publish([quota(0, quantity, decision_id=f"turn {turn}")])
        assert answer.read_back == quantity


def test_an_error_that_names_no_quota_turns_all_down() -> None:
    level = {"l0": {"quantities": [{"name": "available", "quantity": 1}]}}
    items = [{"id": quota(number, 5).stock_ref, **level} for number in (0, 1)]
    errors = [{"code": "INVALID_REASON", "field": ["input", "reason"], "message": "No such reason."}]
    payload = {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": errors}}
    with scripted((200, {"data": {"nodes": items}}), (200, {"data": payload}), (200, {"data": {"nodes": []}})) as (url, _):
        answers = list(shop(url, locations={"WH-SH": LOCATIONS["WH-SH"]}).publish([quota(0, 5), quota(1, 5)]))
    assert [answer.accepted for answer in answers] == [False, False]
    assert all("No such reason" in answer.message for answer in answers)
