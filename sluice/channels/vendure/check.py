"""What would keep a connection from working in full. Vendure tells an API key nothing of its rights, so each is tried."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from sluice.channels.protocol import Refused
from sluice.channels.vendure import graphql
from sluice.channels.vendure.client import Client

RIGHTS = {
    "read orders": (graphql.ONE_ORDER, "ReadOrder"),
    "read customers": (graphql.ONE_CUSTOMER, "ReadCustomer"),
    "read variants": (graphql.ONE_VARIANT, "ReadCatalog or ReadProduct"),
    "read stock locations": (graphql.ONE_LOCATION, "ReadStockLocation"),
    "write stock, for quotas": (graphql.NO_LEVELS, "UpdateCatalog or UpdateProduct"),
    "write fulfilments, for parcels": (graphql.NO_PARCEL, "UpdateOrder"),
}
"""What is tried: the least that can be read, and changes of nothing."""


class _Settings(Struct):
    outOfStockThreshold: int
    trackInventory: bool


class _Channel(Struct):
    globalSettings: _Settings


def check(client: Client) -> Iterator[str]:
    """Each finding as a sentence. Raises Refused for credentials that are no good at all, ChannelError."""
    settings = client.read(_Channel, graphql.CHANNEL).globalSettings
    for what, (operation, permission) in RIGHTS.items():
        try:
            client.read(dict[str, Any], operation)
        except Refused:
            yield f"This key may not {what}: give its role the permission {permission} in this channel."
    if not settings.trackInventory:
        yield "Vendure does not track inventory, so quotas have no effect: switch it on under Settings > Global settings."
    if settings.outOfStockThreshold:
        yield (
            f"Vendure's global out-of-stock threshold is {settings.outOfStockThreshold}: it stops selling with that many left "
            "(below 0: sells that many more than there are). Quotas count on 0."
        )
