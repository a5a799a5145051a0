"""Telling Pinduoduo of parcels. An order is shipped as a whole, by a carrier of the platform's own list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sluice.channels.pinduoduo.gateway import Gateway
from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused

SEND, ORDER, CARRIERS = "pdd.logistics.online.send", "pdd.order.information.get", "pdd.logistics.companies.get"
TO_SHIP = 1


@dataclass
class Parcels:
    """`carriers` is the platform's number of a carrier by our name of it; others are looked up in the platform's list."""

    gateway: Gateway
    carriers: Mapping[str, int]

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
        order = self.gateway.ask(ORDER, order_sn=dispatch.order_id)["order_info"]
        if int(order["order_status"]) != TO_SHIP:
            if order.get("tracking_number") == dispatch.tracking_number:
                return "was told before"
            raise ChannelError(f"Pinduoduo: {dispatch.order_id} has left under {order.get('tracking_number') or 'no number'}")
        if int(order.get("risk_control_status") or 0):
            raise ChannelError(f"Pinduoduo: {dispatch.order_id} is held back for a check of the platform and must not be shipped")
        if _is_partial(dispatch, order):
            raise ChannelError(f"Pinduoduo takes an order as a whole: {dispatch.order_id} can't be told to have left in part")
        number = self._carrier(dispatch.carrier)
        self.gateway.call(SEND, order_sn=dispatch.order_id, logistics_id=number, tracking_number=dispatch.tracking_number)
        return "shipped"

    def _carrier(self, name: str) -> int:
        known = {one.casefold(): number for one, number in self.carriers.items()} | self._theirs
        try:
            return known[name.casefold()]
        except KeyError:
            raise ChannelError(
                f"Pinduoduo knows no carrier {name}: name its number under `carriers` in the shop's options"
            ) from None

    @cached_property
    def _theirs(self) -> dict[str, int]:
        """The platform's own carriers that it takes now, by name and by code."""
        found = self.gateway.ask(CARRIERS)["logistics_companies"]
        usable = [one for one in found if int(one.get("available", 1))]
        return {
            str(one[key]).casefold(): int(one["id"]) for key in ("code", "logistics_company") for one in usable if one.get(key)
        }


def _is_partial(dispatch: Dispatch, order: Mapping[str, Any]) -> bool:
    """Whether pieces of the order stay behind. A line is known by its sku."""
    if not dispatch.lines:
        return False
    return any(dispatch.lines.get(str(item["sku_id"]), 0) < int(item["goods_count"]) for item in order["item_list"])
