"""What a company sells through Tryton: run by the Python that Tryton is installed for, after `company.py`.

    python selling.py CONFIG DATABASE sell|sells-on|waits

`sell`: sales by their reference. PAID: a tenth off, postage, sent with a tracking number, paid. PART: sent in part. DOZEN: sold
by the dozen, sent, paid. AHEAD: paid before anything was sent. FREE: given away. DROP: confirmed only. QUOTE: a quotation.
NEVER: a quotation that was cancelled.
`sells-on`: of PAID a piece is credited, PART is sent and paid in part, of DOZEN two come back and are paid back, DROP is
cancelled, AHEAD gets its tracking number.
`waits`: BOX of two lines waits to be sent, and LOTS of more than there is.
"""

import sys
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from proteus import Model, Wizard, config
from trytond import config as tryton_config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences


def one(model: str, *domain: tuple[object, ...]) -> Any:
    (found,) = Model.get(model).find(list(domain))
    return found


def sale_of(reference: str) -> Any:
    return one("sale.sale", ("reference", "=", reference))


def keep_books() -> Any:
    """A chart of accounts, a year, a tax of 20 percent; the category that goods are sold under."""
    create_chart()
    days = (date.today() - timedelta(days=200), date.today() + timedelta(days=100))
    set_fiscalyear_invoice_sequences(create_fiscalyear(today=days)).click("create_period")
    accounts, tax = get_accounts(), create_tax(Decimal("0.2"))
    tax.save()
    category = Model.get("product.category")(name="Sold", accounting=True)
    category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
    category.customer_taxes.append(tax)
    category.save()
    journal = one("account.journal", ("code", "=", "CASH"))
    Model.get("account.invoice.payment.method")(
        name="Cash", journal=journal, credit_account=accounts["cash"], debit_account=accounts["cash"]
    ).save()
    Model.get("account.payment.journal")(name="Bank", process_method="manual").save()
    create_payment_term().save()
    return category


def good(category: Any, code: str, name: str, price: str, **more: Any) -> Any:
    template = Model.get("product.template")(
        name=name, code=code, default_uom=one("product.uom", ("symbol", "=", "u")), salable=True,
        list_price=Decimal(price), account_category=category, lead_time=timedelta(0), **{"type": "goods", **more},
    )  # fmt: skip
    template.products[0].cost_price = Decimal("2.00")
    template.save()
    return template.products[0]


def customer() -> Any:
    country = Model.get("country.country")(name="Italy", code="IT", code3="ITA", code_numeric="380")
    country.save()
    region = Model.get("country.subdivision")(country=country, name="Torino", code="IT-TO", type="province")
    region.save()
    party = Model.get("party.party")(name="Bea")
    party.addresses[0].city, party.addresses[0].country, party.addresses[0].subdivision = "Turin", country, region
    party.contact_mechanisms.new(type="email", value="bea@example.com")
    party.contact_mechanisms.new(type="phone", value="+390111234567")
    party.save()
    return party


def sale(party: Any, reference: str, *lines: tuple[Any, ...], **more: Any) -> Any:
    """(product, quantity[, unit price[, unit]]) a line; quoted."""
    made = Model.get("sale.sale")(party=party, reference=reference, invoice_method="order", shipment_method="order")
    made.payment_term = one("account.invoice.payment_term", ("name", "=", "Direct"))
    made.warehouse = one("stock.location", ("code", "=", "WH"))
    made.shipment_cost_method = None
    for product, quantity, *own in lines:
        line = Model.get("sale.line")()
        made.lines.append(line)
        line.product, line.quantity = product, quantity
        if own[1:]:
            line.unit = own[1]
        if own:
            line.unit_price = Decimal(own[0])
    for name, value in more.items():
        setattr(made, name, value)
    made.save()
    made.click("quote")
    return made


def confirmed(made: Any) -> Any:
    made.click("confirm")
    if made.state == "confirmed":
        made.click("process")
    return made


def send(made: Any, reference: str | None, pieces: float | None = None) -> None:
    made.reload()
    shipment = next(shipment for shipment in made.shipments if shipment.state in ("waiting", "assigned"))
    if pieces is not None:
        for move in shipment.inventory_moves:
            move.quantity = pieces
        shipment.save()
    for step in ("assign_try", "pick", "pack"):
        shipment.click(step)
    if reference:
        shipment.shipping_reference = reference
        shipment.save()
    shipment.click("do")


