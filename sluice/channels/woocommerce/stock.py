"""Quotas to WooCommerce: one number a product or variation, absolute, up to 100 a call, every one read back.

There is no way to set a number only if nobody changed it meanwhile: what the shop sells between our look and our call is
found by the next landing.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from sluice.channels.protocol import Answer, ChannelError, Quota, Refused
from sluice.channels.woocommerce.client import Client

AT_ONCE = 100
"""Records that WooCommerce takes in a batch, where no plugin changed that."""


class Error(msgspec.Struct):
    code: str | int = ""
    message: str = ""


class Updated(msgspec.Struct):
    id: int
    error: Error | None = None


class Batch(msgspec.Struct):
    update: list[Updated] = []


class Shown(msgspec.Struct):
    """`manage_stock` is "parent" for a variation whose number is its product's."""

    id: int
    manage_stock: bool | str = False
    stock_quantity: float | None = None


def publish(client: Client, quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set every quota. One answer each; raises Refused and ChannelError as the client does."""
    sendable = []
    for quota in quotas:
        if quota.listing_id.isdigit() and quota.product_id.isdigit():
            sendable.append(quota)
        else:
            yield Answer(quota.decision_id, False, f"{quota.listing_id} is no id of WooCommerce's: land the products first")
    sendable.sort(key=_address)
    for address, group in groupby(sendable, key=_address):
        found = list(group)
        for start in range(0, len(found), AT_ONCE):
            yield from _publish(client, address, found[start : start + AT_ONCE])


def _address(quota: Quota) -> str:
    """Where the listing is kept: variations beneath their product."""
    return "products" if quota.listing_id == quota.product_id else f"products/{quota.product_id}/variations"


def _publish(client: Client, address: str, quotas: Sequence[Quota]) -> Iterator[Answer]:
    try:
        faults = _set(client, address, quotas)
        shown = _shown(client, address, [quota.listing_id for quota in quotas if quota.listing_id not in faults])
    except Refused:
        raise
    except ChannelError as fault:
        if len(quotas) == 1:
            yield Answer(quotas[0].decision_id, False, str(fault))
            return
        # One by one, so that what spoils the batch keeps none of the others from its number.
        for quota in quotas:
            yield from _publish(client, address, [quota])
        return
    for quota in quotas:
        if quota.listing_id in faults:
            yield Answer(quota.decision_id, False, faults[quota.listing_id])
        elif shown.get(quota.listing_id) != quota.quantity:
            seen = shown.get(quota.listing_id)
            words = f"WooCommerce shows {seen} instead: is stock management on (Settings > Products > Inventory)?"
            yield Answer(quota.decision_id, False, words, seen)
        else:
            yield Answer(quota.decision_id, True, "set", quota.quantity)


def _set(client: Client, address: str, quotas: Sequence[Quota]) -> dict[str, str]:
    """What WooCommerce did not take, by listing."""
    wanted = [{"id": int(quota.listing_id), "manage_stock": True, "stock_quantity": quota.quantity} for quota in quotas]
    answer = msgspec.json.decode(client.write("POST", f"{address}/batch", {"update": wanted}).content, type=Batch)
    return {str(one.id): f"{one.error.message} ({one.error.code})" for one in answer.update if one.error}


def _shown(client: Client, address: str, listings: Sequence[str]) -> dict[str, int]:
    """Pieces by listing, of those that count them."""
    if not listings:
        return {}
    asked = {"include": ",".join(listings), "per_page": AT_ONCE, "_fields": "id,manage_stock,stock_quantity"}
    rows = msgspec.json.decode(client.get(address, **asked).content, type=list[Shown])
    return {str(row.id): int(row.stock_quantity) for row in rows if row.manage_stock is True and row.stock_quantity is not None}
