"""Quotas to Shopify: absolute quantities, set only if nobody changed them since we looked.

Between reading a quantity and setting it the shop may sell a piece. So every number goes out with the one it replaces
(`changeFromQuantity`); where that is stale Shopify changes nothing, and we look again. The key of a call names its decisions and
its numbers: a call repeated after a lost answer takes effect once, and a later decision of the same number is not swallowed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

import msgspec

from sluice.channels import shopify_graphql as graphql
from sluice.channels.protocol import Answer, Quota
from sluice.channels.shopify_client import Client, PageInfo, Reply

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


class Item(msgspec.Struct):
    id: str | None = None
    inventoryLevel: Level | None = None


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
    nodes: list[Item | None]


class Set(msgspec.Struct):
    inventorySetQuantities: Outcome


T = TypeVar("T")


def publish(client: Client, locations: Mapping[str, str], quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set every quota at its facility's location. One answer a quota; raises Refused and ChannelError as the client does."""
    known = dict(locations) or _locations(client)
    # Shop owners type names: case is not what tells two facilities apart.
    places = {name.casefold(): place for name, place in known.items()}
    sendable: list[tuple[str, Quota]] = []
    for quota in quotas:
        place = places.get((quota.facility_id or "").casefold())
        if not quota.stock_ref:
            yield Answer(quota.decision_id, False, "the listing has no inventory item: land the products first")
        elif place is None:
            yield Answer(quota.decision_id, False, _no_place(quota.facility_id, known))
        else:
            sendable.append((place, quota))
    sendable.sort(key=lambda pair: pair[0])
    for place, group in groupby(sendable, key=lambda pair: pair[0]):
        pending = [quota for _, quota in group]
        for start in range(0, len(pending), AT_ONCE):
            yield from _publish_at(client, place, pending[start : start + AT_ONCE])


def _publish_at(client: Client, place: str, pending: list[Quota]) -> Iterator[Answer]:
    """At most AT_ONCE quotas at one location. Shopify takes a call as a whole or not at all."""
    for attempt in range(ROUNDS):
        seen = _available(client, place, pending)
        changes = [quota for quota in pending if seen.get(str(quota.stock_ref)) != quota.quantity]
        errors = _set(client, place, changes, seen, attempt) if changes else []
        if not errors:
            shown = _available(client, place, changes) if changes else {}
            for quota in pending:
                changed = quota in changes
                yield Answer(
                    quota.decision_id,
                    accepted=True,
                    message="set" if changed else "already so",
                    read_back=(shown if changed else seen).get(str(quota.stock_ref)),
                )
            return
        rejected = dict(_rejections(errors, changes))
        yield from (Answer(decision_id, False, words) for decision_id, words in rejected.items())
        pending = [quota for quota in pending if quota.decision_id not in rejected]
    words = f"the quantity changed at Shopify {ROUNDS} times while it was being set; it is left as it is"
    yield from (Answer(quota.decision_id, False, words) for quota in pending)


def _rejections(errors: Iterable[UserError], sent: Sequence[Quota]) -> Iterator[tuple[str, str]]:
    """Which decisions a second try can't save, and why."""
    for error in errors:
        if error.code in AGAIN:
            continue
        meant = sent if error.index is None else [sent[error.index]]
        for quota in meant:
            yield quota.decision_id, f"{error.code or 'refused'}: {error.message}"


def _set(client: Client, place: str, quotas: Sequence[Quota], seen: Mapping[str, int | None], attempt: int) -> list[UserError]:
    rows = [
        {
            "inventoryItemId": quota.stock_ref,
            "locationId": place,
            "quantity": quota.quantity,
            "changeFromQuantity": seen.get(str(quota.stock_ref)),
        }
        for quota in quotas
    ]
    content = [f"{quota.decision_id}:{seen.get(str(quota.stock_ref))}:{quota.quantity}" for quota in quotas]
    key = str(uuid5(NAMESPACE_URL, "|".join([place, str(attempt), *content])))
    change = {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": f"gid://sluice/QuotaBatch/{key}",
        "quantities": rows,
    }
    body = client.ask(graphql.SET_QUANTITIES, input=change, key=key)
    return _data(body, Set).inventorySetQuantities.userErrors


def _available(client: Client, place: str, quotas: Sequence[Quota]) -> dict[str, int | None]:
    """Pieces by inventory item; None where the item is not stocked at the location."""
    items = [str(quota.stock_ref) for quota in quotas]
    found: dict[str, int | None] = {}
    for start in range(0, len(items), READ_AT_ONCE):
        body = client.ask(graphql.AVAILABLE, ids=items[start : start + READ_AT_ONCE], location=place)
        for item in _data(body, Read).nodes:
            if item and item.id:
                found[item.id] = item.inventoryLevel.quantities[0].quantity if item.inventoryLevel else None
    return found


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
