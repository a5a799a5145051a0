"""What Tryton's models say, in Tryton's own names: the fields asked for are the fields here. Tryton 7.0 or newer.

A field with a default is asked for only where a module adds it, or is not Tryton's at all: `changed_at` is the record's
`write_date`, which is null until its first change, or else its `create_date`.

A change moves only the stamp of the record that was written: a template's price moves no variant's, a receipt not always the
purchase's. So each model is read by its own changes, and they are joined in the warehouse.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from sluice.channels.protocol import Id

Utc = Annotated[datetime, Meta(tz=True)]


class Stamped(Struct, kw_only=True):
    """What each record that changes is known by."""

    id: Id
    create_date: Utc
    write_date: Utc | None
    changed_at: Utc


class Currency(Struct):
    """currency.currency; `code` is ISO 4217."""

    id: Id
    code: str


class Named(Struct):
    """Any record of which only the name is read."""

    id: Id
    name: str | None


class Country(Struct):
    """country.country; `code` is ISO 3166."""

    id: Id
    code: str | None


class Address(Struct):
    """party.address, of warehouses only."""

    id: Id
    city: str | None
    country: Country | None
    subdivision: Named | None


class Company(Struct):
    """company.company: the one that is read; prices and costs are in its currency."""

    id: Id
    party: Named
    currency: Currency


class Product(Stamped, kw_only=True):
    """product.product: a variant. `list_price` only where it has one of its own. Both prices are for the template's unit."""

    template: Id
    code: str | None
    rec_name: str
    list_price: Decimal | None
    cost_price: Decimal | None
    active: bool


class Template(Stamped, kw_only=True):
    """product.template: what the variants have in common. `type` is goods, assets or service; `weight` comes with the module
    product_measurements."""

    name: str
    type: str
    list_price: Decimal | None
    default_uom: Id
    categories: list[int]
    active: bool
    weight: Decimal | None = None
    weight_uom: Id | None = None


class Category(Struct):
    """product.category."""

    id: Id
    name: str


class Unit(Struct):
    """product.uom. `factor` is how many of its category's base unit it holds (a dozen: 12; a gram: 0.001)."""

    id: Id
    symbol: str
    factor: Decimal


class Warehouse(Struct):
    """stock.location of type warehouse."""

    id: Id
    name: str
    code: str | None
    active: bool
    address: Address | None


class Stock(Struct):
    """product.product at one warehouse, in the template's unit. `quantity` is all that is there, `free` what no shipment has
    assigned."""

    warehouse: Id
    id: Id
    quantity: Decimal
    free: Decimal


class Purchase(Stamped, kw_only=True):
    """purchase.purchase. `lines` are the ids of its lines when it was last written; dates are the company's own days."""

    number: str | None
    state: str
    shipment_state: str
    party: Named
    currency: Currency
    warehouse: Id | None
    purchase_date: date | None
    delivery_date: date | None
    lines: list[int]


class PurchaseLine(Stamped, kw_only=True):
    """purchase.line; `type` is line, or else a title, comment or subtotal. `quantity` and `unit_price` are in its `unit`."""

    purchase: Id
    type: str
    product: Id | None
    quantity: Decimal | None
    unit: Id | None
    unit_price: Decimal | None
    delivery_date: date | None


class Receipt(Stamped, kw_only=True):
    """stock.move of a purchase's line, which `origin` names ("purchase.line,7"). `internal_quantity` is in the template's
    unit."""

    origin: str
    state: str
    internal_quantity: Decimal
    effective_date: date | None
    planned_date: date | None
