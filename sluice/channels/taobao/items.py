"""The shop's items on Taobao: read as a whole, and their quantities written.

`taobao.items.onsale.get` lists items without their skus; `taobao.items.seller.list.get` gives twenty whole items a call, where
`taobao.item.seller.get` would give one.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Page, Quota, Refused
from sluice.channels.taobao.contract import Item, Sku, fields, listing
from sluice.channels.taobao.gateway import Gateway

LISTED, DETAILED, SET = 200, 20, 20
"""Items a page of the list, items a call with their skus, skus a call that sets quantities."""
READINGS = 4
"""How often the list of items is read at most, until it rests."""
ABSOLUTE = 1
"""`type` of a quantity update; 2 would add, and cut at nought without saying so."""
FIELDS = fields(Item, sku=Sku)


def snapshot(gateway: Gateway) -> Iterator[Page]:
    """Every item on sale, with its skus."""
    ids, body = _on_sale(gateway)
    if not ids:
        yield Page(body, complete=True)
    for at in range(0, len(ids), DETAILED):
        chosen = ids[at : at + DETAILED]
        yield Page(_details(gateway, chosen, FIELDS), complete=at + DETAILED >= len(ids))


def publish(gateway: Gateway, quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set quantities item by item, then read them back. A sku that is refused does not keep the others from theirs."""
    by_item: dict[str, list[Quota]] = defaultdict(list)
    for quota in quotas:
        by_item[quota.product_id].append(quota)
    items = list(by_item)
    for at in range(0, len(items), DETAILED):
        chosen = items[at : at + DETAILED]
        faults = {quota.decision_id: fault for item in chosen for quota, fault in _set_item(gateway, by_item[item])}
        shown = _quantities(gateway, chosen)
        for quota in (quota for item in chosen for quota in by_item[item]):
            fault = faults[quota.decision_id]
            yield Answer(quota.decision_id, fault is None, fault or "set", shown.get((quota.product_id, quota.listing_id)))


def _on_sale(gateway: Gateway) -> tuple[list[str], bytes]:
    """Ids of all items on sale, and the last answer. A list of several pages may shift meanwhile: two readings must agree."""
    before: list[str] = []
    for _ in range(READINGS):
        ids: list[str] = []
        number, total = 1, 1
        while (number - 1) * LISTED < total:
            body = on_sale(gateway, number)
            page = listing(body)
            ids += [str(msgspec.json.decode(record, type=_Listed).num_iid) for record in page.records]
            number, total = number + 1, page.total_results
        if total <= LISTED or (ids == before and len(set(ids)) == total):
            return ids, body
        before = ids
    raise ChannelError(f"Taobao: the list of items on sale kept changing through {READINGS} readings; the next run starts again")


def on_sale(gateway: Gateway, number: int, size: int = LISTED) -> bytes:
    """A page of the list: by time of listing, which an edit leaves alone."""
    order = "list_time:asc"
    return gateway.call("taobao.items.onsale.get", fields="num_iid", order_by=order, page_no=number, page_size=size)


def _details(gateway: Gateway, items: Sequence[str], wanted: str) -> bytes:
    return gateway.call("taobao.items.seller.list.get", fields=wanted, num_iids=",".join(items))


def _set_item(gateway: Gateway, quotas: Sequence[Quota]) -> Iterator[tuple[Quota, str | None]]:
    """Set the quantities of one item. Each quota with what went wrong, None where nothing did."""
    for at in range(0, len(quotas), SET):
        batch = quotas[at : at + SET]
        fault = _set(gateway, batch)
        if fault and len(batch) > 1:
            # The call is all or nothing; alone, each sku stands for itself. Setting absolute numbers twice does no harm.
            yield from ((quota, _set(gateway, [quota])) for quota in batch)
        else:
            yield from ((quota, fault) for quota in batch)


def _set(gateway: Gateway, quotas: Sequence[Quota]) -> str | None:
    item = quotas[0].product_id
    try:
        if all(quota.listing_id == item for quota in quotas):
            gateway.call("taobao.item.quantity.update", num_iid=item, quantity=quotas[-1].quantity, type=ABSOLUTE)
        else:
            numbers = ";".join(f"{quota.listing_id}:{quota.quantity}" for quota in quotas)
            gateway.call("taobao.skus.quantity.update", num_iid=item, skuid_quantities=numbers, type=ABSOLUTE)
    except Refused:
        raise
    except ChannelError as fault:
        return str(fault)
    return None


def _quantities(gateway: Gateway, items: Sequence[str]) -> dict[tuple[str, str], int]:
    """Pieces that the platform shows now, by (item, sku); an item without skus stands for its own sku."""
    body = _details(gateway, items, "num_iid,num,sku.sku_id,sku.quantity")
    shown: dict[tuple[str, str], int] = {}
    for record in listing(body).records:
        item = msgspec.json.decode(record, type=_Item)
        shown[str(item.num_iid), str(item.num_iid)] = item.num
        shown.update({(str(item.num_iid), str(sku.sku_id)): sku.quantity for sku in item.skus.sku})
    return shown


class _Listed(Struct):
    num_iid: int


class _Sku(Struct):
    sku_id: int
    quantity: int


class _Skus(Struct, frozen=True):
    sku: list[_Sku] = []


class _Item(Struct):
    num_iid: int
    num: int
    skus: _Skus = _Skus()
