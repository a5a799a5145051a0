"""What is written to Vendure: stock that leaves as many to sell as the quota says, parcels told once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sluice.channels.protocol import Dispatch, Quota
from sluice.channels.vendure.connector import Shop
from tests.channels.vendure.server import Asked, Said, answering, connection, failed, said

AT = datetime(2026, 3, 1, tzinfo=UTC)


def quota(number: int, variant: str, facility: str | None = "WH", pieces: int = 7) -> Quota:
    return Quota(f"d{number}", f"sku{variant}", "p", variant, variant, facility, pieces)


@contextmanager
def stocked(levels: dict[str, tuple[int, int]], bad: str = "") -> Iterator[tuple[Shop, list[dict[str, Any]]]]:
    """A shop whose variants have (on hand, allocated) at location 1, and the changes that it took. `bad` fails every call."""
    taken: list[dict[str, Any]] = []

    def answer(asked: Asked) -> Said:
        if "stockLocations" in asked["query"]:
            return said({"data": {"stockLocations": {"totalItems": 1, "items": [{"id": "1", "name": "wh"}]}}})
        if "updateProductVariants" in asked["query"]:
            changes = asked["variables"]["input"]
            if any(change["id"] == bad for change in changes):
                return failed("ENTITY_NOT_FOUND", f"No ProductVariant with the id {bad}")
            for change in changes:
                taken.append(change)
                levels[change["id"]] = (change["stockLevels"][0]["stockOnHand"], levels[change["id"]][1])
            return said({"data": {"updateProductVariants": [{"id": change["id"]} for change in changes]}})
        wanted = asked["variables"]["options"]["filter"]["id"]["in"]
        items = [
            {"id": name, "stockLevels": [{"stockLocationId": "1", "stockOnHand": on_hand, "stockAllocated": allocated}]}
            for name, (on_hand, allocated) in levels.items()
            if name in wanted
        ]
        return said({"data": {"productVariants": {"totalItems": len(items), "items": items}}})

    with answering(answer) as (url, _):
        yield Shop(connection(url)), taken


def test_what_is_allocated_to_orders_is_added_to_the_quota() -> None:
    with stocked({"1": (100, 5), "2": (7, 0)}) as (shop, taken):
        answers = {answer.decision_id: answer for answer in shop.publish([quota(1, "1"), quota(2, "2")])}
    assert taken == [{"id": "1", "stockLevels": [{"stockLocationId": "1", "stockOnHand": 12}]}]
    assert [(answers[name].accepted, answers[name].message, answers[name].read_back) for name in ("d1", "d2")] == [
        (True, "set", 7),
        (True, "already so", 7),
    ]


def test_one_bad_variant_keeps_none_of_the_others_from_its_number() -> None:
    with stocked({"1": (0, 0), "2": (0, 0), "3": (0, 0)}, bad="2") as (shop, taken):
        quotas = [quota(1, "1"), quota(2, "2"), quota(3, "3"), quota(4, "9"), quota(5, "1", "Moon"), quota(6, "1", None)]
        answers = {answer.decision_id: answer for answer in shop.publish(quotas)}
    assert sorted(change["id"] for change in taken) == ["1", "3"]
    assert [answers[f"d{number}"].accepted for number in range(1, 7)] == [True, False, True, False, False, False]
    assert "No ProductVariant" in answers["d2"].message
    assert "options.locations" in answers["d5"].message


class Parcels:
    """An order of two lines, three pieces and one, as Vendure keeps it."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.states: list[str] = []
        self.refuse_to_move = False

    def answer(self, asked: Asked) -> Said:
        if "addFulfillmentToOrder" in asked["query"]:
            self.made.append(asked["variables"]["input"])
            self.states.append("Pending")
            return self._result("addFulfillmentToOrder", {"id": str(len(self.made)), "state": "Pending"})
        if "transitionFulfillmentToState" in asked["query"]:
            if self.refuse_to_move:
                said_so = {"errorCode": "FULFILLMENT_STATE_TRANSITION_ERROR", "message": "Cannot"}
                return self._result("transitionFulfillmentToState", said_so)
            self.states[int(asked["variables"]["id"]) - 1] = asked["variables"]["state"]
            return self._result("transitionFulfillmentToState", {"id": asked["variables"]["id"], "state": "Shipped"})
        return said({"data": {"order": self._order() if asked["variables"]["id"] == "1" else None}})

    def _order(self) -> dict[str, Any]:
        numbers = [made["handler"]["arguments"][1]["value"] for made in self.made]
        parcels = list(zip(self.made, self.states, strict=True))
        return {
            "lines": [
                {
                    "id": line,
                    "quantity": quantity,
                    "fulfillmentLines": [
                        {"quantity": one["quantity"], "fulfillment": {"state": state}}
                        for made, state in parcels
                        for one in made["lines"]
                        if one["orderLineId"] == line
                    ],
                }
                for line, quantity in (("11", 3), ("12", 1))
            ],
            "fulfillments": [
                {"id": str(number + 1), "state": self.states[number], "trackingCode": code} for number, code in enumerate(numbers)
            ],
        }

    def _result(self, name: str, result: dict[str, Any]) -> Said:
        return said({"data": {name: {"__typename": "Any", **result}}})


def test_a_parcel_is_told_once_and_the_next_one_takes_the_rest() -> None:
    house = Parcels()
    first = Dispatch("x1", "1", "DHL", "T1", AT, lines={"11": 2})
    with answering(house.answer) as (url, _):
        shop = Shop(connection(url))
        told = [answer.message for answer in shop.ship([first, first, Dispatch("x2", "1", "UPS", "T2", AT)])]
        nothing_left, unknown = shop.ship([Dispatch("x3", "1", "UPS", "T3", AT), Dispatch("x4", "9", "UPS", "T4", AT)])
    assert told == ["shipped", "already so", "shipped"]
    assert [made["lines"] for made in house.made] == [
        [{"orderLineId": "11", "quantity": 2}],
        [{"orderLineId": "11", "quantity": 1}, {"orderLineId": "12", "quantity": 1}],
    ]
    assert house.states == ["Shipped", "Shipped"]
    assert (nothing_left.accepted, unknown.accepted) == (False, False)


def test_a_parcel_that_was_made_but_not_moved_is_moved_when_told_again() -> None:
    house = Parcels()
    house.refuse_to_move = True
    dispatch = Dispatch("x1", "1", "DHL", "T1", AT)
    with answering(house.answer) as (url, _):
        shop = Shop(connection(url))
        (refused,) = shop.ship([dispatch])
        house.refuse_to_move = False
        (taken,) = shop.ship([dispatch])
    assert (refused.accepted, "FULFILLMENT_STATE_TRANSITION_ERROR" in refused.message, taken.accepted) == (False, True, True)
    assert len(house.made) == 1
