"""The fields of the models that sales are read from, each with the model that it refers to: those of Tryton 8.0 that Sluice asks
for, with the modules sale_discount, sale_shipment_cost and stock_package_shipping."""

from collections.abc import Mapping

Fields = Mapping[str, str | None]
STAMPS: Fields = dict.fromkeys(("id", "create_date", "write_date"))
SHIPMENT: Fields = {
    **STAMPS, **dict.fromkeys(("number", "state", "effective_date")), "company": "company.company", "warehouse": "stock.location",
    "carrier": "carrier",
}  # fmt: skip
OFFERED: Mapping[str, Fields] = {
    "sale.sale": {
        **STAMPS,
        **dict.fromkeys(("number", "reference", "state", "shipment_state", "invoice_state", "invoice_method", "shipment_method")),
        **dict.fromkeys(("sale_date", "origin", "untaxed_amount", "tax_amount", "total_amount")),
        "company": "company.company",
        "currency": "currency.currency",
        "warehouse": "stock.location",
        "party": "party.party",
        "shipment_address": "party.address",
        "invoice_address": "party.address",
        "lines": "sale.line",
        "moves": "stock.move",
        "shipments": "stock.shipment.out",
        "shipment_returns": "stock.shipment.out.return",
        "invoices": "account.invoice",
    },
    "sale.line": {
        **STAMPS,
        **dict.fromkeys(("type", "summary", "quantity", "unit_price", "amount", "base_price", "shipment_cost")),
        "sale": "sale.sale",
        "product": "product.product",
        "unit": "product.uom",
        "taxes": "account.tax",
    },
    "stock.move": {
        **STAMPS,
        **dict.fromkeys(("state", "origin", "internal_quantity", "effective_date", "planned_date")),
        "company": "company.company",
        "from_location": "stock.location",
        "to_location": "stock.location",
    },
    "stock.shipment.out": {**SHIPMENT, "shipping_reference": None},
    "stock.shipment.out.return": SHIPMENT,
    "carrier": {"id": None, "party": "party.party"},
    "account.invoice": {
        **STAMPS,
        **dict.fromkeys(("number", "state", "type", "total_amount", "amount_to_pay", "reconciled")),
        "company": "company.company",
        "currency": "currency.currency",
        "lines": "account.invoice.line",
        "origin_invoices": "account.invoice",
    },
}
