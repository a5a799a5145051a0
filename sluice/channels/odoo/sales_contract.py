"""A sale of Odoo with all that hangs on it, in Odoo's own names.

Lines, transfers, invoices and addresses are records apart in Odoo; here they stand where Odoo has their ids. `returns` are its
stock.moves back from the customer.
"""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from sluice.channels import personal
from sluice.channels.odoo.contract import Many2one, Utc
from sluice.channels.protocol import Id


class Partner(Struct):
    """res.partner: the customer."""

    id: personal.CustomerNumber
    name: personal.Name | None = None
    email: personal.Email | None = None
    phone: personal.Phone | None = None
    city: personal.Place | None = None
    state_id: Many2one | None = None
    country_code: str | None = None


class Recipient(Struct):
    """res.partner: where it goes, which need not be to the customer."""

    id: personal.TokenNumber
    name: personal.Name | None = None
    email: personal.Email | None = None
    phone: personal.Phone | None = None
    city: personal.Place | None = None
    state_id: Many2one | None = None
    country_code: str | None = None


class SaleLine(Struct):
    """sale.order.line. With a `display_type` it is a heading or a note. `discount` is in percent; `product_uom_qty` and
    `price_unit` are in the line's unit (`product_uom`, since Odoo 19 `product_uom_id`); `price_subtotal` is without tax,
    `price_total` with it.
    """

    id: Id
    name: str
    product_uom_qty: Decimal
    qty_delivered: Decimal
    price_unit: Decimal
    price_subtotal: Decimal
    price_tax: Decimal
    price_total: Decimal
    discount: Decimal = Decimal(0)
    product_id: Many2one | None = None
    product_uom: Many2one | None = None
    product_uom_id: Many2one | None = None
    display_type: str | None = None
    qty_delivered_method: str | None = None
    is_delivery: bool = False
    is_downpayment: bool = False


class Picking(Struct):
    """stock.picking to the customer; the carrier's fields come with the app for delivery methods."""

    id: Id
    name: str
    state: str
    picking_type_id: Many2one | None = None
    date_done: Utc | None = None
    carrier_id: Many2one | None = None
    carrier_tracking_ref: str | None = None


class Return(Struct):
    """stock.move from the customer, done; `product_qty` is in the product's own unit. One that is not `to_refund` leaves the
    line's delivered quantity as it is.
    """

    id: Id
    sale_line_id: Many2one
    product_qty: Decimal
    product_id: Many2one
    to_refund: bool = True


class InvoiceLine(Struct):
    """account.move.line that invoices lines of a sale. `quantity` is in the line's unit."""

    id: Id
    sale_line_ids: list[int]
    quantity: Decimal
    price_subtotal: Decimal
    price_total: Decimal


class Invoice(Struct):
    """account.move: an invoice (out_invoice) or credit note (out_refund), with those of its lines that invoice a sale."""

    id: Id
    move_type: str
    state: str
    currency_id: Many2one
    amount_total: Decimal
    amount_residual: Decimal
    create_date: Utc
    write_date: Utc
    name: str | None = None
    payment_state: str | None = None
    invoice_date: date | None = None
    ref: personal.Note | None = None
    reversed_entry_id: Many2one | None = None
    invoice_line_ids: list[InvoiceLine] = []


class SaleOrder(Struct):
    """sale.order. `delivery_status` is there since Odoo 16 and with the app for stock."""

    id: Id
    name: str
    state: str
    partner_id: Partner
    partner_shipping_id: Recipient
    currency_id: Many2one
    amount_untaxed: Decimal
    amount_tax: Decimal
    amount_total: Decimal
    date_order: Utc
    write_date: Utc
    invoice_status: str | None = None
    delivery_status: str | None = None
    warehouse_id: Many2one | None = None
    commitment_date: Utc | None = None
    order_line: list[SaleLine] = []
    picking_ids: list[Picking] = []
    returns: list[Return] = []
    invoice_ids: list[Invoice] = []
