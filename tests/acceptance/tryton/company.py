"""Fills an empty Tryton database, or goes on with a filled one: run by the Python that Tryton is installed for, not by ours.

    python company.py CONFIG DATABASE found|goes-on

`found`: a company, four goods, a second warehouse, 40 pieces counted of which 4 are held, a purchase of which half came.
`goes-on`: a price and a cost change, one good is given up, the rest of the purchase comes, 5 lamps are found missing.
"""

import sys
from datetime import date
from decimal import Decimal

from proteus import Model, config

GOODS = (
    ("LAMP", "Lamp", "20.00", "9.50"),
    ("RUG", "Rug", "80.00", "31.00"),
    ("VASE", "Vase", "15.00", "4.25"),
    ("MUG", "Mug", "8.00", "2.00"),
)


def one(model: str, *domain: tuple[object, ...]) -> Model:
    (found,) = Model.get(model).find(list(domain))
    return found


def receive(purchase: Model, share: float) -> None:
    shipment = Model.get("stock.shipment.in")(supplier=purchase.party, warehouse=purchase.warehouse)
    for move in purchase.moves:
        if move.state == "draft":
            shipment.incoming_moves.append(Model.get("stock.move")(move.id))
    for move in shipment.incoming_moves:
        move.quantity = move.quantity * share
    shipment.save()
    shipment.click("receive")
    shipment.click("do")


def count(product: Model, pieces: float) -> None:
    inventory = Model.get("stock.inventory")(location=one("stock.location", ("code", "=", "STO")))
    inventory.lines.new(product=product, quantity=pieces)
    inventory.click("confirm")


def hold(product: Model, pieces: float, warehouse: Model) -> None:
    """A shipment to a customer has them assigned, and they are not gone yet."""
    customer = Model.get("party.party")(name="Ann")
    customer.addresses[0].city = "Oslo"
    customer.save()
    shipment = Model.get("stock.shipment.out")(customer=customer, warehouse=warehouse)
    move = shipment.outgoing_moves.new(product=product, quantity=pieces, unit_price=Decimal(20))
    move.currency = one("currency.currency")
    move.from_location, move.to_location = warehouse.output_location, one("stock.location", ("code", "=", "CUS"))
    shipment.click("wait")
    shipment.click("assign_try")
    assert shipment.state == "assigned"


def found() -> None:
    dollar = Model.get("currency.currency")(name="US Dollar", symbol="$", code="USD", numeric_code="840")
    dollar.rates.new(date=date(2020, 1, 1), rate=Decimal(1))
    dollar.save()
    party = Model.get("party.party")(name="Lantern & Loom")
    party.save()
    company = Model.get("company.company")(party=party, currency=dollar)
    company.save()
    admin = one("res.user", ("login", "=", "admin"))
    admin.companies.append(Model.get("company.company")(company.id))
    admin.company = company
    admin.save()
    config.get_config()._context = Model.get("res.user").get_preferences(True, {})

    units = one("product.uom", ("symbol", "=", "u"))
    dozen = Model.get("product.uom")(
        name="Dozen", symbol="dz", category=units.category, factor=12.0, rate=round(1 / 12, 12), rounding=1.0, digits=0
    )
    dozen.save()
    goods = []
    for code, name, price, cost in GOODS:
        template = Model.get("product.template")(
            name=name, code=code, default_uom=units, type="goods", list_price=Decimal(price), purchasable=True
        )
        template.products[0].cost_price = Decimal(cost)
        template.save()
        goods += template.products
    second = {
        zone: Model.get("stock.location")(name=f"North {zone}", type="storage", code=f"N-{zone}")
        for zone in ("input", "output", "storage")
    }
    for location in second.values():
        location.save()
    north = Model.get("stock.location")(
        name="North", type="warehouse", code="NORTH",
        input_location=second["input"], output_location=second["output"], storage_location=second["storage"],
    )  # fmt: skip
    north.save()
    count(goods[0], 40.0)

    supplier = Model.get("party.party")(name="Mill")
    supplier.save()
    main = one("stock.location", ("code", "=", "WH"))
    hold(goods[0], 4.0, main)
    purchase = Model.get("purchase.purchase")(party=supplier, warehouse=main, invoice_method="manual", purchase_date=date.today())
    for product, quantity, unit in ((goods[1], 2.0, dozen), (goods[2], 10.0, units)):
        line = Model.get("purchase.line")()
        purchase.lines.append(line)
        line.product, line.quantity, line.unit = product, quantity, unit
        line.unit_price = Decimal("372.00") if unit == dozen else Decimal("4.25")
    for step in ("quote", "confirm"):
        purchase.click(step)
    if purchase.state == "confirmed":
        purchase.click("process")
    receive(purchase, 0.5)


def goes_on() -> None:
    lamp, _, _, mug = (one("product.product", ("code", "=", code)) for code, *_ in GOODS)
    mug.cost_price = Decimal("2.10")
    mug.active = False
    mug.save()
    template = lamp.template
    template.list_price = Decimal("21.00")
    template.save()
    count(lamp, 35.0)
    receive(one("purchase.purchase"), 1.0)


if __name__ == "__main__":
    settings, database, step = sys.argv[1:]
    config.set_trytond(f"sqlite:///{database}", config_file=settings)
    {"found": found, "goes-on": goes_on}[step]()
