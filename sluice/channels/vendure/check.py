"""What would keep a connection from working in full."""

from collections.abc import Iterator

from msgspec import Struct

from sluice.channels.vendure import graphql
from sluice.channels.vendure.client import Client

READS = {
    "orders": ("ReadOrder",),
    "customers": ("ReadCustomer",),
    "variants": ("ReadCatalog", "ReadProduct"),
    "stock locations": ("ReadStockLocation",),
}
WRITES = {"stock (for quotas)": ("UpdateCatalog", "UpdateProduct"), "fulfilments (for parcels)": ("UpdateOrder",)}
ANY = "SuperAdmin"


class _Granted(Struct):
    id: str
    permissions: list[str]


class _Me(Struct):
    channels: list[_Granted]


class _Known(Struct):
    me: _Me | None = None


class _Active(Struct):
    id: str


class _Settings(Struct):
    outOfStockThreshold: int
    trackInventory: bool


class _Channel(Struct):
    activeChannel: _Active
    globalSettings: _Settings


def check(client: Client) -> Iterator[str]:
    """Each finding as a sentence. Raises Refused, ChannelError."""
    found = client.read(_Channel, graphql.CHANNEL)
    me = client.read(_Known, graphql.ME).me
    granted = {name for one in (me.channels if me else []) if one.id == found.activeChannel.id for name in one.permissions}
    for verb, rights in (("read", READS), ("write", WRITES)):
        for what, names in rights.items():
            if not granted & {ANY, *names}:
                yield f"This key may not {verb} {what}: give its role the permission {' or '.join(names)} in this channel."
    if not found.globalSettings.trackInventory:
        yield "Vendure does not track inventory, so quotas have no effect: switch it on under Settings > Global settings."
    if threshold := found.globalSettings.outOfStockThreshold:
        yield (
            f"Vendure's global out-of-stock threshold is {threshold}: it stops selling with that many left (below 0: sells that "
            "many more than there are). Quotas count on 0."
        )
