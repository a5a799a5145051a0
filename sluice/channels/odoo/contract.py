"""What Odoo's models say, in Odoo's own names: the fields asked for are the fields here. Odoo 15 or newer.

A field with a default is asked for only where the server has it and shows it to this user.

A change moves only the stamp of the record that was written: a template's price moves no variant's, a receipt neither the
purchase's nor its line's. So each model is read by its own changes, and they are joined in the warehouse.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from sluice.channels.protocol import Id

Utc = Annotated[datetime, Meta(tz=True)]


class Many2one(Struct, array_like=True):
    """A reference, as [id, display name]; a record need not have a name."""

    id: Id
    name: str | None = None


class Product(Struct):
    """product.product: a variant. `weight` is in kg, `price_extra` comes on top of the template's price, `uom_id` is the unit
    that it is counted in."""

    id: Id
    display_name: str
    product_tmpl_id: Many2one
    active: bool
    standard_price: Decimal
    price_extra: Decimal
    weight: Decimal
    write_date: Utc
    default_code: str | None = None
    barcode: str | None = None
    uom_id: Many2one | None = None


class Template(Struct):
    """product.template: what the variants have in common."""

    id: Id
    name: str
    list_price: Decimal
    currency_id: Many2one
    active: bool
    write_date: Utc
    categ_id: Many2one | None = None


class Warehouse(Struct):
    """stock.warehouse; `code` is the short name in every document."""

    id: Id
    name: str
    code: str
    sequence: int
    partner_id: Many2one | None = None


class Address(Struct):
    """res.partner, of warehouses only."""

    id: Id
    city: str | None = None
    state_id: Many2one | None = None
    country_code: str | None = None


class Location(Struct):
    """stock.location within the company."""

    id: Id
    complete_name: str
    warehouse_id: Many2one | None = None


class Unit(Struct):
    """uom.uom. `factor_inv` is how many of its kind's reference it holds (a dozen: 12); since Odoo 19 that is `factor`."""

    id: Id
    name: str
    factor: Decimal
    factor_inv: Decimal | None = None


class OperationType(Struct):
    """stock.picking.type: receipts, deliveries, the tills' sales, each of one warehouse."""

    id: Id
    name: str
    code: str
    warehouse_id: Many2one | None = None


class PointOfSale(Struct):
    """pos.config: a till. A warehouse that serves one is a store."""

    id: Id
    name: str
    picking_type_id: Many2one | None = None


class Quant(Struct):
    """stock.quant: pieces of a product (and lot) at a location. One that is used up vanishes."""

    id: Id
    product_id: Many2one
    location_id: Many2one
    quantity: Decimal
    reserved_quantity: Decimal


class PurchaseOrder(Struct):
    """purchase.order. `order_line` are the ids of its lines when it was last written."""

    id: Id
    name: str
    state: str
    partner_id: Many2one
    currency_id: Many2one
    order_line: list[int]
    date_order: Utc
    write_date: Utc
    date_approve: Utc | None = None
    date_planned: Utc | None = None
    picking_type_id: Many2one | None = None


class PurchaseOrderLine(Struct):
    """purchase.order.line; without a product it is a heading or a note. `product_uom_qty` is in the product's own unit,
    `product_qty` and `price_unit` in the unit that it is bought in."""

    id: Id
    order_id: Many2one
    product_uom_qty: Decimal
    qty_received: Decimal
    price_unit: Decimal
    write_date: Utc
    product_id: Many2one | None = None
    date_planned: Utc | None = None
    product_qty: Decimal | None = None


class Receipt(Struct):
    """stock.move of a purchase; `date` is when it was done, or else when it is expected."""

    id: Id
    purchase_line_id: Many2one
    state: str
    product_qty: Decimal
    date: Utc
    write_date: Utc


class Bom(Struct):
    """mrp.bom of type phantom: a kit. Without `product_id` it holds for every variant of the template."""

    id: Id
    product_tmpl_id: Many2one
    product_qty: Decimal
    sequence: int
    product_id: Many2one | None = None


class BomLine(Struct):
    """mrp.bom.line: a component, for `product_qty` of the kit."""

    id: Id
    bom_id: Many2one
    product_id: Many2one
    product_qty: Decimal
