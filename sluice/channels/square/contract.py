"""What Square sends, in its own names: orders, payments, refunds, customers, catalogue, locations and counts of stock.

Money is a whole number of the currency's smallest unit with the currency beside it (yen have no cents). A quantity is a decimal
number as text: cloth is sold by the 1.5 yards. Times are RFC 3339 with a zone. Square leaves out what is empty.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct, field

from sluice.channels import personal

Time = Annotated[datetime, Meta(tz=True)]


class Money(Struct, gc=False):
    amount: int
    currency: str


class Address(Struct, gc=False):
    locality: personal.Place | None = None
    region: str | None = field(name="administrative_district_level_1", default=None)
    country: str | None = None


class AppliedTax(Struct, gc=False):
    """A tax's share in a line; `tax_uid` names one of the order's taxes."""

    tax_uid: str
    applied_money: Money | None = None


class Modifier(Struct, gc=False):
    """An extra on a line (oat milk), for all of its pieces."""

    name: str | None = None
    total_price_money: Money | None = None


class QuantityUnit(Struct, gc=False):
    """Set where `quantity` measures rather than counts."""

    catalog_object_id: str | None = None


class LineItem(Struct, kw_only=True):
    """Without `catalog_object_id` it is an amount that the till typed in. `total_tax_money` holds inclusive taxes, too."""

    uid: str
    quantity: Decimal
    name: str | None = None
    variation_name: str | None = None
    item_type: str | None = None
    catalog_object_id: str | None = None
    quantity_unit: QuantityUnit | None = None
    base_price_money: Money | None = None
    variation_total_price_money: Money | None = None
    gross_sales_money: Money | None = None
    total_discount_money: Money | None = None
    total_tax_money: Money | None = None
    total_money: Money | None = None
    applied_taxes: list[AppliedTax] = []
    modifiers: list[Modifier] = []


class Tax(Struct, gc=False, kw_only=True):
    uid: str | None = None
    name: str | None = None
    type: str | None = None
    applied_money: Money | None = None


class ServiceCharge(Struct, gc=False, kw_only=True):
    uid: str | None = None
    name: str | None = None
    total_money: Money | None = None
    applied_money: Money | None = None


class Recipient(Struct, gc=False):
    display_name: personal.Name | None = None
    address: Address | None = None


class ShipmentDetails(Struct, gc=False, kw_only=True):
    recipient: Recipient | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    placed_at: Time | None = None
    expected_shipped_at: Time | None = None
    shipped_at: Time | None = None


class PickupDetails(Struct, gc=False, kw_only=True):
    pickup_at: Time | None = None
    picked_up_at: Time | None = None


class DeliveryDetails(Struct, gc=False, kw_only=True):
    recipient: Recipient | None = None
    deliver_at: Time | None = None
    completed_at: Time | None = None


class Entry(Struct, gc=False):
    line_item_uid: str
    quantity: Decimal


class Fulfillment(Struct, kw_only=True):
    """`line_item_application` ENTRY_LIST means the `entries` alone, anything else all lines."""

    uid: str
    type: str
    state: str
    line_item_application: str | None = None
    entries: list[Entry] = []
    shipment_details: ShipmentDetails | None = None
    pickup_details: PickupDetails | None = None
    delivery_details: DeliveryDetails | None = None


class ReturnLineItem(Struct, kw_only=True):
    """Without `source_line_item_uid` it is an amount that belongs to no line."""

    quantity: Decimal
    uid: str | None = None
    source_line_item_uid: str | None = None
    total_money: Money | None = None


class Return(Struct, kw_only=True):
    """What is given back of one earlier order."""

    source_order_id: str | None = None
    return_line_items: list[ReturnLineItem] = []


class Source(Struct, gc=False):
    name: str | None = None


class Order(Struct, kw_only=True):
    """A sale, or what is given back of earlier ones (`returns`), or both at once: an exchange.

    `total_money` stays when something is given back. `version` is missing where the order was not made through the API.
    """

    id: str
    location_id: str
    state: str
    created_at: Time
    updated_at: Time
    total_money: Money
    closed_at: Time | None = None
    version: int | None = None
    reference_id: personal.Note | None = None
    ticket_name: personal.Note | None = None
    customer_id: personal.CustomerId | None = None
    source: Source | None = None
    total_tax_money: Money | None = None
    total_discount_money: Money | None = None
    total_tip_money: Money | None = None
    total_service_charge_money: Money | None = None
    line_items: list[LineItem] = []
    taxes: list[Tax] = []
    service_charges: list[ServiceCharge] = []
    fulfillments: list[Fulfillment] = []
    returns: list[Return] = []


class CardTimeline(Struct, gc=False):
    captured_at: Time | None = None


class CardDetails(Struct, gc=False):
    card_payment_timeline: CardTimeline | None = None


class Payment(Struct, kw_only=True):
    """`total_money` holds the tip."""

    id: str
    status: str
    created_at: Time
    updated_at: Time
    amount_money: Money
    total_money: Money | None = None
    refunded_money: Money | None = None
    order_id: str | None = None
    location_id: str | None = None
    customer_id: personal.CustomerId | None = None
    source_type: str | None = None
    card_details: CardDetails | None = None


class Refund(Struct, kw_only=True):
    """`order_id` is the order that Square makes for the refund; the one that was paid is that of the payment."""

    id: str
    amount_money: Money
    created_at: Time
    updated_at: Time
    status: str | None = None
    payment_id: str | None = None
    order_id: str | None = None
    location_id: str | None = None
    reason: personal.Note | None = None


class Preferences(Struct, gc=False):
    email_unsubscribed: bool | None = None


class Customer(Struct, kw_only=True):
    id: personal.CustomerId
    created_at: Time
    updated_at: Time
    given_name: personal.Name | None = None
    family_name: personal.Name | None = None
    company_name: personal.Name | None = None
    email_address: personal.Email | None = None
    phone_number: personal.Phone | None = None
    address: Address | None = None
    preferences: Preferences | None = None


class VariationData(Struct, gc=False, kw_only=True):
    item_id: str
    name: str | None = None
    sku: str | None = None
    price_money: Money | None = None


class Variation(Struct, gc=False, kw_only=True):
    """A catalogue object of type ITEM_VARIATION. One that is gone keeps its code for the orders that name it."""

    id: str
    item_variation_data: VariationData
    updated_at: Time | None = None


class ItemData(Struct, gc=False, kw_only=True):
    name: str | None = None
    product_type: str | None = None
    is_archived: bool | None = None


class Item(Struct, gc=False, kw_only=True):
    """A catalogue object of type ITEM."""

    id: str
    item_data: ItemData
    updated_at: Time | None = None


class Location(Struct, kw_only=True):
    """A shop floor, a warehouse or the online store of the seller."""

    id: str
    name: str | None = None
    status: str | None = None
    currency: str | None = None
    country: str | None = None


class Count(Struct, gc=False, kw_only=True):
    """Pieces of a variation at a location in one state; below nothing where more was sold than was ever counted.

    `is_facility_stock` is ours: whether the shop owner says that this count is the location's stock.
    """

    catalog_object_id: str
    location_id: str
    quantity: Decimal
    is_facility_stock: bool
    state: str | None = None
    calculated_at: Time | None = None
