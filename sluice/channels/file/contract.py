"""What a file drop delivers once its columns are named our way: the records, one class a stream.

Times are text: `2026-01-05T09:30:00` is the shop's local time, a trailing `Z` means UTC; staging turns both into UTC. A record
that holds a `fault` is refused for its reason, so that `fault_reason` is null in every row of the warehouse.
"""

from decimal import Decimal

from msgspec import Struct

from sluice.channels import personal


class Fault(Struct):
    """Why the rows of a record can't be used. Written first in a record, so that this is what is said of it."""

    reason: str

    def __post_init__(self) -> None:
        raise ValueError(self.reason)


class Drop(Struct, kw_only=True):
    """What every record has. Of two with one key the larger `version` counts: the record's own `updated_at` where the file tells
    it (so that an export that repeats a record changes nothing), else the file's modification time and name."""

    fault: Fault | None = None
    version: str


class Header(Drop, kw_only=True):
    """An order apart from its amounts. Statuses are words of the unified vocabulary, the file's own beside them."""

    order_id: str
    order_number: str | None = None
    order_kind: str | None = None
    customer_id: personal.CustomerId | None = None
    buyer_name: personal.Name | None = None
    buyer_email: personal.Email | None = None
    buyer_phone: personal.Phone | None = None
    currency: str
    order_status: str = "unknown"
    payment_status: str = "unknown"
    fulfilment_status: str = "unknown"
    native_order_status: str | None = None
    native_payment_status: str | None = None
    native_fulfilment_status: str | None = None
    is_presale: bool = False
    facility_id: str | None = None
    ship_country: str | None = None
    ship_region: str | None = None
    ship_city: personal.Place | None = None
    ordered_at: str | None = None
    paid_at: str | None = None
    shipped_at: str | None = None
    delivered_at: str | None = None
    cancelled_at: str | None = None
    closed_at: str | None = None
    promised_at: str | None = None
    updated_at: str | None = None


class Order(Header, kw_only=True):
    """One row an order, with the totals the file states; a total it does not state is null."""

    items_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    shipping_amount: Decimal | None = None
    tax_amount: Decimal | None = None
    total_amount: Decimal | None = None
    refunded_amount: Decimal | None = None


class Line(Struct, kw_only=True):
    """`total_amount` is the line's net: after discount, before tax and shipping. Unit price or total may be null, not both."""

    line_id: str
    line_kind: str = "product"
    product_id: str | None = None
    listing_id: str | None = None
    sku: str | None = None
    title: str | None = None
    quantity: int
    unit_price: Decimal | None = None
    discount_amount: Decimal | None = None
    tax_amount: Decimal | None = None
    shipping_amount: Decimal | None = None
    total_amount: Decimal | None = None
    shipped_quantity: int | None = None
    refunded_quantity: int | None = None
    cancelled_quantity: int | None = None
    promised_at: str | None = None


class OrderLines(Header, kw_only=True):
    """All lines a file has of one order. `part` is the file's name where one order may be cut over several files, else empty."""

    part: str
    lines: list[Line]


class Payment(Drop, kw_only=True):
    order_id: str
    payment_id: str
    kind: str = "payment"
    payment_status: str = "unknown"
    native_payment_status: str | None = None
    method: str | None = None
    amount: Decimal
    currency: str
    paid_at: str | None = None


class Customer(Drop, kw_only=True):
    """`person_id` is the channel's own word on who stands behind several customer ids."""

    customer_id: personal.CustomerId
    person_id: personal.Token | None = None
    name: personal.Name | None = None
    email: personal.Email | None = None
    phone: personal.Phone | None = None
    country: str | None = None
    region: str | None = None
    city: personal.Place | None = None
    first_seen_at: str | None = None
    updated_at: str | None = None


class Product(Drop, kw_only=True):
    """One listing. Weight in grams."""

    product_id: str
    listing_id: str
    sku: str | None = None
    title: str | None = None
    listing_title: str | None = None
    category: str | None = None
    price: Decimal | None = None
    currency: str
    cost: Decimal | None = None
    weight_g: Decimal | None = None
    status: str = "active"
    updated_at: str | None = None
