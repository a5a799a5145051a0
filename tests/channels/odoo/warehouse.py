"""What Odoo's warehouse does with transfers, as its published code has it: reserving, validating, back orders, wizards."""

from typing import Any

from tests.channels.odoo.company import Company, Record, lamps

FIELDS = {
    15: ("qty_done", "product_uom_qty", "product_qty"),
    16: ("qty_done", "reserved_uom_qty", "reserved_qty"),
    17: ("quantity", "quantity", "quantity_product_uom"),
}
ORDER, LINE, BULBS = 2, 4, 10
WAITS = 3
"""The transfer of order 2 that is still to leave: two lamps of its line 4, and five bulbs."""


def waiting(version: int = 16, tracked: bool = True, reserved: float = 2.0) -> Company:
    """Lamps that wait, so many of them reserved; bulbs are sold by the dozen of which five are reserved as 5/12."""
    odoo = lamps()
    odoo.methods = {"write": write, "action_assign": assign, "button_validate": validate}
    odoo.put("sale.order.line", BULBS, **(odoo.models["sale.order.line"][LINE] | {"id": BULBS, "product_id": 2}))
    for move in (1, 99):
        odoo.put("stock.move", move, picking_id=False)
    for move, line, product, pieces in ((30, LINE, 1, 2.0), (31, BULBS, 2, 5.0)):
        odoo.put("stock.move", move, picking_id=WAITS, sale_line_id=line, product_id=product, product_qty=pieces,
                 state="assigned", to_refund=False, location_id=1)  # fmt: skip
    for line, move, pieces, units in ((40, 30, reserved, reserved), (41, 31, 5.0, 5 / 12)):
        done, unit, real = FIELDS[version]
        values: Record = {done: 0.0, unit: units, real: pieces} | ({"picked": False} if version == 17 else {})
        odoo.put("stock.move.line", line, picking_id=WAITS, move_id=move, **values)
    if not tracked:
        for picking in odoo.models["stock.picking"].values():
            del picking["carrier_tracking_ref"], picking["carrier_id"]
    return odoo


def write(odoo: Company, model: str, ids: list[int], named: dict[str, Any]) -> bool:
    for id in ids:
        odoo.put(model, id, **named["vals"])
    return True


def assign(odoo: Company, model: str, ids: list[int], named: dict[str, Any]) -> bool:
    raise ValueError("Nothing to check the availability for.")


def validate(odoo: Company, model: str, ids: list[int], named: dict[str, Any]) -> Any:
    """Done, with a back order for the rest. A user who was not asked beforehand is asked now."""
    (id,) = ids
    picking = odoo.models[model][id]
    if picking["state"] == "done":
        raise ValueError("You cannot validate a transfer if no quantities are reserved nor done.")
    left: dict[int, float] = {}
    for line in odoo.models["stock.move.line"].values():
        if line["picking_id"] == id:
            move = odoo.models["stock.move"][line["move_id"]]
            left[move["id"]] = left.get(move["id"], move["product_qty"]) - _pieces(line, move)
    rest = {move: round(pieces, 6) for move, pieces in left.items() if round(pieces, 6) > 0}
    context = named.get("context", {})
    if rest and not (context.get("skip_backorder") and context.get("skip_immediate")):
        return {"type": "ir.actions.act_window", "res_model": "stock.backorder.confirmation", "name": "Create Backorder?"}
    if not context.get("skip_sms"):
        return {"type": "ir.actions.act_window", "res_model": "confirm.stock.sms", "name": "SMS"}
    if rest:
        _back_order(odoo, picking, rest)
    for move in left:
        odoo.put("stock.move", move, state="done")
    odoo.put(model, id, state="done", date_done="2026-03-20 09:00:00", write_date="2026-03-20 09:00:00.5")
    return True


def _pieces(line: Record, move: Record) -> float:
    """What a line says has left: of bulbs a unit is a dozen."""
    if "quantity" in line and not line["picked"]:
        return 0.0
    units = line["quantity"] if "quantity" in line else line["qty_done"]
    return float(units * (12 if move["product_id"] == 2 else 1))


def _back_order(odoo: Company, picking: Record, rest: dict[int, float]) -> None:
    """What did not leave moves to a transfer of its own, reserved. Of the number nothing is copied."""
    id = 50 + len(odoo.models["stock.picking"])
    odoo.models["stock.picking"][id] = picking | {"id": id, "name": f"WH/OUT/{id}", "state": "assigned", "date_done": False}
    if "carrier_tracking_ref" in picking:
        odoo.put("stock.picking", id, carrier_tracking_ref=False)
    for number, (move, pieces) in enumerate(rest.items()):
        whole = odoo.models["stock.move"][move]
        own = id * 10 + number
        odoo.models["stock.move"][own] = whole | {"id": own, "picking_id": id, "product_qty": pieces}
        whole["product_qty"] -= pieces
        (line,) = (one for one in odoo.models["stock.move.line"].values() if one["move_id"] == move)
        units = pieces / (12 if whole["product_id"] == 2 else 1)
        values = {name: pieces if name in ("product_qty", "reserved_qty", "quantity_product_uom") else units for name in line
                  if name.endswith("qty") or name.startswith("quantity")}  # fmt: skip
        values |= {name: 0.0 for name in ("qty_done",) if name in line} | ({"picked": False} if "picked" in line else {})
        odoo.put("stock.move.line", own, picking_id=id, move_id=own, **values)
