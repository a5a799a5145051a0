"""Telling Odoo of parcels: a transfer to the customer gets the carrier and the number, what left is put down as done, and it is
validated; for the rest Odoo makes a back order.

Odoo's wizards are answered beforehand, by the context. What is asked is read from `fields_get`, since versions differ: a line
of a transfer has `qty_done` beside what is reserved up to Odoo 16, `quantity` and `picked` since.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sluice.channels.odoo.reader import Reader
from sluice.channels.odoo.rpc import Fault
from sluice.channels.protocol import Answer, ChannelError, Dispatch, Refused

ORDER, PICKING, MOVE, MOVE_LINE = "sale.order", "stock.picking", "stock.move", "stock.move.line"
TRACKING, CARRIER = "carrier_tracking_ref", "carrier_id"
OPEN, OVER = ["confirmed", "waiting", "assigned"], ["done", "cancel"]
UNASKED = {"skip_immediate": True, "skip_backorder": True, "skip_sms": True}
"""What was entered is all that left, a back order is made for the rest, and no one is sent a text message."""
RESERVED = (
    ("qty_done", "reserved_uom_qty", "reserved_qty"),
    ("qty_done", "product_uom_qty", "product_qty"),
    ("quantity", "quantity", "quantity_product_uom"),
)
"""By version (16; 15; 17 and newer): the field for what is done, and what is reserved in the line's unit and in pieces."""
CRUMB = 1e-6

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What of a transfer leaves: moves with their pieces."""

    picking: Row
    pieces: Mapping[int, float]


def ship(reader: Reader, dispatches: Sequence[Dispatch]) -> Iterator[Answer]:
    """One answer a dispatch. A parcel is known again by its tracking number. Raises Refused."""
    for dispatch in dispatches:
        try:
            yield Answer(dispatch.dispatch_id, True, _Parcel(reader, dispatch).told())
        except Refused:
            raise
        except ChannelError as fault:
            yield Answer(dispatch.dispatch_id, False, str(fault))


class _Parcel:
    """One parcel of an order."""

    def __init__(self, reader: Reader, dispatch: Dispatch) -> None:
        self.reader, self.dispatch = reader, dispatch
        if not reader.has(PICKING, "sale_id"):
            raise ChannelError(
                "Odoo has no transfers of sales: the app for stock is not installed, or this user may not see them"
            )
        self.is_tracked = reader.has(PICKING, TRACKING)

    def told(self) -> str:
        pickings = self._pickings()
        known = [one for one in pickings if self.is_tracked and one[TRACKING] == self.dispatch.tracking_number]
        if known and all(one["state"] == "done" for one in known):
            return "known already"
        # one that bears the number and is not done is what is left of a call that was cut off
        still = [one for one in known or pickings if one["state"] in OPEN]
        if not still:
            if self.is_tracked or self.dispatch.lines or not pickings:
                raise ChannelError("nothing of the order is left to be sent")
            return "all of it has left already"
        if self.dispatch.lines and not self.is_tracked:
            raise ChannelError(
                "Odoo has no field for tracking numbers, by which a parcel of a part would be known again: install the app for "
                "delivery methods, or tell of the order as a whole"
            )
        for part in shared(still, self._moves(still), self.dispatch.lines):
            self._send(part)
        return "sent" if self.is_tracked else "sent; Odoo keeps no tracking number without the app for delivery methods"

    def _pickings(self) -> list[Row]:
        """All transfers of the order to its customer."""
        if not self.dispatch.order_id.isdigit():
            raise ChannelError(f"{self.dispatch.order_id} is no id of an order in Odoo")
        order = int(self.dispatch.order_id)
        found = self._rows(ORDER, ["state"], [["id", "=", order]])
        if not found:
            raise ChannelError(f"Odoo has no order {order}")
        if found[0]["state"] not in ("sale", "done"):
            raise ChannelError(f"the order is {found[0]['state']} in Odoo: only one that is confirmed can be sent")
        fields = ["name", "state", *([TRACKING] if self.is_tracked else [])]
        return self._rows(PICKING, fields, [["sale_id", "=", order], ["location_dest_id.usage", "=", "customer"]])

    def _moves(self, pickings: Sequence[Row]) -> list[Row]:
        """What is still to be moved, a line that is a kit's marked."""
        among = [["picking_id", "in", [one["id"] for one in pickings]], ["state", "not in", OVER]]
        moves = self._rows(MOVE, ["picking_id", "product_id", "product_qty", "sale_line_id"], among)
        lines = sorted({move["sale_line_id"][0] for move in moves if move["sale_line_id"]})
        sold = {line["id"]: line["product_id"] for line in self._rows("sale.order.line", ["product_id"], [["id", "in", lines]])}
        for move in moves:
            line = move["sale_line_id"][0] if move["sale_line_id"] else 0
            move["is_of_kit"] = line in sold and sold[line][0] != move["product_id"][0]
        return moves

    def _send(self, part: Part) -> None:
        picking = part.picking["id"]
        done = self._done(part)
        if done is None:
            self._tell(PICKING, "action_assign", picking)
            done = self._done(part)
        if done is None:
            raise ChannelError(
                f"Odoo has not reserved what is to leave with {part.picking['name']}: count the stock there, or name what left"
            )
        bears = {TRACKING: self.dispatch.tracking_number} | self._carrier() if self.is_tracked else {}
        if bears:
            self._tell(PICKING, "write", picking, vals=bears)
        for line, values in done.items():
            self._tell(MOVE_LINE, "write", line, vals=values)
        self._validate(picking, part.picking["name"])

    def _validate(self, picking: int, name: str) -> None:
        """A call that came through unheard is refused when it is repeated: what counts is how the transfer stands then."""
        said: Any = None
        try:
            said = self.reader.tell(PICKING, "button_validate", [picking], UNASKED)
        except Fault as fault:
            if self._state(picking) != "done":
                raise ChannelError(f"Odoo does not validate {name}: {fault}") from fault
        if (state := self._state(picking)) != "done":
            asked = said.get("name") or said.get("res_model") if isinstance(said, dict) else None
            why = f"it asks first: {asked}. Answer there" if asked else f"it is {state}"
            raise ChannelError(f"Odoo has not validated {name}: {why}")

    def _done(self, part: Part) -> dict[int, Row] | None:
        """What to write on each line of the transfer; None where not all of it is reserved."""
        done, unit, pieces = self._fields()
        fields = list(dict.fromkeys(["move_id", done, unit, pieces]))
        lines = self._rows(MOVE_LINE, fields, [["picking_id", "=", part.picking["id"]]])
        left = dict(part.pieces)
        found: dict[int, Row] = {}
        for line in lines:
            move = line["move_id"][0] if line["move_id"] else 0
            taken = min(left.get(move, 0), line[pieces])
            left[move] = left.get(move, 0) - taken
            if taken > CRUMB:
                found[line["id"]] = {done: line[unit] * taken / line[pieces]} | ({"picked": True} if done == "quantity" else {})
            elif done == "qty_done" and line[done]:
                found[line["id"]] = {done: 0}
        return None if any(pieces > CRUMB for pieces in left.values()) else found

    def _fields(self) -> tuple[str, str, str]:
        for names in RESERVED:
            if all(self.reader.has(MOVE_LINE, name) for name in names):
                return names
        raise ChannelError(f"Odoo shows no quantities in {MOVE_LINE}: this user may not see them")

    def _carrier(self) -> Row:
        """The carrier of this name, where Odoo has one."""
        if not (self.reader.has("delivery.carrier", "name") and self.reader.has(PICKING, CARRIER)):
            return {}
        found = self._rows("delivery.carrier", ["name"], [["name", "=", self.dispatch.carrier]])
        return {CARRIER: found[0]["id"]} if found else {}

    def _state(self, picking: int) -> str:
        found = self._rows(PICKING, ["state"], [["id", "=", picking]])
        return str(found[0]["state"]) if found else "gone"

    def _tell(self, model: str, method: str, id: int, **named: Any) -> Any:
        return self.reader.tell(model, method, [id], **named)

    def _rows(self, model: str, fields: list[str], conditions: list[Any]) -> list[Row]:
        found: list[Row] = msgspec.json.decode(self.reader.rows(model, fields, conditions))["result"]
        return found


def shared(pickings: Sequence[Row], moves: Sequence[Row], wanted: Mapping[str, int]) -> list[Part]:
    """What leaves with each transfer; without `wanted` all of all. Raises ChannelError."""
    left: dict[str, float] = dict(wanted)
    pieces: dict[int, dict[int, float]] = {}
    for move in moves:
        line = str(move["sale_line_id"][0]) if move["sale_line_id"] else ""
        if wanted and line in wanted and move["is_of_kit"]:
            raise ChannelError(f"line {line} is a kit, which leaves as its components: tell of the order as a whole")
        taken = min(left.get(line, 0), move["product_qty"]) if wanted else move["product_qty"]
        left[line] = left.get(line, 0) - taken
        if taken > CRUMB:
            pieces.setdefault(move["picking_id"][0], {})[move["id"]] = taken
    if wanted and (missing := [line for line in wanted if left[line] > CRUMB]):
        raise ChannelError(f"of line {', '.join(missing)} there are not as many pieces left to be sent; nothing was sent")
    return [Part(one, pieces[one["id"]]) for one in pickings if one["id"] in pieces]
