"""What TikTok Shop sends, in its own names: orders, returns, cancellations and products of version 202309.

Ids are text, money is text in the currency beside it, times are unix seconds (0 or none where it has not happened). A line item
is one piece: an order of three of a kind has three. Should the platform ever send a quantity, it counts.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from sluice.channels import personal


class Tax(Struct, kw_only=True):
    tax_type: str | None = None
    tax_amount: Decimal | None = None


class LineItem(Struct, kw_only=True):
    """One piece of a sku. What the buyer pays for it is `sale_price`: both discounts are off it already."""

    id: str
    sku_id: str
    original_price: Decimal
    sale_price: Decimal
    quantity: int = 1
    product_id: str | None = None
    product_name: str | None = None
    sku_name: str | None = None
    seller_sku: str | None = None
    sku_type: str | None = None
    display_status: str | None = None
    is_gift: bool | None = None
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    package_id: str | None = None
    package_status: str | None = None
    shipping_provider_name: str | None = None
    tracking_number: str | None = None
    rts_time: int | None = None
    cancel_reason: str | None = None


class Payment(Struct, kw_only=True):
    """`total_amount` is what the buyer pays: items after discounts, shipping after discounts, taxes and fees."""

    currency: str
    total_amount: Decimal
    sub_total: Decimal | None = None
    shipping_fee: Decimal | None = None
    tax: Decimal | None = None
    seller_discount: Decimal | None = None
    platform_discount: Decimal | None = None
    original_total_product_price: Decimal | None = None


class District(Struct, kw_only=True):
    address_level: str | None = None
    address_level_name: str | None = None
    address_name: personal.Place | None = None


class Address(Struct, kw_only=True):
    """Missing while an order is unpaid or on hold; masked where the platform ships."""

    name: personal.Name | None = None
    phone_number: personal.Phone | None = None
    region_code: str | None = None
    postal_code: personal.Place | None = None
    district_info: list[District] = []


class Order(Struct, kw_only=True):
    id: str
    status: str
    create_time: int
    update_time: int
    payment: Payment
    line_items: list[LineItem]
    user_id: personal.CustomerId | None = None
    buyer_email: personal.Email | None = None
    recipient_address: Address | None = None
    payment_method_name: str | None = None
    is_cod: bool | None = None
    is_sample_order: bool | None = None
    is_replacement_order: bool | None = None
    paid_time: int | None = None
    rts_time: int | None = None
    rts_sla_time: int | None = None
    collection_time: int | None = None
    delivery_time: int | None = None
    cancel_time: int | None = None
    cancel_reason: str | None = None
    fulfillment_type: str | None = None
    shipping_type: str | None = None
    delivery_option_id: str | None = None
    shipping_provider: str | None = None
    tracking_number: str | None = None
    warehouse_id: str | None = None


class Refunded(Struct, kw_only=True):
    currency: str | None = None
    refund_total: Decimal | None = None


class ReturnLine(Struct, kw_only=True):
    return_line_item_id: str | None = None
    order_line_item_id: str | None = None
    sku_id: str | None = None
    seller_sku: str | None = None
    refund_amount: Refunded | None = None


class Return(Struct, kw_only=True):
    """What a buyer asks for after dispatch: money, money for goods, or other goods for them."""

    return_id: str
    order_id: str
    return_type: str
    return_status: str
    create_time: int
    update_time: int
    return_reason: str | None = None
    return_reason_text: str | None = None
    can_buyer_keep_item: bool | None = None
    refund_amount: Refunded | None = None
    return_line_items: list[ReturnLine] = []


class CancelLine(Struct, kw_only=True):
    cancel_line_item_id: str | None = None
    order_line_item_id: str | None = None
    sku_id: str | None = None
    seller_sku: str | None = None
    refund_amount: Refunded | None = None


class Cancellation(Struct, kw_only=True):
    """What is given back before dispatch."""

    cancel_id: str
    order_id: str
    cancel_status: str
    create_time: int
    update_time: int
    cancel_type: str | None = None
    cancel_reason: str | None = None
    cancel_reason_text: str | None = None
    refund_amount: Refunded | None = None
    cancel_line_items: list[CancelLine] = []


class Price(Struct, kw_only=True):
    currency: str | None = None
    sale_price: Decimal | None = None
    tax_exclusive_price: Decimal | None = None


class Inventory(Struct, kw_only=True):
    quantity: int
    warehouse_id: str | None = None


class Sku(Struct, kw_only=True):
    id: str
    seller_sku: str | None = None
    price: Price | None = None
    inventory: list[Inventory] = []


class Product(Struct, kw_only=True):
    id: str
    title: str
    status: str
    skus: list[Sku] = []
    create_time: int | None = None
    update_time: int | None = None


class Data(Struct, kw_only=True):
    """One page of any of the lists: one of the four is there."""

    orders: list[Raw] | None = None
    return_orders: list[Raw] | None = None
    cancellations: list[Raw] | None = None
    products: list[Raw] | None = None
    next_page_token: str | None = None
    total_count: int | None = None

    @property
    def records(self) -> list[Raw]:
        return self.orders or self.return_orders or self.cancellations or self.products or []


class Listing(Struct):
    data: Data | None = None


def listing(body: bytes) -> Data:
    """The page in an answer. Raises msgspec.DecodeError."""
    return msgspec.json.decode(body, type=Listing).data or Data()
