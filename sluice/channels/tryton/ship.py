"""Telling Tryton of parcels: a shipment of the sale is assigned, picked, packed and done, with the carrier and the number.

A parcel of a part takes its pieces out of a shipment; Tryton makes another for the rest. Where the module stock_package_shipping
is not activated, the number is kept as the shipment's reference.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused
from sluice.channels.tryton.reader import Reader
from sluice.channels.tryton.records import plain
from sluice.channels.tryton.rpc import Denied

SALE, SHIPMENT, MOVE = "sale.sale", "stock.shipment.out", "stock.move"
PACKING = ("picked", "packed", "shipped")
NEXT = {"draft": "wait", "waiting": "assign_try", "assigned": "pick", "picked": "pack", "packed": "do", "shipped": "do"}
"""The button that leads on from a state."""


class _Move(Struct):
    """`origin` is the sale's line ("sale.line,7"), or of a move within the warehouse the move ("stock.move,9") that it is for."""

    id: int
    state: str
    origin: str | None
    quantity: float
    internal_quantity: float


class _Shipment(Struct):
    id: int
    number: str | None
    state: str
    outgoing_moves: list[_Move]
    inventory_moves: list[_Move]
    reference: str | None = None
    shipping_reference: str | None = None

    @property
    def button(self) -> str | None:
        """What leads on. A warehouse that packs from its shelves has nothing to pick."""
        return "pack" if self.state == "assigned" and not self.inventory_moves else NEXT.get(self.state)


class _Sale(Struct):
    id: int
    state: str
    shipments: list[_Shipment]


class _NotTaken(ChannelError):
    """Why the parcel can't be told, in words."""


