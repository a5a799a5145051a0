"""Quotas as Vendure's stock. What can be sold at a location is the stock on hand less what is allocated to placed orders.

Vendure takes the stock on hand, absolute, so that is set to quota + allocated. An order placed between the look and the write
raises `stockAllocated` by itself: what can be sold falls by its pieces, as it should.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Quota, Refused
from sluice.channels.vendure import graphql
from sluice.channels.vendure.client import Client

AT_ONCE = 100
"""Variants a call."""
Placed = tuple[str, Quota]
"""A quota and the location that it is for."""


class Level(Struct):
    stockLocationId: str
    stockOnHand: int
    stockAllocated: int


class _Variant(Struct):
    id: str
    stockLevels: list[Level]


class _Variants(Struct):
    items: list[_Variant]


class _Levels(Struct):
    productVariants: _Variants


class _Location(Struct):
    id: str
    name: str


class _Locations(Struct):
    items: list[_Location]
    totalItems: int


class _Located(Struct):
    stockLocations: _Locations


class _Anything(Struct):
    pass


def publish(client: Client, locations: Mapping[str, str], quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set every quota at its facility's location and read it back. One answer a quota. Raises Refused, ChannelError."""
    known = dict(locations) or _locations(client)
    places = {name.casefold(): place for name, place in known.items()}
    sendable: dict[str, list[Placed]] = {}
    for quota in quotas:
        place = places.get((quota.facility_id or "").casefold())
        if place is None:
            yield Answer(quota.decision_id, False, _no_place(quota.facility_id, known))
        else:
            sendable.setdefault(quota.stock_ref or quota.listing_id, []).append((place, quota))
    variants = list(sendable)
    for start in range(0, len(variants), AT_ONCE):
        yield from _publish(client, {variant: sendable[variant] for variant in variants[start : start + AT_ONCE]})


def _publish(client: Client, wanted: Mapping[str, list[Placed]]) -> Iterator[Answer]:
    """All quotas of at most AT_ONCE variants."""
    seen = _levels(client, list(wanted))
    changes = {variant: rows for variant, placed in wanted.items() if variant in seen and (rows := _rows(placed, seen[variant]))}
    refused = _set(client, changes) if changes else {}
    shown = _levels(client, list(changes)) if changes else {}
    for variant, placed in wanted.items():
        for place, quota in placed:
            if variant not in seen:
                yield Answer(quota.decision_id, False, f"Vendure has no variant {variant}: land the variants again")
            elif variant in refused:
                yield Answer(quota.decision_id, False, refused[variant])
            else:
                level = shown.get(variant, seen[variant]).get(place)
                free = level.stockOnHand - level.stockAllocated if level else None
                yield Answer(quota.decision_id, True, "set" if variant in changes else "already so", free)


def _rows(placed: Sequence[Placed], seen: Mapping[str, Level]) -> list[dict[str, object]]:
    """Stock on hand by location, for those that are not so already."""
    rows: list[dict[str, object]] = []
    for place, quota in placed:
        level = seen.get(place)
        wanted = quota.quantity + (level.stockAllocated if level else 0)
        if level is None or level.stockOnHand != wanted:
            rows.append({"stockLocationId": place, "stockOnHand": wanted})
    return rows


def _set(client: Client, changes: Mapping[str, list[dict[str, object]]]) -> dict[str, str]:
    """Which variants Vendure would not change, and why. One bad variant spoils a call: it is repeated one by one."""
    inputs = {variant: {"id": variant, "stockLevels": rows} for variant, rows in changes.items()}
    try:
        client.read(_Anything, graphql.SET_LEVELS, input=list(inputs.values()))
    except Refused:
        raise
    except ChannelError as fault:
        if len(inputs) == 1:
            return {variant: str(fault) for variant in inputs}
        return {key: words for variant in inputs for key, words in _set(client, {variant: changes[variant]}).items()}
    return {}


def _levels(client: Client, variants: Sequence[str]) -> dict[str, dict[str, Level]]:
    """Levels by variant and location."""
    options = {"take": len(variants), "filter": {"id": {"in": list(variants)}}}
    found = client.read(_Levels, graphql.LEVELS, options=options).productVariants.items
    return {variant.id: {level.stockLocationId: level for level in variant.stockLevels} for variant in found}


def _locations(client: Client) -> dict[str, str]:
    """Location ids by name."""
    found: dict[str, str] = {}
    while True:
        options = {"take": AT_ONCE, "skip": len(found), "sort": {"id": "ASC"}}
        page = client.read(_Located, graphql.LOCATIONS, options=options).stockLocations
        found |= {location.name: location.id for location in page.items}
        if len(page.items) < AT_ONCE:
            return found


def _no_place(facility_id: str | None, known: Mapping[str, str]) -> str:
    if facility_id is None:
        return "Vendure keeps stock by location, and this quota names no facility"
    return f"no stock location of Vendure is called {facility_id}; there are {', '.join(known)}. Map it under options.locations"
