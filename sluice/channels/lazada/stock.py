"""Quantities of the shop's skus: set in batches, repeated one by one where a batch is refused, read back."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

import msgspec
from msgspec import Struct

from sluice.channels.lazada.contract import listing
from sluice.channels.lazada.gateway import Gateway
from sluice.channels.protocol import Answer, ChannelError, Quota, Refused

SET = 20
"""Skus a call: Lazada takes 50 and recommends 20."""
CALLS = {"sellable": "/product/stock/sellable/update", "total": "/product/price_quantity/update"}
FIELDS = {"sellable": "SellableQuantity", "total": "Quantity"}


def publish(gateway: Gateway, quotas: Sequence[Quota], kind: str) -> Iterator[Answer]:
    """Set quantities, absolute. A sku that is refused does not keep the others from theirs."""
    for at in range(0, len(quotas), SET):
        batch = quotas[at : at + SET]
        faults = _set(gateway, batch, kind)
        if any(faults.values()) and len(batch) > 1:
            # Refused together; alone, each sku stands for itself. Setting absolute numbers twice does no harm.
            faults = {quota.decision_id: _set(gateway, [quota], kind)[quota.decision_id] for quota in batch}
        shown = _shown(gateway, batch, kind)
        for quota in batch:
            fault = faults[quota.decision_id]
            yield Answer(quota.decision_id, fault is None, fault or "set", shown.get(quota.stock_ref or ""))


def payload(quotas: Sequence[Quota], kind: str) -> str:
    """The XML that Lazada takes."""
    field = FIELDS[kind]
    skus = "".join(
        f"<Sku><ItemId>{escape(quota.product_id)}</ItemId><SkuId>{escape(quota.stock_ref or '')}</SkuId>"
        f"<{field}>{quota.quantity}</{field}></Sku>"
        for quota in quotas
    )
    return f"<Request><Product><Skus>{skus}</Skus></Product></Request>"


def _set(gateway: Gateway, quotas: Sequence[Quota], kind: str) -> dict[str, str | None]:
    """What went wrong with each, by decision; None where nothing did."""
    try:
        gateway.call("POST", CALLS[kind], payload=payload(quotas, kind))
    except Refused:
        raise
    except ChannelError as fault:
        return {quota.decision_id: str(fault) for quota in quotas}
    return {quota.decision_id: None for quota in quotas}


class _Place(Struct):
    sellableQuantity: int = 0


class _Sku(Struct):
    SkuId: int
    quantity: int | None = None
    Available: int | None = None
    multiWarehouseInventories: list[_Place] = []

    def pieces(self, kind: str) -> int | None:
        if kind == "total":
            return self.quantity
        places = self.multiWarehouseInventories
        return sum(place.sellableQuantity for place in places) if places else self.Available


class _Product(Struct):
    skus: list[_Sku] = []


def _shown(gateway: Gateway, quotas: Sequence[Quota], kind: str) -> dict[str, int]:
    """Pieces that Lazada shows now, by the sku's number. Empty where it does not tell."""
    wanted = msgspec.json.encode(sorted({quota.sku for quota in quotas})).decode()
    try:
        body = gateway.call("GET", "/products/get", filter="all", limit=50, offset=0, sku_seller_list=wanted)
    except Refused:
        raise
    except ChannelError:
        return {}
    products = [msgspec.json.decode(one, type=_Product, strict=False) for one in listing(body).products]
    told = {str(sku.SkuId): sku.pieces(kind) for product in products for sku in product.skus}
    return {number: pieces for number, pieces in told.items() if pieces is not None}
