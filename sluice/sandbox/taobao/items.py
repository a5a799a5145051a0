"""Items as TOP shows them, made from the world's listings. Few, and their quantities change from outside: made when asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

Listing = Mapping[str, Any]


def item(listings: Iterable[Listing], quantities: Mapping[str, int], weights: Mapping[str, int]) -> dict[str, Any]:
    """An item from its varieties. `quantities` are what was published, by listing; `weights` grams, by sku."""
    varieties = list(listings)
    first = varieties[0]
    numbers = [quantities.get(one["listing_id"], 0) for one in varieties]
    shown: dict[str, Any] = {
        "num_iid": int(first["product_id"]),
        "title": first["title"],
        "num": sum(numbers),
        "price": _yuan(min(one["price_minor"] for one in varieties)),
        "approve_status": "onsale",
        "item_weight": f"{weights[first['sku']] / 1000:.3f}",
        "modified": _local(first),
    }
    if len(varieties) == 1:
        return shown | {"outer_id": first["sku"]}
    return shown | {"skus": [_sku(one, quantity) for one, quantity in zip(varieties, numbers, strict=True)]}


def _sku(listing: Listing, quantity: int) -> dict[str, Any]:
    return {
        "sku_id": int(listing["listing_id"]),
        "outer_id": listing["sku"],
        "quantity": quantity,
        "price": _yuan(listing["price_minor"]),
        "modified": _local(listing),
    }


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _local(listing: Listing) -> str:
    return str(listing["listed_local"])
