"""A sale of Tryton with all that hangs on it, in Tryton's own names, read through in one call.

A field with a default is asked for only where a module adds it: `base_price` with sale_discount, `carrier` and `shipment_cost`
with sale_shipment_cost, `shipping_reference` with stock_package_shipping, `payments` with sale_payment. Prices are without tax.
"""

from datetime import date
from decimal import Decimal

from msgspec import Struct, field

from sluice.channels import personal
from sluice.channels.protocol import Id
from sluice.channels.tryton.contract import Country, Currency, Named, Stamped, Utc


class Party(Struct):
    """party.party: the customer, with their first way to be reached of each kind."""

    id: personal.CustomerNumber
    name: personal.Name | None
    email: personal.Email | None
    phone: personal.Phone | None
    mobile: personal.Phone | None


class Place(Struct):
    """party.address, no finer than the city."""

    id: personal.TokenNumber
    city: personal.Place | None
    country: Country | None
    subdivision: Named | None


class Carrier(Struct):
    """carrier; its name is its party's."""

    id: Id
    party: Named


class Tax(Struct):
    """account.tax; `rate` is a share (0.2) of those of type percentage."""

    id: Id
    type: str
    rate: Decimal | None


class BaseUnit(Struct):
    """product.uom; `factor` is how many of the category's reference it holds."""

    id: Id
    factor: Decimal


class SoldProduct(Struct):
    """product.product; `type` is goods, assets or service."""

    id: Id
    code: str | None
    type: str
    template: Id
    default_uom: BaseUnit


class SaleLine(Struct, kw_only=True):
    """sale.line; `type` is line, or else a title, comment or subtotal. `quantity` and prices are in its `unit`; a `shipment_cost`
    marks the line that charges for shipping.
    """

    id: Id
    type: str
    summary: str | None
    product: SoldProduct | None
    quantity: Decimal | None
    unit: BaseUnit | None
    unit_price: Decimal | None
    amount: Decimal | None
    base_price: Decimal | None = None
    shipment_cost: Decimal | None = None
    taxes: list[Tax]


class Location(Struct):
    """stock.location; of customers, its type is customer."""

    id: Id
    type: str


class Move(Struct):
    """stock.move of a line, which `origin` names ("sale.line,7"); `internal_quantity` is in the product's default unit."""

    id: Id
    state: str
    origin: str | None
    internal_quantity: Decimal
    from_location: Location
    to_location: Location


class Shipment(Struct, kw_only=True):
    """stock.shipment.out; `effective_date` is the company's own day."""

    id: Id
    number: str | None
    state: str
    effective_date: date | None
    create_date: Utc
    write_date: Utc | None
    warehouse: Id | None
    carrier: Carrier | None = None
    shipping_reference: str | None = None


class InvoiceLine(Struct):
    """account.invoice.line; `origin` is what it invoices ("sale.line,7"), or the invoice's line that it credits."""

    id: Id
    type: str
    origin: str | None
    quantity: Decimal | None
    amount: Decimal | None


class Invoice(Struct):
    """account.invoice of a sale, or one that credits such; a credit note's `total_amount` is below zero.

    `reconciled` is the day of its last payment.
    """

    id: Id
    number: str | None
    state: str
    create_date: Utc
    write_date: Utc | None
    currency: Currency
    total_amount: Decimal
    amount_to_pay: Decimal
    reconciled: date | None
    lines: list[InvoiceLine]


class Payment(Struct):
    """account.payment for the sale itself, before any invoice; its `kind` is receivable, or payable where it is paid back."""

    id: Id
    state: str
    kind: str
    amount: Decimal
    date: date
    create_date: Utc
    write_date: Utc | None
    journal: Named


class Sale(Stamped, kw_only=True):
    """sale.sale. A return is a sale of its own, below zero, whose `origin` is the sale ("sale.sale,8").

    `sale_date` is the company's own day of confirmation, null of a quotation. `credits` are credit notes of `invoices`.
    """

    number: str | None
    reference: personal.Note | None
    state: str
    shipment_state: str
    invoice_state: str
    invoice_method: str
    shipment_method: str
    sale_date: date | None
    origin: str | None
    currency: Currency
    warehouse: Id | None
    party: Party
    shipment_address: Place | None
    invoice_address: Place | None
    untaxed_amount: Decimal
    tax_amount: Decimal
    total_amount: Decimal
    lines: list[SaleLine]
    moves: list[Move]
    shipments: list[Shipment]
    shipment_returns: list[Shipment]
    invoices: list[Invoice]
    credits: list[Invoice]
    payments: list[Payment] = field(default_factory=list)
