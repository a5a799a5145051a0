"""What the company buys: purchases, their lines, and the moves that bring them in."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton.places import locations, suppliers
from sluice.sandbox.tryton.values import COMPANY, CURRENCIES, UNIT, Record, day, stamps


def _purchased(state: SandboxState) -> list[Record]:
    """Lines of purchases by now. Their ids are their places among all lines ever, so that they never change."""

    def build() -> list[Record]:
        ever = state.world.purchase_orders.select("po_id", "line_no").rows()
        ids = {key: id for id, key in enumerate(ever, 1)}
        places = {record["code"]: record["id"] for record in locations(state)}
        numbers = dict(state.world.products.select("sku", "product_no").iter_rows())
        ids_of = suppliers(state)
        return [
            row
            | {
                "line": ids[row["po_id"], row["line_no"]],
                "purchase": int(row["po_id"].lstrip("PO")),
                "party": ids_of[row["supplier_id"]],
                "warehouse": places[row["facility_id"]],
                "product": numbers[row["sku"]],
            }
            for row in state.world.purchase_orders_at(state.now).iter_rows(named=True)
        ]

    return state.cached(("tryton", "purchased"), build)


def purchases(state: SandboxState) -> Iterator[Record]:
    lines: dict[int, list[Record]] = {}
    for row in _purchased(state):
        lines.setdefault(row["purchase"], []).append(row)
    for id, rows in lines.items():
        first = rows[0]
        arrivals = [row["received_at"] for row in rows if row["received_at"]]
        is_over = len(arrivals) == len(rows)
        yield {
            "id": id,
            "number": first["po_id"],
            "company": COMPANY,
            "state": "done" if is_over else "processing",
            "shipment_state": "received" if is_over else "partially shipped" if arrivals else "waiting",
            "party": first["party"],
            "currency": CURRENCIES["CNY"],
            "warehouse": first["warehouse"],
            "purchase_date": day(first["ordered_at"]),
            "delivery_date": None,
            "lines": [row["line"] for row in rows],
            **stamps(first["ordered_at"] - timedelta(hours=2), max([first["ordered_at"], *arrivals])),
        }


def purchase_lines(state: SandboxState) -> Iterator[Record]:
    for row in _purchased(state):
        yield {
            "id": row["line"],
            "purchase": row["purchase"],
            "type": "line",
            "product": row["product"],
            "quantity": float(row["quantity"]),
            "unit": UNIT,
            "unit_price": Decimal(row["unit_cost_minor"]).scaleb(-2),
            "delivery_date": day(row["expected_at"]),
            **stamps(row["ordered_at"] - timedelta(hours=2), None),
        }


def receipts(state: SandboxState) -> Iterator[Record]:
    for row in _purchased(state):
        arrived = row["received_at"]
        yield {
            "id": row["line"] + 100_000,
            "company": COMPANY,
            "origin": f"purchase.line,{row['line']}",
            "state": "done" if arrived else "draft",
            "internal_quantity": float(row["quantity"]),
            "effective_date": day(arrived) if arrived else None,
            "planned_date": day(row["expected_at"]),
            **stamps(row["ordered_at"], arrived),
        }
