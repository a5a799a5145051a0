"""The shop's skus on JD: read as a whole, and their quantities written."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from sluice.channels.jd.contract import SKU_FIELDS, answer
from sluice.channels.jd.gateway import Gateway
from sluice.channels.protocol import Answer, ChannelError, Page, Quota, Refused
from sluice.channels.settled import settled
from sluice.channels.windows import Told

LIST = "jingdong.sku.read.searchSkuList"
StockMethod = Literal["jingdong.stock.write.updateSkuStock", "jingdong.ware.stock.sku.set"]
WRITE: StockMethod = "jingdong.stock.write.updateSkuStock"
SET: StockMethod = "jingdong.ware.stock.sku.set"
LISTED = 50


def snapshot(gateway: Gateway) -> Iterator[Page]:
    """All skus, those taken off the shelf among them."""

    def ask(number: int) -> Told:
        body = gateway.call(LIST, pageNo=number, page_size=LISTED, field=SKU_FIELDS)
        page = answer(body)
        return Told(body, page.records, page.total)

    return settled("JD: the list of skus", "skuId", ask)


def publish(gateway: Gateway, quotas: Sequence[Quota], method: StockMethod) -> Iterator[Answer]:
    """Set quantities sku by sku, each read back. A sku that is refused does not keep the others from theirs."""
    for quota in quotas:
        try:
            _set(gateway, quota, method)
        except Refused:
            raise
        except ChannelError as fault:
            yield Answer(quota.decision_id, False, str(fault))
            continue
        yield Answer(quota.decision_id, True, "set", _shown(gateway, quota))


def _set(gateway: Gateway, quota: Quota, method: StockMethod) -> None:
    sku = {"skuId": int(quota.listing_id), "stockNum": quota.quantity}
    if method == WRITE:
        gateway.call(WRITE, skuId=sku["skuId"], stockNum=sku["stockNum"])
        return
    told = gateway.ask(SET, req={"updateModel": "fullStockIn", "stockRfId": quota.decision_id, "skuStocks": [sku]})
    results = ((told.get("returnType") or {}).get("obj") or {}).get("updateStockResult") or []
    for result in results:
        if str(result.get("success", "true")).lower() == "false":
            raise ChannelError(f"JD: {result.get('message') or 'the sku was refused without a reason'}")


def _shown(gateway: Gateway, quota: Quota) -> int | None:
    """Pieces that the platform shows now."""
    body = gateway.call(LIST, skuId=quota.listing_id, pageNo=1, page_size=LISTED, field="skuId,wareId,stockNum")
    for record in answer(body).records:
        sku = msgspec.json.decode(record, type=_Sku, strict=False)
        if str(sku.skuId) == quota.listing_id:
            return sku.stockNum
    return None


class _Sku(Struct):
    skuId: int
    stockNum: int | None = None
