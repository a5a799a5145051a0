"""Telling JD of parcels. An order is shipped as a whole, by a carrier whose number the shop has in its back office."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.channels.jd.gateway import Gateway
from sluice.channels.jd.orders import CONTAINER
from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused

SEND, ORDER = "jingdong.pop.order.shipment", "jingdong.pop.order.get"
ASKED = "orderId,orderState,waybill,itemInfoList"
TO_SHIP = {"WAIT_SELLER_STOCK_OUT", "WAIT_SELLER_DELIVERY", "DengDaiChuKu", "DengDaiFaHuo"}


@dataclass(frozen=True)
class Parcels:
    """`carriers` is JD's number of a carrier by our name of it; a carrier that is a number already is taken as it is."""

    gateway: Gateway
    carriers: Mapping[str, int]
    source: str | None

    def ship(self, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
        """One answer a dispatch. Raises Refused."""
        for dispatch in dispatches:
            try:
                yield Answer(dispatch.dispatch_id, True, self._ship(dispatch))
            except Refused:
                raise
            except ChannelError as fault:
                yield Answer(dispatch.dispatch_id, False, str(fault))

    def _ship(self, dispatch: Dispatch) -> str:
        number = int(dispatch.order_id)
        told = self.gateway.ask(ORDER, CONTAINER, order_id=number, optional_fields=ASKED, source_id=self.source)
        order: dict[str, Any] = (told.get("orderDetailInfo") or {}).get("orderInfo") or {}
        if not order:
            raise ChannelError(f"JD knows no order {dispatch.order_id}")
        if order.get("orderState") not in TO_SHIP:
            if dispatch.tracking_number in str(order.get("waybill") or "").split(","):
                return "was told before"
            raise ChannelError(f"JD: {dispatch.order_id} is {order.get('orderState')} and can't be shipped")
        items = order.get("itemInfoList") or []
        if dispatch.lines and any(dispatch.lines.get(str(one["skuId"]), 0) < int(one["itemTotal"]) for one in items):
            raise ChannelError(f"JD takes an order as a whole: {dispatch.order_id} can't be told to have left in part")
        carrier = self._carrier(dispatch.carrier)
        self.gateway.call(SEND, orderId=number, logiCoprId=carrier, logiNo=dispatch.tracking_number)
        return "shipped"

    def _carrier(self, name: str) -> int:
        known = {one.casefold(): number for one, number in self.carriers.items()}
        if name.casefold() in known:
            return known[name.casefold()]
        if name.isdigit():
            return int(name)
        raise ChannelError(f"JD's number of the carrier {name} is not known: name it under `carriers` in the shop's options")
