"""What eBay sends, in its own names: orders of the Fulfillment API v1 and inventory items of the Inventory API v1.

Money is a decimal as text with its currency beside it, times are ISO 8601 in UTC. eBay's published schema requires nothing;
required here is what an order can't be read without.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct

from sluice.channels import personal

Time = Annotated[datetime, Meta(tz=True)]


class Amount(Struct, kw_only=True):
    value: Decimal
    currency: str


class Tax(Struct, kw_only=True):
    amount: Amount | None = None


class LineItemRefund(Struct, kw_only=True):
    amount: Amount | None = None
    refundDate: Time | None = None
    refundId: str | None = None


class Instructions(Struct, kw_only=True):
    shipByDate: Time | None = None
    maxEstimatedDeliveryDate: Time | None = None


class LineItem(Struct, kw_only=True):
    """`lineItemCost` is of all its pieces, before discounts; `discountedLineItemCost` after them, where there are any."""

    lineItemId: str
    quantity: int
    lineItemCost: Amount
    legacyItemId: str | None = None
    legacyVariationId: str | None = None
    sku: str | None = None
    title: str | None = None
    discountedLineItemCost: Amount | None = None
    lineItemFulfillmentStatus: str | None = None
    lineItemFulfillmentInstructions: Instructions | None = None
    taxes: list[Tax] | None = None
    refunds: list[LineItemRefund] | None = None


class PricingSummary(Struct, kw_only=True):
    """`total` is what the parts come to: discounts are negative. What eBay itself collects as tax is not in it."""

    total: Amount
    priceSubtotal: Amount | None = None
    priceDiscount: Amount | None = None
    deliveryCost: Amount | None = None
    deliveryDiscount: Amount | None = None
    tax: Amount | None = None


class Payment(Struct, kw_only=True):
    paymentMethod: str | None = None
    paymentStatus: str | None = None
    paymentReferenceId: str | None = None
    paymentDate: Time | None = None
    amount: Amount | None = None


class OrderRefund(Struct, kw_only=True):
    refundId: str | None = None
    refundReferenceId: str | None = None
    refundStatus: str | None = None
    refundDate: Time | None = None
    amount: Amount | None = None


class PaymentSummary(Struct, kw_only=True):
    payments: list[Payment] | None = None
    refunds: list[OrderRefund] | None = None


class CancelStatus(Struct, kw_only=True):
    cancelState: str | None = None
    cancelledDate: Time | None = None


class Address(Struct, kw_only=True):
    city: personal.Place | None = None
    stateOrProvince: str | None = None
    postalCode: personal.Place | None = None
    countryCode: str | None = None


class Phone(Struct, kw_only=True):
    phoneNumber: personal.Phone | None = None


class Contact(Struct, kw_only=True):
    """Kept by eBay for some days after the order, then left out."""

    fullName: personal.Name | None = None
    email: personal.Email | None = None
    primaryPhone: Phone | None = None
    contactAddress: Address | None = None


class Buyer(Struct, kw_only=True):
    username: personal.CustomerId | None = None


class ShippingStep(Struct, kw_only=True):
    shipTo: Contact | None = None
    shippingCarrierCode: str | None = None


class StartInstruction(Struct, kw_only=True):
    shippingStep: ShippingStep | None = None


class Order(Struct, kw_only=True):
    """An order, paid or with its checkout done. `fulfillmentHrefs` end with the tracking numbers of its parcels."""

    orderId: str
    creationDate: Time
    lastModifiedDate: Time
    orderFulfillmentStatus: str
    orderPaymentStatus: str
    pricingSummary: PricingSummary
    lineItems: list[LineItem]
    paymentSummary: PaymentSummary | None = None
    cancelStatus: CancelStatus | None = None
    buyer: Buyer | None = None
    fulfillmentStartInstructions: list[StartInstruction] | None = None
    fulfillmentHrefs: list[str] | None = None


class ShipToLocation(Struct, kw_only=True):
    quantity: int | None = None


class Availability(Struct, kw_only=True):
    shipToLocationAvailability: ShipToLocation | None = None


class Weight(Struct, kw_only=True):
    unit: str
    value: Decimal


class Package(Struct, kw_only=True):
    weight: Weight | None = None


class Product(Struct, kw_only=True):
    title: str | None = None


class InventoryItem(Struct, kw_only=True):
    """A SKU. Only what was listed through the Inventory API, or was moved there, has one."""

    sku: str
    product: Product | None = None
    availability: Availability | None = None
    packageWeightAndSize: Package | None = None


class Orders(Struct):
    """A page of orders; `total` counts those that fit the filter now."""

    orders: list[Raw] = []
    total: int = 0


class Items(Struct):
    """A page of inventory items; `next` is the address of the one after it."""

    inventoryItems: list[Raw] = []
    total: int = 0
    next: str | None = None
