"""Parcels to Taobao: a trade, or some of its orders, marked as sent with the seller's own carrier."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused
from sluice.channels.taobao.gateway import Gateway

ASKED = "tid,status,orders.oid,orders.num,orders.status,orders.invoice_no"
WAITING = ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART")


class _Order(Struct):
    oid: int
    num: int = 0
    status: str = ""
    invoice_no: str = ""


class _Orders(Struct, frozen=True):
    order: list[_Order] = []


class _Trade(Struct):
    tid: int
    status: str = ""
    orders: _Orders = _Orders()


class _Full(Struct):
    trade: _Trade


class _Reply(Struct):
    trade_fullinfo_get_response: _Full


def ship(gateway: Gateway, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch; `carrier` is the platform's code of the company (SF, YTO, POST). Raises Refused and ChannelError.

    The platform takes whole orders of a trade, not some of an order's pieces. A tracking number that it has is not told again.
    """
    for told in dispatches:
        accepted, message = _ship(gateway, told)
        yield Answer(told.dispatch_id, accepted, message)


def _ship(gateway: Gateway, told: Dispatch) -> tuple[bool, str]:
    try:
        body = gateway.call("taobao.trade.fullinfo.get", fields=ASKED, tid=told.order_id)
        trade = msgspec.json.decode(body, type=_Reply, strict=False).trade_fullinfo_get_response.trade
        orders = {str(order.oid): order for order in trade.orders.order}
        if any(order.invoice_no == told.tracking_number for order in orders.values()):
            return True, "already told"
        if trade.status not in WAITING:
            return False, f"Taobao takes no parcel of a trade that is {trade.status}"
        if fault := _fault(orders, told.lines):
            return False, fault
        part = {"sub_tid": ",".join(told.lines), "is_split": 1} if told.lines else {}
        parcel = {"out_sid": told.tracking_number, "company_code": told.carrier}
        gateway.call("taobao.logistics.offline.send", tid=told.order_id, **parcel, **part)
    except Refused:
        raise
    except ChannelError as fault:
        return False, str(fault)
    return True, "told"


def _fault(orders: Mapping[str, _Order], lines: Mapping[str, int]) -> str | None:
    for line, pieces in lines.items():
        if line not in orders:
            return f"the trade has no order {line}"
        if pieces != orders[line].num:
            return f"Taobao takes whole orders: {line} has {orders[line].num} pieces, not {pieces}"
        if orders[line].invoice_no:
            return f"{line} has left already"
    return None
