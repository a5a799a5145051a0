"""Quotas to Douyin: one absolute number a sku, a call each, read back product by product."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from sluice.channels.douyin.gateway import Gateway
from sluice.channels.douyin.lists import skus
from sluice.channels.protocol import Answer, ChannelError, Quota, Refused

REGIONAL = 1
"""`sku_type` of a sku that has a number a warehouse."""


class _Sku(Struct):
    id: int
    sku_type: int = 0
    stock_num: int | None = None
    stock_map: dict[str, int] | None = None

    def shown(self, warehouse: str | None) -> int | None:
        """Pieces that can be sold: of the warehouse, where there is one and the sku has a number a warehouse."""
        if self.sku_type == REGIONAL:
            return (self.stock_map or {}).get(warehouse or "")
        return self.stock_num


def publish(gateway: Gateway, warehouse: str | None, quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set each sku's number; `warehouse` is the company's code of the one to set, where a sku has several. Raises Refused."""
    by_product: dict[str, list[Quota]] = defaultdict(list)
    for quota in quotas:
        by_product[quota.product_id].append(quota)
    for product_id, ours in by_product.items():
        faults = {quota.decision_id: _set(gateway, warehouse, quota) for quota in ours}
        shown = _shown(gateway, warehouse, product_id)
        for quota in ours:
            fault = faults[quota.decision_id]
            yield Answer(quota.decision_id, fault is None, fault or "set", shown.get(quota.listing_id))


def _set(gateway: Gateway, warehouse: str | None, quota: Quota) -> str | None:
    """What went wrong; None where nothing did."""
    try:
        named = {"product_id": int(quota.product_id), "sku_id": int(quota.listing_id)}
        gateway.call("sku.syncStock", **named, stock_num=quota.quantity, incremental=False, out_warehouse_id=warehouse)
    except Refused:
        raise
    except (ChannelError, ValueError) as fault:
        return str(fault)
    return None


def _shown(gateway: Gateway, warehouse: str | None, product_id: str) -> dict[str, int]:
    try:
        found = [msgspec.json.decode(sku, type=_Sku) for sku in skus(gateway, int(product_id))]
    except Refused:
        raise
    except (ChannelError, ValueError):
        return {}
    numbers = {str(sku.id): sku.shown(warehouse) for sku in found}
    return {name: number for name, number in numbers.items() if number is not None}
