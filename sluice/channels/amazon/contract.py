"""What Amazon sends, in its own names, after the published models: orders 2026-01-01, listings items 2021-08-01 and
FBA inventory v1.

Money is a decimal as text with its currency beside it, times are ISO 8601 in UTC. What depends on the app's roles (buyer,
recipient) or on the order's state (proceeds while it is pending) may be missing. Statuses are text: a new one must land, and
show as unknown.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct, field

from sluice.channels import personal

Time = Annotated[datetime, Meta(tz=True)]


class Money(Struct, kw_only=True):
    amount: Decimal
    currencyCode: str


class Breakdown(Struct, kw_only=True):
    """A part of the proceeds: ITEM, SHIPPING, GIFT_WRAP, COD_FEE, TAX, DISCOUNT, OTHER, of a whole order DELIVERY_TIP, too."""

    type: str
    subtotal: Money


class ItemProceeds(Struct, kw_only=True):
    proceedsTotal: Money | None = None
    breakdowns: list[Breakdown] | None = None


class Price(Struct, kw_only=True):
    unitPrice: Money | None = None


class Product(Struct, kw_only=True):
    asin: str | None = None
    title: str | None = None
    sellerSku: str | None = None
    price: Price | None = None


class ItemFulfillment(Struct, kw_only=True):
    quantityFulfilled: int | None = None
    quantityUnfulfilled: int | None = None


class Execution(Struct, kw_only=True):
    cancelledBy: str | None = None
    cancelReason: str | None = None


class Cancellation(Struct, kw_only=True):
    cancellationExecution: Execution | None = None


class OrderItem(Struct, kw_only=True):
    orderItemId: str
    quantityOrdered: int
    product: Product
    proceeds: ItemProceeds | None = None
    cancellation: Cancellation | None = None
    fulfillment: ItemFulfillment | None = None


class SalesChannel(Struct, kw_only=True):
    channelName: str
    marketplaceId: str | None = None


class Buyer(Struct, kw_only=True):
    """`buyerEmail` is an address that Amazon made up for this buyer; orders that Amazon fulfils have none."""

    buyerName: personal.Name | None = None
    buyerEmail: personal.Email | None = None


class Address(Struct, kw_only=True):
    name: personal.Name | None = None
    city: personal.Place | None = None
    stateOrRegion: str | None = None
    postalCode: personal.Place | None = None
    countryCode: str | None = None
    phone: personal.Phone | None = None


class Recipient(Struct, kw_only=True):
    deliveryAddress: Address | None = None


class OrderProceeds(Struct, kw_only=True):
    grandTotal: Money | None = None
    breakdowns: list[Breakdown] | None = None


class Window(Struct, kw_only=True):
    earliestDateTime: Time | None = None
    latestDateTime: Time | None = None


class Fulfillment(Struct, kw_only=True):
    fulfillmentStatus: str
    fulfilledBy: str | None = None
    shipByWindow: Window | None = None
    deliverByWindow: Window | None = None


class PackageStatus(Struct, kw_only=True):
    status: str
    detailedStatus: str | None = None


class Package(Struct, kw_only=True):
    """A parcel of an order that the seller ships himself; Amazon tells of none of its own."""

    packageReferenceId: str
    createdTime: Time | None = None
    packageStatus: PackageStatus | None = None
    carrier: str | None = None
    shipTime: Time | None = None
    trackingNumber: str | None = None


class Order(Struct, kw_only=True):
    """An order with its items. Without a fulfilment status, which is always asked for, nothing can be said of it."""

    orderId: str
    createdTime: Time
    lastUpdatedTime: Time
    salesChannel: SalesChannel
    fulfillment: Fulfillment
    orderItems: list[OrderItem]
    programs: list[str] | None = None
    buyer: Buyer | None = None
    recipient: Recipient | None = None
    proceeds: OrderProceeds | None = None
    packages: list[Package] | None = None


class Summary(Struct, kw_only=True):
    """The listing in one marketplace. `status` is BUYABLE, DISCOVERABLE, both or neither."""

    marketplaceId: str
    productType: str
    status: list[str]
    createdDate: Time
    lastUpdatedDate: Time
    asin: str | None = None
    itemName: str | None = None


class Offer(Struct, kw_only=True):
    marketplaceId: str
    offerType: str
    price: Money


class Availability(Struct, kw_only=True):
    """DEFAULT is the seller's own stock; other codes are Amazon's warehouses, whose quantity only Amazon sets."""

    fulfillmentChannelCode: str
    quantity: int | None = None


class Listing(Struct, kw_only=True):
    """A SKU as it is listed in the shop's marketplace."""

    sku: str
    summaries: list[Summary] | None = None
    offers: list[Offer] | None = None
    fulfillmentAvailability: list[Availability] | None = None


class Pagination(Struct, frozen=True):
    nextToken: str | None = None


class Found(Struct):
    """An answer to a search for orders. `lastUpdatedBefore` is how far Amazon looked."""

    orders: list[Raw]
    pagination: Pagination = Pagination()
    lastUpdatedBefore: Time | None = None


class Listed(Struct):
    """An answer to a search for listings."""

    items: list[Raw]
    pagination: Pagination = Pagination()


class Reserved(Struct, gc=False, kw_only=True):
    promised: int | None = field(name="pendingCustomerOrderQuantity", default=None)
    total: int | None = field(name="totalReservedQuantity", default=None)


class Unfulfillable(Struct, gc=False, kw_only=True):
    total: int | None = field(name="totalUnfulfillableQuantity", default=None)


class Details(Struct, gc=False, kw_only=True):
    """Pieces. What is inbound is announced, on its way, or being put away."""

    fulfillable: int | None = field(name="fulfillableQuantity", default=None)
    announced: int | None = field(name="inboundWorkingQuantity", default=None)
    shipped: int | None = field(name="inboundShippedQuantity", default=None)
    receiving: int | None = field(name="inboundReceivingQuantity", default=None)
    reserved: Reserved | None = field(name="reservedQuantity", default=None)
    unfulfillable: Unfulfillable | None = field(name="unfulfillableQuantity", default=None)


class InStock(Struct, kw_only=True):
    """An article in Amazon's warehouses, as far as it could be sent to the marketplace. A SKU may have several labels."""

    sellerSku: str
    fnSku: str = ""
    condition: str = ""
    details: Details = field(name="inventoryDetails")
    lastUpdatedTime: Time | None = None
