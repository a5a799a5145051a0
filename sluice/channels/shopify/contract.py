"""Shopify's records as the Admin GraphQL API gives them: its own names, the fields that Sluice reads, nothing renamed.

What Shopify declares non-null is required here, so that a record without it is quarantined. Enums are text: a value that a later
version of the API adds must land, and show as `unknown` where it is mapped. Source: Shopify's published schema, version 2026-07.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

from sluice.channels import personal

Time = Annotated[datetime, Meta(tz=True)]
T = TypeVar("T")


class Nodes(Struct, Generic[T], gc=False):
    """A connection. It is paged; the connector follows it to its end before it hands a record on."""

    nodes: list[T]


class Money(Struct, gc=False):
    amount: Decimal
    currencyCode: str


class MoneyBag(Struct, gc=False):
    """Shopify gives two currencies; the shop's own is the one that its books are kept in."""

    shopMoney: Money


class Reference(Struct, gc=False):
    """Another record, by its global id (`gid://shopify/LineItem/1`)."""

    id: str


class Linked(Struct, gc=False):
    """Another record, by the number that its own stream is keyed by."""

    legacyResourceId: str


class Buyer(Struct, gc=False):
    """A customer, by the number that its own stream is keyed by."""

    legacyResourceId: personal.CustomerId


class Place(Struct, gc=False):
    """A location. Its name is the facility's id, unless the option `locations` says otherwise for writing."""

    id: str
    name: str


class MailingAddress(Struct, gc=False):
    name: personal.Name | None = None
    address1: personal.Place | None = None
    address2: personal.Place | None = None
    city: personal.Place | None = None
    province: str | None = None
    zip: personal.Place | None = None
    countryCodeV2: str | None = None
    phone: personal.Phone | None = None


class BillingAddress(Struct, gc=False):
    """Of who pays: the buyer, where they said so."""

    name: personal.Name | None = None
    city: personal.Place | None = None
    province: str | None = None
    countryCodeV2: str | None = None
    phone: personal.Phone | None = None


class DiscountAllocation(Struct, gc=False):
    allocatedAmountSet: MoneyBag


class TaxLine(Struct, gc=False):
    title: str
    priceSet: MoneyBag


class LineItem(Struct, gc=False):
    """`quantity` counts what was ordered, `currentQuantity` what is left of it after refunds and removals."""

    id: str
    title: str
    quantity: int
    currentQuantity: int
    isGiftCard: bool
    originalUnitPriceSet: MoneyBag
    discountAllocations: list[DiscountAllocation]
    taxLines: list[TaxLine]
    sku: str | None = None
    variantTitle: str | None = None
    product: Linked | None = None
    variant: Linked | None = None


class OrderTransaction(Struct, gc=False):
    id: str
    kind: str
    status: str
    test: bool
    amountSet: MoneyBag
    createdAt: Time
    gateway: str | None = None
    formattedGateway: str | None = None
    processedAt: Time | None = None


class RefundLineItem(Struct, gc=False):
    lineItem: Reference
    quantity: int
    restockType: str
    restocked: bool
    subtotalSet: MoneyBag
    totalTaxSet: MoneyBag


class Refund(Struct, gc=False):
    id: str
    legacyResourceId: str
    processedAt: Time
    updatedAt: Time
    totalRefundedSet: MoneyBag
    refundLineItems: Nodes[RefundLineItem]
    createdAt: Time | None = None
    note: personal.Note | None = None
    forReturn: Reference | None = field(name="return", default=None)


class TrackingInfo(Struct, gc=False):
    company: str | None = None
    number: str | None = None


class FulfillmentLineItem(Struct, gc=False):
    lineItem: Reference
    quantity: int | None = None


class Fulfillment(Struct, gc=False):
    id: str
    legacyResourceId: str
    status: str
    createdAt: Time
    updatedAt: Time
    trackingInfo: list[TrackingInfo]
    fulfillmentLineItems: Nodes[FulfillmentLineItem]
    displayStatus: str | None = None
    inTransitAt: Time | None = None
    deliveredAt: Time | None = None
    location: Place | None = None


class AssignedLocation(Struct, gc=False):
    name: str


class FulfillmentOrder(Struct, gc=False):
    """Work that Shopify has given to one location, and until when it is promised."""

    id: str
    status: str
    assignedLocation: AssignedLocation
    fulfillBy: Time | None = None


class Order(Struct, gc=False):
    """`total...` amounts are those before refunds; `current...` ones change with every refund and are not read."""

    id: str
    legacyResourceId: str
    name: str
    createdAt: Time
    updatedAt: Time
    processedAt: Time
    test: bool
    currencyCode: str
    taxesIncluded: bool
    tags: list[str]
    displayFulfillmentStatus: str
    returnStatus: str
    totalPriceSet: MoneyBag
    totalShippingPriceSet: MoneyBag
    totalRefundedSet: MoneyBag
    lineItems: Nodes[LineItem]
    transactions: list[OrderTransaction]
    refunds: list[Refund]
    fulfillments: list[Fulfillment]
    fulfillmentOrders: Nodes[FulfillmentOrder]
    displayFinancialStatus: str | None = None
    cancelReason: str | None = None
    cancelledAt: Time | None = None
    closedAt: Time | None = None
    sourceName: str | None = None
    totalDiscountsSet: MoneyBag | None = None
    totalTaxSet: MoneyBag | None = None
    originalTotalDutiesSet: MoneyBag | None = None
    originalTotalAdditionalFeesSet: MoneyBag | None = None
    customer: Buyer | None = None
    email: personal.Email | None = None
    phone: personal.Phone | None = None
    billingAddress: BillingAddress | None = None
    retailLocation: Place | None = None
    shippingAddress: MailingAddress | None = None


class EmailAddress(Struct, gc=False):
    emailAddress: personal.Email
    marketingState: str | None = None
    marketingUpdatedAt: Time | None = None


class PhoneNumber(Struct, gc=False):
    phoneNumber: personal.Phone


class CustomerAddress(Struct, gc=False):
    city: personal.Place | None = None
    province: str | None = None
    countryCodeV2: str | None = None


class Customer(Struct, gc=False):
    id: personal.CustomerId
    legacyResourceId: personal.CustomerId
    createdAt: Time
    updatedAt: Time
    firstName: personal.Name | None = None
    lastName: personal.Name | None = None
    defaultEmailAddress: EmailAddress | None = None
    defaultPhoneNumber: PhoneNumber | None = None
    defaultAddress: CustomerAddress | None = None


class Weight(Struct, gc=False):
    """The one number that Shopify sends as a JSON float; read as Decimal, digit by digit."""

    value: Decimal
    unit: str


class Measurement(Struct, gc=False):
    weight: Weight | None = None


class InventoryItem(Struct, gc=False):
    """What stock is counted by: publishing a quota needs its id."""

    id: str
    tracked: bool
    measurement: Measurement
    unitCost: Money | None = None


class ProductVariant(Struct, gc=False):
    """`price` is in the shop's currency, which this record does not name."""

    id: str
    legacyResourceId: str
    title: str
    price: Decimal
    updatedAt: Time
    inventoryItem: InventoryItem
    sku: str | None = None


class Category(Struct, gc=False):
    name: str


class Product(Struct, gc=False):
    id: str
    legacyResourceId: str
    title: str
    status: str
    productType: str
    createdAt: Time
    updatedAt: Time
    variants: Nodes[ProductVariant]
    category: Category | None = None
