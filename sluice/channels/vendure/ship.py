"""Parcels told to Vendure: a fulfilment by its manual handler, with carrier and number, moved to Shipped."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused
from sluice.channels.vendure import graphql
from sluice.channels.vendure.client import Client

GONE = ("Shipped", "Delivered")
HANDLER = "manual-fulfillment"


class _State(Struct):
    state: str


class _Sent(Struct):
    quantity: int
    fulfillment: _State


class _Line(Struct):
    id: str
    quantity: int
    fulfillmentLines: list[_Sent] | None = None

    @property
    def left(self) -> int:
        """Pieces in no fulfilment that stands."""
        return self.quantity - sum(one.quantity for one in self.fulfillmentLines or [] if one.fulfillment.state != "Cancelled")


class _Fulfilment(Struct):
    id: str
    state: str
    trackingCode: str | None = None


class _Order(Struct):
    lines: list[_Line]
    fulfillments: list[_Fulfilment] | None = None


class _Found(Struct):
    order: _Order | None = None


class NotTaken(Exception):
    """Vendure's own word for why not."""


def ship(client: Client, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch. A parcel is known again by its tracking number. Raises Refused."""
    for dispatch in dispatches:
        try:
            yield Answer(dispatch.dispatch_id, True, _ship(client, dispatch))
        except Refused:
            raise
        except (NotTaken, ChannelError) as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


def _ship(client: Client, dispatch: Dispatch) -> str:
    order = client.read(_Found, graphql.PARCELS, id=dispatch.order_id).order
    if order is None:
        raise NotTaken(f"Vendure has no order {dispatch.order_id}")
    told = [one for one in order.fulfillments or [] if one.trackingCode == dispatch.tracking_number and one.state != "Cancelled"]
    if told and told[0].state in GONE:
        return "already so"
    parcel = told[0].id if told else _made(client, order, dispatch)
    _outcome(client.read(dict[str, Any], graphql.MOVE, id=parcel, state="Shipped"))
    return "shipped"


def _made(client: Client, order: _Order, dispatch: Dispatch) -> str:
    pieces = dict(dispatch.lines) or {line.id: line.left for line in order.lines}
    lines = [{"orderLineId": line, "quantity": quantity} for line, quantity in pieces.items() if quantity > 0]
    if not lines:
        raise NotTaken("nothing of the order is left to be sent")
    arguments = [{"name": "method", "value": dispatch.carrier}, {"name": "trackingCode", "value": dispatch.tracking_number}]
    wanted = {"lines": lines, "handler": {"code": HANDLER, "arguments": arguments}}
    return str(_outcome(client.read(dict[str, Any], graphql.FULFIL, input=wanted))["id"])


def _outcome(said: dict[str, Any]) -> dict[str, Any]:
    """What a mutation made. Raises NotTaken for an error that it says as a result."""
    (result,) = said.values()
    if "errorCode" in result:
        raise NotTaken(f"{result['errorCode']}: {result['message']}")
    return dict(result)
