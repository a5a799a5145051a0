"""What Shopee sends, in its own names, as the official documentation of API v2 describes it.

Ids are 64-bit numbers and text in the warehouse. Money is a number of whole units with decimals. Times are seconds since 1970,
0 or null where there is none.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from sluice.channels import personal
from sluice.channels.protocol import Id


class OrderItem(Struct, kw_only=True):
    """A line. `model_id` is 0 for an item that is sold in one variety only."""

    item_id: Id
    model_id: Id
    model_quantity_purchased: int
    model_original_price: Decimal
    model_discounted_price: Decimal
    item_name: str | None = None
    item_sku: str | None = None
    model_name: str | None = None
    model_sku: str | None = None
    order_item_id: Id | None = None
    line_item_id: Id | None = None
    add_on_deal_id: Id | None = None
    promotion_type: str | None = None
    cancelled_qty: int | None = None


class PackageItem(Struct, kw_only=True):
    item_id: Id
    model_id: Id
    model_quantity: int
    order_item_id: Id | None = None


class Package(Struct, kw_only=True):
    """A parcel of an order, as it is or as it is to be."""

    package_number: str
    logistics_status: str | None = None
    shipping_carrier: str | None = None
    item_list: list[PackageItem] | None = None


class Address(Struct, kw_only=True):
    """Where it goes, masked in part by market and kind of seller."""

    name: personal.Name | None = None
    phone: personal.Phone | None = None
    city: personal.Place | None = None
    state: str | None = None
    region: str | None = None


class Order(Struct, kw_only=True):
    """`total_amount` is told once the order is paid."""

    order_sn: str
    order_status: str
    currency: str
    create_time: int
    update_time: int
    region: str | None = None
    cod: bool | None = None
    total_amount: Decimal | None = None
    estimated_shipping_fee: Decimal | None = None
    ship_by_date: int | None = None
    buyer_user_id: personal.CustomerNumber | None = None
    buyer_username: personal.Name | None = None
    recipient_address: Address | None = None
    pay_time: int | None = None
    pickup_done_time: int | None = None
    payment_method: str | None = None
    cancel_by: str | None = None
    cancel_reason: str | None = None
    fulfillment_flag: str | None = None
    item_list: list[OrderItem]
    package_list: list[Package] | None = None


ORDER_FIELDS = ",".join(
    (
        "total_amount",
        "estimated_shipping_fee",
        "buyer_user_id",
        "buyer_username",
        "recipient_address",
        "pay_time",
        "pickup_done_time",
        "payment_method",
        "cancel_by",
        "cancel_reason",
        "fulfillment_flag",
        "item_list",
        "package_list",
    )
)
"""What has to be asked for by name (response_optional_fields); the other fields of an order always come."""


class ReturnItem(Struct, kw_only=True):
    """`amount` is pieces."""

    item_id: Id
    model_id: Id
    amount: int
    item_price: Decimal | None = None
    item_sku: str | None = None
    variation_sku: str | None = None


class Return(Struct, kw_only=True):
    """A refund with or without goods. `return_solution` is 0 for goods and money, 1 for money only."""

    return_sn: str
    order_sn: str
    status: str
    create_time: int
    update_time: int
    refund_amount: Decimal
    currency: str
    reason: str | None = None
    needs_logistics: bool | None = None
    return_solution: int | None = None
    tracking_number: str | None = None
    item: list[ReturnItem] | None = None


class Price(Struct, kw_only=True):
    current_price: Decimal
    currency: str | None = None


class Item(Struct, kw_only=True):
    """A product page. One that `has_model` keeps prices and codes in its models. `weight` is kilograms."""

    item_id: Id
    item_name: str
    item_status: str
    update_time: int
    category_id: Id | None = None
    item_sku: str | None = None
    has_model: bool | None = None
    weight: str | None = None
    price_info: list[Price] | None = None


class Model(Struct, kw_only=True):
    model_id: Id
    model_sku: str | None = None
    model_name: str | None = None
    model_status: str | None = None
    weight: str | None = None
    price_info: list[Price] | None = None


class ItemModels(Struct, kw_only=True):
    """The models of one item. Whose they are the answer does not tell: `item_id` is what was asked for."""

    item_id: Id
    model: list[Model] = []


class OrderNumber(Struct):
    order_sn: str


class ListedItem(Struct):
    """An entry of the list of items."""

    item_id: int
    update_time: int = 0


class Listing(Struct):
    """A list as Shopee answers it; each method has its own name for the records, and its own way to say that more follows."""

    order_list: list[Raw] = []
    returns: list[Raw] = msgspec.field(name="return", default_factory=list)
    item_list: list[Raw] = []
    item: list[Raw] = []
    more: bool = False
    next_cursor: str = ""
    has_next_page: bool = False
    next_offset: int = 0


class _Answer(Struct):
    response: Listing | None = None


_listing = msgspec.json.Decoder(_Answer).decode


def listing(body: bytes) -> Listing:
    """The list in an answer. Raises msgspec.DecodeError."""
    return _listing(body).response or Listing()


class _Models(Struct):
    model: list[Raw] = []


class _ModelsAnswer(Struct):
    response: _Models | None = None


def models(body: bytes) -> list[Raw]:
    """The models in an answer of get_model_list. Raises msgspec.DecodeError."""
    found = msgspec.json.decode(body, type=_ModelsAnswer).response
    return found.model if found else []
