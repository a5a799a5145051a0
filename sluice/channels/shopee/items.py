"""The shop's items: read with their models, and their quantities written.

`get_item_list` lists items, `get_item_base_info` tells fifty of them, `get_model_list` the models of a single one: the last is
asked for items that changed only.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Cursor, Page, Quota, Refused
from sluice.channels.shopee import walk
from sluice.channels.shopee.contract import listing
from sluice.channels.shopee.gateway import Gateway

DETAILED = 50
"""Items a call of get_item_base_info, models a call of update_stock: the most that Shopee takes."""
KEPT = ("NORMAL", "UNLIST", "BANNED", "REVIEWING")
"""States of items that are not deleted."""


def snapshot(gateway: Gateway) -> Iterator[Page]:
    """Every item that is not deleted."""
    found, body = walk.items(gateway, KEPT)
    if not found:
        yield Page(body, complete=True)
    for at in range(0, len(found), DETAILED):
        ids = [entry.item_id for entry in found[at : at + DETAILED]]
        yield Page(_base_info(gateway, ids), complete=at + DETAILED >= len(found))


def changed_models(gateway: Gateway, cursor: Cursor | None, now: datetime) -> Iterator[Page]:
    """The models of each item that changed since the cursor, oldest change first, an item a page."""
    overlap = int(walk.OVERLAP.total_seconds())
    since = int(cursor["until"]) - overlap if cursor else None
    found, empty = walk.items(gateway, KEPT, since, int(now.timestamp()) if since else None)
    found.sort(key=lambda entry: entry.update_time)
    for at in range(0, len(found), DETAILED):
        entries = found[at : at + DETAILED]
        with_models = _with_models(_base_info(gateway, [entry.item_id for entry in entries]))
        for entry in entries:
            if entry.item_id in with_models:
                body = gateway.get("/api/v2/product/get_model_list", item_id=entry.item_id)
                yield Page(body, cursor={"until": entry.update_time}, context={"item_id": entry.item_id})
    # Nothing is known of an item 0: a page without records that moves the cursor on.
    yield Page(empty, cursor={"until": int(now.timestamp())}, context={"item_id": 0})


def _base_info(gateway: Gateway, ids: Sequence[int]) -> bytes:
    return gateway.get("/api/v2/product/get_item_base_info", item_id_list=",".join(map(str, ids)))


class _Kind(Struct):
    item_id: int
    has_model: bool = False


def _with_models(body: bytes) -> set[int]:
    kinds = [msgspec.json.decode(record, type=_Kind) for record in listing(body).item_list]
    return {kind.item_id for kind in kinds if kind.has_model}


@dataclass(frozen=True)
class Stock:
    """Writes quantities of one shop. `location_id` is needed of sellers that have several warehouses with Shopee."""

    gateway: Gateway
    location_id: str | None

    def publish(self, quotas: Sequence[Quota]) -> Iterator[Answer]:
        """Set quantities item by item, then read them back. A model that is refused does not keep the others from theirs."""
        by_item: dict[str, list[Quota]] = defaultdict(list)
        for quota in quotas:
            by_item[quota.product_id].append(quota)
        for item, own in by_item.items():
            faults = {quota.decision_id: fault for quota, fault in self._set_item(own)}
            shown = {
                model: pieces for kind in {model_of(quota) > 0 for quota in own} for model, pieces in self._shown(item, kind)
            }
            for quota in own:
                fault = faults[quota.decision_id]
                yield Answer(quota.decision_id, fault is None, fault or "set", shown.get(model_of(quota)))

    def _set_item(self, quotas: Sequence[Quota]) -> Iterator[tuple[Quota, str | None]]:
        """Each quota of one item with what went wrong, None where nothing did."""
        for at in range(0, len(quotas), DETAILED):
            batch = quotas[at : at + DETAILED]
            faults = self._set(batch)
            if len(batch) > 1 and all(faults.values()):
                # Refused together; alone, each model stands for itself. Setting absolute numbers twice does no harm.
                yield from ((quota, self._set([quota])[model_of(quota)]) for quota in batch)
            else:
                yield from ((quota, faults[model_of(quota)]) for quota in batch)

    def _set(self, quotas: Sequence[Quota]) -> dict[int, str | None]:
        """What went wrong with each model of one call."""
        wanted = {model_of(quota): self._wanted(quota) for quota in quotas}
        body = {"item_id": int(quotas[0].product_id), "stock_list": list(wanted.values())}
        try:
            answer = msgspec.json.decode(self.gateway.post("/api/v2/product/update_stock", body), type=_Updated)
        except Refused:
            raise
        except ChannelError as fault:
            return dict.fromkeys(wanted, str(fault))
        failed = {one.model_id: one.failed_reason or "refused" for one in answer.response.failure_list} if answer.response else {}
        return {model: failed.get(model) for model in wanted}

    def _wanted(self, quota: Quota) -> Mapping[str, Any]:
        place = {"location_id": self.location_id} if self.location_id else {}
        return {"model_id": model_of(quota), "seller_stock": [place | {"stock": quota.quantity}]}

    def _shown(self, item: str, has_models: bool) -> list[tuple[int, int]]:
        """(model, pieces that Shopee shows now); 0 stands for an item without models. Empty where it does not tell."""
        try:
            if has_models:
                body = self.gateway.get("/api/v2/product/get_model_list", item_id=int(item))
            else:
                body = _base_info(self.gateway, [int(item)])
        except Refused:
            raise
        except ChannelError:
            return []
        answer = msgspec.json.decode(body, type=_Stocked).response
        return [(one.model_id, one.stock_info_v2.at(self.location_id)) for one in (answer.model or answer.item_list)]


def model_of(quota: Quota) -> int:
    """The model's id; 0 for an item without models, which stands for its own listing."""
    return 0 if quota.listing_id == quota.product_id else int(quota.listing_id)


class _Failure(Struct):
    model_id: int = 0
    failed_reason: str | None = None


class _Failures(Struct):
    failure_list: list[_Failure] = []


class _Updated(Struct):
    response: _Failures | None = None


class _Place(Struct):
    location_id: str | None = None
    stock: int = 0


class _Stock(Struct):
    seller_stock: list[_Place] = []

    def at(self, location_id: str | None) -> int:
        return sum(place.stock for place in self.seller_stock if location_id in (None, place.location_id))


class _Listed(Struct):
    model_id: int = 0
    stock_info_v2: _Stock = msgspec.field(default_factory=_Stock)


class _Shown(Struct):
    model: list[_Listed] = []
    item_list: list[_Listed] = []


class _Stocked(Struct):
    response: _Shown = msgspec.field(default_factory=_Shown)
