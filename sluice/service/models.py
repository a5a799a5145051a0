"""What the service answers. Money is text, digit by digit, with its currency beside it; times are UTC."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

OrderStatus = Literal["open", "completed", "cancelled", "unknown"]
PaymentStatus = Literal[
    "pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "failed", "unknown"
]
FulfilmentStatus = Literal[
    "unfulfilled",
    "on_hold",
    "partially_shipped",
    "shipped",
    "partially_delivered",
    "delivered",
    "not_required",
    "failed",
    "unknown",
]
Money = Annotated[Decimal, PlainSerializer(lambda amount: format(amount, "f"), return_type=str)]


class Row(BaseModel):
    """A row of the warehouse: columns that a model does not name are not given out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class OrderSummary(Row):
    """An order without its parts. Statuses are in one vocabulary for all channels."""

    channel: str = Field(examples=["taobao"])
    shop: str = Field(examples=["flagship"])
    order_id: str = Field(description="The channel's own id; unique with channel and shop.", examples=["4611686018427387905"])
    order_number: str | None = Field(description="What the customer sees.", examples=["4611686018427387905"])
    order_kind: str = Field(description="`sale`, or why it is none.", examples=["sale"])
    customer_id: str | None = Field(examples=["buyer_1041"])
    currency: str = Field(description="ISO 4217, of every amount of the order.", examples=["CNY"])
    order_status: str = Field(examples=["open"])
    payment_status: str = Field(examples=["paid"])
    fulfilment_status: str = Field(examples=["unfulfilled"])
    items_amount: Money | None = Field(description="Quantity times unit price, before discounts.", examples=["399.00"])
    discount_amount: Money | None = Field(examples=["40.00"])
    shipping_amount: Money | None = Field(examples=["0.00"])
    tax_amount: Money | None = Field(description="Added on top; 0 where prices include tax.", examples=["0.00"])
    adjustment_amount: Money | None = Field(description="What the platform adds or takes besides.", examples=["0.00"])
    total_amount: Money | None = Field(description="What the buyer owes, before refunds.", examples=["359.00"])
    refunded_amount: Money | None = Field(examples=["0.00"])
    is_presale: bool | None
    facility_id: str | None = Field(
        description="Where it ships from; while that is not decided null, or in the list the facility that would serve it.",
        examples=["WH-SH"],
    )
    ship_country: str | None = Field(examples=["CN"])
    ship_region: str | None = Field(examples=["浙江省"])
    ship_city: str | None = Field(examples=["杭州市"])
    ordered_at: datetime | None = Field(examples=["2026-03-01T02:30:00Z"])
    paid_at: datetime | None = Field(examples=["2026-03-01T02:31:12Z"])
    cancelled_at: datetime | None = Field(examples=[None])
    closed_at: datetime | None = Field(examples=[None])
    promised_at: datetime | None = Field(examples=["2026-03-03T16:00:00Z"])
    updated_at: datetime | None = Field(examples=["2026-03-01T02:31:12Z"])


class OrderPage(BaseModel):
    """Orders, newest first. `next_cursor` is null on the last page."""

    orders: list[OrderSummary]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.", examples=["WyIyMDI2LTAzLTAxVDAyOjMw"])


class Line(Row):
    line_id: str
    position: int | None
    line_kind: str = Field(examples=["product"])
    product_id: str | None
    listing_id: str | None
    sku: str | None = Field(examples=["LMP-001-WHT"])
    title: str | None
    quantity: int
    unit_price: Money | None = Field(examples=["399.00"])
    discount_amount: Money | None = Field(examples=["40.00"])
    tax_amount: Money | None = Field(examples=["0.00"])
    total_amount: Money | None = Field(description="Quantity times unit price less the line's discount.", examples=["359.00"])
    currency: str
    shipped_quantity: int | None
    refunded_quantity: int | None
    cancelled_quantity: int | None
    promised_at: datetime | None


class Payment(Row):
    payment_id: str
    kind: str = Field(examples=["payment"])
    status: str = Field(examples=["paid"])
    method: str | None
    amount: Money | None = Field(examples=["359.00"])
    currency: str
    paid_at: datetime | None


class Refund(Row):
    refund_id: str
    line_id: str | None = Field(description="Null where it is for the whole order.")
    sku: str | None
    quantity: int | None
    kind: str = Field(examples=["return"])
    status: str = Field(examples=["completed"])
    reason: str | None
    amount: Money | None = Field(examples=["359.00"])
    currency: str
    is_restocked: bool | None
    requested_at: datetime | None
    completed_at: datetime | None


class Shipment(Row):
    shipment_id: str
    status: str = Field(examples=["in_transit"])
    facility_id: str | None
    carrier: str | None
    tracking_number: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None


class Customer(Row):
    """Name, e-mail and phone are masked, unless the key has the scope `pii`."""

    customer_id: str
    name: str | None = Field(examples=["王***"])
    email: str | None = Field(examples=["f***@example.com"])
    phone: str | None = Field(examples=["*******8000"])
    country: str | None
    region: str | None
    city: str | None


class Order(OrderSummary):
    """An order with all its parts, as last landed."""

    native_order_status: str | None = Field(description="In the channel's own words.", examples=["WAIT_SELLER_SEND_GOODS"])
    native_payment_status: str | None
    native_fulfilment_status: str | None
    loaded_at: datetime = Field(description="When this version of the order was landed.")
    customer: Customer | None
    lines: list[Line]
    payments: list[Payment]
    refunds: list[Refund]
    shipments: list[Shipment]


class FacilityStock(Row):
    """What one facility has of a SKU, in pieces."""

    facility_id: str = Field(examples=["WH-SH"])
    on_hand: int = Field(examples=[120])
    committed: int = Field(description="Promised to accepted orders that have not shipped.", examples=[14])
    presale_reserved: int = Field(examples=[0])
    incoming_quantity: int = Field(description="On open purchase orders.", examples=[200])
    next_expected_at: datetime | None = Field(examples=["2026-03-12T00:00:00Z"])
    as_of: datetime | None = Field(description="When the stock was counted.", examples=["2026-03-01T02:30:00Z"])


class Quota(Row):
    """Pieces that a shop may sell of a facility's stock. `published` includes what it shares with others."""

    facility_id: str = Field(examples=["WH-SH"])
    channel: str = Field(examples=["taobao"])
    shop: str = Field(examples=["flagship"])
    quota: int = Field(examples=[40])
    published: int = Field(examples=[52])
    rule: str


class Plan(Row):
    """The newest finished planning run."""

    run_id: int = Field(examples=[17])
    as_of: date = Field(examples=["2026-03-01"])
    finished_at: datetime
    quotas: list[Quota] = []


class Stock(BaseModel):
    """A SKU in every facility, and how much of it each shop may sell. `plan` is null before the first planning run."""

    sku: str = Field(examples=["LMP-001-WHT"])
    facilities: list[FacilityStock]
    plan: Plan | None


class Health(BaseModel):
    """Whether the service can answer, and how old what it knows is."""

    status: Literal["ok", "unavailable"] = Field(examples=["ok"])
    database: bool
    last_landing_at: datetime | None = Field(description="Null when nothing was ever landed.")
    last_landing_age_seconds: int | None = Field(examples=[840])
