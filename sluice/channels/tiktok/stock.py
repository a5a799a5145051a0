"""Quotas to TikTok Shop: absolute quantities, product by product, read back. The platform has no compare-and-set.

A call may set some skus and refuse others, with code 0; the refused ones are named beside it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Quota, Refused
from sluice.channels.tiktok.gateway import Gateway

SET, READ = 50, 100
"""Skus of a product that are set in one call; skus that are read in one (the platform takes 600)."""
MOST = 99_999
"""Pieces that the platform takes for a sku and warehouse."""


class _Level(Struct):
    warehouse_id: str = ""
    available_quantity: int = 0


class _Sku(Struct):
    id: str
    warehouse_inventory: list[_Level] = []
    total_available_quantity: int | None = None


class _Product(Struct):
    skus: list[_Sku] = []


class _Shown(Struct):
    inventory: list[_Product] = []


class _ShownAnswer(Struct):
    data: _Shown | None = None


class _Where(Struct):
    sku_id: str = ""


class _Wrong(Struct):
    code: int = 0
    message: str = ""
    detail: _Where | None = None


class _Outcome(Struct):
    errors: list[_Wrong] | None = None


class _OutcomeAnswer(Struct):
    data: _Outcome | None = None


def publish(gateway: Gateway, warehouse_id: str | None, quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set every quota, then read all back. One answer a quota; raises Refused and ChannelError as the gateway does.

    A sku that lies in several warehouses is set in `warehouse_id`, and refused where that is None.
    """
    for at in range(0, len(quotas), READ):
        chosen = quotas[at : at + READ]
        before = _levels(gateway, chosen)
        faults = {quota.decision_id: _several(before.get(quota.listing_id, {}), warehouse_id) for quota in chosen}
        by_product: dict[str, list[Quota]] = defaultdict(list)
        for quota in chosen:
            if faults[quota.decision_id] is None:
                by_product[quota.product_id].append(quota)
        for product_id, ours in by_product.items():
            for first in range(0, len(ours), SET):
                faults |= _set_all(gateway, warehouse_id, product_id, ours[first : first + SET])
        after = _levels(gateway, chosen)
        for quota in chosen:
            yield _answer(quota, faults[quota.decision_id], after.get(quota.listing_id), warehouse_id)


def _answer(quota: Quota, fault: str | None, shown: Mapping[str, int] | None, warehouse_id: str | None) -> Answer:
    read_back = None
    if shown is not None:
        read_back = sum(shown.values()) if warehouse_id is None else shown.get(warehouse_id)
    said = "set" if quota.quantity <= MOST else f"set to {MOST}, the most that TikTok Shop takes"
    return Answer(quota.decision_id, fault is None, fault or said, read_back)


def _several(shown: Mapping[str, int], warehouse_id: str | None) -> str | None:
    if warehouse_id is not None or len(shown) < 2:
        return None
    return f"it lies in several warehouses ({', '.join(sorted(shown))}): name the one to set by the option warehouse_id"


def _set_all(gateway: Gateway, warehouse_id: str | None, product_id: str, quotas: Sequence[Quota]) -> dict[str, str | None]:
    """What went wrong by decision, None where nothing did. Where a call fails as a whole, each sku stands for itself."""
    try:
        return _set(gateway, warehouse_id, product_id, quotas)
    except Refused:
        raise
    except ChannelError as fault:
        if len(quotas) == 1:
            return {quotas[0].decision_id: str(fault)}
    return {name: said for quota in quotas for name, said in _set_all(gateway, warehouse_id, product_id, [quota]).items()}


def _set(gateway: Gateway, warehouse_id: str | None, product_id: str, quotas: Sequence[Quota]) -> dict[str, str | None]:
    place = {} if warehouse_id is None else {"warehouse_id": warehouse_id}
    skus = [{"id": quota.listing_id, "inventory": [{**place, "quantity": min(quota.quantity, MOST)}]} for quota in quotas]
    answer = gateway.search(f"/product/202309/products/{product_id}/inventory/update", {"skus": skus})
    outcome = msgspec.json.decode(answer, type=_OutcomeAnswer).data or _Outcome()
    wrong = {one.detail.sku_id if one.detail else "": f"{one.message} (code {one.code})" for one in outcome.errors or []}
    return {quota.decision_id: wrong.get(quota.listing_id, wrong.get("")) for quota in quotas}


def _levels(gateway: Gateway, quotas: Sequence[Quota]) -> dict[str, dict[str, int]]:
    """Pieces that can be sold now, by sku and warehouse."""
    skus = sorted({quota.listing_id for quota in quotas})
    body = gateway.search("/product/202309/inventory/search", {"sku_ids": skus})
    shown = msgspec.json.decode(body, type=_ShownAnswer).data or _Shown()
    return {sku.id: _by_warehouse(sku) for product in shown.inventory for sku in product.skus}


def _by_warehouse(sku: _Sku) -> dict[str, int]:
    if sku.warehouse_inventory:
        return {level.warehouse_id: level.available_quantity for level in sku.warehouse_inventory}
    return {} if sku.total_available_quantity is None else {"": sku.total_available_quantity}
