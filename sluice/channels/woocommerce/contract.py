"""WooCommerce's records as its REST API v3 gives them, in its own names: the fields that Sluice reads.

Ids are numbers. Money is text with the shop's decimals, without tax whatever `prices_include_tax` says. Of each time there are
two: one in the site's own zone, and one in UTC whose name ends in `_gmt`; neither is written with a zone. The latter is read.
What plugins may turn from a list into a map (`meta_data`) is kept as it came.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from sluice.channels import personal
from sluice.channels.protocol import Id


class Place(Struct):
    country: str | None = None
    state: str | None = None
    city: personal.Place | None = None


class Billing(Place):
    """Whom the shop writes to: of an order, who placed it."""

    first_name: personal.Name | None = None
    last_name: personal.Name | None = None
    email: personal.Email | None = None
    phone: personal.Phone | None = None


class LineItem(Struct, kw_only=True):
    """`subtotal` is before discounts, `total` after. `variation_id` is 0 for a simple product, `product_id` for one deleted."""

    id: Id
    name: str
    product_id: Id
    variation_id: Id
    quantity: int
    subtotal: Decimal
    subtotal_tax: Decimal
    total: Decimal
    total_tax: Decimal
    sku: str | None = None


class RefundLine(Struct, kw_only=True):
    """Part of a refund, quantity and amounts negative. Which line it is of stands in its metadata, `_refunded_item_id`."""

    id: Id
    product_id: Id
    variation_id: Id
    quantity: int
    total: Decimal
    total_tax: Decimal
    meta_data: Any = None


class Refund(Struct, kw_only=True):
    """A refund. An order only sums it up (`total`, negative); the others are of the refund's own record (`amount`, positive)."""

    id: Id
    reason: personal.Note | None = None
    total: Decimal | None = None
    amount: Decimal | None = None
    date_created_gmt: str | None = None
    line_items: list[RefundLine] = []


class Order(Struct, kw_only=True):
    """`total` is what the buyer owed; refunds do not lower it. `customer_id` is 0 for a guest."""

    id: Id
    number: str
    status: str
    currency: str
    date_created_gmt: str | None
    date_modified_gmt: str | None
    discount_total: Decimal
    discount_tax: Decimal
    shipping_total: Decimal
    shipping_tax: Decimal
    total: Decimal
    total_tax: Decimal
    prices_include_tax: bool
    customer_id: personal.CustomerNumber
    line_items: list[LineItem]
    refunds: list[Refund]
    billing: Billing
    shipping: Place
    date_paid_gmt: str | None = None
    date_completed_gmt: str | None = None
    payment_method_title: str | None = None
    transaction_id: str | None = None
    meta_data: Any = None


class Account(Place):
    phone: personal.Phone | None = None


class Customer(Struct, kw_only=True):
    """A user of the site. `date_modified_gmt` is empty until the first change."""

    id: personal.CustomerNumber
    email: personal.Email
    first_name: personal.Name
    last_name: personal.Name
    billing: Account
    date_created_gmt: str | None
    date_modified_gmt: str | None = None


class Category(Struct):
    name: str


class Variation(Struct, kw_only=True):
    """One variety of a product, in the product's own terms. Old versions say `true` for a status of "publish"."""

    id: Id
    price: str
    status: Any = None
    sku: str | None = None
    weight: str | None = None
    attributes: Any = None
    date_modified_gmt: str | None = None


class Product(Struct, kw_only=True):
    """A product. `price` and `weight` are empty text where there is none.

    `variation_records` and `weight_unit` are put beside by the connector: WooCommerce tells them at other addresses.
    """

    id: Id
    name: str
    type: str
    status: str
    price: str
    sku: str | None = None
    weight: str | None = None
    categories: list[Category] = []
    date_modified_gmt: str | None = None
    variation_records: list[Variation] = []
    weight_unit: str | None = None
