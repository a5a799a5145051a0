"""What lies in Amazon's own warehouses (FBA inventory v1), read whole: by "changed since" Amazon leaves out what is inbound."""

from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct

from sluice.channels.amazon.contract import Pagination
from sluice.channels.amazon.gateway import INVENTORY, Gateway, moved
from sluice.channels.protocol import Page


class _Payload(Struct, frozen=True):
    inventorySummaries: tuple[Raw, ...] = ()


class Summaries(Struct):
    """An answer."""

    payload: _Payload = _Payload()
    pagination: Pagination = Pagination()


def summaries(gateway: Gateway, marketplace: str) -> Iterator[Page]:
    """Every article that Amazon has, or had, of the seller's. Raises Denied, Refused, ChannelError."""
    # A page token lives for 30 seconds, which landing a page may take: all are fetched before one is handed on.
    bodies = list(_walk(gateway, marketplace))
    for number, body in enumerate(bodies, 1):
        yield Page(body, complete=number == len(bodies))


def _walk(gateway: Gateway, marketplace: str) -> Iterator[bytes]:
    token: str | None = None
    while True:
        body = gateway.call(
            INVENTORY,
            details="true",
            granularityType="Marketplace",
            granularityId=marketplace,
            marketplaceIds=[marketplace],
            nextToken=token,
        )
        yield body
        following = msgspec.json.decode(body, type=Summaries).pagination.nextToken
        if not following:
            return
        moved(following, token)
        token = following
