"""Quotas to Shopify: absolute quantities, set only if nobody changed them since we looked.

Between reading a quantity and setting it the shop may sell a piece. So every number goes out with the one it replaces
(`changeFromQuantity`); where that is stale Shopify changes nothing, and we look again. The key of a call names its decisions and
its numbers: a call repeated after a lost answer takes effect once, and a later decision of the same number is not swallowed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

import msgspec

from sluice.channels.protocol import Answer, Quota
from sluice.channels.shopify import graphql
from sluice.channels.shopify.client import Client, PageInfo, Reply

AT_ONCE = 250
"""Quantities that Shopify takes in one call."""
READ_AT_ONCE = 100
ROUNDS = 5
"""Looks at a quantity that others keep changing, before it is given up until the next publishing."""
AGAIN = ("CHANGE_FROM_QUANTITY_STALE", "IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")


class Quantity(msgspec.Struct):
    name: str
    quantity: int


class Level(msgspec.Struct):
    quantities: list[Quantity]


class UserError(msgspec.Struct):
    message: str
    code: str | None = None
    field: list[str] | None = None

    @property
    def index(self) -> int | None:
        """Which quantity of the call is meant (`input.quantities.3.changeFromQuantity`); None where all are."""
        return next((int(part) for part in self.field or [] if part.isdigit()), None)


class Place(msgspec.Struct):
    id: str
    name: str


class Places(msgspec.Struct):
    nodes: list[Place]
    pageInfo: PageInfo


class Outcome(msgspec.Struct):
    userErrors: list[UserError]


class Located(msgspec.Struct):
    locations: Places


class Read(msgspec.Struct):
    nodes: list[dict[str, msgspec.Raw] | None]


class Set(msgspec.Struct):
    inventorySetQuantities: Outcome


T = TypeVar("T")
Placed = tuple[str, Quota]
"""A quota and the location that it is for."""
Where = tuple[str, str]
"""An inventory item and a location."""


def publish(client: Client, locations: Mapping[str, str], quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set every quota at its facility's location. One answer a quota; raises Refused and ChannelError as the client does."""
    known = dict(locations) or _locations(client)
    # Shop owners type names: case is not what tells two facilities apart.
    places = {name.casefold(): place for name, place in known.items()}
    sendable: list[Placed] = []
    for quota in quotas:
        place = places.get((quota.facility_id or "").casefold())
        if not quota.stock_ref:
            yield Answer(quota.decision_id, False, "the listing has no inventory item: land the products first")
        elif place is None:
            yield Answer(quota.decision_id, False, _no_place(quota.facility_id, known))
        else:
            sendable.append((place, quota))
    # an item's locations side by side: one look tells of all of them
    sendable.sort(key=lambda pair: (str(pair[1].stock_ref), pair[0]))
    for start in range(0, len(sendable), AT_ONCE):
        yield from _publish(client, sendable[start : start + AT_ONCE])


def _publish(client: Client, pending: list[Placed]) -> Iterator[Answer]:
    """At most AT_ONCE quotas. Shopify takes a call as a whole or not at all."""
    for attempt in range(ROUNDS):
        seen = _available(client, pending)
        changes = [one for one in pending if seen.get(_where(one)) != one[1].quantity]
        errors = _set(client, changes, seen, attempt) if changes else []
        if not errors:
            shown = _available(client, changes) if changes else {}
            for one in pending:
                changed = one in changes
                yield Answer(
                    one[1].decision_id,
                    accepted=True,
                    message="set" if changed else "already so",
                    read_back=(shown if changed else seen).get(_where(one)),
                )
            return
        rejected = dict(_rejections(errors, [quota for _, quota in changes]))
        yield from (Answer(decision_id, False, words) for decision_id, words in rejected.items())
        pending = [one for one in pending if one[1].decision_id not in rejected]
    words = f"the quantity changed at Shopify {ROUNDS} times while it was being set; it is left as it is"
    yield from (Answer(quota.decision_id, False, words) for _, quota in pending)


def _rejections(errors: Iterable[UserError], sent: Sequence[Quota]) -> Iterator[tuple[str, str]]:
    """Which decisions a second try can't save, and why."""
    for error in errors:
        if error.code in AGAIN:
            continue
        meant = sent if error.index is None else [sent[error.index]]
        for quota in meant:
            yield quota.decision_id, f"{error.code or 'refused'}: {error.message}"


def _set(client: Client, changes: Sequence[Placed], seen: Mapping[Where, int | None], attempt: int) -> list[UserError]:
    rows = [
        {
            "inventoryItemId": quota.stock_ref,
            "locationId": place,
            "quantity": quota.quantity,
            "changeFromQuantity": seen.get(_where((place, quota))),
        }
        for place, quota in changes
    ]
    content = [f"{quota.decision_id}:{place}:{seen.get(_where((place, quota)))}:{quota.quantity}" for place, quota in changes]
    key = str(uuid5(NAMESPACE_URL, "|".join([str(attempt), *content])))
    change = {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": f"gid://sluice/QuotaBatch/{key}",
        "quantities": rows,
    }
    body = client.ask(graphql.SET_QUANTITIES, input=change, key=key)
    return _data(body, Set).inventorySetQuantities.userErrors


def _available(client: Client, placed: Sequence[Placed]) -> dict[Where, int | None]:
    """Pieces by inventory item and location; None where the item is not stocked there."""
    items = list(dict.fromkeys(str(quota.stock_ref) for _, quota in placed))
    places = sorted({place for place, _ in placed})
    found: dict[Where, int | None] = {}
    for start in range(0, len(items), READ_AT_ONCE):
        named = {f"l{number}": place for number, place in enumerate(places)}
        body = client.ask(graphql.available(len(places)), ids=items[start : start + READ_AT_ONCE], **named)
        for item in _data(body, Read).nodes:
            if item and "id" in item:
                name = msgspec.json.decode(item["id"], type=str)
                for label, place in named.items():
                    level = msgspec.json.decode(item[label], type=Level | None)
                    found[name, place] = level.quantities[0].quantity if level else None
    return found


def _where(placed: Placed) -> Where:
    return str(placed[1].stock_ref), placed[0]


def _locations(client: Client) -> dict[str, str]:
    """Location ids by name."""
    found: dict[str, str] = {}
    after = None
    while True:
        places = _data(client.ask(graphql.LOCATIONS, first=AT_ONCE, after=after), Located).locations
        found |= {place.name: place.id for place in places.nodes}
        if not places.pageInfo.hasNextPage:
            return found
        after = places.pageInfo.endCursor


def _no_place(facility_id: str | None, known: Mapping[str, str]) -> str:
    if facility_id is None:
        return "Shopify keeps stock by location, and this quota names no facility"
    return f"no Shopify location is called {facility_id}; there are {', '.join(known)}. Map it under options.locations"


def _data(body: bytes, shape: type[T]) -> T:
    return msgspec.json.decode(msgspec.json.decode(body, type=Reply).data, type=shape)
