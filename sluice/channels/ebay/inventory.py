"""The seller's SKUs in eBay's inventory: read as a whole, and their quantities written, 25 a call."""

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Raw, Struct

from sluice.channels.ebay.contract import InventoryItem, Items
from sluice.channels.ebay.gateway import Fault, Gateway
from sluice.channels.protocol import Answer, ChannelError, Page, Quota, Refused

PATH = "/sell/inventory/v1/inventory_item"
SET = "/sell/inventory/v1/bulk_update_price_quantity"
GET = "/sell/inventory/v1/bulk_get_inventory_item"
PAGE, BATCH = 100, 25
READINGS = 4
"""How often the list is read at most, until it holds as many SKUs as eBay counts."""


class _Sku(Struct):
    sku: str = ""


class _Set(Struct):
    sku: str = ""
    statusCode: int = 0
    errors: list[Fault] = []


class _SetAnswer(Struct):
    responses: list[_Set] = []


class _Got(Struct):
    sku: str = ""
    inventoryItem: InventoryItem | None = None


class _GetAnswer(Struct):
    responses: list[_Got] = []


def snapshot(gateway: Gateway) -> Iterator[Page]:
    """Every SKU, page by page as eBay links them. Raises ChannelError where the list does not rest."""
    for _ in range(READINGS):
        seen: set[str] = set()
        asked: set[str] = set()
        parameters: dict[str, str | int] = {"limit": PAGE, "offset": 0}
        while True:
            body = gateway.call("GET", PATH, **parameters)
            page = msgspec.json.decode(body, type=Items)
            seen.update(map(_sku, page.inventoryItems))
            if not page.next:
                break
            if page.next in asked:
                raise ChannelError("eBay: the pages of the inventory do not end; the next run starts again")
            asked.add(page.next)
            parameters = dict(parse_qsl(urlsplit(page.next).query))
            yield Page(body)
        is_whole = len(seen) >= page.total
        yield Page(body, complete=is_whole)
        if is_whole:
            return
    raise ChannelError(f"eBay: the inventory kept changing through {READINGS} readings; the next run starts again")


def _sku(item: Raw) -> str:
    """The SKU; of a record too broken to have one, the record itself."""
    try:
        return msgspec.json.decode(item, type=_Sku).sku
    except msgspec.DecodeError:
        return bytes(item).decode()


def publish(gateway: Gateway, quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set quantities, then read them back. A SKU that is refused keeps none of the others from its number."""
    for at in range(0, len(quotas), BATCH):
        batch = quotas[at : at + BATCH]
        faults = _set(gateway, batch)
        shown = _shown(gateway, batch)
        for quota in batch:
            fault = faults[quota.listing_id]
            yield Answer(quota.decision_id, fault is None, fault or "set", shown.get(quota.listing_id))


def _set(gateway: Gateway, batch: Sequence[Quota]) -> dict[str, str | None]:
    """What went wrong, by SKU; None where nothing did."""
    requests = [{"sku": one.listing_id, "shipToLocationAvailability": {"quantity": one.quantity}} for one in batch]
    try:
        body = gateway.call("POST", SET, body={"requests": requests})
    except Refused:
        raise
    except ChannelError as fault:
        if len(batch) == 1:
            return {batch[0].listing_id: str(fault)}
        # Alone, each SKU stands for itself. Setting absolute numbers twice does no harm.
        return {sku: said for one in batch for sku, said in _set(gateway, [one]).items()}
    said = {one.sku: one for one in msgspec.json.decode(body, type=_SetAnswer).responses}
    return {one.listing_id: _fault(said.get(one.listing_id)) for one in batch}


def _fault(said: _Set | None) -> str | None:
    if said is None:
        return "eBay gave no answer to this SKU"
    if said.statusCode < 300:
        return None
    return "; ".join(map(str, said.errors)) or f"status {said.statusCode}"


def _shown(gateway: Gateway, batch: Sequence[Quota]) -> dict[str, int]:
    """Pieces that eBay shows now, by SKU; none where it can't be asked."""
    try:
        body = gateway.call("POST", GET, body={"requests": [{"sku": one.listing_id} for one in batch]})
    except Refused:
        raise
    except ChannelError:
        return {}
    kept = [one.inventoryItem for one in msgspec.json.decode(body, type=_GetAnswer).responses if one.inventoryItem]
    found = {one.sku: one.availability and one.availability.shipToLocationAvailability for one in kept}
    return {sku: place.quantity for sku, place in found.items() if place and place.quantity is not None}
