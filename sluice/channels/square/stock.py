"""Quotas to Square: each variation is counted anew at a location.

A count bears the time at which it was true, and Square applies what it sold after that time on top of it. So counts are dated
from before we looked: a sale between our look and our count is not lost. `ignore_unchanged_counts` is off: by default Square
drops a count that equals the last *count*, though pieces may have been sold since.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, Quota
from sluice.channels.square.client import Client, Fault, rfc3339

AT_ONCE = 100
"""Changes that Square takes in one call."""
READ_AT_ONCE = 100
IN_STOCK = "IN_STOCK"

Where = tuple[str, str]
"""A variation and a location."""
Placed = tuple[str, Quota]


class _Place(Struct):
    id: str
    name: str | None = None


class _Places(Struct):
    locations: list[_Place] = []


class _Count(Struct):
    catalog_object_id: str | None = None
    location_id: str | None = None
    state: str | None = None
    quantity: Decimal | None = None


class _Counts(Struct):
    counts: list[_Count] = []


def publish(client: Client, locations: Mapping[str, str], quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set every quota at its facility's location. One answer a quota; raises Refused, ChannelError."""
    known = dict(locations) or _locations(client)
    # Shop owners type names: case is not what tells two facilities apart.
    places = {name.casefold(): place for name, place in known.items()}
    sendable: list[Placed] = []
    for quota in quotas:
        place = places.get((quota.facility_id or "").casefold())
        if quota.stock_ref is None:
            yield Answer(quota.decision_id, False, "the listing has no variation at Square: land the catalogue first")
        elif place is None:
            there = ", ".join(known)
            words = f"no Square location is called {quota.facility_id}; there are {there}. Map it under options.locations"
            yield Answer(quota.decision_id, False, words)
        else:
            sendable.append((place, quota))
    for at in range(0, len(sendable), AT_ONCE):
        yield from _publish(client, sendable[at : at + AT_ONCE])


def _publish(client: Client, placed: Sequence[Placed]) -> Iterator[Answer]:
    seen_at = client.connection.now()
    seen = _counts(client, placed)
    changes = [one for one in placed if seen.get(_where(one)) != one[1].quantity]
    faults = dict(_set(client, changes, seen_at))
    shown = _counts(client, changes) if changes else {}
    for one in placed:
        name = one[1].decision_id
        changed, fault = one in changes, faults.get(name)
        read_back = (shown if changed else seen).get(_where(one))
        yield Answer(name, fault is None, fault or ("set" if changed else "already so"), read_back)


def _set(client: Client, changes: Sequence[Placed], at: datetime) -> Iterator[tuple[str, str]]:
    """Decisions that were refused, with why. A call is all or nothing: one that is refused is repeated one by one."""
    if not changes:
        return
    try:
        _change(client, changes, at)
    except Fault as fault:
        if len(changes) == 1:
            yield changes[0][1].decision_id, str(fault)
            return
        for one in changes:
            yield from _set(client, [one], at)


def _change(client: Client, changes: Sequence[Placed], at: datetime) -> None:
    """The key names what the call holds: repeated after a lost answer it takes effect once."""
    moment = rfc3339(at)
    content = [f"{quota.decision_id}:{quota.stock_ref}:{place}:{quota.quantity}" for place, quota in changes]
    counts = [
        {
            "type": "PHYSICAL_COUNT",
            "physical_count": {
                "reference_id": quota.decision_id[:255],
                "catalog_object_id": quota.stock_ref,
                "location_id": place,
                "state": IN_STOCK,
                "quantity": str(quota.quantity),
                "occurred_at": moment,
            },
        }
        for place, quota in changes
    ]
    key = str(uuid5(NAMESPACE_URL, "|".join([moment, *content])))
    asked = {"idempotency_key": key, "changes": counts, "ignore_unchanged_counts": False}
    client.ask("POST", "/v2/inventory/changes/batch-create", asked)


def _counts(client: Client, placed: Sequence[Placed]) -> dict[Where, int]:
    """Pieces in stock as Square shows them; nothing where it never counted any."""
    items = list(dict.fromkeys(str(quota.stock_ref) for _, quota in placed))
    places = sorted({place for place, _ in placed})
    found: dict[Where, int] = {}
    for at in range(0, len(items), READ_AT_ONCE):
        asked = {"catalog_object_ids": items[at : at + READ_AT_ONCE], "location_ids": places, "states": [IN_STOCK]}
        for body in client.search("/v2/inventory/counts/batch-retrieve", asked):
            for count in msgspec.json.decode(body, type=_Counts).counts:
                if count.state == IN_STOCK and count.quantity is not None and count.catalog_object_id and count.location_id:
                    found[count.catalog_object_id, count.location_id] = int(count.quantity)
    return found


def _where(placed: Placed) -> Where:
    return str(placed[1].stock_ref), placed[0]


def _locations(client: Client) -> dict[str, str]:
    """Location ids by name."""
    found = msgspec.json.decode(client.ask("GET", "/v2/locations"), type=_Places).locations
    return {place.name or place.id: place.id for place in found}
