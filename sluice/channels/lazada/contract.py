"""What Lazada sends, in its own names. Amounts and ids are numbers in some answers and text in others: both are read.

There is no quantity: each piece of an order is an item of its own, with a status of its own. Times are text with an offset, with
or without a T between day and hour.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from sluice.channels import personal
from sluice.channels.protocol import Id


class OrderItem(Struct, kw_only=True):
    """One piece."""

    order_item_id: Id
    status: str
    item_price: Decimal
    paid_price: Decimal | None = None
    voucher_amount: Decimal | None = None
    tax_amount: Decimal | None = None
    currency: str | None = None
    name: str | None = None
    variation: str | None = None
    sku: str | None = None
    shop_sku: str | None = None
    package_id: str | None = None
    tracking_code: str | None = None
    shipment_provider: str | None = None
    reason: str | None = None
    return_status: str | None = None
    buyer_id: personal.CustomerNumber | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Address(Struct, kw_only=True):
    """`address3` is the state, `address4` the city."""

    country: str | None = None
    address3: str | None = None
    address4: personal.Place | None = None
    city: personal.Place | None = None
    phone: personal.Phone | None = None


class Order(Struct, kw_only=True):
    """`price` is what the items cost before vouchers; what the buyer pays is price - voucher + shipping_fee."""

    order_id: Id
    created_at: str
    updated_at: str
    price: Decimal
    voucher: Decimal | None = None
    shipping_fee: Decimal | None = None
    order_number: Id | None = None
    payment_method: str | None = None
    customer_first_name: personal.Name | None = None
    customer_last_name: personal.Name | None = None
    address_shipping: Address | None = None
    statuses: list[str] = []
    order_items: list[OrderItem]


class ReverseLine(Struct, kw_only=True):
    """One piece that is given back. `refund_amount` counts cents, or dong; times are seconds or milliseconds since 1970."""

    reverse_order_line_id: Id
    trade_order_line_id: Id
    reverse_status: str
    ofc_status: str | None = None
    refund_amount: Decimal | None = None
    is_need_refund: bool | None = None
    reason_text: str | None = None
    seller_sku_id: str | None = None
    platform_sku_id: str | None = None
    whqc_decision: str | None = None
    tracking_number: str | None = None
    return_order_line_gmt_create: int | None = None
    return_order_line_gmt_modified: int | None = None


class ReverseOrder(Struct, kw_only=True):
    """A request to give back: CANCEL, RETURN or ONLY_REFUND. `is_rtm`: to the merchant, else to Lazada's warehouse."""

    reverse_order_id: Id
    trade_order_id: Id
    request_type: str
    is_rtm: bool | None = None
    reverse_order_lines: list[ReverseLine]


class Sku(Struct, kw_only=True):
    SkuId: Id
    SellerSku: str | None = None
    ShopSku: str | None = None
    Status: str | None = None
    price: Decimal | None = None
    package_weight: str | None = None


class Attributes(Struct, kw_only=True):
    name: str | None = None
    brand: str | None = None


class Product(Struct, kw_only=True):
    """`updated_time` is milliseconds since 1970. `package_weight` of a sku is kilograms."""

    item_id: Id
    status: str | None = None
    primary_category: Id | None = None
    updated_time: int | None = None
    attributes: Attributes | None = None
    skus: list[Sku] = []


class _Items(Struct):
    order_id: int
    order_items: Raw


class _ItemsAnswer(Struct):
    data: list[_Items] = []


class _Numbered(Struct):
    order_id: int


class Listed(Struct):
    """A page of orders, products or reverse orders (`items`), and how many the whole list has."""

    orders: list[Raw] = []
    products: list[Raw] = []
    items: list[Raw] = []
    countTotal: int = 0
    total_products: int = 0
    total: int = 0


class _Answer(Struct):
    """Reverse orders are listed under another name than all else."""

    data: Listed | None = None
    result: Listed | None = None


def listing(body: bytes | str) -> Listed:
    """The list in an answer. Raises msgspec.DecodeError."""
    answer = msgspec.json.decode(body, type=_Answer, strict=False)
    return answer.data or answer.result or Listed()


def number(order: bytes | Raw) -> int:
    """An order's id. Raises msgspec.DecodeError."""
    return msgspec.json.decode(order, type=_Numbered, strict=False).order_id


def numbers(items: bytes) -> list[int]:
    """Ids of the orders whose items are in an answer. Raises msgspec.DecodeError."""
    return [one.order_id for one in msgspec.json.decode(items, type=_ItemsAnswer, strict=False).data]


def joined(orders: str, items: bytes) -> list[bytes]:
    """The orders of one answer, each as it came, with its items from another answer put in. Orders without items are left out.

    Raises msgspec.DecodeError.
    """
    pieces = {one.order_id: bytes(one.order_items) for one in msgspec.json.decode(items, type=_ItemsAnswer, strict=False).data}
    found = [(bytes(order), number(order)) for order in listing(orders).orders]
    return [order.rstrip()[:-1] + b',"order_items":' + pieces[one] + b"}" for order, one in found if one in pieces]
