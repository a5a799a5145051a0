"""Sales and returns, each with all that hangs on it, references read through."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sluice.sandbox.state import SandboxState
from sluice.sandbox.tryton import invoices, places
from sluice.sandbox.tryton.goods import POSTAGE, goods
from sluice.sandbox.tryton.invoices import CURRENCY, Document, money, untaxed
from sluice.sandbox.tryton.models import records
from sluice.sandbox.tryton.shop import SHOP
from sluice.sandbox.tryton.tables import REST
from sluice.sandbox.tryton.values import UNIT, Record, day, stamps

PIECE: Record = {"id": UNIT, "factor": 1.0}
POST: Record = {"id": POSTAGE, "code": "POST", "type": "service", "template": POSTAGE, "default_uom": PIECE}


@dataclass(frozen=True)
class Names:
    """Ids that sales refer to: warehouses by facility, countries and regions by name; products and titles by SKU."""

    warehouses: Mapping[str, int]
    countries: Mapping[str, int]
    regions: Mapping[str, int]
    products: Mapping[str, Record]
    titles: Mapping[str, str]

    @classmethod
    def of(cls, state: SandboxState) -> "Names":
        def made() -> Names:
            rows = list(goods(state))
            return cls(
                {row["code"]: row["id"] for row in records(state, "stock.location").values()},
                {row["code"]: row["id"] for row in places.countries(state)},
                {row["name"]: row["id"] for row in places.subdivisions(state)},
                {row["sku"]: _product(row) for row in rows},
                {row["sku"]: row["title"] for row in rows},
            )

        return state.cached((SHOP.channel, "names"), made)


def _product(row: Record) -> Record:
    return {
        "id": row["product_no"], "code": row["sku"], "type": "goods", "template": row["template"], "default_uom": PIECE,
    }  # fmt: skip


def sale(document: Document, home: Document, names: Names) -> Record:
    """An order; `home` is the person whom it is sent to."""
    rate = home["tax_basis_points"]
    lines = [_line(line, names, rate) for line in document["lines"]]
    shipping = document["shipping_minor"]
    if shipping:
        lines.append(_charged(document["id"], shipping))
    paid = document["paid_at"] is not None
    return _head(document, home, names) | {
        "id": document["id"],
        "number": document["order_number"],
        "state": document["sale_state"],
        "shipment_state": document["shipment_state"],
        "invoice_state": "paid" if paid else "none",
        "sale_date": day(document["created_at"]),
        "origin": None,
        "untaxed_amount": money(document["total_minor"] - document["tax_minor"]),
        "tax_amount": money(document["tax_minor"]),
        "total_amount": money(document["total_minor"]),
        "lines": lines,
        "moves": [_move(document, line) for line in document["lines"]] if paid else [],
        "shipments": _shipments(document, names) if paid else [],
        "shipment_returns": [],
        "invoices": [invoices.of_sale(document)] if paid else [],
    }


def returned(document: Document, refund: Document, home: Document, names: Names) -> Record:
    """A return of a line: a sale below zero that names the sale."""
    (line,) = (line for line in document["lines"] if line["line_no"] == refund["line_no"])
    id, pieces, total = int(refund["refund_id"]), refund["quantity"], refund["amount_minor"]
    net, arrived = untaxed(line, total), refund["returned_at"]
    shipment = {
        "id": id,
        "number": str(id),
        "state": "done" if arrived else "draft",
        "effective_date": day(arrived) if arrived else None,
        **stamps(refund["approved_at"], arrived),
        "warehouse": names.warehouses[document["facility_id"]],
        "carrier": None,
    }
    back = _line(line, names, home["tax_basis_points"]) | {"id": id, "quantity": float(-pieces), "amount": money(-net)}
    return _head(document, home, names) | {
        "id": id,
        "number": str(id),
        "state": "done" if refund["completed_at"] else "processing",
        "shipment_state": "sent" if arrived else "waiting",
        "invoice_state": "paid" if refund["completed_at"] else "pending",
        "sale_date": day(refund["approved_at"]),
        "origin": f"sale.sale,{document['id']}",
        "untaxed_amount": money(-net),
        "tax_amount": money(net - total),
        "total_amount": money(-total),
        "lines": [back | {"unit_price": _each(net, pieces)}],
        "moves": [_moved(id, "done" if arrived else "draft", id, pieces, places.CUSTOMERS, places.STORAGE)],
        "shipments": [],
        "shipment_returns": [shipment],
        "invoices": [invoices.of_return(document, refund)],
    }


def _head(document: Document, home: Document, names: Names) -> Record:
    """What an order and its returns have in common."""
    known, person = document["contact"], document["person"]
    return {
        "reference": None,
        "invoice_method": "order",
        "shipment_method": "invoice",
        "currency": CURRENCY,
        "warehouse": names.warehouses[document["facility_id"]],
        "party": {
            "id": int(document["customer_id"]),
            "name": known["name"],
            "email": known["email"],
            "phone": known["phone"],
            "mobile": "",
        },
        "shipment_address": _address(home, names),
        "invoice_address": _address(person, names),
    }


def _address(person: Document, names: Names) -> Record:
    return {
        "id": person["number"],
        "city": person["city"],
        "country": {"id": names.countries[person["country"]], "code": person["country"]},
        "subdivision": {"id": names.regions[person["region"]], "name": person["region"]},
    }


def _line(line: Document, names: Names, rate: int) -> Record:
    """Its price is after the discount, the base price before it."""
    tax = [{"id": rate, "type": "percentage", "rate": Decimal(rate).scaleb(-4)}] if rate else []
    return {
        "id": int(line["line_id"]),
        "type": "line",
        "summary": names.titles[line["sku"]],
        "product": names.products[line["sku"]],
        "quantity": float(line["quantity"]),
        "unit": PIECE,
        "unit_price": _each(line["total_minor"], line["quantity"]),
        "amount": money(line["total_minor"]),
        "base_price": money(line["unit_price_minor"]),
        "shipment_cost": None,
        "taxes": tax,
    }


def _charged(order: int, shipping: int) -> Record:
    """The line that charges for shipping."""
    fee = money(shipping)
    return {
        "id": order,
        "type": "line",
        "summary": "",
        "product": POST,
        "quantity": 1.0,
        "unit": PIECE,
        "unit_price": fee,
        "amount": fee,
        "base_price": fee,
        "shipment_cost": fee,
        "taxes": [],
    }


def _each(minor: int, pieces: int) -> Decimal:
    return (money(minor) / pieces).quantize(Decimal("0.0001"))


def _move(document: Document, line: Document) -> Record:
    is_rest = document["is_parted"] and line["line_no"] > 1
    sent = document["rest_at" if is_rest else "shipped_at"]
    state = "cancelled" if document["cancelled_at"] else "done" if sent else "draft"
    return _moved(int(line["line_id"]), state, line["line_id"], line["quantity"], places.STORAGE, places.CUSTOMERS)


def _moved(id: int, state: str, line: Any, pieces: int, start: Record, end: Record) -> Record:
    return {
        "id": id,
        "state": state,
        "origin": f"sale.line,{line}",
        "internal_quantity": float(pieces),
        "from_location": start,
        "to_location": end,
    }


def _shipments(document: Document, names: Names) -> list[Record]:
    """The first has waited since the order was paid, the second since the first left without the rest."""
    parcel = next(iter(document["shipments"]), None)

    def shipment(number: int, made: str, left: str, tracked: str) -> Record:
        sent, known = document[left], document[tracked]
        is_off = document["cancelled_at"] is not None
        reference = parcel["tracking_number"] if parcel and known else None
        return {
            "id": number,
            "number": str(number),
            "state": "cancelled" if is_off else "done" if sent else "waiting",
            "effective_date": day(sent) if sent else None,
            **stamps(document[made], document["cancelled_at"] if is_off else known or sent),
            "warehouse": names.warehouses[document["facility_id"]],
            "carrier": _carrier(parcel["carrier"]) if parcel else None,
            "shipping_reference": f"{reference}-2" if reference and made == "shipped_at" else reference,
        }

    first = document["id"] * 2
    found = [shipment(first, "paid_at", "shipped_at", "tracked_at")]
    if document["is_parted"] and document["shipped_at"]:
        found.append(shipment(first + REST, "shipped_at", "rest_at", "rest_tracked_at"))
    return found


def _carrier(name: str) -> Record:
    id = 1 + places.CARRIERS.index(name)
    return {"id": id, "party": {"id": places.FIRST_CARRIER + id, "name": name}}
