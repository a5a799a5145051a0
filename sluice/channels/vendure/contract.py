"""Vendure's records as its Admin API gives them, in its own names. Vendure 2.2 or newer.

Money is whole minor units: how many decimals it has is a setting of the server, landed with the channel. Source: the schema of
@vendure/core 3.7 and the answers of a running server.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

from sluice.channels import personal

Time = Annotated[datetime, Meta(tz=True)]


class Channel(Struct):
    """The sales channel that is read, with the server's settings that its numbers depend on."""

    id: str
    code: str
    defaultCurrencyCode: str
    pricesIncludeTax: bool
    moneyStrategyPrecision: int


class Identified(Struct, gc=False):
    id: str


class Buyer(Struct, gc=False):
    id: personal.CustomerId


class Customer(Struct, gc=False):
    """Guests are customers too, without a `user`."""

    id: personal.CustomerId
    createdAt: Time
    updatedAt: Time
    firstName: personal.Name
    lastName: personal.Name
    emailAddress: personal.Email
    phoneNumber: personal.Phone | None = None
    addresses: "list[Address] | None" = None


class Country(Struct, gc=False):
    code: str


class Address(Struct, gc=False):
    id: str
    country: Country
    city: personal.Place | None = None
    province: str | None = None
    defaultShippingAddress: bool | None = None


class Facet(Struct, gc=False):
    code: str


class FacetValue(Struct, gc=False):
    name: str
    facet: Facet


class Product(Struct, gc=False):
    """What the variants have in common."""

    id: str
    name: str
    enabled: bool
    updatedAt: Time
    facetValues: list[FacetValue]


class Variant(Struct, gc=False):
    """What is sold: its `sku` is the company's code."""

    id: str
    updatedAt: Time
    name: str
    sku: str
    enabled: bool
    price: int
    priceWithTax: int
    currencyCode: str
    product: Product


class OrderAddress(Struct, gc=False):
    """Each part may be missing; an order that ships nothing has none of them."""

    city: personal.Place | None = None
    province: str | None = None
    countryCode: str | None = None


class LineVariant(Struct, gc=False):
    id: str
    sku: str
    name: str
    product: Identified


class OrderLine(Struct, gc=False):
    """`quantity` is what is left after cancellations, `orderPlacedQuantity` what was placed (0 for a line added later)."""

    id: str
    quantity: int
    orderPlacedQuantity: int
    unitPrice: int
    unitPriceWithTax: int
    proratedUnitPrice: int
    proratedUnitPriceWithTax: int
    linePrice: int
    linePriceWithTax: int
    proratedLinePrice: int
    proratedLinePriceWithTax: int
    taxRate: Decimal
    productVariant: LineVariant


class Discount(Struct, gc=False):
    """Amounts are negative. The source CANCEL_ORDER is what cancelling the shipping took off."""

    adjustmentSource: str
    amount: int
    amountWithTax: int


class ShippingLine(Struct, gc=False):
    id: str
    price: int
    priceWithTax: int
    discountedPrice: int
    discountedPriceWithTax: int
    discounts: list[Discount]


class Surcharge(Struct, gc=False):
    id: str
    price: int
    priceWithTax: int


class RefundLine(Struct, gc=False):
    orderLineId: str
    quantity: int


class Refund(Struct, gc=False):
    """`total` counts; how it divides over the lines is not told."""

    id: str
    createdAt: Time
    updatedAt: Time
    total: int
    state: str
    lines: list[Any]
    reason: str | None = None


class Payment(Struct, gc=False):
    id: str
    createdAt: Time
    method: str
    amount: int
    state: str
    refunds: list[Refund]


class FulfillmentLine(Struct, gc=False):
    orderLineId: str
    quantity: int


class Fulfillment(Struct, gc=False):
    """`method` is the carrier, in the words of whoever made it."""

    id: str
    createdAt: Time
    updatedAt: Time
    state: str
    method: str
    lines: list[FulfillmentLine]
    trackingCode: str | None = None


class HistoryEntry(Struct, gc=False):
    """What happened when; `data` names the payment, fulfilment or refund and the state it came to."""

    type: str
    createdAt: Time
    data: Any


class History(Struct, gc=False):
    items: list[HistoryEntry]


class Order(Struct, gc=False):
    """An order that was placed: carts are left out.

    `totalWithTax` and the lines' quantities shrink with every cancellation; what was owed first shows in the payments.
    """

    id: str
    code: str
    type: str
    state: str
    createdAt: Time
    updatedAt: Time
    orderPlacedAt: Time
    currencyCode: str
    totalWithTax: int
    lines: list[OrderLine]
    shippingLines: list[ShippingLine]
    surcharges: list[Surcharge]
    history: History
    customer: Buyer | None = None
    shippingAddress: OrderAddress | None = None
    payments: list[Payment] | None = None
    fulfillments: list[Fulfillment] | None = None
