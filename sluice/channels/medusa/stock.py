"""Quotas to Medusa: absolute, a number an inventory item and stock location, each read back.

Medusa keeps what lies there (`stocked_quantity`) and what of it orders have reserved; it sells the difference. So what is written
is the quota and the reserved pieces. There is no way to write only if nobody changed the number meanwhile: what is sold between
our look and our call is found by the next landing.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

from sluice.channels.medusa.client import Client
from sluice.channels.medusa.walk import from_the_end
from sluice.channels.protocol import Answer, ChannelError, Quota, Refused

AT_ONCE = 100
NO_ITEM = "the variant has no inventory item of its own: see Inventory in Medusa's admin"
NO_PLACE = "no stock location is called {}; there are {}. Map it under options.locations"


class Level(msgspec.Struct):
    location_id: str
    stocked_quantity: float
    reserved_quantity: float = 0


class InventoryItem(msgspec.Struct):
    location_levels: list[Level] = []


class Found(msgspec.Struct):
    inventory_item: InventoryItem


class Place(msgspec.Struct):
    id: str
    name: str


class Places(msgspec.Struct):
    stock_locations: list[Place]


def publish(client: Client, locations: Mapping[str, str], quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set every quota at its facility's location. One answer each; raises Refused."""
    known = dict(locations) or named_locations(client)
    # Shop owners type names: case is not what tells two facilities apart.
    places = {name.casefold(): place for name, place in known.items()}
    for item, group in groupby(sorted(quotas, key=lambda quota: quota.stock_ref or ""), key=lambda quota: quota.stock_ref):
        wanted = []
        for quota in group:
            place = places.get((quota.facility_id or "").casefold())
            if not item:
                yield Answer(quota.decision_id, False, NO_ITEM)
            elif place is None:
                yield Answer(quota.decision_id, False, NO_PLACE.format(quota.facility_id, ", ".join(known)))
            else:
                wanted.append((place, quota))
        if item and wanted:
            yield from _publish(client, item, wanted)


def named_locations(client: Client) -> dict[str, str]:
    """Ids of stock locations by name."""
    pages = from_the_end(client, "stock-locations", AT_ONCE, [("order", "id")])
    return {place.name: place.id for body, _ in pages for place in msgspec.json.decode(body, type=Places).stock_locations}


def _publish(client: Client, item: str, wanted: Sequence[tuple[str, Quota]]) -> Iterator[Answer]:
    faults: dict[str, str] = {}
    try:
        seen = _levels(client, item)
        for place, quota in wanted:
            try:
                _set(client, item, place, seen.get(place), quota.quantity)
            except Refused:
                raise
            except ChannelError as fault:
                faults[quota.decision_id] = str(fault)
        after = _levels(client, item)
    except Refused:
        raise
    except ChannelError as fault:
        yield from (Answer(quota.decision_id, False, str(fault)) for _, quota in wanted)
        return
    for place, quota in wanted:
        level = after.get(place)
        left = int(level.stocked_quantity - level.reserved_quantity) if level else None
        if quota.decision_id in faults:
            yield Answer(quota.decision_id, False, faults[quota.decision_id], left)
        else:
            yield Answer(quota.decision_id, True, "set", left)


def _set(client: Client, item: str, place: str, level: Level | None, quantity: int) -> None:
    if level is None:
        client.post(f"inventory-items/{item}/location-levels", {"location_id": place, "stocked_quantity": quantity})
    elif level.stocked_quantity != quantity + level.reserved_quantity:
        stocked = quantity + int(level.reserved_quantity)
        client.post(f"inventory-items/{item}/location-levels/{place}", {"stocked_quantity": stocked})


def _levels(client: Client, item: str) -> dict[str, Level]:
    body = client.get(f"inventory-items/{item}", [("fields", "id,*location_levels")])
    return {level.location_id: level for level in msgspec.json.decode(body, type=Found).inventory_item.location_levels}
