"""A published number taken apart: terms of an item, items of a place, places of the number."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """`pieces` with their sign; `sources` add up to them where they are rows of the ledger or of a decision."""

    name: str
    pieces: int
    note: str = ""
    sources: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Item:
    """What a SKU at a facility had for the shop. `terms` sum to `published`; `faults` says where rows contradict each other."""

    facility_id: str
    sku: str
    run_id: int
    kind: str
    base_run_id: int
    decided_at: datetime
    movement_id: int
    rule: str
    published: int
    terms: list[Term]
    faults: list[str]


@dataclass(frozen=True, slots=True)
class Component:
    """`makes` = published / in_one, whole bundles."""

    sku: str
    in_one: int
    published: int
    makes: int


@dataclass(frozen=True, slots=True)
class Place:
    """What a facility adds to a number. Of a bundle `item` is the scarcest component; `left_over` pieces of it make no bundle."""

    facility_id: str
    pieces: int
    components: list[Component]
    in_one: int
    left_over: int
    item: Item


@dataclass(frozen=True, slots=True)
class Explanation:
    """A published number: the places' pieces sum to it. `faults` is empty where everything adds up.

    `is_before_ledger`: decided before there was a ledger; then there are no places.
    """

    message_id: int
    decision_id: str
    run_id: int
    channel: str
    shop: str
    sku: str
    listing_id: str
    facility_id: str | None
    number: int
    sent_at: datetime
    read_back: int | None
    is_before_ledger: bool
    places: list[Place]
    faults: list[str]

    @property
    def adds_up(self) -> bool:
        return not self.faults and not any(place.item.faults for place in self.places)
