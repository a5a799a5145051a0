"""Medusa's records as its Admin API gives them, in its own names: the fields that Sluice reads.

Money stands twice in most records: as a JSON number, which has been through a float, and beside it in `raw_...` as exact text.
The latter is read. Amounts are in major units and not rounded to the currency. Lists three deep are kept as they came.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

from sluice.channels import personal

Time = Annotated[datetime, Meta(tz=True)]


class Exact(Struct, gc=False):
    value: Decimal


class Linked(Struct, gc=False):
    id: personal.CustomerId


class TaxLine(Struct):
    """`raw_rate` is in percent."""

    raw_rate: Exact


class Adjustment(Struct):
    """A discount on a line, in money."""

    raw_amount: Exact


class Detail(Struct):
    """What became of an item. Quantities as ordered stay, whatever was sent back."""

    raw_quantity: Exact
    raw_shipped_quantity: Exact
    raw_return_received_quantity: Exact
    raw_return_dismissed_quantity: Exact


class Item(Struct, kw_only=True):
    id: str
    title: str
    raw_unit_price: Exact
    is_tax_inclusive: bool
    detail: Detail
    tax_lines: list[TaxLine] = []
    adjustments: list[Adjustment] = []
    product_title: str | None = None
    product_id: str | None = None
    variant_id: str | None = None
    variant_sku: str | None = None
    is_giftcard: bool = False


class ShippingMethod(Struct, kw_only=True):
    raw_amount: Exact
    is_tax_inclusive: bool
    tax_lines: list[TaxLine] = []
    adjustments: list[Adjustment] = []


class Payment(Struct, kw_only=True):
    """`captures` and `refunds` are lists of records with `id`, `raw_amount`, `created_at`, a refund with a `note`."""

    id: str
    raw_amount: Exact
    currency_code: str
    created_at: Time
    provider_id: str | None = None
    captured_at: Time | None = None
    canceled_at: Time | None = None
    captures: list[dict[str, Any]] = []
    refunds: list[dict[str, Any]] = []


class PaymentCollection(Struct, kw_only=True):
    id: str
    status: str
    payments: list[Payment] = []


class FulfillmentItem(Struct, kw_only=True):
    raw_quantity: Exact
    line_item_id: str | None = None


class Label(Struct):
    tracking_number: str


class Fulfillment(Struct, kw_only=True):
    """Packed once it is there, then shipped, then delivered; or taken back."""

    id: str
    created_at: Time
    location_id: str | None = None
    provider_id: str | None = None
    shipped_at: Time | None = None
    delivered_at: Time | None = None
    canceled_at: Time | None = None
    items: list[FulfillmentItem] = []
    labels: list[Label] = []


class Summary(Struct):
    """A refund or return lowers every total of an order but this one."""

    raw_original_order_total: Exact


class Address(Struct):
    country_code: str | None = None
    province: str | None = None
    city: personal.Place | None = None


class Billing(Address):
    """Who pays. A name and a number may be left out; the order's e-mail can't."""

    first_name: personal.Name | None = None
    last_name: personal.Name | None = None
    phone: personal.Phone | None = None


class Order(Struct, kw_only=True):
    """`status` stays pending when all is paid and delivered. `currency_code` must be asked for."""

    id: str
    display_id: int
    status: str
    payment_status: str
    fulfillment_status: str
    currency_code: str
    created_at: Time
    updated_at: Time
    summary: Summary
    items: list[Item]
    shipping_methods: list[ShippingMethod]
    payment_collections: list[PaymentCollection]
    fulfillments: list[Fulfillment]
    canceled_at: Time | None = None
    customer: Linked | None = None
    email: personal.Email | None = None
    shipping_address: Address | None = None
    billing_address: Billing | None = None


class Location(Struct):
    """A stock location."""

    id: str
    name: str


class Customer(Struct, kw_only=True):
    id: personal.CustomerId
    email: personal.Email | None
    created_at: Time
    updated_at: Time
    first_name: personal.Name | None = None
    last_name: personal.Name | None = None
    phone: personal.Phone | None = None
    addresses: list[Address] = []


class Price(Struct, kw_only=True):
    """Prices have no exact text beside them; `min_quantity` and `rules` limit whom one is for."""

    amount: Decimal
    currency_code: str
    min_quantity: Decimal | None = None
    rules: dict[str, Any] | None = None


class InventoryLink(Struct):
    """Which inventory item a variant draws from, and how many pieces of it one takes."""

    inventory_item_id: str
    required_quantity: int = 1


class Product(Struct, kw_only=True):
    id: str
    title: str
    status: str
    weight: Decimal | None = None


class Variant(Struct, kw_only=True):
    """Weights are in grams."""

    id: str
    title: str | None
    product: Product
    updated_at: Time
    sku: str | None = None
    weight: Decimal | None = None
    manage_inventory: bool = True
    prices: list[Price] = []
    inventory_items: list[InventoryLink] = []
