"""Parcels to Douyin: a whole order by `order.logisticsAdd`, parts of one by `order.logisticsAddMultiPack`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from sluice.channels.douyin.contract import Order
from sluice.channels.douyin.gateway import Gateway
from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused


class _Detail(Struct):
    shop_order_detail: Order | None = None


class _Company(Struct):
    name: str = ""
    code: str = ""


def ship(gateway: Gateway, carriers: Mapping[str, str], dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """Tell of every parcel. `carriers` is the platform's code by our carrier's name. Raises Refused."""
    known: dict[str, str] = {}
    for dispatch in dispatches:
        try:
            yield _ship(gateway, carriers, dispatch, known)
        except Refused:
            raise
        except ChannelError as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


def _ship(gateway: Gateway, carriers: Mapping[str, str], dispatch: Dispatch, known: dict[str, str]) -> Answer:
    if _is_told(gateway, dispatch):
        return Answer(dispatch.dispatch_id, True, "told before")
    parcel: dict[str, Any] = {
        "company_code": _code(gateway, carriers, dispatch.carrier, known),
        "logistics_code": dispatch.tracking_number,
    }
    if dispatch.lines:
        parts = [{"shipped_order_id": line, "shipped_num": pieces} for line, pieces in sorted(dispatch.lines.items())]
        packs = [{**parcel, "shipped_order_info": parts}]
        # the platform takes a `request_id` once, so that a call repeated after a lost answer ships nothing twice
        gateway.call("order.logisticsAddMultiPack", order_id=dispatch.order_id, pack_list=packs, request_id=dispatch.dispatch_id)
    else:
        gateway.call("order.logisticsAdd", order_id=dispatch.order_id, **parcel)
    return Answer(dispatch.dispatch_id, True, "shipped")


def _is_told(gateway: Gateway, dispatch: Dispatch) -> bool:
    order = gateway.ask(_Detail, "order.orderDetail", shop_order_id=dispatch.order_id).shop_order_detail
    if order is None:
        raise ChannelError(f"Douyin has no order {dispatch.order_id}")
    return any(parcel.tracking_no == dispatch.tracking_number for parcel in order.logistics_info or [])


def _code(gateway: Gateway, carriers: Mapping[str, str], carrier: str, known: dict[str, str]) -> str:
    if carrier in carriers:
        return carriers[carrier]
    if not known:
        companies = gateway.ask(list[_Company], "order.logisticsCompanyList")
        known.update({one.name.casefold(): one.code for one in companies})
    if carrier.casefold() not in known:
        raise ChannelError(f"Douyin knows no carrier {carrier}: name its code by the option carriers")
    return known[carrier.casefold()]
