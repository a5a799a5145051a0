"""The shop's goods on Pinduoduo: read as a whole, and their quantities written."""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from sluice.channels.pinduoduo.contract import listing
from sluice.channels.pinduoduo.gateway import Gateway
from sluice.channels.protocol import Answer, ChannelError, Page, Quota, Refused
from sluice.channels.settled import settled
from sluice.channels.windows import Told

LIST, SET = "pdd.goods.list.get", "pdd.goods.quantity.update"
LISTED = 100
ABSOLUTE = 1
"""`update_type` of a quantity update; 2 would add."""


def snapshot(gateway: Gateway) -> Iterator[Page]:
    """All goods with their skus, those taken off sale among them."""

    def ask(number: int) -> Told:
        body = gateway.call(LIST, page=number, page_size=LISTED)
        page = listing(body)
        return Told(body, page.records, page.total_count)

    return settled("Pinduoduo: the list of goods", "goods_id", ask)


def publish(gateway: Gateway, quotas: Sequence[Quota]) -> Iterator[Answer]:
    """Set quantities sku by sku, each read back. A sku that is refused does not keep the others from theirs."""
    for quota in quotas:
        try:
            # What is on a stage of the platform's own must not be reduced: that refusal is among these.
            gateway.call(SET, goods_id=quota.product_id, sku_id=quota.listing_id, quantity=quota.quantity, update_type=ABSOLUTE)
        except Refused:
            raise
        except ChannelError as fault:
            yield Answer(quota.decision_id, False, str(fault))
            continue
        yield Answer(quota.decision_id, True, "set", _shown(gateway, quota))


def _shown(gateway: Gateway, quota: Quota) -> int | None:
    """Pieces that the platform shows now, found by the company's own code of the sku."""
    for record in listing(gateway.call(LIST, outer_id=quota.sku, page=1, page_size=LISTED)).records:
        goods = msgspec.json.decode(record, type=_Goods, strict=False)
        for sku in goods.sku_list:
            if (str(goods.goods_id), str(sku.sku_id)) == (quota.product_id, quota.listing_id):
                return sku.sku_quantity
    return None


class _Sku(Struct):
    sku_id: int
    sku_quantity: int


class _Goods(Struct):
    goods_id: int
    sku_list: list[_Sku] = []