def pay(invoice: Any, amount: str | None = None) -> None:
    if invoice.state != "posted":
        invoice.invoice_date = date.today()
        invoice.click("post")
    paying = invoice.click("pay")
    paying.form.payment_method = one("account.invoice.payment.method")
    if amount:
        paying.form.amount = Decimal(amount)
    paying.execute("choice")
    if amount:
        paying.form.type = "partial"
        paying.execute("pay")


def sell() -> None:
    category, units = keep_books(), one("product.uom", ("symbol", "=", "dz"))
    clock, pot = good(category, "CLOCK", "Clock", "20.00"), good(category, "POT", "Pot", "5.00")
    postage = good(category, "POST", "Postage", "4.00", type="service")
    inventory = Model.get("stock.inventory")(location=one("stock.location", ("code", "=", "STO")))
    for product in (clock, pot):
        inventory.lines.new(product=product, quantity=100.0)
    inventory.click("confirm")
    parcels = Model.get("party.party")(name="DHL")
    parcels.save()
    carrier = Model.get("carrier")(party=parcels, carrier_product=postage)
    carrier.save()
    Model.get("carrier.selection")(carrier=carrier).save()
    bea = customer()

    paid = confirmed(sale(bea, "PAID", (clock, 2.0, "18.00"), (pot, 1.0), shipment_cost_method="order"))
    send(paid, "T1")
    pay(paid.invoices[0])
    part = confirmed(sale(bea, "PART", (clock, 3.0)))
    send(part, None, 1.0)
    dozen = confirmed(sale(bea, "DOZEN", (clock, 1.0, "200.00", units)))
    send(dozen, None)
    pay(dozen.invoices[0])
    ahead = sale(bea, "AHEAD", (pot, 2.0))
    payment = Model.get("account.payment")(
        journal=one("account.payment.journal"), kind="receivable", party=bea, origin=ahead, amount=Decimal("12.00")
    )
    payment.click("submit")
    payment.click("process_wizard")
    payment.click("succeed")
    ahead.reload()
    confirmed(ahead) if ahead.state == "quotation" else None
    free = confirmed(sale(bea, "FREE", (pot, 1.0, "0.00")))
    send(free, None)
    sale(bea, "QUOTE", (pot, 9.0))
    sale(bea, "NEVER", (pot, 8.0)).click("cancel")
    # Left to a worker that does not run: only what is not processed yet can be cancelled.
    tryton_config.set("queue", "worker", "True")
    sale(bea, "DROP", (pot, 3.0)).click("confirm")


def sells_on() -> None:
    paid = sale_of("PAID")
    credit = Wizard("account.invoice.credit", [paid.invoices[0]])
    credit.form.with_refund = False
    credit.execute("credit")
    (note,) = Model.get("account.invoice").find([("origin_invoices", "=", paid.invoices[0].id)])
    for line in list(note.lines):
        if line.product.code == "CLOCK":
            line.quantity = -1.0
        else:
            note.lines.remove(line)
    note.save()
    pay(note)

    part = sale_of("PART")
    send(part, "T2")
    pay(part.invoices[0], "30.00")

    dozen = sale_of("DOZEN")
    Wizard("sale.return_sale", [dozen]).execute("return_")
    back = one("sale.sale", ("origin", "=", f"sale.sale,{dozen.id}"))
    back.lines[0].unit = one("product.uom", ("symbol", "=", "u"))
    back.lines[0].quantity, back.lines[0].unit_price = -2.0, Decimal("16.6667")
    back.save()
    back.click("quote")
    confirmed(back)
    back.reload()
    returned = back.shipment_returns[0]
    returned.click("receive")
    for move in returned.inventory_moves:
        move.to_location = returned.warehouse.storage_location
    returned.save()
    returned.click("do")
    pay(back.invoices[0])

    drop = sale_of("DROP")
    drop.click("draft")
    drop.click("cancel")
    send(sale_of("AHEAD"), "T3")


def waits() -> None:
    clock, pot = (one("product.product", ("code", "=", code)) for code in ("CLOCK", "POT"))
    bea = one("party.party", ("name", "=", "Bea"))
    confirmed(sale(bea, "BOX", (clock, 2.0), (pot, 3.0)))
    confirmed(sale(bea, "LOTS", (pot, 5000.0)))


if __name__ == "__main__":
    settings, database, step = sys.argv[1:]
    config.set_trytond(f"sqlite:///{database}", config_file=settings)
    preferences = Model.get("res.user").get_preferences(True, {})
    config.get_config()._context = preferences
    {"sell": sell, "sells-on": sells_on, "waits": waits}[step]()