def ship(reader: Reader, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch. A parcel is known again by its tracking number. Raises Refused."""
    for dispatch in dispatches:
        try:
            yield Answer(dispatch.dispatch_id, True, _Parcel(reader, dispatch).told())
        except Refused as fault:
            if not isinstance(fault, Denied):
                raise
            yield Answer(dispatch.dispatch_id, False, fault.said)
        except ChannelError as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


class _Parcel:
    """One parcel of a sale."""

    def __init__(self, reader: Reader, dispatch: Dispatch) -> None:
        self.reader, self.dispatch = reader, dispatch
        self.kept_in = "shipping_reference" if reader.offers(SHIPMENT, "shipping_reference") else "reference"

    def told(self) -> str:
        sale = self._sale()
        number = self.dispatch.tracking_number
        known = [one for one in sale.shipments if getattr(one, self.kept_in) == number and one.state != "cancelled"]
        if known and all(one.state == "done" for one in known):
            return "known already"
        # one that bears the number and is not done is what is left of a call that was cut off
        still = [one for one in known or sale.shipments if one.state in NEXT]
        if not still:
            raise _NotTaken(f"nothing of the sale is left to be sent: it is {sale.state}")
        for shipment, pieces in shared(still, self.dispatch.lines):
            self._send(shipment, pieces)
        return "sent"

    def _send(self, shipment: _Shipment, pieces: Mapping[str, float] | None) -> None:
        """Send all of it, or these pieces by line. What was written is taken back where there is too little in stock."""
        before = {self.kept_in: getattr(shipment, self.kept_in)}
        self._write(SHIPMENT, shipment.id, {self.kept_in: self.dispatch.tracking_number} | self._carrier())
        try:
            if pieces is not None:
                shipment = self._reduced(shipment, pieces)
            self._led_on(shipment)
        except Denied:
            self._write(SHIPMENT, shipment.id, before)
            raise
        except _NotTaken:
            self._write(SHIPMENT, shipment.id, before)
            if pieces is not None:
                self._press("wait", shipment.id)
                if not shipment.inventory_moves:
                    for move in shipment.outgoing_moves:
                        self._write(MOVE, move.id, {"quantity": move.quantity})
            raise

    def _reduced(self, shipment: _Shipment, pieces: Mapping[str, float]) -> _Shipment:
        """The shipment with no more than these pieces to be taken from the shelves."""
        self._press("wait", shipment.id)
        shipment = self._again(shipment.id)
        line_of = {f"{MOVE},{move.id}": _line(move) for move in shipment.outgoing_moves}
        left = dict(pieces)
        for move in shipment.inventory_moves or shipment.outgoing_moves:
            line = line_of.get(move.origin or "", _line(move))
            taken = min(left.get(line, 0), move.internal_quantity)
            left[line] = left.get(line, 0) - taken
            if taken < move.internal_quantity:
                self._write(MOVE, move.id, {"quantity": move.quantity * taken / move.internal_quantity})
        return shipment

    def _led_on(self, shipment: _Shipment) -> None:
        """Button by button until it is done."""
        while shipment.state != "done":
            button = shipment.button
            if button is None:
                raise _NotTaken(f"shipment {shipment.number} is {shipment.state}")
            self._press(button, shipment.id)
            before, shipment = shipment.state, self._again(shipment.id)
            if shipment.state == before == "waiting":
                raise _NotTaken(
                    f"Tryton has too little in stock to assign shipment {shipment.number}: count it there, or name what left"
                )
            if shipment.state == before:
                raise _NotTaken(f"Tryton leaves shipment {shipment.number} {before}")

    def _carrier(self) -> dict[str, Any]:
        """The carrier of this name, where Tryton has one."""
        if not (self.reader.has("carrier") and self.reader.offers(SHIPMENT, "carrier")):
            return {}
        found = _rows(self.reader.rows("carrier", [["party.name", "=", self.dispatch.carrier]], ["id"]))
        return {"carrier": found[0]["id"]} if found else {}

    def _sale(self) -> _Sale:
        if not self.reader.has(SALE):
            raise _NotTaken("Tryton has no sale.sale: activate the module sale")
        fields = ["state", *(f"shipments.{name}" for name in self._fields())]
        own = [["company", "=", self.reader.company]]
        if not self.dispatch.order_id.isdigit():
            raise _NotTaken(f"{self.dispatch.order_id} is no id of a sale")
        found = _rows(self.reader.rows(SALE, [["id", "=", int(self.dispatch.order_id)], *own], fields))
        if not found:
            raise _NotTaken(f"Tryton has no sale {self.dispatch.order_id}")
        return msgspec.convert(found[0], type=_Sale)

    def _again(self, id: int) -> _Shipment:
        (found,) = _rows(self.reader.rows(SHIPMENT, [["id", "=", id]], self._fields()))
        return msgspec.convert(found, type=_Shipment)

    def _fields(self) -> list[str]:
        moves = [f"{kind}.{name}" for kind in ("outgoing_moves", "inventory_moves") for name in _Move.__struct_fields__[1:]]
        return ["number", "state", self.kept_in, *moves]

    def _press(self, button: str, id: int) -> None:
        self.reader.rpc.call(SHIPMENT, button, [id], self.reader.context)

    def _write(self, model: str, id: int, values: dict[str, Any]) -> None:
        self.reader.rpc.call(model, "write", [id], values, self.reader.context)


def shared(shipments: Sequence[_Shipment], wanted: Mapping[str, int]) -> list[tuple[_Shipment, Mapping[str, float] | None]]:
    """What of each shipment leaves, None being all of it; without `wanted` all of all. Raises ChannelError."""
    if not wanted:
        return [(one, None) for one in shipments]
    left: dict[str, float] = dict(wanted)
    found: list[tuple[_Shipment, Mapping[str, float] | None]] = []
    for shipment in shipments:
        there: dict[str, float] = {}
        for move in shipment.outgoing_moves:
            if move.state not in ("cancelled", "done"):
                there[_line(move)] = there.get(_line(move), 0) + move.internal_quantity
        taken = {line: min(left.get(line, 0), pieces) for line, pieces in there.items() if left.get(line, 0) > 0}
        if not taken:
            continue
        if taken != there and shipment.state in PACKING:
            raise _NotTaken(f"shipment {shipment.number} is {shipment.state}: it can leave only as a whole")
        for line, pieces in taken.items():
            left[line] -= pieces
        found.append((shipment, None if taken == there else taken))
    if missing := {line: pieces for line, pieces in left.items() if pieces > 0}:
        raise _NotTaken(f"of line {', '.join(missing)} there are not as many pieces left to be sent; nothing was sent")
    return found


def _line(move: _Move) -> str:
    """The id of the sale's line that the move is for; "" where it is for none."""
    model, _, id = (move.origin or "").partition(",")
    return id if model == "sale.line" else ""


def _rows(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plain(msgspec.json.decode(body)["result"])
    return found
