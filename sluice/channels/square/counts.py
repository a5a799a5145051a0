"""What Square counts at its tills: pieces in stock by variation and location.

Read whole at every run: a count that did not change is as true as one that did, and its age is the age of our look. Whether it
is the facility's stock, or only what is shown beside our quota, is the shop owner's to say and is kept with each page.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from sluice.channels.protocol import Page
from sluice.channels.square.client import Client

PAGE = 1000
"""Counts that Square gives at once, at most."""
IN_STOCK = "IN_STOCK"


class _Counts(Struct):
    counts: list[dict[str, Raw]] | None = None


def walk(client: Client) -> Iterator[Page]:
    """Every count of pieces that can be sold; nothing where they are not to be read. Raises Refused, ChannelError."""
    stock = client.connection.options.stock
    if stock == "unread":
        return
    context = {"is_facility_stock": stock == "facility"}
    bodies = client.search("/v2/inventory/counts/batch-retrieve", {"states": [IN_STOCK], "limit": PAGE})
    held = next(bodies)
    for body in bodies:
        yield Page(held, context=context)
        held = body
    yield Page(held, complete=True, context=context)


def counted(body: bytes, context: Mapping[str, Any]) -> Iterator[bytes]:
    """The counts in an answer, each with `is_facility_stock` as it was when they were asked for."""
    whose = Raw(msgspec.json.encode(context["is_facility_stock"]))
    for count in msgspec.json.decode(body, type=_Counts).counts or []:
        yield msgspec.json.encode({**count, "is_facility_stock": whose})
