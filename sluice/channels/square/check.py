"""What would keep a Square connection from working in full, in words for its owner."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.protocol import ChannelError, Refused
from sluice.channels.square.client import Client


class _Place(Struct):
    id: str
    name: str | None = None
    status: str | None = None
    currency: str | None = None


class _Places(Struct):
    locations: list[_Place] = []


def check(client: Client) -> Iterator[str]:
    """Asks one record of everything that is read. That stock and orders may be written can't be tried without writing."""
    connection = client.connection
    try:
        places = msgspec.json.decode(client.ask("GET", "/v2/locations"), type=_Places).locations
    except Refused as fault:
        if "INSUFFICIENT_SCOPES" not in str(fault):
            raise
        yield "Grant the app MERCHANT_PROFILE_READ: without it no location is known, and nothing can be read."
        return
    for place in places:
        if place.currency and place.currency != connection.currency:
            yield (
                f"Location {place.name or place.id} sells in {place.currency}, the shop is configured for {connection.currency}:"
                " set `currency` to it, or connect that location's seller as a shop of its own."
            )
    ids = {place.id for place in places}
    for facility, place_id in connection.options.locations.items():
        if place_id not in ids:
            known = ", ".join(f"{place.name} ({place.id})" for place in places)
            yield f"options.locations says that {facility} is {place_id}, which Square does not have. There are: {known}."
    yield from _rights(client, [place.id for place in places][:1])


def _rights(client: Client, places: list[str]) -> Iterator[str]:
    probes: list[tuple[str, str, str, dict[str, Any]]] = [
        ("ORDERS_READ", "POST", "/v2/orders/search", {"body": {"location_ids": places, "limit": 1}}),
        ("PAYMENTS_READ", "GET", "/v2/payments", {"params": {"limit": 1}}),
        ("PAYMENTS_READ", "GET", "/v2/refunds", {"params": {"limit": 1}}),
        ("CUSTOMERS_READ", "POST", "/v2/customers/search", {"body": {"limit": 1}}),
        ("ITEMS_READ", "POST", "/v2/catalog/search", {"body": {"object_types": ["ITEM"], "limit": 1}}),
        ("INVENTORY_READ", "POST", "/v2/inventory/counts/batch-retrieve", {"body": {"location_ids": places, "limit": 1}}),
    ]
    for right, method, path, asked in probes:
        try:
            client.ask(method, path, **asked)
        except Refused:
            yield f"Grant the app {right}: Square refuses {path} without it."
        except ChannelError as fault:
            yield f"Square does not answer {path}: {fault}"
