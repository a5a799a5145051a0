"""Invoices of sales, and the notes that credit them, as their sales show them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sluice.sandbox.tryton.shop import SHOP
from sluice.sandbox.tryton.values import CURRENCIES, Record, day, stamps

Document = Mapping[str, Any]
CURRENCY: Record = {"id": CURRENCIES[SHOP.currency], "code": SHOP.currency}


def money(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


def untaxed(line: Document, amount: int) -> int:
    """Of an amount of a line with its tax, what is without."""
    net, whole = line["total_minor"], line["total_minor"] + line["tax_minor"]
    return amount * net // whole if whole else 0


def of_sale(document: Document) -> Record:
    """Made, posted and paid in one transaction, as the money comes."""
    paid, id = document["paid_at"], document["id"]
    lines = [
        _line(int(line["line_id"]), f"sale.line,{line['line_id']}", line["quantity"], line["total_minor"])
        for line in document["lines"]
    ]
    if document["shipping_minor"]:
        lines.append(_line(id, f"sale.line,{id}", 1, document["shipping_minor"]))
    return _invoice(id, document["total_minor"], paid, paid, lines)


def of_return(document: Document, refund: Document) -> Record:
    """Below zero; paid back once the goods are looked through."""
    (line,) = (line for line in document["lines"] if line["line_no"] == refund["line_no"])
    id = int(refund["refund_id"])
    back = _line(id, f"sale.line,{id}", -refund["quantity"], -untaxed(line, refund["amount_minor"]))
    return _invoice(id, -refund["amount_minor"], refund["approved_at"], refund["completed_at"], [back])


def credit_note(document: Document) -> Record:
    """What was agreed to pay back of an order whose goods don't come back: of one that never arrived, all."""
    refunds = [refund for refund in document["refunds"] if refund["kind"] == "refund" and refund["approved_at"]]
    first = refunds[0]
    total = -sum(refund["amount_minor"] for refund in refunds)
    note = _invoice(
        int(first["refund_id"]), total, first["approved_at"], first["completed_at"], list(_credited(document, refunds))
    )
    return note | {"origin_invoices": [document["id"]]}


def _credited(document: Document, refunds: Sequence[Document]) -> Iterator[Record]:
    shipping = document["shipping_minor"] if document["delivered_at"] is None else 0
    lines = {line["line_no"]: line for line in document["lines"]}
    for refund in refunds:
        line = lines[refund["line_no"]]
        amount = refund["amount_minor"] - (shipping if refund["line_no"] == 1 else 0)
        origin = f"account.invoice.line,{line['line_id']}"
        yield _line(int(refund["refund_id"]), origin, -refund["quantity"], -untaxed(line, amount))
    if shipping:
        yield _line(document["id"], f"account.invoice.line,{document['id']}", -1, -shipping)


def _line(id: int, origin: str, quantity: int, minor: int) -> Record:
    return {"id": id, "type": "line", "origin": origin, "quantity": float(quantity), "amount": money(minor)}


def _invoice(id: int, total: int, made: datetime, paid: datetime | None, lines: list[Record]) -> Record:
    return {
        "id": id,
        "number": str(id) if paid else None,
        "state": "paid" if paid else "draft",
        **stamps(made, paid),
        "currency": CURRENCY,
        "total_amount": money(total),
        "amount_to_pay": Decimal(0),
        "reconciled": day(paid) if paid else None,
        "lines": lines,
        "origin_invoices": [],
    }
